"""What figures over versions of a table determine, against an adversary that does linear algebra in exact rationals.

The adversary knows every figure and, at all owners, which rows each one counts; it asks whether some weights leave a
sum over fewer rows than the minimum. It succeeds against the rule that compares versions pair by pair.
"""

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import chain, combinations

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from ledger.errors import NotAuthorized
from mpc.disclosure.membership import MAX_VERSIONS, classes, distance, stand_apart
from mpc.disclosure.region import Cell, Region, Span
from mpc.node.memory import versions
from mpc.node.memory.versions import Earlier, OwnRows, name_of, require_steady

MINIMUM = 3
CELL = Cell("count", Region.of({"asset": frozenset({"a", "b", "c"})}), Region.of({"asset": frozenset({"a", "b", "c"})}))
COMMON, FIRST, SECOND = range(10), range(10, 20), range(20, 30)
ODD = 99
"""The row that four versions isolate."""


def digests(rows):
    return b"".join(sorted(row.to_bytes(16, "big") for row in rows))


def rank(columns):
    """The rank over the rationals of vectors of equal length."""
    left, found = [[Fraction(value) for value in column] for column in columns], 0
    for place in range(len(left[0]) if left else 0):
        pivot = next((row for row in left if row[place]), None)
        if pivot is None:
            continue
        found += 1
        left.remove(pivot)
        left = [[x - row[place] / pivot[place] * y for x, y in zip(row, pivot, strict=True)] for row in left]
    return found


def narrowest(figures, minimum):
    """The fewest rows below the minimum that some weights leave alone, or None.

    Weights that vanish on all rows but those of some classes, and not on these, exist iff the rank falls without them.
    """
    rows = set(chain.from_iterable(figures))
    found = Counter(tuple(int(row in figure) for figure in figures) for row in rows)
    small = [column for column, count in found.items() if count < minimum]
    for size in range(1, len(small) + 1):
        for chosen in combinations(small, size):
            count = sum(found[column] for column in chosen)
            if count < minimum and rank([c for c in found if c not in chosen]) < rank(list(found)):
                return count
    return None


class Owners:
    """Three owners who answer one cell over and over; each judges its own rows alone."""

    def __init__(self, minimum=MINIMUM):
        self.minimum = minimum
        self.kept = [{} for _ in range(3)]
        self.earlier = [[] for _ in range(3)]
        self.figures = []

    def ask(self, tables):
        """Release the figure over the rows of all owners, if each agrees and it is large enough."""
        jobs = []
        for kept, earlier, rows in zip(self.kept, self.earlier, tables, strict=True):
            data = digests(rows)
            own = OwnRows("a", name_of(data), self.minimum, False, {CELL.name: data})
            try:
                require_steady(own, [CELL], earlier, kept.__getitem__)
            except NotAuthorized:
                return False
            jobs.append((kept, earlier, data))
        opened = sum(map(len, tables)) >= self.minimum
        for kept, earlier, data in jobs:
            kept[name_of(data)] = data
            earlier.append(Earlier(CELL.region, name_of(data), name_of(data), opened))
        if opened:
            self.figures.append(frozenset(chain.from_iterable(tables)))
        return opened


def parts(owner):
    """Rows of an owner in four parts, some small; up to three versions hold some of them each."""
    sizes = st.lists(st.sampled_from([1, 2, 3, 4]), min_size=4, max_size=4)
    chosen = st.lists(st.sets(st.integers(0, 3)).map(frozenset), min_size=1, max_size=3, unique=True)
    order = st.lists(st.integers(0, 2), min_size=5, max_size=5)

    def made(sizes, chosen, order):
        rows = [frozenset(1000 * owner + 10 * part + n for n in range(size)) for part, size in enumerate(sizes)]
        return [frozenset().union(*(rows[part] for part in chosen[which % len(chosen)])) for which in order]

    return st.builds(made, sizes, chosen, order)


STORIES = st.tuples(*map(parts, (1, 2, 3))).map(lambda owners: list(zip(*owners, strict=True)))


def told(story):
    owners = Owners()
    for tables in story:
        owners.ask(tables)
    return owners.figures


