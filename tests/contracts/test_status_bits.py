"""The bits of a status list: places where the standard has them, and no list that unpacks to anything else."""

from __future__ import annotations

import base64
import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.certificates.bits import ENCODED_LIMIT, PLACES, SIZE, bits_of, is_set, pack, root_of, unpack
from ledger.errors import InvalidRecord

# The empty list of the standard's example (W3C Bitstring Status List 1.0, section 2.2).
EXAMPLE = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


def encoded(packed: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def test_the_standards_example_is_an_empty_list() -> None:
    assert unpack(EXAMPLE) == bits_of([]) == bytes(SIZE)


@given(places=st.sets(st.integers(0, PLACES - 1), max_size=40), other=st.integers(0, PLACES - 1))
def test_a_packed_list_comes_back_with_its_places(places: set[int], other: int) -> None:
    bits = unpack(pack(bits_of(places)))
    assert all(is_set(bits, place) for place in places)
    assert is_set(bits, other) == (other in places)
    assert (root_of(bits) == root_of(bytes(SIZE))) == (not places)


def test_the_first_place_is_the_leftmost_bit() -> None:
    assert bits_of([0])[0] == 0x80
    assert bits_of([PLACES - 1])[-1] == 0x01


@pytest.mark.parametrize("place", [-1, PLACES])
def test_a_place_outside_the_list_is_refused(place: int) -> None:
    with pytest.raises(InvalidRecord, match="expected a place below"):
        is_set(bytes(SIZE), place)


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE[1:],
        "z" + EXAMPLE[1:],
        EXAMPLE[:-4],
        EXAMPLE + "AAAA",
        "u!!!!",
        "u\u00e9",
        encoded(gzip.compress(bytes(SIZE - 1), mtime=0)),
        encoded(gzip.compress(bytes(SIZE + 1), mtime=0)),
        encoded(gzip.compress(bytes(SIZE), mtime=0) + gzip.compress(bytes(8), mtime=0)),
        "u" + "A" * ENCODED_LIMIT,
    ],
)
def test_what_is_no_list_of_this_length_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord, match="status list"):
        unpack(text)


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    bomb = encoded(gzip.compress(bytes(40 << 20), 9))
    assert len(bomb) < ENCODED_LIMIT
    tracemalloc.start()
    try:
        with pytest.raises(InvalidRecord, match="exactly"):
            unpack(bomb)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
