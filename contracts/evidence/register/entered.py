"""What receipts of entries have in common: the one sealed block of the entry, and how its lines are written.

Two kinds are read: the receipt of an application (``receipt``) and the receipt of any entry about a unit (``act``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contracts.applications.rules import RegistrationType
from contracts.evidence.facts import ChainFacts
from contracts.evidence.network import Network
from contracts.evidence.report import Words
from ledger.errors import VerificationError
from ledger.proofs.headers import Header
from ledger.proofs.proof import Log, verify_receipt

LIMIT: Final = 1 << 22
TEXT_LIMIT: Final = 200
TYPES: Final = {
    RegistrationType.FIRST: ("first registration", "首次登记"),
    RegistrationType.ALTERATION: ("alteration", "变更登记"),
    RegistrationType.TRANSFER: ("transfer", "转移登记"),
    RegistrationType.CANCELLATION: ("cancellation", "注销登记"),
    RegistrationType.CORRECTION: ("correction", "更正登记"),
    RegistrationType.OBJECTION: ("objection", "异议登记"),
    RegistrationType.PRENOTICE: ("pre-notice", "预告登记"),
}


def require_moment(chain: ChainFacts, network: Network) -> tuple[Header, Log]:
    """Verify the one event that a receipt shows, and return it with its block.

    Raises:
        VerificationError: there is none or more than one, or no sealed block has it.
    """
    if len(chain.moments) != 1:
        raise VerificationError("entry: expected one receipt")
    (moment,) = chain.moments
    header = network.header(moment.header_hash)
    return header, verify_receipt(header, moment)


def lines_of(rows: Iterable[tuple[str, str, tuple[str, str]]]) -> Words:
    """Write rows of a name and a value in both languages, each as one line, whatever somebody wrote into it."""
    lines = [(en, zh, [" ".join(value.split()) for value in values]) for en, zh, values in rows]
    return Words(
        "\n".join(f"{en}: {values[0]}" for en, _, values in lines),
        "\n".join(f"{zh}:{values[1]}" for _, zh, values in lines),
    )