@settings(deadline=None, max_examples=300)
@given(STORIES)
def test_no_weights_over_any_versions_leave_fewer_rows_than_the_minimum(story):
    assert narrowest(told(story), MINIMUM) is None


def pairwise(found, count, minimum):
    """The rule that looks at two versions at a time: each pair differs by the minimum, one way or the other."""

    def rows(is_in):
        return sum(number for mask, number in found.items() if is_in(mask))

    return any(
        max(
            rows(lambda mask, i=i, j=j: mask >> i & 1 and not mask >> j & 1),
            rows(lambda mask, i=i, j=j: mask >> j & 1 and not mask >> i & 1),
        )
        < minimum
        for i, j in combinations(range(count), 2)
    )


SEARCH = settings(deadline=None, max_examples=5000, database=None, derandomize=True, phases=[Phase.generate])


def test_pair_by_pair_the_same_adversary_finds_fewer_rows(monkeypatch):
    monkeypatch.setattr(versions, "stand_apart", pairwise)
    found = find(STORIES, lambda story: narrowest(told(story), MINIMUM) is not None, settings=SEARCH)
    assert narrowest(told(found), MINIMUM) < MINIMUM


def test_some_stories_are_answered_on_several_versions():
    assert len(set(told(find(STORIES, lambda story: len(set(told(story))) >= 4, settings=SEARCH)))) >= 4


FOUR = [{*COMMON}, {*COMMON, *FIRST, ODD}, {*COMMON, *SECOND, ODD}, {*COMMON, *FIRST, *SECOND, ODD}]
"""Each differs from each other by ten rows; second and third less first and fourth is the odd row."""


def test_of_four_versions_that_together_isolate_one_row_one_is_refused():
    owners = Owners(minimum=10)
    assert [owners.ask((rows, (), ())) for rows in FOUR] == [True, True, False, True]
    without = Owners(minimum=10)
    even = [rows - {ODD} for rows in FOUR]
    assert [without.ask((rows, (), ())) for rows in even] == [True, True, True, True]


def test_pair_by_pair_four_versions_isolate_one_row(monkeypatch):
    monkeypatch.setattr(versions, "stand_apart", pairwise)
    owners = Owners(minimum=10)
    assert all(owners.ask((rows, (), ())) for rows in FOUR)
    value = {row: 100 + row for row in FOUR[3]}
    sums = [sum(map(value.__getitem__, rows)) for rows in FOUR]
    assert sums[1] + sums[2] - sums[0] - sums[3] == value[ODD]
    assert narrowest(owners.figures, 10) == 1


STILL = ({1000, 1001}, {2000})
"""Rows of two other owners, who never change."""


def test_rows_that_never_change_at_other_owners_are_not_isolated_by_three_versions_of_one():
    owners = Owners(minimum=10)
    story = [{*FIRST}, {*SECOND}, {*FIRST, *SECOND}]
    assert [owners.ask((rows, *STILL)) for rows in story] == [True, False, True]
    beside = Owners(minimum=10)
    assert all(beside.ask((rows | {*COMMON}, *STILL)) for rows in story)
    assert narrowest(beside.figures, 10) is None


def test_without_rows_in_all_versions_those_of_other_owners_are_isolated(monkeypatch):
    monkeypatch.setattr(versions, "stand_apart", lambda found, count, minimum: min(found.values()) < minimum)
    owners = Owners(minimum=10)
    assert all(owners.ask((rows, *STILL)) for rows in ({*FIRST}, {*SECOND}, {*FIRST, *SECOND}))
    assert narrowest(owners.figures, 10) == 3


@pytest.mark.parametrize(
    ("before", "after", "apart"),
    [
        ({*COMMON}, {*COMMON}, False),
        ({*COMMON, *FIRST}, {*COMMON, *SECOND}, False),
        ({*COMMON}, {*COMMON, *FIRST}, False),
        ({*COMMON, *FIRST}, {*COMMON}, False),
        ({*COMMON, ODD}, {*COMMON, *FIRST}, True),
        ({*COMMON}, {*COMMON, ODD}, True),
        ({*COMMON}, {*range(1, 10), *FIRST}, True),
        ({*FIRST}, {*SECOND}, True),
        (set(), {*FIRST}, True),
    ],
)
def test_every_class_has_the_minimum_and_that_of_all_versions_is_not_empty(before, after, apart):
    assert stand_apart(classes([digests(before), digests(after)]), 2, 10) is apart


