"""A bundle's normal form: what is left out named, what follows inferred, what must be the same merged.

Inferences whose conclusions nothing here asks for are left out: 6 (its ordering is that of 34, 37 and 33 together), 5
(its ordering is 35), 12, 15 to 18 and 20 (they conclude what no constraint refuses), 19 (cycles are looked for).
Source: PROV-CONSTRAINTS, sections 4, 5 and 6.1; numbers and names of inferences and constraints are the document's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from gateway.imports.prov.model import OBJECTS, PARAMETERS, TIMES, UNNAMED, Absent, Statement
from gateway.imports.prov.terms import NOTHING, Invalid, Term, Terms, moment
from ledger.errors import InvalidRecord

MOST: Final = 5_000
"""Statements that are judged: merging walks over all of them once for each round of merges."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement with a term for every parameter."""

    kind: str
    id: Term
    held: Mapping[str, Term]
    types: frozenset[str] = frozenset()


class Normal:
    """Facts of one bundle and which of their terms are the same."""

    def __init__(self, statements: tuple[Statement, ...], *, is_suite: bool = False) -> None:
        """Raises Invalid where two given things would have to be one, InvalidRecord where something is not said.

        Args:
            is_suite: as an older test suite has it (``judging``).
        """
        if len(statements) > MOST:
            raise InvalidRecord(f"PROV: more than {MOST} statements to judge together")
        self.terms, self._is_suite = Terms(), is_suite
        self.facts = [self._expanded(one) for one in statements]
        for fact in tuple(self.facts):
            self.facts.extend(self._inferred(fact))
        self._merge()

    def of(self, *kinds: str) -> Iterator[Fact]:
        return (fact for fact in self.facts if fact.kind in kinds)

    def term(self, fact: Fact, name: str) -> Term:
        return self.terms.find(fact.held[name])

    def _expanded(self, one: Statement) -> Fact:
        """Name what is left out (definitions 1 to 4)."""
        if one.id is None and one.kind in OBJECTS:
            raise Invalid(f"PROV-DM {one.kind}: has no identifier")
        id = self.terms.fresh() if one.id is None or one.kind in UNNAMED else one.id
        return Fact(one.kind, id, {name: self._held(one, name) for name in PARAMETERS[one.kind]}, one.types)

    def _held(self, one: Statement, name: str) -> Term:
        if name in one.held:
            return moment(one.held[name]) if name in TIMES else one.held[name]
        absent = PARAMETERS[one.kind][name]
        if one.kind == "wasDerivedFrom" and name in ("generation", "usage") and "activity" in one.held:
            absent = Absent.SOMETHING
        if self._is_suite and (one.kind, name) == ("actedOnBehalfOf", "activity"):
            absent = Absent.NOTHING
        if absent is Absent.REFUSED:
            raise Invalid(f"PROV-DM {one.kind}: prov:{name} is not said")
        return NOTHING if absent is Absent.NOTHING else self.terms.fresh()

    def _inferred(self, fact: Fact) -> Iterator[Fact]:
        """Return what follows from one fact (section 5)."""
        if fact.kind in _FOLLOWS:
            yield from _FOLLOWS[fact.kind](fact, self.terms.fresh)

    def _merge(self) -> None:
        """Merge until nothing changes (section 6.1)."""
        before = -1
        while before != self.terms.merges:
            before = self.terms.merges
            self._merge_keys()
            self._merge_events()

    def _merge_keys(self) -> None:
        known: dict[tuple[str, Term], Fact] = {}
        for fact in self.facts:
            first = known.setdefault((fact.kind, self.terms.find(fact.id)), fact)
            rule = "22 (key-object)" if fact.kind in OBJECTS else "23 (key-properties)"
            for name, term in fact.held.items():
                self.terms.merge(first.held[name], term, rule)

    def _merge_events(self) -> None:
        known: dict[tuple[str, ...] | tuple[Term, ...], Fact] = {}
        unique = {**_UNIQUE, **({"used": _USED_ONCE} if self._is_suite else {})}
        for fact in self.of(*unique):
            names, rule = unique[fact.kind]
            first = known.setdefault((fact.kind, *(self.term(fact, name) for name in names)), fact)
            self.terms.merge(first.id, fact.id, rule)
            if fact.kind == "mentionOf":
                for name in ("generalEntity", "bundle"):
                    self.terms.merge(first.held[name], fact.held[name], rule)
        activities = {self.terms.find(fact.id): fact for fact in self.of("activity")}
        for kind, name, rule in _SPANS:
            for fact in self.of(kind):
                if activity := activities.get(self.term(fact, "activity")):
                    self.terms.merge(activity.held[name], fact.held["time"], rule)


