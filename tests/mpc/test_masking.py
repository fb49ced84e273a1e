"""Pairwise masks cancel in the sum, hide each part, and rest on confirmed keys."""

from itertools import combinations

import numpy as np
import pytest

from ledger.errors import InvalidRecord
from mpc.masking import MaskKey, Pair, mask_key, masks, masks64, pair
from mpc.stream import Stream
from mpc.vector import MODULUS, decode

PARTIES = ("a", "b", "c", "d")
TRANSCRIPT = bytes(32)

# points of order 1, 2, 4 and 8 on the curve and its twist, in the two encodings that matter
# (RFC 7748 section 7; the list of "Contributory behavior", libsodium ref10)
LOW_ORDER = (
    bytes(32),
    (1).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    (2**255 - 20).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
)


def keys() -> dict[str, MaskKey]:
    return {party: mask_key(Stream(party.encode() * 32)) for party in PARTIES}


def all_pairs(transcript: bytes = TRANSCRIPT) -> dict[str, dict[str, Pair]]:
    mine = keys()
    return {me: {o: pair(me, mine[me], o, mine[o].public, transcript) for o in PARTIES if o != me} for me in PARTIES}


def test_both_ends_derive_the_same_keys() -> None:
    shared = all_pairs()
    for a, b in combinations(PARTIES, 2):
        assert shared[a][b] == shared[b][a]
    secrets = {p.mask for own in shared.values() for p in own.values()}
    assert len(secrets) == 6
    assert all(p.mask != p.confirm for own in shared.values() for p in own.values())


def test_masks_cancel_in_the_sum_and_not_before() -> None:
    shared = all_pairs()
    total = decode(bytes(16 * 50))
    for count, me in enumerate(PARTIES, 1):
        total = total + masks(me, shared[me], "cells", 50)
        zeros = sum(value == 0 for value in total.integers())
        assert zeros == (50 if count == len(PARTIES) else 0)


def test_short_masks_cancel_too() -> None:
    shared = all_pairs()
    total = np.zeros(50, dtype=np.uint64)
    for me in PARTIES:
        total += masks64(me, shared[me], "update", 50)
    assert not total.any()
    assert masks64("a", shared["a"], "update", 50).all()


def test_masks_differ_by_purpose_width_and_transcript() -> None:
    shared = all_pairs()["a"]
    first = masks("a", shared, "cells", 4)
    assert masks("a", shared, "cells", 4).integers() == first.integers()
    assert masks("a", shared, "other", 4).integers() != first.integers()
    assert masks("a", all_pairs(b"\1" * 32)["a"], "cells", 4).integers() != first.integers()
    assert masks64("a", shared, "cells", 4).tolist() != first.low.tolist()


def test_mask_bytes_look_uniform() -> None:
    values = masks("a", all_pairs()["a"], "cells", 4000).integers()
    ones = sum(value.bit_count() for value in values)
    assert abs(ones - 64 * 4000) < 6 * (128 * 4000 / 4) ** 0.5
    assert len(set(values)) == 4000
    assert max(values) > MODULUS * 0.99


@pytest.mark.parametrize("point", LOW_ORDER)
def test_low_order_point_is_refused(point: bytes) -> None:
    with pytest.raises(InvalidRecord, match="mask key of b"):
        pair("a", keys()["a"], "b", point, TRANSCRIPT)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(InvalidRecord):
        pair("a", keys()["a"], "b", bytes(size), TRANSCRIPT)


def test_confirmation_holds_for_the_sender_only() -> None:
    shared = all_pairs()
    tag = shared["a"]["b"].confirmation("a")
    assert shared["b"]["a"].confirms("a", tag)
    assert not shared["b"]["a"].confirms("b", tag)  # reflected
    assert not shared["c"]["a"].confirms("a", tag)
    assert not all_pairs(b"\1" * 32)["b"]["a"].confirms("a", tag)


def test_swapped_key_fails_the_confirmation() -> None:
    mine, attacker = keys(), mask_key(Stream(b"m" * 32))
    at_a = pair("a", mine["a"], "b", attacker.public, TRANSCRIPT)
    at_b = pair("b", mine["b"], "a", mine["a"].public, TRANSCRIPT)
    assert not at_b.confirms("a", at_a.confirmation("a"))


def test_repr_shows_no_key() -> None:
    shared = all_pairs()["a"]["b"]
    assert shared.mask.hex() not in repr(shared)
    assert repr(shared.mask) not in repr(shared)
