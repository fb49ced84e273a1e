"""The tally: what each party did in a period, counted from the chain's acts alone, so that everybody counts the same.

Acts before the period say how matters stood when it began (what was asked, granted, supplied already); acts behind it
are not looked at. What it does NOT do: judge. A figure is what the chain holds, and says nothing of what never reached
it; what is late is what the chain fixed as due.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from contracts.addresses import AUTHORIZATIONS, BREACHES, INCIDENTS, PARTIES, REQUESTS, SUPPLIES
from contracts.calendar.dates import day_of
from contracts.calendar.rules import State as CalendarState
from contracts.history import NOTHING
from contracts.oversight.acts import Act
from contracts.oversight.counting.figures import Counted, Figure, rows
from contracts.oversight.pending.agenda import Agenda
from ledger.chain.port import Event
from ledger.errors import InvalidRecord


@dataclass(frozen=True, slots=True)
class Period:
    """From one moment to before another, unix seconds."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end:
            raise InvalidRecord("period: expected an end after its start")

    def __contains__(self, time: int) -> bool:
        return self.start <= time < self.end


@dataclass(slots=True)
class Tally:
    """The counts of one period; ``take`` follows the acts in their order.

    Attributes:
        figures: by party and figure.
        refusals: refusals of requests, by owner and number of the rule they rest on.
        breaches: by party and code of the breach.
        severities: incidents by party and how severe they were when recorded.
    """

    period: Period
    days: CalendarState
    parties: dict[bytes, bytes]
    figures: dict[bytes, Counter[Figure]] = field(default_factory=dict)
    refusals: dict[bytes, Counter[int]] = field(default_factory=dict)
    breaches: dict[bytes, Counter[int]] = field(default_factory=dict)
    severities: dict[bytes, Counter[int]] = field(default_factory=dict)
    _agenda: Agenda = field(default_factory=Agenda)
    _seen: set[tuple[Counted, bytes]] = field(default_factory=set)
    _received: dict[bytes, int] = field(default_factory=dict)
    _grantees: dict[bytes, bytes] = field(default_factory=dict)
    _open: dict[bytes, bytes] = field(default_factory=dict)

    def take(self, act: Act) -> None:
        """Follow one act; one behind the period changes nothing."""
        if act.time >= self.period.end:
            return
        if not act.accepted:
            if act.time in self.period:
                self._add(self.parties.get(act.sender, act.sender), Figure.REFUSED_CALLS)
            return
        for event in act.events:
            self._agenda.take((event,))
            self._rows(event)
            self._answer(event)
            self._supply(event)
            self._note(event)

    def know(self, parties: Mapping[bytes, bytes]) -> None:
        """Say whose agents some accounts are; what the acts said before stays."""
        self.parties = {**parties, **self.parties} if parties else self.parties

    def as_of(self, moment: int) -> dict[bytes, Counter[Figure]]:
        """Return the figures with what is overdue when the period ends, or at the moment if that is earlier."""
        found = {party: Counter(counts) for party, counts in self.figures.items()}
        end = min(moment, self.period.end)
        for item in self._agenda.items(end):
            if item.step == "answer" and item.is_overdue(end):
                found.setdefault(item.party, Counter())[Figure.ANSWERS_OVERDUE] += 1
        return found

    def finish(self, moment: int) -> None:
        """Count what is overdue; no act is taken afterwards."""
        self.figures = self.as_of(moment)

    def of(self, party: bytes) -> Counter[Figure]:
        return self.figures.get(party, Counter())

    def total(self) -> Counter[Figure]:
        """Add up all parties. A request counts once as made and once as received."""
        return sum(self.figures.values(), Counter())

    def _rows(self, event: Event) -> None:
        for row in rows().get((event.contract, event.name), ()):
            if not _applies(row, event):
                continue
            if row.once and (row, event.topics[1]) in self._seen:
                continue
            if row.once:
                self._seen.add((row, event.topics[1]))
            if event.timestamp in self.period:
                self._add(cast(bytes, event.args[row.by]), row.figure)

    def _answer(self, event: Event) -> None:
        """How long an answer took: working days after the day the complete papers came, its own day included."""
        if event.contract != REQUESTS:
            return
        id = event.topics[1]
        if event.name == "RequestReceived":
            self._received[id] = event.timestamp
        elif event.name in ("RequestConsented", "RequestRefused") and id in self._received:
            first, last = day_of(self._received.pop(id)), day_of(event.timestamp)
            worked = sum(self.days.days.get(day, False) for day in range(first + 1, last + 1))
            if event.timestamp in self.period:
                self._add(cast(bytes, event.args["party"]), Figure.ANSWER_DAYS, worked)

    def _supply(self, event: Event) -> None:
        """Which yeses of the period were followed by a supply, or a first use by a job, before its end."""
        id = event.topics[1]
        if event.contract == REQUESTS and event.name == "RequestConsented" and event.timestamp in self.period:
            self._open[id] = cast(bytes, event.args["party"])
        is_supply = event.contract == SUPPLIES and event.name == "Supplied" and event.args["source"] == NOTHING
        is_use = event.contract == AUTHORIZATIONS and event.name == "AuthorizationUsed"
        if (is_supply or is_use) and id in self._open:
            self._add(self._open.pop(id), Figure.CONSENTS_SUPPLIED)

    def _note(self, event: Event) -> None:
        """Refusals by rule, breaches by code, incidents by severity, and who is whose agent or partner."""
        args, id = event.args, event.topics[1]
        if event.contract == PARTIES and event.name == "Enrolled":
            self.parties[id[12:]] = cast(bytes, args["party"])
        if event.contract == AUTHORIZATIONS and event.name == "AuthorizationGranted":
            self._grantees[id] = cast(bytes, args["grantee"])
        if event.timestamp not in self.period:
            return
        if event.contract == REQUESTS and event.name == "RequestRefused":
            self.refusals.setdefault(cast(bytes, args["party"]), Counter())[cast(int, args["rule"])] += 1
        if event.contract == INCIDENTS and event.name == "IncidentRecorded":
            self.severities.setdefault(cast(bytes, args["party"]), Counter())[cast(int, args["severity"])] += 1
        code = args.get("item") if event.contract == BREACHES else args.get("breach")
        if isinstance(code, int) and code:
            self._breach(event, code)

    def _breach(self, event: Event, code: int) -> None:
        """A finding names whom it accuses, a suspension stops a grantee; in any other event it is who acts."""
        party = cast(bytes, event.args["party"])
        if event.contract == BREACHES:
            if event.name != "BreachFound":
                return
            party = cast(bytes, event.args["accused"])
        elif event.name == "AuthorizationSuspended":
            party = self._grantees.get(event.topics[1], party)
        self.breaches.setdefault(party, Counter())[code] += 1
        self._add(party, Figure.BREACHES)

    def _add(self, party: bytes, figure: Figure, amount: int = 1) -> None:
        self.figures.setdefault(party, Counter())[figure] += amount


def tally(
    acts: Iterable[Act], period: Period, moment: int, parties: Mapping[bytes, bytes], days: CalendarState
) -> Tally:
    """Count a period.

    Args:
        acts: every act of the chain up to a block, in order.
        moment: the time of that block; a period that goes on behind it is counted up to it.
        parties: of the agents that genesis appointed; later ones are in the acts.
        days: working days.
    """
    found = Tally(period, days, dict(parties))
    for act in acts:
        found.take(act)
    found.finish(moment)
    return found


def _applies(row: Counted, event: Event) -> bool:
    name, wanted = row.where
    if not name:
        return True
    value = event.args[name]
    is_zero = value == 0 or value == NOTHING
    return not is_zero if row.is_marked else (is_zero if wanted == 0 else value == wanted)
