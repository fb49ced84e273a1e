"""The agenda: which steps of which matters wait for whom. One event changes its own cases and no other.

A case is kept only while something of it waits or may wait again, so that what is due is found among what is pending,
not among all that ever was. Pure: whoever folds the same events has the same agenda. What it does NOT do: judge whether
an act was allowed (the contract has), or know the time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias, cast

from contracts.layout import word
from contracts.oversight.pending.step import EVERYBODY, Step, Turn
from contracts.oversight.pending.steps import STEPS, turns
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.errors import InvalidRecord

CaseKey: TypeAlias = tuple[str, bytes]
"""Kind of the case, and the words that name it."""
NONE_LENT: Final[Mapping[str, AbiValue]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Waiting:
    """One step that waits for one party: since when, and until when if the chain has fixed it (else 0)."""

    step: str
    party: bytes
    since: int
    due: int


@dataclass(frozen=True, slots=True)
class Case:
    """What the events of one matter have said, and which of its steps wait."""

    facts: Mapping[str, AbiValue] = field(default_factory=dict)
    waiting: tuple[Waiting, ...] = ()
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One line of somebody's inbox. due: 0 if nothing sets an end."""

    kind: str
    case: bytes
    step: str
    party: bytes
    since: int
    due: int
    facts: Mapping[str, AbiValue] = field(default_factory=dict, compare=False)

    @property
    def about(self) -> Step:
        return STEPS[self.step]

    def is_overdue(self, now: int) -> bool:
        return 0 < self.due <= now

    def has_lapsed(self, now: int) -> bool:
        """Say whether the step can be taken no more, so that it waits for nobody."""
        return self.about.lapses and self.is_overdue(now)


class Limits(Protocol):
    """How long a limit of the rule set in force lasts."""

    def until(self, code: str, start: int) -> int:
        """Return the moment a limit ends that began at start; 0 if no day of it is known."""
        ...


def cases_of(event: Event) -> list[tuple[Turn, CaseKey]]:
    """Return which cases an event belongs to and what it does there; none for an event that no step hangs on."""
    found = turns().get((event.contract, event.name), ())
    about = [turn for turn in found if not turn.unless or not any(word(_named(event, turn.unless)))]
    return [(turn, (turn.kind, b"".join(word(_named(event, name)) for name in turn.case))) for turn in about]


def lender_of(turn: Turn, event: Event) -> CaseKey | None:
    """Return the case whose facts an event's case takes over, if it takes any."""
    return (turn.lender[0], word(_named(event, turn.lender[1]))) if turn.lender else None


def follow(case: Case, turn: Turn, event: Event, lent: Mapping[str, AbiValue] = NONE_LENT) -> Case:
    """Return a case after one of its events; one whose beginning is not known, or is forgotten, stays closed.

    Args:
        lent: facts of the case that lender_of names.
    """
    facts = {**lent, **case.facts, **{name: event.args[argument] for name, argument in turn.facts.items()}}
    kept = [found for found in case.waiting if found.step not in turn.ends]
    if turn.ends_own:
        own = event.args["party"]
        kept = [found for found in kept if found.step not in turn.ends_own or found.party != own]
    for code in turn.begins:
        before = {found.party: found for found in kept if found.step == code}
        kept = [found for found in kept if found.step != code]
        for party in _bound(STEPS[code], facts):
            fresh = Waiting(code, party, event.timestamp, _due(STEPS[code], facts))
            kept.append(replace(before[party], due=fresh.due) if party in before else fresh)
    closed = not turn.begins and not turn.lends and (turn.closes or not case.facts)
    return Case(facts, () if closed else tuple(kept), closed)


class Agenda:
    """All cases in memory, for one pass; the same fold as a party's own file, which also forgets what has lapsed."""

    def __init__(self) -> None:
        self._cases: dict[CaseKey, Case] = {}

    def take(self, events: Iterable[Event]) -> None:
        """Follow events in their order."""
        for event in events:
            for turn, key in cases_of(event):
                after = self.after(turn, key, event)
                if after.closed:
                    self._cases.pop(key, None)
                else:
                    self._cases[key] = after

    def after(self, turn: Turn, key: CaseKey, event: Event) -> Case:
        """Return what a case becomes by an event."""
        lender = lender_of(turn, event)
        return follow(self.case(key), turn, event, self.case(lender).facts if lender else NONE_LENT)

    def case(self, key: CaseKey) -> Case:
        """Return a case as the events so far have left it; an empty one if nothing of it is open."""
        return self._cases.get(key, Case())

    def items(self, now: int) -> list[Item]:
        """Return all that waits at a time, in an order that depends on nothing but the events."""
        found = [
            Item(kind, case, step.step, step.party, step.since, step.due, held.facts)
            for (kind, case), held in self._cases.items()
            for step in held.waiting
        ]
        return sorted((item for item in found if not item.has_lapsed(now)), key=order)

    def __len__(self) -> int:
        return len(self._cases)


def order(item: Item) -> tuple[bool, int, str, bytes, str, bytes]:
    """The order of a due list: the soonest first, what has no end last."""
    return not item.due, item.due, item.kind, item.case, item.step, item.party


def dated(items: Iterable[Item], limits: Limits) -> list[Item]:
    """Return items with the moments that follow from limits of the rule set, soonest first."""
    found = [
        replace(item, due=limits.until(item.about.limit, item.since)) if item.about.limit and not item.due else item
        for item in items
    ]
    return sorted(found, key=order)


def _named(event: Event, argument: str) -> bytes | int:
    found = event.args[argument]
    if not isinstance(found, bytes | int):
        raise InvalidRecord(f"agenda: {event.name}.{argument} names no case")
    return found


def _bound(step: Step, facts: Mapping[str, AbiValue]) -> tuple[bytes, ...]:
    if not step.bound:
        return (EVERYBODY,)
    named = facts.get(step.bound)
    if isinstance(named, bytes):
        return (named,)
    if isinstance(named, tuple):
        return tuple(cast("tuple[bytes, ...]", named))
    raise InvalidRecord(f"agenda: nobody is named as {step.bound}")


def _due(step: Step, facts: Mapping[str, AbiValue]) -> int:
    found = facts.get(step.due, 0) if step.due else 0
    if not isinstance(found, int):
        raise InvalidRecord(f"agenda: {step.due} is no moment")
    return found
