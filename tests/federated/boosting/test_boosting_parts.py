"""Bins, packing, messages and gains, each by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.boosting import bins, growing, messages, model, sums
from federated.boosting.growing import Rules
from federated.boosting.loss import Logistic, Squared
from federated.boosting.messages import Side
from federated.boosting.model import Boundary
from federated.boosting.packing import Layout, Totals
from ledger.errors import InvalidRecord


def test_bins_hold_about_as_many_rows_each() -> None:
    values = np.random.default_rng(1).normal(size=1000)
    found = bins.fit({"x": values}, 10)
    assert np.bincount(found.places[0]).min() > 60


def test_a_column_of_two_values_has_two_bins() -> None:
    found = bins.fit({"x": np.array([0.0] * 99 + [1.0])}, 16)
    assert np.bincount(found.places[0]).tolist() == [99, 1]


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"x": np.array([1.0, np.nan])}, "column x, row 2"),
        ({"x": np.array([1.0, np.inf])}, "column x, row 2"),
        ({"x": np.array([3.0, 3.0])}, "all values are equal"),
        ({}, "at least one column"),
        ({"x": np.arange(3.0), "y": np.arange(4.0)}, "one length"),
    ],
)
def test_columns_that_cannot_be_binned_are_named(columns: dict[str, np.ndarray], complaint: str) -> None:
    with pytest.raises(InvalidRecord, match=complaint):
        bins.fit(columns, 8)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=40), st.integers(1, 40))
def test_joined_bins_hold_the_minimum_of_both_sides_or_are_one(counts: list[tuple[int, int]], minimum: int) -> None:
    sides = [np.array(side) for side in zip(*counts, strict=True)]
    ends = bins.joined(sides, minimum)
    assert list(ends) == sorted(set(ends))
    assert ends[-1] == len(counts) - 1
    starts = [0, *(end + 1 for end in ends[:-1])]
    held = [int(side[start : end + 1].sum()) for side in sides for start, end in zip(starts, ends, strict=True)]
    assert len(ends) == 1 or min(held) >= minimum


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0, 1)), min_size=1, max_size=50))
def test_a_sum_of_packed_rows_reads_as_the_sum_of_the_rows(rows: list[tuple[float, float]]) -> None:
    layout = Layout(len(rows), 2.0)
    first, second = layout.fixed(*(np.array(part) for part in zip(*rows, strict=True)))
    packed = sum(layout.pack(*row) for row in zip(first, second, strict=True))
    assert packed.bit_length() <= layout.bits
    assert layout.read(packed) == Totals(len(rows), sum(first), sum(second))


@pytest.mark.parametrize("pair", [(2.1, 0.5), (0.0, 1.1), (0.0, -0.1), (float("nan"), 0.5)])
def test_a_derivative_outside_its_bound_is_refused(pair: tuple[float, float]) -> None:
    with pytest.raises(InvalidRecord, match="row 1"):
        Layout(10, 2.0).fixed(np.array([pair[0]]), np.array([pair[1]]))


def test_a_sum_that_no_rows_can_have_is_refused() -> None:
    layout = Layout(10, 1.0)
    one = layout.pack(0, 0)
    assert layout.read(10 * one).rows == 10
    for impossible in (11 * one, one | (1 << 20) + 1, one + layout.pack(1 << 20, 0) - one - one + 5):
        with pytest.raises(InvalidRecord):
            layout.read(impossible)


def test_maps_and_sides_come_back() -> None:
    maps = [np.arange(13) < 5, np.arange(13) % 2 == 0]
    found = messages.decode_nodes(messages.encode_nodes(maps), 13, 2)
    assert all((left == right).all() for left, right in zip(maps, found, strict=True))
    (side,) = messages.decode_sides(messages.encode_sides([Side(7, maps[0])]), 13, 1)
    assert side.number == 7
    assert (side.left == maps[0]).all()


@given(st.binary(max_size=60))
def test_garbage_is_no_message(body: bytes) -> None:
    for decode in (
        lambda: messages.decode_nodes(body, 13, 2),
        lambda: messages.decode_choices(body, 2),
        lambda: messages.decode_sides(body, 13, 1),
    ):
        try:
            decode()
        except InvalidRecord:
            continue


def test_the_boundary_with_the_largest_gain_is_taken_and_none_where_nothing_is_gained() -> None:
    rules = Rules(depth=1, least=50, ridge=0.0, rate=1.0)
    low, high = Totals(100, -50 << 20, 25 << 20), Totals(100, 50 << 20, 25 << 20)
    whole = low + high
    found = growing.best(whole, {"a": [[low + high]], "b": [[low, high]]}, rules)
    assert found is not None
    assert (found.owner, found.column, found.bin, found.gain) == ("b", 0, 0, 100.0)
    assert growing.weight(low, rules) == 2.0
    flat = Totals(100, 0, 25 << 20)
    assert growing.best(flat + flat, {"b": [[flat, flat]]}, rules) is None


def test_bins_that_do_not_add_up_are_refused() -> None:
    rules = Rules(depth=1, least=50, ridge=0.0, rate=1.0)
    with pytest.raises(InvalidRecord, match="do not add up"):
        growing.best(Totals(200, 0, 9), {"a": [[Totals(100, 0, 4)]]}, rules)


def test_siblings_join_alike_so_that_no_difference_is_of_few_rows() -> None:
    binned = bins.fit({"x": np.arange(400.0)}, 8)
    members = np.arange(400) < 180
    node = sums.columns(binned, sums.root(binned), members, ~members, 50)[0]
    other = sums.columns(binned, sums.root(binned), ~members, members, 50)[0]
    assert node.joins == other.joins
    whole = sums.columns(binned, sums.root(binned), members | True, None, 50)[0]
    ones = np.ones(400, dtype=np.int64)
    parent = sums.plain(whole, ones, ones)
    assert min(held.rows for held in parent) >= 50
    joined = sums.columns(binned, (whole.grid,), members, ~members, 50)[0]
    rest = sums.difference(parent, joined.joins, sums.plain(joined, ones, ones))
    assert sum(held.rows for held in rest) == 220
    assert min(held.rows for held in (*rest, *sums.plain(joined, ones, ones))) >= 50 or len(rest) == 1


@pytest.mark.parametrize(
    ("labels", "complaint"), [([0.0, 2.0], "0 and 1"), ([1.0, 1.0], "both classes"), ([float("nan"), 1.0], "0 and 1")]
)
def test_labels_that_cannot_be_learned_are_refused(labels: list[float], complaint: str) -> None:
    with pytest.raises(InvalidRecord, match=complaint):
        Logistic().check(np.array(labels))


def test_an_owners_part_has_a_digest_under_a_salt_that_hides_its_boundaries() -> None:
    own = {0: Boundary("income", 1200.0), 1: Boundary("debt", -3.5)}
    digests = [model.part_digest(own, bytes(32)), model.part_digest(own, bytes([1]) * 32),
               model.part_digest(own | {1: Boundary("debt", -3.4)}, bytes(32))]  # fmt: skip
    assert len(set(digests)) == 3
    assert model.part_digest(dict(reversed(own.items())), bytes(32)) == digests[0]
    with pytest.raises(InvalidRecord, match="32 bytes"):
        model.part_digest(own, b"")


def test_equal_numbers_cannot_be_learned() -> None:
    with pytest.raises(InvalidRecord, match="all are equal"):
        Squared(1.0).check(np.array([2.0, 2.0]))
