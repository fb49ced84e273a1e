"""What stood when: working days, limits and regions as the chain's events changed them, and an accepted act's world."""
# ruff: noqa: ARG002 - a world that answers as it was does not look at what it is asked about

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import cast

from contracts.addresses import CALENDAR, REGIONS, REGULATION
from contracts.calendar import rules as calendar
from contracts.calendar.rules import WORD_DAYS, WORDS
from contracts.calendar.rules import State as CalendarState
from contracts.regions import rules as regions
from contracts.regulation.client import limit_id
from contracts.regulation.reader import national
from contracts.regulation.rules import NATIONAL, Limit, effective
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.errors import NotFound

Limits = Mapping[str, Limit]
"""Limits of a rule set by their codes."""


@cache
def _codes() -> Mapping[bytes, str]:
    """Return the codes of limits by their ids on chain."""
    return {limit_id(stated.code): stated.code for stated in national().limits}


@dataclass(frozen=True, slots=True)
class Supposed:
    """A rule set that counts as in force: where it is of a region on chain for who sits there, else for everybody."""

    jurisdiction: bytes
    limits: Limits
    is_regional: bool = False


@dataclass(slots=True)
class Timeline:
    """Calendar, rule sets and regions, brought from one act to the next.

    Attributes:
        days: in force before the first act.
        versions: limits of every version of every jurisdiction's rule set; none is ever forgotten on chain.
        standing: the versions in force before the first act.
    """

    days: CalendarState
    versions: Mapping[tuple[bytes, int], Limits]
    standing: Mapping[bytes, int]
    _known: dict[int, bool] = field(init=False)
    _seats: regions.State = field(init=False)
    _found: dict[tuple[bytes, bytes], Limits] = field(init=False)

    def __post_init__(self) -> None:
        self._known = dict(self.days.days)
        self.days = CalendarState(days=self._known)
        self._seats, self._found = regions.State(), {}

    def limits_of(self, party: bytes, supposed: Supposed | None = None) -> Limits:
        """Return the limits that hold where a party sits.

        Raises:
            NotFound: no national rule set was in force.
        """
        place = (self._seats.region_of(party), supposed.jurisdiction if supposed else b"")
        if place not in self._found:
            self._found[place] = self._strictest(place[0], supposed)
        return self._found[place]

    def _strictest(self, region: bytes, supposed: Supposed | None) -> Limits:
        way = self._seats.way_up(region)
        if supposed is not None and not supposed.is_regional:
            way = (supposed.jurisdiction, *way)
        found = dict(self._stated(NATIONAL, supposed))
        if not found:
            raise NotFound("replay: no limits of a national rule set")
        for jurisdiction in way:
            own = self._stated(jurisdiction, supposed)
            found = {code: effective(own.get(code, Limit()), limit) for code, limit in found.items()}
        return found

    def _stated(self, jurisdiction: bytes, supposed: Supposed | None) -> Limits:
        if supposed is not None and supposed.jurisdiction == jurisdiction:
            return supposed.limits
        return self.versions.get((jurisdiction, self.standing.get(jurisdiction, 0)), {})

    def take(self, event: Event) -> None:
        """Follow one event."""
        args = event.args
        if event.contract == CALENDAR and event.name == "SpanSet":
            first = int.from_bytes(event.topics[1], "big")
            words = [cast(int, args[name]) for name in ("first_word", "second_word", "third_word")[:WORDS]]
            base = first // WORD_DAYS
            for day in range(first, cast(int, args["last"]) + 1):
                self._known[day] = bool(words[day // WORD_DAYS - base] >> day % WORD_DAYS & 1)
        elif event.contract == REGULATION and event.name == "RulesSet":
            self.standing = {**self.standing, event.topics[1]: cast(int, args["version"])}
            self._found.clear()
        elif event.contract == REGIONS:
            self._settle(event.topics[1], args)

    def _settle(self, id: bytes, args: Mapping[str, AbiValue]) -> None:
        seats = self._seats
        if "above" in args:
            above, level = cast(bytes, args["above"]), cast(int, args["level"])
            seats = replace(seats, above={**seats.above, id: above}, levels={**seats.levels, id: level})
        else:
            seats = replace(seats, places={**seats.places, id: cast(bytes, args["region"])})
        self._seats = seats
        self._found.clear()


@dataclass(frozen=True, slots=True)
class AsItWas:
    """The world of an act that the chain accepted: everything but the limits is as the contracts found it then."""

    party: bytes
    owner: bytes
    asset_entry: tuple[int, bytes]
    days: CalendarState
    limits: Limits

    def require_open(self, name: str) -> None:
        """Nothing was paused, or the act would not have been accepted."""

    def is_governance(self, caller: bytes) -> bool:
        return False

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return self.party

    def serving(self, party: bytes, role: int, now: int) -> bool:
        return True

    def endorsed(self, party: bytes, act: bytes, handler: bytes, now: int) -> bool:
        return True

    def offered(self, asset: bytes) -> bytes:
        return self.owner

    def grading_obstacle(self, asset: bytes, terms: bytes, recipient: bytes, operations: int) -> str:
        return ""

    def entry(self, asset: bytes) -> tuple[int, bytes]:
        return self.asset_entry

    def limit_of(self, party: bytes, code: bytes) -> Limit:
        found = self.limits.get(_codes().get(code, ""))
        if found is None:
            raise NotFound("regulation: unknown limit")
        return found

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return calendar.due(self.days, start, days, unit, now)
