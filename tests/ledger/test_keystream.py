"""The bytes of a seed are those of AES-256 in counter mode, with the fast package and without."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.crypto.keystream import _encrypted, _expanded, keystream


def test_a_block_is_that_of_fips_197_appendix_c_3() -> None:
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert _encrypted(plain, _expanded(bytes(range(32)))).hex() == "8ea2b7ca516745bfeafc49904b496089"


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.integers(0, 100))
def test_both_ways_give_the_same_bytes(seed: bytes, count: int) -> None:
    found = keystream(seed, count, portable=True)
    assert found == keystream(seed, count)
    assert len(found) == count


def test_another_seed_gives_other_bytes_and_one_of_another_length_is_refused() -> None:
    assert keystream(bytes(32), 64) != keystream(bytes(31) + b"\1", 64)
    with pytest.raises(ValueError, match="32 bytes"):
        keystream(bytes(31), 1)
