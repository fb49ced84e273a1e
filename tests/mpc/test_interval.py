"""The interval audit: exact ends by integers, shown by witnesses, and a refusal whenever it cannot tell."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.tables import interval
from mpc.disclosure.tables.interval import Knowledge, Need, Range, Relation, extents, unmet
from mpc.disclosure.tables.timing import TimeLimit

COUNT = Range(0, None)


def exactly(weights, value):
    return Relation(weights, Range(value, value))


def test_integers_leave_one_value_where_a_linear_relaxation_sees_an_interval():
    known = Knowledge([COUNT, COUNT], [exactly({0: 2, 1: 3}, 7)])
    assert extents(known, [{0: 1}, {1: 1}]) == [Range(2, 2), Range(1, 1)]
    ends = [linprog([sign, 0], A_eq=[[2, 3]], b_eq=[7]).fun * sign for sign in (1, -1)]
    assert ends == [0, 3.5]  # the attack that a linear audit would let pass
    assert unmet(known, [Need({0: 1}, width=3)]) == [0]


def test_a_total_beside_four_of_five_parts_gives_the_fifth_away():
    parts = [Range(v, v) for v in (978, 303, 672, 678)]
    fifth = Range(0, 9)
    total = Relation(dict.fromkeys(range(5), 1), Range(2640, 2640))
    assert extents(Knowledge([*parts, fifth], []), [{4: 1}]) == [Range(0, 9)]
    assert extents(Knowledge([*parts, fifth], [total]), [{4: 1}]) == [Range(9, 9)]


def two_way(values, withheld):
    """A table of 3 x 3 with all margins released, from the point of view of a reader."""
    ranges = [Range(v, v) if (i // 3, i % 3) not in withheld else COUNT for i, v in enumerate(np.ravel(values))]
    rows = [exactly({3 * r + c: 1 for c in range(3)}, int(values[r].sum())) for r in range(3)]
    columns = [exactly({3 * r + c: 1 for r in range(3)}, int(values[:, c].sum())) for c in range(3)]
    return Knowledge(ranges, rows + columns)


TABLE = np.array([[20, 50, 10], [8, 19, 22], [17, 32, 12]])


def test_one_withheld_cell_of_a_two_way_table_is_known_and_four_in_a_rectangle_are_not():
    assert extents(two_way(TABLE, {(1, 0)}), [{3: 1}]) == [Range(8, 8)]
    rectangle = {(1, 0), (1, 1), (0, 0), (0, 1)}
    assert extents(two_way(TABLE, rectangle), [{3: 1}]) == [Range(0, 27)]
    assert unmet(two_way(TABLE, rectangle), [Need({3: 1}, reach=Range(0, 13)), Need({3: 1}, width=28)]) == [1]


def test_a_need_is_a_width_or_both_ends():
    need = Need({0: 1}, width=4, reach=Range(3, 9))
    assert need.is_met(Range(3, 9))
    assert need.is_met(Range(None, 9))
    assert not need.is_met(Range(4, 9))
    assert not need.is_met(Range(3, 8))
    assert not Need({0: 1}, width=7).is_met(Range(3, 9))


def test_a_weighted_sum_over_parts_that_nothing_ties_together_adds_their_ends():
    known = Knowledge([Range(0, 3), Range(2, 5), Range(7, 7)], [])
    assert extents(known, [{0: 2, 1: -1, 2: 1}]) == [Range(2, 11)]
    assert unmet(known, [Need({0: 2, 1: -1}, width=9), Need({0: 2, 1: -1}, width=10)]) == [1]


def test_an_open_side_is_reported_as_open():
    assert extents(Knowledge([COUNT, COUNT], [Relation({0: 1, 1: -1}, Range(5, None))]), [{0: 1}, {1: 1}]) == [
        Range(5, None),
        Range(0, None),
    ]


def test_knowledge_that_contradicts_itself_is_named():
    with pytest.raises(InvalidRecord, match="contradicts"):
        extents(Knowledge([Range(0, 3), Range(0, 3)], [exactly({0: 1, 1: 1}, 7)]), [{0: 1}])
    with pytest.raises(InvalidRecord, match="contradicts"):
        extents(Knowledge([Range(2, 2)], [exactly({0: 1}, 3)]), [{0: 1}])


@pytest.mark.parametrize(
    ("ranges", "relations"),
    [([Range(0, 1 << 51)], []), ([COUNT], [exactly({0: 1}, 1 << 51)]), ([COUNT], [exactly({1: 1}, 1)])],
)
def test_numbers_and_names_that_cannot_be_audited_are_refused(ranges, relations):
    with pytest.raises(InvalidRecord, match="interval"):
        Knowledge(ranges, relations)


def test_whoever_has_no_time_says_no():
    with pytest.raises(NotAuthorized, match="time"):
        unmet(two_way(TABLE, {(1, 0), (1, 1), (0, 0), (0, 1)}), [Need({3: 1}, width=1)], TimeLimit(0.0))


def test_a_wrong_solver_cannot_make_a_cell_safe(monkeypatch):
    """Each end is a table checked exactly: what a solver merely claims does not count."""
    honest = interval.milp

    def lying(objective, **model):
        found = honest(objective, **model)
        found.x = found.x - 5 * np.sign(objective)
        return found

    monkeypatch.setattr(interval, "milp", lying)
    with pytest.raises(NotAuthorized, match="cannot tell"):
        unmet(two_way(TABLE, {(1, 0)}), [Need({3: 1}, width=3)])
    monkeypatch.setattr(interval._Part, "_witness", lambda self, solution: [int(v) for v in np.rint(solution)])
    assert unmet(two_way(TABLE, {(1, 0)}), [Need({3: 1}, width=3)]) == []  # without the check it would pass


def test_money_in_cents_keeps_exact_ends():
    row = [123_456_789_012, 98_765_432_101, 55_555_555_555]
    known = Knowledge([COUNT, COUNT, Range(row[2], row[2])], [exactly({0: 1, 1: 1, 2: 1}, sum(row))])
    assert extents(known, [{0: 1}]) == [Range(0, row[0] + row[1])]


cells = st.integers(2, 4)


@st.composite
def puzzles(draw):
    """A hidden table of small integers, and true statements about it."""
    size = draw(cells)
    hidden = draw(st.lists(st.integers(0, 4), min_size=size, max_size=size))
    ranges = []
    for value in hidden:
        slack = draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
        ranges.append(Range(max(0, value - slack[0]), min(4, value + slack[1])))
    relations = []
    for _ in range(draw(st.integers(0, 3))):
        weights = {i: w for i in range(size) if (w := draw(st.integers(-2, 3)))}
        total = sum(w * hidden[i] for i, w in weights.items())
        spare = draw(st.sampled_from([0, 0, 1]))
        relations.append(Relation(weights, Range(total - spare, total + spare)))
    return Knowledge(ranges, relations), draw(st.dictionaries(st.integers(0, size - 1), st.integers(-2, 2), min_size=1))


@settings(max_examples=80, deadline=None)
@given(puzzles())
def test_ends_are_those_of_trying_every_table(puzzle):
    known, weights = puzzle
    tables = [
        table
        for table in product(*(range(r.low, r.high + 1) for r in known.ranges))
        if all(sum(w * table[i] for i, w in rel.weights.items()) in rel.range for rel in known.relations)
    ]
    values = [sum(w * table[i] for i, w in weights.items()) for table in tables]
    truth = Range(min(values), max(values))
    assert extents(known, [weights]) == [truth]
    width = truth.high - truth.low
    assert unmet(known, [Need(weights, width), Need(weights, width + 1), Need(weights, 0, truth)]) == [1]
