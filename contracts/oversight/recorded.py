"""What stood when: working days and limits as the chain's events changed them, and the world of an accepted act."""
# ruff: noqa: ARG002 - a world that answers as it was does not look at what it is asked about

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from contracts.addresses import CALENDAR, REGULATION
from contracts.calendar import rules as calendar
from contracts.calendar.rules import WORD_DAYS, WORDS
from contracts.calendar.rules import State as CalendarState
from contracts.regulation.client import limit_id
from contracts.regulation.reader import national
from contracts.regulation.rules import NATIONAL, Limit
from ledger.chain import Event
from ledger.errors import NotFound

Limits = Mapping[str, Limit]
"""Limits of a rule set by their codes."""


@cache
def _codes() -> Mapping[bytes, str]:
    """Return the codes of limits by their ids on chain."""
    return {limit_id(stated.code): stated.code for stated in national().limits}


@dataclass(slots=True)
class Timeline:
    """Calendar and national rule set, brought from one act to the next.

    Attributes:
        days: in force before the first act.
        versions: limits of every version of the national rule set; none is ever forgotten on chain.
        version: in force before the first act.
    """

    days: CalendarState
    versions: Mapping[int, Limits]
    version: int
    _known: dict[int, bool] = field(init=False)

    def __post_init__(self) -> None:
        self._known = dict(self.days.days)
        self.days = CalendarState(days=self._known)

    @property
    def limits(self) -> Limits:
        """Raises NotFound if no rule set was in force."""
        if self.version not in self.versions:
            raise NotFound(f"replay: no limits of version {self.version} of the national rule set")
        return self.versions[self.version]

    def take(self, event: Event) -> None:
        """Follow one event."""
        args = event.args
        if event.contract == CALENDAR and event.name == "SpanSet":
            first = int.from_bytes(event.topics[1], "big")
            words = [cast(int, args[name]) for name in ("first_word", "second_word", "third_word")[:WORDS]]
            base = first // WORD_DAYS
            for day in range(first, cast(int, args["last"]) + 1):
                self._known[day] = bool(words[day // WORD_DAYS - base] >> day % WORD_DAYS & 1)
        elif event.contract == REGULATION and event.name == "RulesSet" and event.topics[1] == NATIONAL:
            self.version = cast(int, args["version"])


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

    def national_limit(self, code: bytes) -> Limit:
        found = self.limits.get(_codes().get(code, ""))
        if found is None:
            raise NotFound("regulation: unknown limit")
        return found

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return calendar.due(self.days, start, days, unit, now)
