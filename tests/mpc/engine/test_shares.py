"""Shares of three parties: they open to the values, one party's say nothing, and parties that disagree are found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidRecord, VerificationError
from mpc.engine.shares import Ring, combine, split
from mpc.stream import Stream

WORDS = st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=1, max_size=8)
RINGS = st.sampled_from(list(Ring))


def shared(values: list[int], ring: Ring = Ring.FM64, seed: int = 1) -> list[bytes]:
    return list(split(np.array(values, dtype=np.int64), ring, Stream(bytes([seed]) * 32)))


@given(WORDS, RINGS)
def test_shares_open_to_the_values(values: list[int], ring: Ring) -> None:
    assert combine(shared(values, ring), ring) == values


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


def _added(left: bytes, right: bytes, ring: Ring) -> bytes:
    size, modulus = ring.value, 1 << (8 * ring.value)
    pairs = ((left[n : n + size], right[n : n + size]) for n in range(0, len(left), size))
    sums = ((int.from_bytes(a, "little") + int.from_bytes(b, "little")) % modulus for a, b in pairs)
    return b"".join(total.to_bytes(size, "little") for total in sums)


def _wrapped(value: int, ring: Ring) -> int:
    modulus = 1 << (8 * ring.value)
    return (value + modulus // 2) % modulus - modulus // 2
