"""What stands behind a registered material: the card of who hands things in, and the slip of one material.

A card is the person's or company's own: whoever registers or looks for one of its materials needs it. Materials of one
card have names on chain that have nothing in common; two departments that are shown the same card see the same name for
the same kind, and so need not ask twice. Every function is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from contracts import slip
from ledger.hashing import tagged


@dataclass(frozen=True, slots=True)
class Card:
    """Whose materials they are, in words (a name and number), and the salt that hides it."""

    FORM: ClassVar[str] = "shuxin-material-card"

    subject: str
    salt: bytes

    def __post_init__(self) -> None:
        slip.require_text(self.FORM, subject=self.subject)
        slip.require_bytes(self.FORM, salt=self.salt)

    def name(self, kind: str) -> bytes:
        """Return the name on chain of this card's material of a kind."""
        slip.require_code(self.FORM, kind=kind)
        return tagged("SHUXIN-MATERIAL-V1", self.salt, self.subject.encode(), kind.encode())


@dataclass(frozen=True, slots=True)
class Sheet:
    """One material as it was handed in: its name on chain, its kind, who keeps it, the SHA-256 of its file."""

    FORM: ClassVar[str] = "shuxin-material"

    material: bytes
    kind: str
    keeper: str
    file: bytes
    salt: bytes

    def __post_init__(self) -> None:
        slip.require_code(self.FORM, kind=self.kind, keeper=self.keeper)
        slip.require_bytes(self.FORM, material=self.material, file=self.file, salt=self.salt)

    @property
    def content(self) -> bytes:
        """What stands on chain for the material itself."""
        return slip.digest(self)
