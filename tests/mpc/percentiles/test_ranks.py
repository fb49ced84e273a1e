"""Percentiles and other figures of the same rows, in either order: only what cannot take a block apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import NotAuthorized
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.region import Cell, Region, Span

ASSETS = frozenset({"fees-1", "fees-2", "fees-3"})
SUM, MEDIAN, QUARTILES = "sum of fee", "percentiles 500 of fee", "percentiles 250, 500, 750 of fee"


def cell(*quantities: str, assets: frozenset[str] = ASSETS, **sides: Span | frozenset[str]) -> Cell:
    region = Region.of({"asset": assets, **{name.replace("__", "."): side for name, side in sides.items()}})
    return Cell("count", region, region, quantities)


def answered(asked: Cell, outcome: Outcome = Outcome.OPENED) -> list[Answer]:
    return [Answer(asked.region, asked.base, outcome, asked.quantities)]


MEDIAN_OF_ALL = cell(MEDIAN)
REFUSED = {
    "other percentiles of the cell": cell(QUARTILES),
    "percentiles of a part": cell(MEDIAN, row__ward=frozenset({"east"})),
    "the sum of the cell": cell(SUM),
    "its squares": cell(SUM, "squares of fee"),
    "a product": cell("sum of fee * years"),
    "a sum of a part": cell(SUM, row__ward=frozenset({"east"})),
    "a class": cell(row__fee=Span(10, 20)),
    "a sum of another column over a class": cell("sum of years", row__fee=Span(None, 20)),
    "a join's sum": cell("rows", SUM, assets=frozenset({"fees-1"})),
}
ALLOWED = {
    "the same question": MEDIAN_OF_ALL,
    "the sum of another column": cell("sum of years"),
    "percentiles of another column": cell("percentiles 500 of years"),
    "other rows": cell(SUM, assets=frozenset({"fees-4", "fees-5", "fees-6"})),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_would_take_a_block_apart_is_refused_in_both_orders(name: str, outcome: Outcome) -> None:
    for first, second in ((MEDIAN_OF_ALL, REFUSED[name]), (REFUSED[name], MEDIAN_OF_ALL)):
        with pytest.raises(NotAuthorized, match="disclosure"):
            require_answerable(answered(first, outcome), [second])


@pytest.mark.parametrize("name", ALLOWED)
def test_what_leaves_blocks_whole_is_answered_in_both_orders(name: str) -> None:
    for first, second in ((MEDIAN_OF_ALL, ALLOWED[name]), (ALLOWED[name], MEDIAN_OF_ALL)):
        require_answerable(answered(first), [second])


def test_a_declared_partition_is_answered_and_its_total_is_not() -> None:
    east, west = (cell(QUARTILES, row__ward=frozenset({ward})) for ward in ("east", "west"))
    require_answerable(answered(east), [west])
    with pytest.raises(NotAuthorized):
        require_answerable(answered(east) + answered(west), [cell(QUARTILES)])


def test_a_range_of_the_column_is_answered_beside_counts_of_the_same_range_only() -> None:
    ranged = cell(MEDIAN, row__fee=Span(10, 500))
    require_answerable(answered(ranged), [cell("sum of years", row__fee=Span(10, 500))])
    with pytest.raises(NotAuthorized):
        require_answerable(answered(ranged), [cell("sum of years", row__fee=Span(10, 499))])


@settings(deadline=None)
@given(st.lists(st.integers(-500, 500), min_size=41, max_size=60))
def test_without_the_rule_two_percentiles_and_a_class_give_one_respondents_value(values: list[int]) -> None:
    """The attack that the rule is for: a class of ten rows inside a block of eleven leaves the eleventh."""
    rows = sorted(values)
    middle = len(rows) // 2
    block, members = rows[middle - 5 : middle + 6], rows[middle - 5 : middle + 5]
    assert sum(block) - sum(members) == rows[middle + 5]
    next_block = rows[middle - 4 : middle + 7]
    assert sum(next_block) - sum(block) == rows[middle + 6] - rows[middle - 5]