def test_equal_rows_are_counted_one_by_one():
    one, two = digests([7, 7, 7, 8]), digests([7, 7, 9])
    assert classes([one, two]) == {0b11: 2, 0b01: 2, 0b10: 1}
    assert distance(one, two) == distance(two, one) == 2
    assert classes([b"", b""]) == {}


@given(st.lists(st.lists(st.integers(0, 6), max_size=12), min_size=1, max_size=5))
def test_classes_are_those_of_a_count_row_by_row(tables):
    expected = Counter()
    counted = [Counter(rows) for rows in tables]
    for row in set(chain.from_iterable(tables)):
        for nth in range(max(count[row] for count in counted)):
            expected[sum(1 << i for i, count in enumerate(counted) if count[row] > nth)] += 1
    assert classes(map(digests, tables)) == expected


def test_more_versions_than_are_compared_are_refused():
    owners = Owners(minimum=10)
    for number in range(MAX_VERSIONS):
        assert owners.ask((range(10 + 10 * number), (), ()))
    assert not owners.ask((range(10 + 10 * MAX_VERSIONS), (), ()))
    assert owners.ask((COMMON, (), ()))  # one that is known is no other
    with pytest.raises(ValueError, match="more than"):
        classes([b""] * (MAX_VERSIONS + 1))


TABLES = st.lists(st.lists(st.sampled_from([0, 3, 6]), min_size=4, max_size=4), min_size=2, max_size=4)
"""Versions of a table: at each of four points the first so many rows of nine."""
RANGES = st.tuples(*([st.integers(0, 4)] * 2)).filter(lambda ends: ends[0] < ends[1])
JOBS = st.lists(st.tuples(st.integers(0, 3), st.lists(RANGES, min_size=1, max_size=2, unique=True)), max_size=7)


def over(ends):
    region = Region.of({"asset": frozenset({"a"}), "row.place": Span(*ends)})
    return Cell(f"{ends[0]}-{ends[1]}", region, region)


def judged(tables, jobs):
    """The sets of rows on which each range is tested by one owner who looks at versions alone."""
    kept, earlier, found = {}, [], defaultdict(set)
    for number, ranges in jobs:
        table = tables[number % len(tables)]
        data = {ends: digests(100 * at + n for at in range(*ends) for n in range(table[at])) for ends in ranges}
        asked = [over(ends) for ends in ranges]
        rows = {cell.name: data[ends] for ends, cell in zip(ranges, asked, strict=True)}
        own = OwnRows("a", name_of(repr(table).encode()), MINIMUM, False, rows)
        try:
            require_steady(own, asked, earlier, kept.__getitem__)
        except NotAuthorized:
            continue
        for ends, cell in zip(ranges, asked, strict=True):
            kept[name_of(data[ends])] = data[ends]
            earlier.append(Earlier(cell.region, own.version, name_of(data[ends]), True))
            found[ends].add(data[ends])
    return found


def is_mixed(found):
    """Whether some range on several sets of rows overlaps another one."""
    moved = [ends for ends, rows in found.items() if len(rows) > 1]
    return any(other != ends and other[0] < ends[1] and ends[0] < other[1] for ends in moved for other in found)


@settings(deadline=None, max_examples=300)
@given(TABLES, JOBS)
def test_a_cell_on_several_sets_of_rows_overlaps_no_other(tables, jobs):
    assert not is_mixed(judged(tables, jobs))


def test_without_the_rule_on_overlaps_versions_are_mixed(monkeypatch):
    monkeypatch.setattr(versions, "_agrees", lambda *arguments: True)
    assert is_mixed(judged(*find(st.tuples(TABLES, JOBS), lambda story: is_mixed(judged(*story)), settings=SEARCH)))


def test_some_cells_are_answered_on_several_sets_of_rows_beside_others():
    def is_rich(story):
        found = judged(*story)
        return len(found) > 2 and any(len(rows) > 1 for rows in found.values())

    assert is_rich(find(st.tuples(TABLES, JOBS), is_rich, settings=SEARCH))
