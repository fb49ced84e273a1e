import base64
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle
from ledger.errors import InvalidRecord, VerificationError
from ledger.merkle import consistency_path, inclusion_path, leaf_hash, root, verify_consistency, verify_inclusion

VECTORS = Path(__file__).parents[1] / "vectors" / "ledger" / "merkle_rfc6962_proofs.jsonl.gz"
CASES = [json.loads(line) for line in gzip.decompress(VECTORS.read_bytes()).splitlines()]
LEAVES = [leaf_hash(bytes([i])) for i in range(70)]
SIZES = st.integers(1, len(LEAVES))


def raw(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def is_hash_case(case: dict) -> bool:
    """Accepted cases with roots that are no hashes are the three that this product refuses on purpose."""
    return case["wantErr"] or all(len(raw(case[key])) == 32 for key in ("root1", "root2"))


def cases(kind: str) -> list[dict]:
    return [case for case in CASES if case["_path"].split("/")[1] == kind]


def judge(call: Callable[[], None]) -> bool:
    """Say whether a verification raised."""
    try:
        call()
    except (InvalidRecord, VerificationError):
        return True
    return False


def test_official_inclusion_cases_get_their_verdict() -> None:
    plain, sub = cases("inclusion"), cases("subtreeinclusion")
    assert (len(plain), len(sub)) == (98, 204)
    for case in plain + sub:
        start = case.get("start", 0)
        size = case["treeSize"] if "treeSize" in case else case["end"] - start
        path = [raw(item) for item in case["proof"] or ()]
        leaf, top = raw(case["leafHash"]), raw(case["root"])
        refused = judge(lambda: verify_inclusion(leaf, case["leafIdx"] - start, size, path, top))  # noqa: B023
        assert refused == case["wantErr"], case["_path"]


def test_official_consistency_cases_get_their_verdict() -> None:
    chosen = cases("consistency") + [case for case in cases("subtreeconsistency") if case["start"] == 0]
    assert (len(cases("consistency")), len(chosen)) == (98, 200)
    known = [case for case in chosen if is_hash_case(case)]
    assert len(chosen) - len(known) == 3
    for case in known:
        old, new = (case["size1"], case["size2"]) if "size1" in case else (case["end"], case["size"])
        path = [raw(item) for item in case["proof"] or ()]
        first, second = raw(case["root1"]), raw(case["root2"])
        refused = judge(lambda: verify_consistency(old, new, first, second, path))  # noqa: B023
        assert refused == case["wantErr"], case["_path"]


def test_roots_that_are_no_hashes_are_malformed() -> None:
    with pytest.raises(InvalidRecord, match="32 bytes"):
        verify_consistency(1, 1, b"don't care", b"don't care", ())


def recursive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else merkle.EMPTY_ROOT
    split = max(2**k for k in range(8) if 2**k < len(leaves))
    return merkle.node_hash(recursive_root(leaves[:split]), recursive_root(leaves[split:]))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 7, 8, 9, 33, 70])
def test_root_is_the_one_of_the_definition(size: int) -> None:
    assert root(LEAVES[:size]) == recursive_root(LEAVES[:size])


@settings(deadline=None, max_examples=60)
@given(SIZES, st.data())
def test_every_leaf_is_provable_and_no_other_place_is(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = LEAVES[:size]
    path = inclusion_path(leaves, index)
    verify_inclusion(leaves[index], index, size, path, root(leaves))
    for other in {index - 1, index + 1, size} - {index}:
        with pytest.raises(VerificationError):
            verify_inclusion(leaves[index], other, size, path, root(leaves))


@settings(deadline=None, max_examples=60)
@given(SIZES, st.data())
def test_every_growth_is_provable_and_no_fork_is(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    path = consistency_path(LEAVES[:new], old)
    verify_consistency(old, new, root(LEAVES[:old]), root(LEAVES[:new]), path)
    fork = root([leaf_hash(b"fork"), *LEAVES[1:old]]) if old else leaf_hash(b"fork")
    with pytest.raises(VerificationError):
        verify_consistency(old, new, fork, root(LEAVES[:new]), path)


@settings(deadline=None, max_examples=60)
@given(SIZES, st.data())
def test_any_changed_byte_of_a_path_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = list(inclusion_path(LEAVES[:size], index))
    if not path:
        return
    place, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    path[place] = (int.from_bytes(path[place], "big") ^ 1 << bit).to_bytes(32, "big")
    with pytest.raises(VerificationError):
        verify_inclusion(LEAVES[index], index, size, path, root(LEAVES[:size]))


def test_a_path_is_neither_longer_nor_shorter_than_needed() -> None:
    path = inclusion_path(LEAVES[:7], 2)
    for wrong in (path[:-1], (*path, LEAVES[0])):
        with pytest.raises(VerificationError):
            verify_inclusion(LEAVES[2], 2, 7, wrong, root(LEAVES[:7]))
    growth = consistency_path(LEAVES[:7], 3)
    for wrong in (growth[:-1], (*growth, LEAVES[0])):
        with pytest.raises(VerificationError):
            verify_consistency(3, 7, root(LEAVES[:3]), root(LEAVES[:7]), wrong)


def test_a_log_never_shrinks() -> None:
    with pytest.raises(VerificationError, match="extend"):
        verify_consistency(7, 3, root(LEAVES[:7]), root(LEAVES[:3]), consistency_path(LEAVES[:7], 3))


@pytest.mark.parametrize("size", [-1, merkle.MAX_SIZE + 1])
def test_sizes_out_of_range_are_malformed(size: int) -> None:
    with pytest.raises(InvalidRecord):
        verify_inclusion(LEAVES[0], 0, size, (), LEAVES[0])


def test_a_leaf_is_not_a_node() -> None:
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != merkle.node_hash(LEAVES[0], LEAVES[1])


@pytest.mark.parametrize("index", [-1, 3])
def test_asking_for_a_leaf_that_is_not_there_is_a_bug(index: int) -> None:
    with pytest.raises(ValueError, match="index"):
        inclusion_path(LEAVES[:3], index)
    with pytest.raises(ValueError, match="size"):
        consistency_path(LEAVES[:3], index if index < 0 else 4)
