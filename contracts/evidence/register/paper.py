"""What people hand in for a certificate: its text, or what a scanner read from the codes of a printed one.

One text a line, in any order. The codes may carry the status as well; else it comes as a file of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts.certificates import compact
from contracts.certificates.compact import MAX_PARTS, Kind
from ledger.errors import InvalidRecord

LIMIT: Final = 1 << 19
_JWT: Final = b"eyJ"  # how base64url of '{"' begins


@dataclass(frozen=True, slots=True)
class Paper:
    """What came: a certificate's text, an entry's receipt, a status; None for what did not."""

    certificate: str | None = None
    receipt: bytes | None = None
    status: bytes | None = None


def is_paper(data: bytes) -> bool:
    """Say whether a file begins like a certificate's text or like what a scanner read."""
    return data.startswith((_JWT, f"{compact.MARK}:".encode()))


def read(data: bytes) -> Paper:
    """Read a file.

    Raises:
        InvalidRecord: neither a certificate's text nor the codes of one paper.
    """
    if len(data) > LIMIT:
        raise InvalidRecord(f"certificate: expected at most {LIMIT} bytes, got {len(data)}")
    try:
        text = data.decode("ascii").removesuffix("\n")
    except UnicodeDecodeError as fault:
        raise InvalidRecord("certificate: expected ASCII text") from fault
    if not compact.is_code(text):
        return Paper(certificate=text)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if len(lines) > 3 * MAX_PARTS:
        raise InvalidRecord(f"code: expected at most {3 * MAX_PARTS} lines")
    found = compact.read(lines)
    packed = found.get(Kind.CERTIFICATE)
    if (packed is None) == (Kind.ENTRY not in found):
        raise InvalidRecord("code: expected the codes of one certificate or of one receipt")
    return Paper(
        certificate=None if packed is None else compact.unpack_certificate(packed).text(),
        receipt=found.get(Kind.ENTRY),
        status=found.get(Kind.STATUS),
    )
