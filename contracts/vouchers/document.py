"""What a voucher says, and who holds it: the two slips behind a public-data-asset voucher (公共数据资产凭证).

On chain stand the digest of the document and a commitment to the holder. The document goes with the voucher from
holder to holder; a holding is known to its holder and to whoever was shown it. Every function is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contracts import slip
from contracts.parties.client import party_id
from contracts.vouchers.rules import holder_of


@dataclass(frozen=True, slots=True)
class Document:
    """A voucher's words; content: SHA-256 of the asset's file or description. Codes: a-z, 0-9, '-'."""

    FORM: ClassVar[str] = "shuxin-voucher"

    number: str
    issuer: str
    asset: str
    title: str
    provider: str
    content: bytes
    valid_from: int
    valid_until: int
    salt: bytes

    def __post_init__(self) -> None:
        slip.require_code(self.FORM, number=self.number, issuer=self.issuer, asset=self.asset)
        slip.require_text(self.FORM, title=self.title, provider=self.provider)
        slip.require_bytes(self.FORM, content=self.content, salt=self.salt)
        slip.require_period(self.FORM, self.valid_from, self.valid_until)

    @property
    def id(self) -> bytes:
        """The name of the voucher on chain."""
        return slip.digest(self)


@dataclass(frozen=True, slots=True)
class Holding:
    """Opens the commitment to a holder."""

    FORM: ClassVar[str] = "shuxin-voucher-holding"

    party: str
    salt: bytes

    def __post_init__(self) -> None:
        slip.require_code(self.FORM, party=self.party)
        slip.require_bytes(self.FORM, salt=self.salt)

    @property
    def commitment(self) -> bytes:
        """What stands on chain while this party holds."""
        return holder_of(party_id(self.party), self.salt)
