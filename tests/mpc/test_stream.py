"""Streams repeat for one seed, context and label, differ otherwise, and open once."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpc.stream import Randomness, Stream, derive


def test_known_bytes() -> None:
    # computed with HMAC-SHA256 by the text of RFC 5869: freezes label, salt and info
    stream = Randomness(bytes(range(32)), b"context").stream("pads")
    key = derive(bytes(range(32)), b"context", "pads")
    assert stream.read(16) == Stream(key).read(16)
    assert key.hex() == "6d7c47648e71432fd3eca02e1bd9db3720a688928d407c0b4d7bf69f354f6f0c"


def test_same_seed_context_and_label_repeat() -> None:
    first = Randomness(bytes(32), b"c").stream("a")
    assert first.read(5) + first.read(6) == Randomness(bytes(32), b"c").stream("a").read(11)


@pytest.mark.parametrize(
    ("seed", "context", "label"), [(b"\1" * 32, b"c", "a"), (bytes(32), b"d", "a"), (bytes(32), b"c", "b")]
)
def test_another_seed_context_or_label_differs(seed: bytes, context: bytes, label: str) -> None:
    assert Randomness(seed, context).stream(label).read(16) != Randomness(bytes(32), b"c").stream("a").read(16)


def test_label_opens_once() -> None:
    randomness = Randomness(bytes(32))
    randomness.stream("a")
    with pytest.raises(ValueError, match="already opened"):
        randomness.stream("a")


def test_seed_has_32_bytes_and_stays_out_of_repr() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Randomness(bytes(31))
    with pytest.raises(ValueError, match="32 bytes"):
        Stream(bytes(31))
    assert "b'" not in repr(Randomness(bytes(32)))


@settings(deadline=None)
@given(st.integers(1, 2**130), st.binary(min_size=32, max_size=32))
def test_below_stays_below(bound: int, key: bytes) -> None:
    assert 0 <= Stream(key).below(bound) < bound


def test_below_reaches_every_value_evenly() -> None:
    stream = Stream(bytes(32))
    seen = Counter(stream.below(5) for _ in range(5000))
    assert set(seen) == set(range(5))
    assert max(seen.values()) < 1200  # 1000 expected, standard deviation 28


def test_bound_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        Stream(bytes(32)).below(0)


@settings(deadline=None)
@given(st.lists(st.integers(), max_size=20))
def test_shuffled_keeps_the_items(items: list[int]) -> None:
    original = list(items)
    assert sorted(Stream(bytes(32)).shuffled(items)) == sorted(items)
    assert items == original


def test_shuffled_reaches_every_order_evenly() -> None:
    stream = Stream(bytes(32))
    seen = Counter(tuple(stream.shuffled("abc")) for _ in range(6000))
    assert len(seen) == 6
    assert max(seen.values()) < 1150  # 1000 expected, standard deviation 29
