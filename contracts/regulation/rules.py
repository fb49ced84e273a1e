"""The rules of Regulation as values and functions: what ``regulation.vy`` accepts, refuses, records and computes.

Same order of checks and the same reason texts as the contract. What a rule set says in words stands in its file
(``rule_set.py``); here are its digest and the numbers that contracts need.
Source: Regulation on Government Data Sharing (State Council Decree No. 809), articles 17, 21, 22, 26 and 29.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from enum import IntEnum
from typing import Final

from contracts.addresses import REGULATION
from contracts.calendar import rules as calendar
from contracts.history import Change, Journal
from contracts.world import World
from ledger.abi import encode
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256

RULES_SET: Final = "RulesSet(bytes32,uint256,uint256,bytes32,uint256,bytes32)"

NOTHING: Final = bytes(32)
NATIONAL: Final = keccak256(b"national")
MAX_AMOUNT: Final = 250
MAX_LIMITS: Final = 24


class LimitUnit(IntEnum):
    """How a limit is counted; years only for what must be kept."""

    WORKING = 1
    CALENDAR = 2
    YEARS = 3


@dataclass(frozen=True, slots=True)
class Limit:
    """How long: at most so many days, or with ``minimum`` at least; all zero for a limit not stated."""

    amount: int = 0
    unit: int = 0
    minimum: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Which rule set a jurisdiction has, since when; all zero for none."""

    version: int = 0
    digest: bytes = NOTHING
    since: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. limits: by jurisdiction, version and code, of all versions."""

    rule_sets: Mapping[bytes, Standing] = field(default_factory=dict)
    limits: Mapping[tuple[bytes, int, bytes], Limit] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def standing(self, jurisdiction: bytes) -> Standing:
        return self.rule_sets.get(jurisdiction, Standing())

    def stated(self, jurisdiction: bytes, code: bytes) -> Limit:
        """The limit as the jurisdiction's version in force states it."""
        return self.limits.get((jurisdiction, self.standing(jurisdiction).version, code), Limit())


@dataclass(frozen=True, slots=True)
class Entry:
    """One limit of a rule set to be put in force."""

    code: bytes
    amount: int
    unit: int
    minimum: bool


@dataclass(frozen=True, slots=True)
class SetRules:
    """Put the next version of a rule set in force."""

    jurisdiction: bytes
    digest: bytes
    limits: tuple[Entry, ...]


def apply(state: State, call: SetRules, caller: bytes, now: int, world: World) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not world.is_governance(caller):
        raise NotAuthorized("regulation: governance only")
    world.require_open(REGULATION)
    _check_head(state, call)
    version = state.standing(call.jurisdiction).version + 1
    limits = dict(state.limits)
    for entry in call.limits:
        _check_entry(entry)
        key = (call.jurisdiction, version, entry.code)
        if key in limits:
            raise InvalidRecord("regulation: limit twice")
        if call.jurisdiction != NATIONAL:
            require_no_looser(Limit(entry.amount, entry.unit, entry.minimum), state.stated(NATIONAL, entry.code))
        limits[key] = Limit(entry.amount, entry.unit, entry.minimum)
    values = (version, call.digest, len(call.limits), limits_digest(call.limits))
    journal, change = state.journal.record(RULES_SET, call.jurisdiction, *values)
    rule_sets = {**state.rule_sets, call.jurisdiction: Standing(version, call.digest, now)}
    return State(rule_sets, limits, journal), (change,)


def limit(state: State, jurisdiction: bytes, code: bytes) -> Limit:
    """Return the limit in force: the jurisdiction's own where it has one, never looser than the national one.

    Raises:
        NotFound: "regulation: unknown limit".
    """
    return effective(state.stated(jurisdiction, code), state.stated(NATIONAL, code))


def effective(own: Limit, national: Limit) -> Limit:
    """Bound a jurisdiction's limit by the national one; a limit of another unit or kind has lost its meaning.

    Raises:
        NotFound: "regulation: unknown limit".
    """
    if not national.amount:
        raise NotFound("regulation: unknown limit")
    if not own.amount or (own.unit, own.minimum) != (national.unit, national.minimum):
        return national
    stricter = max if own.minimum else min
    return replace(national, amount=stricter(own.amount, national.amount))


def due(state: State, days: calendar.State, jurisdiction: bytes, code: bytes, start: int, now: int) -> int:
    """Return the moment a limit that began at start ends: whoever acts at it or later is late.

    Raises:
        NotFound: the limit is unknown, or a day to be counted is in no calendar. Conflict: it is no deadline, or
        the start lies in the future.
    """
    found = limit(state, jurisdiction, code)
    if found.minimum:
        raise Conflict("regulation: no deadline")
    return calendar.due(days, start, found.amount, found.unit, now)


def require_no_looser(own: Limit, national: Limit) -> None:
    """Refuse a local limit that the national rule set does not know, counts otherwise, or is stricter than.

    Raises:
        NotFound, InvalidRecord, NotAuthorized: with the text of the contract's revert.
    """
    if not national.amount:
        raise NotFound("regulation: unknown limit")
    if (own.unit, own.minimum) != (national.unit, national.minimum):
        raise InvalidRecord("regulation: another kind of limit")
    if own.amount != effective(own, national).amount:
        raise NotAuthorized("regulation: looser than national")


def limits_digest(limits: Sequence[Entry]) -> bytes:
    """Return what the event says of the limits: keccak256 of their ABI encoding."""
    return keccak256(encode(["(bytes32,uint256,uint256,bool)[]"], [tuple(map(astuple, limits))]))


def _check_head(state: State, call: SetRules) -> None:
    if call.jurisdiction == NOTHING:
        raise InvalidRecord("regulation: jurisdiction missing")
    if call.digest == NOTHING:
        raise InvalidRecord("regulation: digest missing")
    if call.digest == state.standing(call.jurisdiction).digest:
        raise Conflict("regulation: no change")
    if call.jurisdiction != NATIONAL and not state.standing(NATIONAL).version:
        raise NotFound("regulation: national rules missing")
    if call.jurisdiction == NATIONAL and not call.limits:
        raise InvalidRecord("regulation: limits missing")


def _check_entry(entry: Entry) -> None:
    if entry.code == NOTHING:
        raise InvalidRecord("regulation: code missing")
    if not 0 < entry.unit <= LimitUnit.YEARS:
        raise InvalidRecord("regulation: unit")
    if not 0 < entry.amount <= MAX_AMOUNT:
        raise InvalidRecord("regulation: amount")
    if entry.unit == LimitUnit.YEARS and not entry.minimum:
        raise InvalidRecord("regulation: unit")
