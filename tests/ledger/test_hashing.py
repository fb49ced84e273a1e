import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import hashing
from ledger.hashing import KECCAK_BACKENDS, keccak256, keccak_backend, keccak_with, sha256, tagged

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger" / "keccak_sha_hashes_ethers_testcases.json.gz"
CASES = json.loads(gzip.decompress(VECTORS.read_bytes()))


def test_all_vectors_are_there() -> None:
    assert len(CASES) == 516


@pytest.mark.parametrize("backend", KECCAK_BACKENDS)
def test_every_backend_gives_the_published_keccak(backend: str) -> None:
    keccak = keccak_with(backend)
    for case in CASES:
        data = bytes.fromhex(case["data"][2:])
        assert keccak(data).hex() == case["keccak256"][2:]


def test_the_selected_functions_give_the_published_hashes() -> None:
    for case in CASES:
        data = bytes.fromhex(case["data"][2:])
        assert keccak256(data).hex() == case["keccak256"][2:]
        assert sha256(data).hex() == case["sha256"][2:]


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=600))
def test_backends_agree_on_any_bytes(data: bytes) -> None:
    assert len({keccak_with(backend)(data) for backend in KECCAK_BACKENDS}) == 1


@pytest.mark.parametrize("length", [0, 1, 135, 136, 137, 271, 272, 273])
def test_backends_agree_around_the_block_length(length: int) -> None:
    assert len({keccak_with(backend)(b"\xa5" * length) for backend in KECCAK_BACKENDS}) == 1


def test_keccak_is_not_sha3() -> None:
    assert keccak256(b"").hex().startswith("c5d24601")


def test_the_fastest_installed_backend_is_selected() -> None:
    assert keccak_backend()[0] == "sha3"


def test_an_unknown_backend_is_a_bug() -> None:
    with pytest.raises(ValueError, match="keccak backend"):
        keccak_with("md5")


def test_tagged_separates_labels_parts_and_lengths() -> None:
    inputs = [("a", b"bc"), ("ab", b"c"), ("a", b"b", b"c"), ("a", b"", b"bc"), ("a", b"bc", b""), ("a",)]
    assert len({tagged(label, *parts) for label, *parts in inputs}) == len(inputs)


def test_tagged_is_sha256_over_length_prefixed_parts() -> None:
    expected = sha256((1).to_bytes(8, "big") + b"x" + (2).to_bytes(8, "big") + b"yz")
    assert hashing.tagged("x", b"yz") == expected
