"""What must have happened before what: a document is invalid if something would strictly precede itself.

All generations of one entity happen at once (39), as do its invalidations (40) and an activity's starts (31) and ends
(32), so each is one node of the graph; a usage is its own. Times are not compared: the Recommendation does not.
Source: PROV-CONSTRAINTS, section 6.2; components are found by Tarjan's algorithm, without recursion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from gateway.imports.prov.normal import Normal
from gateway.imports.prov.terms import NOTHING, Invalid, Term

Event = tuple[str, Term]


class _Graph:
    """Events that are known to have happened, and which precedes which; an event nobody states precedes nothing."""

    def __init__(self) -> None:
        self.events: set[Event] = set()
        self.after: dict[Event, list[Event]] = defaultdict(list)
        self.strict: list[tuple[Event, Event]] = []

    def precedes(self, first: Event, second: Event, *, strictly: bool = False) -> None:
        if first in self.events and second in self.events:
            self.after[first].append(second)
            if strictly:
                self.strict.append((first, second))


def check(normal: Normal) -> None:
    """Raise Invalid if the events cannot be put in order."""
    graph = _Graph()
    _happened(normal, graph)
    for constrain in (_lives, _usages, _generations, _relations, _specializations):
        constrain(normal, graph)
    component = _components(graph.after)
    for first, second in graph.strict:
        if first == second or component.get(first) == component.get(second, -1):
            raise Invalid(
                f"PROV-CONSTRAINTS 42 (derivation-generation-generation-ordering): {_said(first)} would precede itself"
            )


def _happened(normal: Normal, graph: _Graph) -> None:
    for kind, event, name in (
        ("wasGeneratedBy", "gen", "entity"), ("wasInvalidatedBy", "inv", "entity"),
        ("wasStartedBy", "start", "activity"), ("wasEndedBy", "end", "activity"),
    ):  # fmt: skip
        graph.events |= {(event, normal.term(fact, name)) for fact in normal.of(kind)}
    graph.events |= {("use", normal.terms.find(fact.id)) for fact in normal.of("used")}


def _lives(_normal: Normal, graph: _Graph) -> None:
    """30 (start-precedes-end), 36 (generation-precedes-invalidation)."""
    for event, term in tuple(graph.events):
        if event in ("start", "gen"):
            graph.precedes((event, term), ("end" if event == "start" else "inv", term))


def _usages(normal: Normal, graph: _Graph) -> None:
    """33 (usage-within-activity), 37 (generation-precedes-usage), 38 (usage-precedes-invalidation)."""
    for fact in normal.of("used"):
        use, activity, entity = ("use", normal.terms.find(fact.id)), *_both(normal, fact, "activity", "entity")
        graph.precedes(("start", activity), use)
        graph.precedes(use, ("end", activity))
        graph.precedes(("gen", entity), use)
        graph.precedes(use, ("inv", entity))


def _generations(normal: Normal, graph: _Graph) -> None:
    """34 (generation-within-activity), 41 and 42 (derivation-...-ordering), 43 and 44 (wasStartedBy-, wasEndedBy-)."""
    for fact in normal.of("wasGeneratedBy"):
        entity, activity = _both(normal, fact, "entity", "activity")
        graph.precedes(("start", activity), ("gen", entity))
        graph.precedes(("gen", entity), ("end", activity))
    for fact in normal.of("wasDerivedFrom"):
        made, used = _both(normal, fact, "generatedEntity", "usedEntity")
        graph.precedes(("gen", used), ("gen", made), strictly=True)
        if NOTHING not in (fact.held["activity"], fact.held["generation"], fact.held["usage"]):
            graph.precedes(("use", normal.term(fact, "usage")), ("gen", made))
    for kind, event in (("wasStartedBy", "start"), ("wasEndedBy", "end")):
        for fact in normal.of(kind):
            activity, trigger = _both(normal, fact, "activity", "trigger")
            graph.precedes(("gen", trigger), (event, activity))
            graph.precedes((event, activity), ("inv", trigger))


def _relations(normal: Normal, graph: _Graph) -> None:
    """35 (wasInformedBy-ordering), 47 to 49 (of agents, who may be entities or activities)."""
    for fact in normal.of("wasInformedBy"):
        informed, informant = _both(normal, fact, "informed", "informant")
        graph.precedes(("start", informant), ("end", informed))
    for fact in normal.of("wasAssociatedWith"):
        activity, agent = _both(normal, fact, "activity", "agent")
        graph.precedes(("start", activity), ("inv", agent))
        graph.precedes(("gen", agent), ("end", activity))
        graph.precedes(("start", activity), ("end", agent))
        graph.precedes(("start", agent), ("end", activity))
    for fact in normal.of("wasAttributedTo"):
        entity, agent = _both(normal, fact, "entity", "agent")
        graph.precedes(("gen", agent), ("gen", entity))
        graph.precedes(("start", agent), ("gen", entity))
    for fact in normal.of("actedOnBehalfOf"):
        delegate, responsible = _both(normal, fact, "delegate", "responsible")
        graph.precedes(("gen", responsible), ("inv", delegate))
        graph.precedes(("start", responsible), ("end", delegate))


def _specializations(normal: Normal, graph: _Graph) -> None:
    """45 and 46 (specialization-generation-, -invalidation-ordering), along chains of specializations too (19)."""
    for fact in normal.of("specializationOf"):
        special, general = _both(normal, fact, "specificEntity", "generalEntity")
        for through, event, first, second in (("g", "gen", general, special), ("i", "inv", special, general)):
            for term in (first, second):  # a chain passes through entities whose own events nobody states
                graph.events.add((through, term))
                graph.precedes((event, term), (through, term))
                graph.precedes((through, term), (event, term))
            graph.precedes((through, first), (through, second))


def _both(normal: Normal, fact: object, one: str, other: str) -> tuple[Term, Term]:
    return normal.term(fact, one), normal.term(fact, other)  # type: ignore[arg-type]


def _said(event: Event) -> str:
    return f"the generation of {event[1][:80]}" if isinstance(event[1], str) else "a generation"


def _components(after: Mapping[Event, list[Event]]) -> dict[Event, int]:
    """Return the strongly connected component of each event."""
    order: dict[Event, int] = {}
    low: dict[Event, int] = {}
    found: dict[Event, int] = {}
    stack: list[Event] = []
    for root in tuple(after):
        if root in order:
            continue
        order[root] = low[root] = len(order)
        stack.append(root)
        walk: list[tuple[Event, Iterator[Event]]] = [(root, iter(after.get(root, ())))]
        while walk:
            event, following = walk[-1]
            advanced = next((one for one in following if one not in found), None)
            if advanced is None:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[event])
                if low[event] == order[event]:
                    while (member := stack.pop()) != event:
                        found[member] = order[event]
                    found[event] = order[event]
            elif advanced in order:
                low[event] = min(low[event], order[advanced])
            else:
                order[advanced] = low[advanced] = len(order)
                stack.append(advanced)
                walk.append((advanced, iter(after.get(advanced, ()))))
    return found
