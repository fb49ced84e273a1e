"""Complementary suppression in tables with margins and hierarchies: protected by audit, cheapest where exact."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.tables import exact
from mpc.disclosure.tables.hierarchy import TOTAL, Dimension, Grid
from mpc.disclosure.tables.interval import Range, Relation, extents
from mpc.disclosure.tables.sheets import Levels, Sheet, seen, unprotected
from mpc.disclosure.tables.suppression import protect
from mpc.disclosure.tables.timing import TimeLimit

COUNTIES = Dimension.of("district", {"a1": "A", "a2": "A", "a3": "A", "b1": "B", "b2": "B"})


def flat(*sizes):
    return Grid(tuple(Dimension.flat(f"d{n}", [f"{n}{i}" for i in range(size)]) for n, size in enumerate(sizes)))


def filled(grid, numbers):
    """Give the inner cells these numbers, in order, and add up."""
    inner = np.zeros(grid.shape, dtype=np.int64)
    source = iter(numbers)
    for places in product(*(dimension.leaves for dimension in grid.dimensions)):
        inner[places] = next(source)
    return [int(value) for value in grid.added_up(inner)]


def small_cells(values, minimum, above=None):
    return {cell: Levels(value, above or minimum) for cell, value in enumerate(values) if 0 < value < minimum}


def costs_of(grid, values):
    return [1.0 + value if grid.is_inner(cell) else 10_000.0 for cell, value in enumerate(values)]


def test_a_tree_is_built_from_parents_in_any_order():
    assert COUNTIES.codes[0] == TOTAL
    assert {COUNTIES.codes[place] for place in COUNTIES.leaves} == {"a1", "a2", "a3", "b1", "b2"}
    assert [COUNTIES.codes[place] for place in COUNTIES.line(COUNTIES.codes.index("b2"))] == ["b2", "B", TOTAL]


@pytest.mark.parametrize("parents", [{"a": "b", "b": "a"}, {"a": "a"}])
def test_a_category_that_is_its_own_ancestor_is_named(parents):
    with pytest.raises(InvalidRecord, match="its own ancestor"):
        Dimension.of("x", parents)


def test_every_relation_of_a_filled_table_holds_and_names_every_parent():
    grid = Grid((COUNTIES, flat(3).dimensions[0]))
    values = filled(grid, range(1, 16))
    relations = list(grid.relations())
    assert len(relations) == 3 * 4 + 8  # three parents of districts at four columns, one of columns at eight districts
    assert all(sum(weight * values[cell] for cell, weight in weights.items()) == 0 for weights in relations)
    assert values[0] == sum(range(1, 16))
    assert values[grid.number([COUNTIES.codes.index("A"), 0])] == sum(range(1, 10))


SMALL = [20, 50, 10, 8, 19, 22, 17, 32, 12]


@pytest.mark.parametrize("cells", [10**6, 0], ids=["exact", "hypercubes"])
def test_a_small_cell_is_hidden_by_a_rectangle_and_its_reader_cannot_tell(cells):
    grid = flat(3, 3)
    values = filled(grid, SMALL)
    sheet = Sheet(values, small_cells(values, 10))
    pattern = protect(grid, [sheet], costs_of(grid, values), exact_cells=cells)
    assert len(pattern.withheld) == 4
    assert pattern.is_optimal is (cells > 0)
    target = next(iter(sheet.levels))
    known = seen(sheet, pattern.withheld, [Relation(w, Range(0, 0)) for w in grid.relations()])
    found = extents(known, [{target: 1}])[0]
    assert found.low == 0
    assert found.high >= 18


def test_without_complements_the_small_cell_is_read_off_its_row():
    grid = flat(3, 3)
    values = filled(grid, SMALL)
    sheet = Sheet(values, small_cells(values, 10))
    assert unprotected(grid, [sheet], sheet.levels) == set(sheet.levels)
    known = seen(sheet, sheet.levels, [Relation(w, Range(0, 0)) for w in grid.relations()])
    assert extents(known, [{next(iter(sheet.levels)): 1}]) == [Range(8, 8)]


def test_the_exact_pattern_is_the_cheapest_that_the_audit_lets_pass():
    """All patterns of a table of two by two with margins are tried."""
    grid = flat(2, 2)
    values = filled(grid, [3, 40, 25, 60])
    sheet = Sheet(values, small_cells(values, 10))
    costs = costs_of(grid, values)
    found = protect(grid, [sheet], costs)
    paid = sum(costs[cell] for cell in found.withheld)
    free = [cell for cell in range(grid.size) if cell not in sheet.levels]
    for bits in product((False, True), repeat=len(free)):
        pattern = set(sheet.levels) | {cell for cell, bit in zip(free, bits, strict=True) if bit}
        if sum(costs[cell] for cell in pattern) < paid * (1 - exact.GAP):
            assert unprotected(grid, [sheet], pattern)


@pytest.mark.parametrize("cells", [10**6, 0], ids=["exact", "hypercubes"])
def test_in_a_hierarchy_the_sum_of_a_county_does_not_give_its_district_away(cells):
    grid = Grid((COUNTIES, Dimension.flat("kind", ["x", "y"])))
    values = filled(grid, [30, 40, 50, 60, 4, 45, 33, 34, 35, 36])  # one small cell: district a3, kind x
    sheet = Sheet(values, small_cells(values, 10))
    pattern = protect(grid, [sheet], costs_of(grid, values), exact_cells=cells)
    assert not unprotected(grid, [sheet], pattern.withheld)
    assert {grid.codes(cell) for cell in pattern.withheld} == {
        ("a3", "x"), ("a3", "y"), ("a1", "x"), ("a1", "y")
    }  # fmt: skip


def test_an_only_child_takes_its_parent_with_it():
    grid = Grid((Dimension.of("district", {"a1": "A", "b1": "B", "b2": "B"}), Dimension.flat("kind", ["x", "y"])))
    values = filled(grid, [3, 40, 50, 60, 70, 45])
    sheet = Sheet(values, small_cells(values, 10))
    for limit in (10**6, 0):
        pattern = protect(grid, [sheet], costs_of(grid, values), exact_cells=limit)
        codes = {grid.codes(cell) for cell in pattern.withheld}
        assert {("a1", "x"), ("A", "x")} <= codes


def test_counts_and_sums_share_a_pattern_that_protects_both():
    grid = flat(3, 3)
    counts = filled(grid, SMALL)
    sums = filled(grid, [900, 10, 800, 70, 600, 500, 12, 400, 300])
    both = [Sheet(counts, small_cells(counts, 10)), Sheet(sums, {grid.number([1, 2]): Levels(10, 60)})]
    pattern = protect(grid, both, costs_of(grid, counts))
    assert pattern.primary == set(both[0].levels) | set(both[1].levels)
    assert not unprotected(grid, both, pattern.withheld)
    assert unprotected(grid, both, protect(grid, both[:1], costs_of(grid, counts)).withheld)


def test_cells_that_everybody_knows_stay_released():
    grid = flat(3, 3)
    values = filled(grid, [20, 50, 0, 8, 19, 22, 17, 32, 12])
    zeros = frozenset(cell for cell, value in enumerate(values) if value == 0)
    for limit in (10**6, 0):
        sheet = Sheet(values, small_cells(values, 10))
        pattern = protect(grid, [sheet], costs_of(grid, values), released=zeros, exact_cells=limit)
        assert not pattern.withheld & zeros


def test_whoever_runs_out_of_time_or_room_says_no():
    grid = flat(3, 3)
    values = filled(grid, SMALL)
    sheet = Sheet(values, small_cells(values, 10))
    with pytest.raises(NotAuthorized, match="time"):
        protect(grid, [sheet], costs_of(grid, values), limit=TimeLimit(0.0))
    hopeless = Sheet(values, {cell: Levels(8, 10**6) for cell in sheet.levels})
    everything = frozenset(range(grid.size)) - set(sheet.levels)
    for limit in (10**6, 0):
        with pytest.raises(NotAuthorized, match="no pattern"):
            protect(grid, [hopeless], costs_of(grid, values), released=everything, exact_cells=limit)


def test_negative_values_and_impossible_levels_are_refused():
    with pytest.raises(InvalidRecord, match="negative"):
        Sheet([3, -1], {})
    with pytest.raises(InvalidRecord, match="below 0"):
        Sheet([3], {0: Levels(4, 1)})
    with pytest.raises(InvalidRecord, match="not negative"):
        Levels(-1, 0)


trees = st.sampled_from([
    Dimension.flat("u", ["1", "2"]), Dimension.flat("v", ["1", "2", "3"]), COUNTIES,
    Dimension.of("w", {"a1": "A", "b1": "B", "b2": "B", "C": TOTAL}),
])  # fmt: skip


@st.composite
def tables(draw):
    first, second = draw(trees), draw(trees)
    grid = Grid((first, Dimension(second.name + "'", second.codes, second.parents)))
    size = len(grid.dimensions[0].leaves) * len(grid.dimensions[1].leaves)
    return grid, filled(grid, draw(st.lists(st.integers(0, 40), min_size=size, max_size=size)))


@settings(max_examples=15, deadline=None)
@given(tables())
def test_whatever_the_table_no_withheld_small_cell_is_better_known_than_the_levels_say(table):
    grid, values = table
    sheet = Sheet(values, small_cells(values, 5))
    relations = [Relation(weights, Range(0, 0)) for weights in grid.relations()]
    for limit in (10**6, 0):
        try:
            pattern = protect(grid, [sheet], costs_of(grid, values), exact_cells=limit, limit=TimeLimit(30.0))
        except NotAuthorized:
            everything = [cell for cell in range(grid.size) if cell not in sheet.levels]
            assert unprotected(grid, [sheet], [*everything, *sheet.levels])  # not even a table without figures
            continue
        known = seen(sheet, pattern.withheld, relations)
        ranges = extents(known, [{c: 1} for c in sheet.levels], TimeLimit(30.0))
        for cell, found in zip(sheet.levels, ranges, strict=True):
            assert found.low == 0
            assert found.high is None or found.high >= values[cell] + 5


def test_three_dimensions_are_covered_too():
    grid = flat(3, 3, 2)
    values = filled(grid, [20, 50, 10, 80, 19, 22, 17, 32, 12, 20, 3, 10, 80, 19, 22, 17, 32, 12])
    sheet = Sheet(values, small_cells(values, 10))
    pattern = protect(grid, [sheet], costs_of(grid, values), exact_cells=0)
    assert len(pattern.withheld) == 8
    assert not unprotected(grid, [sheet], pattern.withheld)
