"""What stands behind a listing: its sheet, the voice that its subject is given, and what the subject pleads.

The keeper gives sheet and voice to the subject with its notice, and publishes the sheet with the listing; the voice it
gives to nobody else. Whoever holds the voice can plead, offline, and any other department passes the plea on. Every
function is pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from contracts import slip
from contracts.listings.rules import Announce, Plead, signed_plea
from contracts.listings.terms import Plea
from ledger.crypto.signing import address_of, public_of, recover, sign_digest
from ledger.errors import InvalidRecord
from ledger.hashing import keccak256, tagged

NO_SIGNATURE = bytes(65)
FIRST_PLEA = 2
"""The number of the change that a first plea is: the announcement is change 1."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One listing in words: whose, on which list, by which article, what was found, for how many days."""

    FORM: ClassVar[str] = "shuxin-listing"

    list: str
    keeper: str
    subject: str
    article: str
    ground: str
    days: int
    salt: bytes

    def __post_init__(self) -> None:
        slip.require_code(self.FORM, list=self.list, keeper=self.keeper)
        slip.require_text(self.FORM, subject=self.subject, article=self.article, ground=self.ground)
        slip.require_bytes(self.FORM, salt=self.salt)

    @property
    def id(self) -> bytes:
        """The name of the listing on chain."""
        return slip.digest(self)

    def announcement(self, voice: bytes) -> Announce:
        """Return the call that announces it; voice: the address whose signature speaks for the subject."""
        subject = tagged("SHUXIN-LISTING-SUBJECT-V1", self.salt, self.subject.encode())
        ground = tagged("SHUXIN-LISTING-GROUND-V1", self.salt, self.article.encode(), self.ground.encode())
        return Announce(self.id, list_id(self.list), subject, ground, voice, self.days)


@dataclass(frozen=True, slots=True)
class Voice:
    """The key that speaks for the subject of one listing, and of no other."""

    FORM: ClassVar[str] = "shuxin-listing-voice"

    listing: bytes
    key: bytes

    def __post_init__(self) -> None:
        slip.require_bytes(self.FORM, listing=self.listing, key=self.key)

    @property
    def address(self) -> bytes:
        return address_of(public_of(self.key))


@dataclass(frozen=True, slots=True)
class PleaSheet:
    """What a subject pleads, in words, and its signature; number: which change of the listing it is to be."""

    FORM: ClassVar[str] = "shuxin-listing-plea"

    listing: bytes
    number: int
    plea: str
    words: str
    salt: bytes
    signature: bytes = NO_SIGNATURE

    def __post_init__(self) -> None:
        slip.require_text(self.FORM, words=self.words)
        slip.require_bytes(self.FORM, listing=self.listing, salt=self.salt)
        if self.plea not in ("objection", "repair"):
            raise InvalidRecord(f"{self.FORM}: expected objection or repair, got {self.plea[:40]!r}")
        if not FIRST_PLEA <= self.number < 1 << 32 or len(self.signature) != len(NO_SIGNATURE):
            raise InvalidRecord(f"{self.FORM}: expected a number from {FIRST_PLEA} on and a signature of 65 bytes")

    @property
    def call(self) -> Plead:
        """The call that passes it on."""
        return Plead(self.listing, int(Plea[self.plea.upper()]), self._claim, self.signature)

    @property
    def signer(self) -> bytes:
        """The address that signed it; raises InvalidRecord, VerificationError if nobody did."""
        return recover(self._signed, self.signature)

    def sign(self, voice: Voice) -> PleaSheet:
        """Sign it for the subject; raises InvalidRecord if the voice is of another listing."""
        if voice.listing != self.listing:
            raise InvalidRecord(f"{self.FORM}: this voice speaks for the subject of another listing")
        return replace(self, signature=sign_digest(voice.key, self._signed))

    @property
    def _claim(self) -> bytes:
        return slip.digest(replace(self, signature=NO_SIGNATURE))

    @property
    def _signed(self) -> bytes:
        return signed_plea(self.listing, self.number, Plea[self.plea.upper()], self._claim)


def list_id(code: str) -> bytes:
    """Return a list's name on chain; its code is public."""
    return keccak256(code.encode())
