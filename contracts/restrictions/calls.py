"""The calls of Restrictions as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class EnterRestriction:
    """Register a mortgage, objection, pre-notice, right of residence or responsibility.

    Attributes:
        holdings: digest of who holds the right now; zero for a pre-notice of a unit still to be registered.
        claim: of a pre-notice the digest of the holdings it leads to.
        rank: of a mortgage, counted from 1; else 0.
        until: end of a right of residence; 0 for none.
        acknowledged: whoever acquires knows of a registered objection and accepts its risk.
    """

    application: bytes
    id: bytes
    unit: bytes
    kind: int
    holdings: bytes
    holder: bytes
    claim: bytes
    rank: int = 0
    until: int = 0
    ban: bool = False
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Begin:
    """The unit of a pre-notice can be registered from now on. source: digest of what shows it."""

    id: bytes
    source: bytes


@dataclass(frozen=True, slots=True)
class Sue:
    """The objector has sued in time. source: digest of the court's receipt."""

    id: bytes
    source: bytes


@dataclass(frozen=True, slots=True)
class Allow:
    """Agree or give up that a mortgage bans transfers."""

    application: bytes
    id: bytes
    ban: bool


@dataclass(frozen=True, slots=True)
class Release:
    """Cancel what was registered by application."""

    application: bytes
    id: bytes


@dataclass(frozen=True, slots=True)
class Seize:
    """Seize a unit for some days, or queue behind whoever has. order: digest of the order, used once."""

    id: bytes
    unit: bytes
    order: bytes
    days: int


@dataclass(frozen=True, slots=True)
class Renew:
    """Prolong a seizure that holds by some days from its end."""

    id: bytes
    order: bytes
    days: int


@dataclass(frozen=True, slots=True)
class Lift:
    """Lift a seizure."""

    id: bytes
    order: bytes


Call: TypeAlias = EnterRestriction | Begin | Sue | Allow | Release | Seize | Renew | Lift
