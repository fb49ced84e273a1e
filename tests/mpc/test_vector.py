"""Arithmetic modulo 2^128 against Python integers, and sums that do not wrap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.vector import (
    MODULUS,
    Vector,
    decode,
    exact_sum,
    exact_sum_of_squares,
    open_cells,
    signed,
    vector,
)

residues = st.integers(0, MODULUS - 1) | st.sampled_from([0, 1, 2**64 - 1, 2**64, MODULUS - 1])
machine = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([-(2**63), 2**63 - 1, 2**42, 2**21 - 1])


@settings(deadline=None)
@given(st.lists(st.tuples(residues, residues), max_size=5))
def test_addition_and_subtraction_agree_with_integers(pairs: list[tuple[int, int]]) -> None:
    left, right = vector(a for a, _ in pairs), vector(b for _, b in pairs)
    assert (left + right).integers() == [(a + b) % MODULUS for a, b in pairs]
    assert (left - right).integers() == [(a - b) % MODULUS for a, b in pairs]


def test_carry_reaches_the_high_word() -> None:
    total = vector([2**64 - 1]) + vector([1])
    assert total.integers() == [2**64]
    lost = total.low  # two limbs without carry would keep only this
    assert lost.tolist() == [0]


@settings(deadline=None)
@given(st.lists(residues, max_size=5))
def test_bytes_round_trip(values: list[int]) -> None:
    assert decode(vector(values).encode()).integers() == values
    assert vector(values).encode() == b"".join(value.to_bytes(16, "little") for value in values)


@pytest.mark.parametrize("size", [1, 15, 17])
def test_bytes_of_another_length_are_refused(size: int) -> None:
    with pytest.raises(InvalidRecord, match="multiple of 16"):
        decode(bytes(size))


def test_halves_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        Vector(np.zeros(1, np.uint64), np.zeros(2, np.uint64))


@settings(deadline=None)
@given(st.integers(-(2**127), 2**127 - 1))
def test_residues_read_as_signed(value: int) -> None:
    assert signed(value % MODULUS) == value
    assert signed(vector([value]).integers()[0]) == value


def test_keep_clears_the_places_not_chosen() -> None:
    assert vector([5, 2**100, 7]).keep((True, False, True)).integers() == [5, 0, 7]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**120), 2**120), residues), min_size=1, max_size=5))
def test_opened_cells_are_the_sum_of_the_inputs(owners: list[tuple[int, int]]) -> None:
    masked = [[(value + pad) % MODULUS] for value, pad in owners]
    assert open_cells(masked, [[pad] for _, pad in owners]) == [sum(value for value, _ in owners)]


def test_opening_rows_of_different_length_is_a_bug() -> None:
    with pytest.raises(ValueError, match="zip"):
        open_cells([[1, 2], [1]], [[1, 2], [1, 2]])


@settings(max_examples=50, deadline=None)
@given(st.lists(machine, max_size=20))
def test_sums_are_exact_for_every_machine_integer(values: list[int]) -> None:
    array = np.array(values, dtype=np.int64)
    assert exact_sum(array) == sum(values)
    assert exact_sum_of_squares(array) == sum(value * value for value in values)


def test_sum_of_squares_in_cents_passes_2_to_the_64_where_machine_words_wrap() -> None:
    cents = np.full(60_000, 2_081_347 * 100, dtype=np.int64)  # 60,000 sales at a mean price
    expected = 60_000 * (2_081_347 * 100) ** 2
    assert expected > 2**64
    assert exact_sum_of_squares(cents) == expected
    assert int((cents.astype(np.uint64) ** 2).sum()) != expected


def test_sums_cross_the_chunk_boundary() -> None:
    array = np.full((1 << 20) + 3, 2**63 - 1, dtype=np.int64)
    assert exact_sum(array) == len(array) * (2**63 - 1)
    assert exact_sum_of_squares(array) == len(array) * (2**63 - 1) ** 2
