"""What nothing can be: an entity and an activity, its own specialization, a member of what is empty.

Source: PROV-CONSTRAINTS, sections 6.3 (typing) and 6.4 (impossibility).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from gateway.imports.prov.model import OBJECTS, PROV, UNNAMED
from gateway.imports.prov.normal import Normal
from gateway.imports.prov.terms import NOTHING, Invalid, Term

_EMPTY: Final = f"{PROV}EmptyCollection"
_ACTIVITIES: Final = frozenset({"activity", "informed", "informant", "starter", "ender"})
_ENTITIES: Final = frozenset(
    {
        "entity", "trigger", "generatedEntity", "usedEntity", "plan", "specificEntity", "generalEntity", "alternate1",
        "alternate2", "collection",
    }
)  # fmt: skip
_OVERLAP_FREE: Final = frozenset({"wasInfluencedBy", "wasDerivedFrom", *UNNAMED})
"""Relations that 53 does not name: an influence may carry the identifier of the relation that it generalises."""


def check(normal: Normal) -> None:
    """Raise Invalid for what cannot be."""
    _types(normal)
    _identifiers(normal)
    _derivations(normal)
    _specializations(normal)


def _types(normal: Normal) -> None:
    """50 (typing) and 55 (entity-activity-disjoint)."""
    entities = {normal.terms.find(fact.id) for fact in normal.of("entity")}
    activities = {normal.terms.find(fact.id) for fact in normal.of("activity")}
    for fact in normal.facts:
        for name, term in fact.held.items():
            if name in _ENTITIES:
                entities.add(normal.terms.find(term))
            elif name in _ACTIVITIES:
                activities.add(normal.terms.find(term))
    for term in (entities & activities) - {NOTHING}:
        raise Invalid(f"PROV-CONSTRAINTS 55 (entity-activity-disjoint): {_said(term)} is an entity and an activity")


def _identifiers(normal: Normal) -> None:
    """53 (impossible-property-overlap) and 54 (impossible-object-property-overlap)."""
    objects = {normal.terms.find(fact.id) for fact in normal.of(*OBJECTS)}
    kinds: dict[Term, str] = {}
    for fact in normal.facts:
        id = normal.terms.find(fact.id)
        if fact.kind in OBJECTS or fact.kind in _OVERLAP_FREE or not isinstance(id, str):
            continue
        if id in objects:
            raise Invalid(f"PROV-CONSTRAINTS 54 (impossible-object-property-overlap): {_said(id)} is also {fact.kind}")
        if kinds.setdefault(id, fact.kind) != fact.kind:
            raise Invalid(f"PROV-CONSTRAINTS 53 (impossible-property-overlap): {_said(id)} is two relations")


def _derivations(normal: Normal) -> None:
    """51 (impossible-unspecified-derivation-generation-use)."""
    for fact in normal.of("wasDerivedFrom"):
        if normal.term(fact, "activity") == NOTHING and {fact.held["generation"], fact.held["usage"]} != {NOTHING}:
            raise Invalid(
                "PROV-CONSTRAINTS 51 (impossible-unspecified-derivation-generation-use): "
                "a derivation names a generation or usage and no activity"
            )


def _specializations(normal: Normal) -> None:
    """52 (impossible-specialization-reflexive) over chains (19), 56 (membership-empty-collection) with 21."""
    specials: dict[Term, list[Term]] = defaultdict(list)
    waiting: dict[Term, int] = defaultdict(int)
    for fact in normal.of("specializationOf"):
        special, general = normal.term(fact, "specificEntity"), normal.term(fact, "generalEntity")
        specials[general].append(special)
        waiting[special] += 1
    empty = {normal.terms.find(fact.id) for fact in normal.of("entity") if _EMPTY in fact.types}
    ready, seen = [term for term in specials if not waiting[term]], 0
    while ready:  # from the most general on, so that what is said of it is said of all its specializations
        general = ready.pop()
        for special in specials.get(general, ()):
            seen += 1
            empty |= {special} if general in empty else set()
            waiting[special] -= 1
            if not waiting[special]:
                ready.append(special)
    if seen != sum(map(len, specials.values())):
        raise Invalid("PROV-CONSTRAINTS 52 (impossible-specialization-reflexive): an entity would specialize itself")
    for fact in normal.of("hadMember"):
        if (collection := normal.term(fact, "collection")) in empty:
            raise Invalid(f"PROV-CONSTRAINTS 56 (membership-empty-collection): {_said(collection)} is empty")


def _said(term: Term) -> str:
    return term[:80] if isinstance(term, str) else "something"
