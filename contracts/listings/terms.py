"""Credit lists and listings as values: what the quorum said of a list, and what follows for one listing at a moment.

The Python side of ``terms.vy``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ledger.errors import Conflict, InvalidRecord, NotFound

NOTHING: Final = bytes(32)
NOBODY: Final = bytes(20)
DAY: Final = 86400
MAX_WORKING: Final = 60
MAX_TERM: Final = 3660


class Colour(IntEnum):
    """RED: kept faith, is to be favoured. BLACK: broke it, is to be restrained."""

    RED = 1
    BLACK = 2


class ListingState(IntEnum):
    """Where a listing is. That its term is over is derived, never stored."""

    UNKNOWN = 0
    ANNOUNCED = 1
    PUBLISHED = 2
    WITHDRAWN = 3
    REPAIRED = 4


class Plea(IntEnum):
    """What a subject pleads. OBJECTION: the listing is wrong. REPAIR: what it was for has been made good."""

    NONE = 0
    OBJECTION = 1
    REPAIR = 2


@dataclass(frozen=True, slots=True)
class Listed:
    """What the quorum said of a list; all zero for an unknown one.

    Attributes:
        keeper: the party competent for it.
        colour: of ``Colour``.
        provision: digest of the provision it rests on.
        hearing, answer: working days to object before publication, and to answer a plea.
        repair, term: days until repair may be pleaded, and that a listing lasts at most.
    """

    keeper: bytes = NOTHING
    colour: int = 0
    provision: bytes = NOTHING
    hearing: int = 0
    answer: int = 0
    repair: int = 0
    term: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing; all zero for an id never used. hearing, published, valid_until, due: unix seconds."""

    list: bytes = NOTHING
    subject: bytes = NOTHING
    voice: bytes = NOBODY
    state: ListingState = ListingState.UNKNOWN
    days: int = 0
    hearing: int = 0
    published: int = 0
    valid_until: int = 0
    plea: Plea = Plea.NONE
    due: int = 0
    heard: bool = False

    def is_standing(self, now: int) -> bool:
        """Say whether it is published and its term not over."""
        return self.state is ListingState.PUBLISHED and now < self.valid_until

    def is_in_force(self, now: int) -> bool:
        """Say whether anybody may rely on it: not while an objection waits beyond its due date."""
        is_silent = self.plea is Plea.OBJECTION and now >= self.due
        return self.is_standing(now) and not is_silent


def require_terms(list: bytes, terms: Listed) -> None:
    """Refuse terms no list may have.

    Raises:
        InvalidRecord: names what is wrong.
    """
    if NOTHING in (list, terms.keeper):
        raise InvalidRecord("listing: keeper missing")
    if terms.colour not in tuple(Colour):
        raise InvalidRecord("listing: colour")
    if terms.provision == NOTHING:
        raise InvalidRecord("listing: provision missing")
    if not 0 < terms.hearing <= MAX_WORKING:
        raise InvalidRecord("listing: time to object")
    if not 0 < terms.answer <= MAX_WORKING:
        raise InvalidRecord("listing: time to answer")
    if not 0 < terms.term <= MAX_TERM or terms.repair >= terms.term:
        raise InvalidRecord("listing: term")


def require_pleadable(entry: Listing, terms: Listed, plea: int, now: int) -> None:
    """Refuse a plea that a listing cannot take now. Before publication an objection is heard once.

    Raises:
        NotFound, Conflict, InvalidRecord: says why not.
    """
    if not entry.state:
        raise NotFound("listing: unknown")
    if entry.state is not ListingState.ANNOUNCED and not entry.is_standing(now):
        raise Conflict("listing: over")
    if entry.plea:
        raise Conflict("listing: answer awaited")
    if plea not in (Plea.OBJECTION, Plea.REPAIR):
        raise InvalidRecord("listing: plea")
    if plea == Plea.REPAIR:
        if not entry.is_standing(now) or now < entry.published + terms.repair * DAY:
            raise Conflict("listing: too early to repair")
    elif entry.heard and not entry.is_standing(now):
        raise Conflict("listing: objection answered")
