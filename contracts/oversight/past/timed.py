"""Steps whose only rule is their limit: supply after a yes, and the answer to a quality objection, under other limits.

Their contracts take a late step and mark it, so there is nothing to refuse; what another rule set changes is the
moment. The moment under what was in force must be the one the chain fixed, or nothing is said.
Source: Regulation on Government Data Sharing, articles 22 and 26 (rules R13, R17).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, cast

from contracts.addresses import OBJECTIONS, SUPPLIES
from contracts.authorizations.record import NOTHING
from contracts.calendar import rules as calendar
from contracts.calendar.rules import State as CalendarState
from contracts.oversight.past.recorded import Limits, Supposed, Timeline
from ledger.chain.port import Event
from ledger.errors import VerificationError

SUPPLY: Final = "supply"
CORRECTION: Final = "correction"


@dataclass(frozen=True, slots=True)
class Missed:
    """A step that would have been late: by which limit and rule, since when."""

    subject: bytes
    limit: str
    rule: str
    due: int


@dataclass(slots=True)
class Timed:
    """The moments of running steps under other limits."""

    _answers: dict[bytes, int] = field(default_factory=dict)
    _supplied: set[bytes] = field(default_factory=set)

    def follow(self, event: Event, timeline: Timeline, supposed: Supposed | None) -> None:
        """Note when a step begins. supposed: None before the first block that is replayed."""
        if event.contract == OBJECTIONS and event.name == "ObjectionRaised":
            owner, days = cast(bytes, event.args["owner"]), timeline.days
            due = _due(event.timestamp, days, timeline.limits_of(owner))
            if due != event.args["due"]:
                raise VerificationError(f"replay: block {event.block_number}: another moment than the chain fixed")
            self._answers[event.topics[1]] = _due(event.timestamp, days, timeline.limits_of(owner, supposed))

    def missed(self, event: Event, supply: int) -> Missed | None:
        """Say whether a step that was in time would have been late.

        Args:
            supply: until when the request of this id would have had to be supplied; 0 if that is not known.
        """
        id, now = event.topics[1], event.timestamp
        is_supply = event.contract == SUPPLIES and event.name == "Supplied" and event.args["source"] == NOTHING
        is_first = is_supply and id not in self._supplied
        if is_supply:
            self._supplied.add(id)
        if event.args.get("breach"):
            return None
        if is_first:
            return Missed(id, SUPPLY, "R13", supply) if 0 < supply <= now else None
        if event.contract == OBJECTIONS and event.name == "ObjectionAnswered":
            due = self._answers.pop(id, 0)
            return Missed(id, CORRECTION, "R17", due) if 0 < due <= now else None
        return None


def _due(start: int, days: CalendarState, limits: Limits) -> int:
    limit = limits[CORRECTION]
    return calendar.due(days, start, limit.amount, limit.unit, start)
