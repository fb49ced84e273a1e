"""Shares of three parties: they open to the values, one party's say nothing, and parties that disagree are found."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidRecord, VerificationError
from mpc.engine.shares import Ring, combine, split
from mpc.stream import Stream

WORDS = st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=1, max_size=8)
RINGS = st.sampled_from(list(Ring))


def shared(values: list[int], ring: Ring = Ring.FM64, seed: int = 1) -> list[bytes]:
    return list(split(np.array(values, dtype=np.int64), ring, Stream(bytes([seed]) * 32)))


@settings(deadline=None)
@given(WORDS, RINGS)
def test_shares_open_to_the_values(values: list[int], ring: Ring) -> None:
    assert combine(shared(values, ring), ring) == values


@settings(deadline=None)
@given(WORDS, RINGS)
def test_shares_add_up_share_by_share(values: list[int], ring: Ring) -> None:
    left, right = shared(values, ring, 1), shared(values, ring, 2)
    assert combine([_added(a, b, ring) for a, b in zip(left, right, strict=True)], ring) == [
        _wrapped(2 * value, ring) for value in values
    ]


def test_one_party_holds_the_same_bytes_whatever_the_value() -> None:
    """Two of the residues come from the stream alone; only all three hold the value."""
    ours, others = shared([5]), shared([1 << 40])
    assert ours[0] == others[0]
    assert ours[1][:8] == others[1][:8]
    assert ours[1] != others[1]


@pytest.mark.parametrize("party", range(3))
@pytest.mark.parametrize("place", [0, 8])
def test_a_changed_residue_is_found(party: int, place: int) -> None:
    pieces = shared([7])
    changed = bytearray(pieces[party])
    changed[place] ^= 1
    pieces[party] = bytes(changed)
    with pytest.raises(VerificationError, match="different residues"):
        combine(pieces, Ring.FM64)


@pytest.mark.parametrize("pieces", [[b""], [b"x" * 16] * 2, [b"x" * 15] * 3, [b"x" * 16, b"x" * 16, b"x" * 32]])
def test_pieces_of_other_number_or_size_are_refused(pieces: list[bytes]) -> None:
    with pytest.raises(InvalidRecord):
        combine(pieces, Ring.FM64)


def test_without_the_bound_a_sum_of_squares_wraps_into_another_number() -> None:
    """In 64 bits: 100 squares of 2^30; in 128 bits they are what they are."""
    values = [1 << 30] * 100
    squares = [value * value for value in values]
    small = [sum(pair) % (1 << 64) for pair in [squares]]
    assert _wrapped(small[0], Ring.FM64) != sum(squares)
    assert _wrapped(sum(squares), Ring.FM128) == sum(squares)


def test_without_the_bound_two_rows_compare_the_wrong_way() -> None:
    """A comparison is the sign of a difference in the ring: of rows that differ by half of it, the larger is less."""
    low, high = -(1 << 62) - 1, 1 << 62
    assert low < high
    assert _wrapped(high - low, Ring.FM64) < 0
    assert _wrapped((1 << 61) - -(1 << 61), Ring.FM64) > 0


def test_means_divided_in_fixed_point_give_a_covariance_of_the_wrong_sign() -> None:
    """What mean(a*b) - mean(a)*mean(b) comes to once 1/n^2 is rounded to 18 binary places: the second part is gone."""
    rng = np.random.default_rng(3)
    left, right = rng.integers(0, 101, 1000), rng.integers(0, 101, 1000)
    unit, rows = 1 << 18, 1000
    products = int(left @ right) * (unit // rows) / unit
    of_means = int(left.sum()) * int(right.sum()) * (unit // rows**2) / unit
    true = np.cov(left, right, bias=True)[0, 1]
    assert abs(true) < 50
    assert abs(products - of_means - true) > 2000


def _added(left: bytes, right: bytes, ring: Ring) -> bytes:
    size, modulus = ring.value, 1 << (8 * ring.value)
    pairs = ((left[n : n + size], right[n : n + size]) for n in range(0, len(left), size))
    sums = ((int.from_bytes(a, "little") + int.from_bytes(b, "little")) % modulus for a, b in pairs)
    return b"".join(total.to_bytes(size, "little") for total in sums)


def _wrapped(value: int, ring: Ring) -> int:
    modulus = 1 << (8 * ring.value)
    return (value + modulus // 2) % modulus - modulus // 2
