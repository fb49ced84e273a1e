"""ristretto255 in pure Python: the RFC's vectors hold, and it agrees with libsodium."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto import ristretto
from ledger.crypto.ristretto import GENERATOR, IDENTITY, ORDER, Point
from ledger.errors import InvalidRecord
from mpc.groups.ristretto255 import RISTRETTO255 as group

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "ledger" / "ristretto255_rfc9496.json").read_text())
MULTIPLES = [bytes.fromhex(text) for text in VECTORS["multiples_of_the_generator"]]
INVALID = [(fault["reason"], text) for fault in VECTORS["invalid"] for text in fault["encodings"]]
TAG = b"TEST-V01"


def test_multiples_of_the_generator_are_those_of_the_rfc() -> None:
    total = IDENTITY
    for k, encoded in enumerate(MULTIPLES):
        assert ristretto.encode(total) == ristretto.encode(ristretto.multiply(k, GENERATOR)) == encoded
        assert ristretto.equal(ristretto.decode(encoded), total)
        total = ristretto.add(total, GENERATOR)
    assert len(MULTIPLES) == 16


@pytest.mark.parametrize(("reason", "text"), INVALID)
def test_invalid_encoding_of_the_rfc_is_refused(reason: str, text: str) -> None:
    with pytest.raises(InvalidRecord):
        ristretto.decode(bytes.fromhex(text))


def test_all_invalid_encodings_of_the_rfc_are_there() -> None:
    assert len({text for _, text in INVALID}) == 29


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_another_length_is_refused(size: int) -> None:
    with pytest.raises(InvalidRecord):
        ristretto.decode(bytes(size))


@settings(deadline=None, max_examples=40)
@given(st.binary(min_size=32, max_size=32))
def test_whatever_decodes_encodes_to_the_same_bytes_and_libsodium_agrees(data: bytes) -> None:
    try:
        point = ristretto.decode(data)
    except InvalidRecord:
        with pytest.raises(InvalidRecord):
            group.decode_element(data)
    else:
        assert ristretto.encode(point) == data
        assert data == bytes(32) or group.decode_element(data) == data


def element(seed: bytes) -> tuple[bytes, Point]:
    encoded = group.hash_to_group(seed, TAG)
    return encoded, ristretto.decode(encoded)


@settings(deadline=None, max_examples=25)
@given(st.binary(max_size=8), st.binary(max_size=8), st.integers(0, ORDER - 1), st.integers(-(2**128), ORDER))
def test_sums_and_products_are_libsodiums(one: bytes, other: bytes, k: int, l: int) -> None:  # noqa: E741
    (left, p), (right, q) = element(one), element(other)
    assert ristretto.encode(ristretto.add(p, q)) == group.add(left, right)
    products = group.multiply_or_identity(group.scalar(k), left), group.multiply_or_identity(group.scalar(l), right)
    assert ristretto.encode(ristretto.multiply(k, p)) == products[0]
    assert ristretto.encode(ristretto.combine((k, l), ristretto.table((p, q)))) == group.add(*products)


def test_the_group_has_its_order_and_unequal_elements_differ() -> None:
    _, p = element(b"order")
    assert ristretto.equal(ristretto.multiply(ORDER, p), IDENTITY)
    assert ristretto.equal(
        ristretto.multiply(ORDER - 1, p), ristretto.decode(group.subtract(bytes(32), element(b"order")[0]))
    )
    assert not ristretto.equal(p, ristretto.add(p, GENERATOR))


def test_one_element_in_other_coordinates_is_equal_and_has_one_encoding() -> None:
    """The four-torsion: adding a point of order two changes coordinates, not the element."""
    _, (x, y, z, t) = element(b"torsion")
    p = 2**255 - 19
    other: Point = (-x % p, -y % p, z, t)
    assert ristretto.equal((x, y, z, t), other)
    assert ristretto.encode((x, y, z, t)) == ristretto.encode(other)
