"""Which leakage ledgers are a protocol's own: who learns what, as the protocol itself declares it.

The ledger in a statement is the protocol's descriptor, word for word. This verifier knows each released descriptor by
the digest of its canonical JSON; a ledger that was shortened or embellished has another one.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts.evidence.report import Words
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import VerificationError

# Appended to when a descriptor changes, never replaced: old evidence verifies for ever.
KNOWN: Mapping[str, tuple[str, ...]] = {
    "masked-sums-v1": ("5c26fd7590ea53f3cbc6fa765aea4a6734860484215051d0784ec2e26f791259",),
    "private-join-v1": ("2b3a1949bb5cbf66722c27b84cb69e32dd412a253bf9bee7be1ca25ed0ea47c4",),
}


def require_ledger(protocol: str, ledger: JsonValue) -> tuple[None, Words]:
    """Verify that a leakage ledger is the protocol's.

    Raises:
        VerificationError: it is not one this verifier knows.
    """
    if canonical.digest(ledger).hex() not in KNOWN.get(protocol, ()):
        raise VerificationError(f"leakage: not a ledger of {protocol} that this verifier knows")
    return None, Words(f"{protocol}: {_count(ledger)} entries", f"{protocol}:{_count(ledger)} 项")


def _count(ledger: JsonValue) -> int:
    match ledger:
        case {"leakage": list(entries)}:
            return len(entries)
    return 0