_UNIQUE: Final = {
    "wasGeneratedBy": (("entity", "activity"), "24 (unique-generation)"),
    "wasInvalidatedBy": (("entity", "activity"), "25 (unique-invalidation)"),
    "wasStartedBy": (("activity", "starter"), "26 (unique-wasStartedBy)"),
    "wasEndedBy": (("activity", "ender"), "27 (unique-wasEndedBy)"),
    "mentionOf": (("specificEntity",), "PROV-LINKS (unique-mention)"),
}
_USED_ONCE: Final = (("activity", "entity"), "the suite's (unique-usage)")
_SPANS: Final = (
    ("wasStartedBy", "startTime", "28 (unique-startTime)"),
    ("wasEndedBy", "endTime", "29 (unique-endTime)"),
)
Fresh = Callable[[], Term]


def _entity(fact: Fact, fresh: Fresh) -> Iterator[Fact]:
    """7 (entity-generation-invalidation-inference)."""
    for kind in ("wasGeneratedBy", "wasInvalidatedBy"):
        yield Fact(kind, fresh(), {"entity": fact.id, "activity": fresh(), "time": fresh()})


def _activity(fact: Fact, fresh: Fresh) -> Iterator[Fact]:
    """8 (activity-start-end-inference)."""
    for kind, by, time in (("wasStartedBy", "starter", "startTime"), ("wasEndedBy", "ender", "endTime")):
        yield Fact(kind, fresh(), {"activity": fact.id, "trigger": fresh(), by: fresh(), "time": fact.held[time]})


def _triggered(fact: Fact, fresh: Fresh) -> Iterator[Fact]:
    """9 (wasStartedBy-inference) and 10 (wasEndedBy-inference)."""
    by = fact.held["starter" if fact.kind == "wasStartedBy" else "ender"]
    yield Fact("wasGeneratedBy", fresh(), {"entity": fact.held["trigger"], "activity": by, "time": fresh()})


def _derived(fact: Fact, fresh: Fresh) -> Iterator[Fact]:
    """11 (derivation-generation-use-inference): where none of the three is nothing."""
    held = fact.held
    if NOTHING not in (held["activity"], held["generation"], held["usage"]):
        used = {"activity": held["activity"], "entity": held["usedEntity"], "time": fresh()}
        made = {"entity": held["generatedEntity"], "activity": held["activity"], "time": fresh()}
        yield Fact("used", held["usage"], used)
        yield Fact("wasGeneratedBy", held["generation"], made)


def _attributed(fact: Fact, fresh: Fresh) -> Iterator[Fact]:
    """13 (attribution-inference)."""
    activity = fresh()
    yield Fact("wasGeneratedBy", fresh(), {"entity": fact.held["entity"], "activity": activity, "time": fresh()})
    yield Fact("wasAssociatedWith", fresh(), {"activity": activity, "agent": fact.held["agent"], "plan": fresh()})


def _delegated(fact: Fact, fresh: Fresh) -> Iterator[Fact]:
    """14 (delegation-inference)."""
    if fact.held["activity"] != NOTHING:
        for name in ("delegate", "responsible"):
            held = {"activity": fact.held["activity"], "agent": fact.held[name], "plan": fresh()}
            yield Fact("wasAssociatedWith", fresh(), held)


def _mentioned(fact: Fact, fresh: Fresh) -> Iterator[Fact]:
    """PROV-LINKS (mention-specialization-inference)."""
    yield Fact("specializationOf", fresh(), {name: fact.held[name] for name in ("specificEntity", "generalEntity")})


_FOLLOWS: Final[Mapping[str, Callable[[Fact, Fresh], Iterator[Fact]]]] = {
    "entity": _entity,
    "activity": _activity,
    "wasStartedBy": _triggered,
    "wasEndedBy": _triggered,
    "wasDerivedFrom": _derived,
    "wasAttributedTo": _attributed,
    "actedOnBehalfOf": _delegated,
    "mentionOf": _mentioned,
}
