"""Declared tables: what opens beside withheld cells is as much as possible, and gives none of them away."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specs import sums

from ledger.errors import NotAuthorized
from mpc.disclosure import choice, region
from mpc.disclosure.audit import Budget, select
from mpc.disclosure.choice import choose
from mpc.disclosure.interval import Knowledge, Range, Relation, extents
from mpc.disclosure.places import places
from mpc.disclosure.precedent import Answer, Outcome
from mpc.spec import Breakdown, Part

INNER_FIRST = (Part.INNER, Part.GROUPS, Part.BINS, Part.TOTAL)
MARGINS_FIRST = (Part.TOTAL, Part.GROUPS, Part.BINS, Part.INNER)


def question(groups="ABC", edges=(1000, 5000, 20000), priority=INNER_FIRST):
    table = Breakdown("class", tuple(groups), priority)
    return replace(sums(edges=edges), outputs=("count", "sum", "histogram") if edges else ("count", "sum"), table=table)


def cells_of(spec):
    return region.cells(spec, [source.asset for source in spec.sources])


def ranks(spec):
    return [[place.name for place in places(spec) if place.part is part] for part in spec.table.priority]


def pick(spec, below, *, history=(), slacks=None, candidates=None):
    everything = frozenset(place.name for place in places(spec))
    passed = everything - set(below)
    return set(choose(history, cells_of(spec), passed, candidates or passed, ranks(spec), Budget(30.0), slacks))


def opened_by_part(spec, chosen):
    return [sum(place.name in chosen for place in places(spec) if place.part is part) for part in Part]


def test_a_table_without_small_cells_opens_whole():
    spec = question()
    assert pick(spec, ()) == {place.name for place in places(spec)}


def test_one_withheld_cell_costs_margins_if_inner_cells_are_wanted_and_inner_cells_if_margins_are():
    inner = pick(question(), {"group0-bin0"})
    assert opened_by_part(question(), inner) == [8, 2, 2, 0]
    assert inner.isdisjoint({"group0-bin0", "group0", "bin0", "count"})
    margins = pick(question(priority=MARGINS_FIRST), {"group0-bin0"})
    assert opened_by_part(question(), margins) == [5, 3, 3, 1]  # the rectangle of four is closed


def test_the_fixed_order_opens_fewer_cells_than_the_choice():
    spec, below = question(), {"group0-bin0", "group1-bin1"}
    passed = frozenset(place.name for place in places(spec)) - below
    greedy = select([], cells_of(spec), passed)
    assert opened_by_part(spec, greedy)[0] < opened_by_part(spec, pick(spec, below))[0] == 7


def known_intervals(spec, opened):
    """What a reader knows of each inner cell, with every value 40 but the withheld below the minimum."""
    inner = [place for place in places(spec) if place.part is Part.INNER]
    number = {place.name: index for index, place in enumerate(inner)}

    def parts(place):
        return {
            number[part.name]: 1
            for part in inner
            if place.group in (None, part.group) and place.bin in (None, part.bin)
        }

    return number, parts, opened


@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4), st.booleans())
def test_no_withheld_cell_or_union_of_them_is_determined(small, is_inner_first):
    """The interval audit as adversary: it knows every opened figure and cannot pin any small cell down."""
    spec = question(priority=INNER_FIRST if is_inner_first else MARGINS_FIRST)
    below = {f"group{g}-bin{b}" for g, b in small}
    below |= {f"group{g}" for g in range(3) if all((g, b) in small for b in range(3))}
    below |= {f"bin{b}" for b in range(3) if all((g, b) in small for g in range(3))}
    chosen = pick(spec, below)
    number, parts, _ = known_intervals(spec, chosen)
    value = [3 if (g, b) in small else 40 for g in range(3) for b in range(3)]
    relations = []
    for place in places(spec):
        if place.name in chosen:
            weights = parts(place)
            relations.append(Relation(weights, Range(*[sum(value[i] for i in weights)] * 2)))
    known = Knowledge([Range(0, None)] * 9, relations)
    hidden = [number[name] for name in below if name in number]
    sums_of_hidden = [dict.fromkeys(some, 1) for n in (1, 2) for some in combinations(hidden, n)]
    for found in extents(known, sums_of_hidden, Budget(30.0)):
        assert found.low != found.high


def test_without_the_choice_the_margins_give_the_withheld_cell_away():
    spec = question()
    everything = {place.name for place in places(spec)} - {"group0-bin0"}
    _, parts, _ = known_intervals(spec, everything)
    relations = [
        Relation(parts(place), Range(*[40 * len(parts(place)) - 37 * (0 in parts(place))] * 2))
        for place in places(spec)
        if place.name in everything
    ]
    assert extents(Knowledge([Range(0, None)] * 9, relations), [{0: 1}]) == [Range(3, 3)]


def test_what_was_answered_before_counts():
    """The total was released by another job: with one small cell left over, the groups must not add up to the rest."""
    spec = question(groups="ABC", edges=())
    base = cells_of(spec)[0]
    before = [Answer(base.region, base.base, Outcome.OPENED)]
    passed = frozenset({"count", "group1", "group2"})
    assert set(choose([], cells_of(spec), passed, passed - {"count"}, ranks(spec))) == {"group1", "group2"}
    beside = choose(before, cells_of(spec), passed, passed - {"count"}, ranks(spec))
    assert len(beside) == 1


def test_the_choice_is_the_same_each_time_and_shrinks_with_the_candidates():
    spec = question()
    first = pick(spec, {"group0-bin0", "group2-bin1"})
    assert first == pick(spec, {"group0-bin0", "group2-bin1"})
    everything = frozenset(place.name for place in places(spec)) - {"group0-bin0", "group2-bin1"}
    fewer = pick(spec, {"group0-bin0", "group2-bin1"}, candidates=everything - {"group1-bin0"})
    assert "group1-bin0" not in fewer


def test_without_time_nothing_opens():
    spec = question()
    passed = frozenset(place.name for place in places(spec)) - {"group0-bin0"}
    with pytest.raises(NotAuthorized, match="time"):
        choose([], cells_of(spec), passed, passed, ranks(spec), Budget(0.0))


class TestDominatedCells:
    """One deed has nearly all of group A's lowest bin; the slacks are what its owner knows of its own rows."""

    SPEC = question(groups="AB", edges=(1000, 5000))
    SLACKS = {  # noqa: RUF012 - read only
        "group0-bin0": (-5000,),
        "group0-bin1": (400,),
        "group1-bin0": (9000,),
        "group1-bin1": (9000,),
    }

    def pick(self, **slacks):
        known = {**self.SLACKS, **{name.replace("_", "-"): value for name, value in slacks.items()}}
        return pick(replace(self.SPEC, table=replace(self.SPEC.table, priority=MARGINS_FIRST)), {"group0-bin0"},
                    slacks=known)  # fmt: skip

    def test_a_small_neighbour_does_not_hide_it(self):
        """The row's margin would show the dominated cell and the small one together: dominated still."""
        chosen = self.pick()
        assert "group0" not in chosen
        assert {"group1", "count"} - chosen  # nor the total less the other group

    def test_a_large_neighbour_does(self):
        chosen = self.pick(group0_bin1=(9000,))
        assert chosen >= {"group0", "group1", "bin0", "bin1", "count"}

    def test_with_that_search_switched_off_the_margin_shows_it(self, monkeypatch):
        monkeypatch.setattr(choice._Hunt, "_scaled", lambda hunt: hunt.weights[:0])
        assert "group0" in self.pick()
