"""Ranks: every released block keeps the minimum, and the minimum on both sides, and no row is in two blocks."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.protocols.percentiles.terms import MAX_ROWS, Terms, parse

TERMS = Terms(("a", "b", "c"), (500,), 1000, 1000, 10, 3)
ASKED = st.lists(st.integers(1, 999), min_size=1, max_size=9, unique=True).map(lambda found: tuple(sorted(found)))


@settings(deadline=None)
@given(ASKED, st.integers(1, 100), st.integers(0, 500))
def test_blocks_hold_the_minimum_leave_it_on_both_sides_and_share_no_row(
    percentiles: tuple[int, ...], minimum: int, more: int
) -> None:
    terms = replace(TERMS, percentiles=percentiles, minimum=minimum)
    rows = terms.least + more
    blocks = [terms.block(percentile, rows) for percentile in percentiles]
    assert all(block.rows >= minimum for block in blocks)
    assert blocks[0].first >= minimum
    assert rows - 1 - blocks[-1].last >= minimum
    assert all(left.last < right.first for left, right in pairwise(blocks))


@settings(deadline=None)
@given(st.integers(1, 999), st.integers(1, 100), st.integers(0, 500))
def test_a_block_lies_symmetrically_about_the_percentile(percentile: int, minimum: int, more: int) -> None:
    terms = replace(TERMS, percentiles=(percentile,), minimum=minimum)
    rows = terms.least + more
    block = terms.block(percentile, rows)
    assert abs((block.first + block.last) * 500 - (rows - 1) * percentile) < 500


def test_the_mean_of_a_block_of_evenly_spread_values_is_the_percentile() -> None:
    values = np.arange(1001)
    for percentile in (100, 250, 500, 900):
        block = TERMS.block(percentile, 1001)
        assert values[block.first : block.last + 1].mean() == np.percentile(values, percentile / 10)


@pytest.mark.parametrize(("asked", "least"), [((500,), 31), ((250, 500, 750), 61), ((10,), 1501), ((500, 501), 11001)])
def test_rare_and_close_percentiles_need_more_rows(asked: tuple[int, ...], least: int) -> None:
    assert replace(TERMS, percentiles=asked).least == least


@pytest.mark.parametrize(
    "change",
    [
        {"percentiles": (0,)},
        {"percentiles": (1000,)},
        {"percentiles": ()},
        {"percentiles": (500, 250)},
        {"percentiles": (500, 500)},
        {"percentiles": tuple(range(100, 1000, 90))},
        {"engines": ("a", "b")},
        {"engines": ("a", "b", "b")},
        {"rows": MAX_ROWS + 1},
        {"rows": 0},
        {"bound": 0},
    ],
)
def test_the_least_the_largest_and_other_impossible_questions_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        replace(TERMS, **change)  # type: ignore[arg-type]


def test_terms_are_read_as_they_were_written_and_others_refused() -> None:
    record = dict(TERMS.record())
    assert parse(record) == TERMS
    for changed in ({**record, "format": "other"}, {**record, "more": 1}, {**record, "rows": 1000}):
        with pytest.raises(InvalidRecord):
            parse(changed)


def test_values_too_wide_to_be_told_apart_by_place_are_refused() -> None:
    """Two rows must differ by less than half of the ring, or a comparison is silently wrong."""
    replace(TERMS, bound=1 << 48).check_owners(3)
    with pytest.raises(InvalidRecord, match="too large"):
        replace(TERMS, bound=1 << 50).check_owners(3)
    with pytest.raises(InvalidRecord, match="too few or too many"):
        TERMS.check_owners(2)
