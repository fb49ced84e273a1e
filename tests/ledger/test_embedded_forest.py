"""Many changes to a trie at once: the root is the one of a trie changed word by word, and every node is there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger.embedded.execution.forest import decoded, updated, value_of
from ledger.embedded.execution.tries import path
from ledger.errors import BackendError
from ledger.hashing import keccak256
from ledger.proofs.trie import EMPTY_ROOT, lookup


def key_of(start: int, end: int) -> bytes:
    """Keys that part early, late or in between."""
    return bytes([start]) + bytes(29) + end.to_bytes(2, "big")


KEYS = st.builds(key_of, st.sampled_from([0, 1, 16, 17, 255]), st.sampled_from([0, 1, 2, 15, 16, 256, 257, 65535]))
VALUES = st.sampled_from([b"", b"", b"\x01", b"\x02", b"long" * 10])
BATCHES = st.lists(st.dictionaries(KEYS, VALUES, max_size=12), max_size=6)


@settings(max_examples=60, deadline=None)
@given(BATCHES)
def test_batches_lead_to_the_roots_of_single_changes(batches: list[dict[bytes, bytes]]) -> None:
    nodes: dict[bytes, bytes] = {}
    root, slow, held = EMPTY_ROOT, HexaryTrie({}), dict[bytes, bytes]()
    for batch in batches:
        for key, value in batch.items():
            slow[key] = value
            held[key] = value
        root, made = updated(root, batch, nodes.__getitem__)
        nodes |= made
        assert root == slow.root_hash
        for key, value in held.items():
            assert value_of(root, key, nodes.__getitem__) == value
            assert lookup(root, key, path(root, key, nodes.get)) == (value or None)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.binary(max_size=8).map(keccak256), st.binary(min_size=1, max_size=40), max_size=60))
def test_digests_as_keys_go_in_and_out(entries: dict[bytes, bytes]) -> None:
    root, nodes = updated(EMPTY_ROOT, entries, dict[bytes, bytes]().__getitem__)
    slow = HexaryTrie({})
    for key, value in entries.items():
        slow[key] = value
    assert root == slow.root_hash
    assert value_of(root, keccak256(b"absent from all"), nodes.__getitem__) == b""
    assert updated(root, dict.fromkeys(entries, b""), nodes.__getitem__)[0] == EMPTY_ROOT


def test_the_nodes_of_earlier_roots_stay_as_they_are() -> None:
    first, nodes = updated(EMPTY_ROOT, {keccak256(b"a"): b"1", keccak256(b"b"): b"2"}, dict[bytes, bytes]().__getitem__)
    second, made = updated(first, {keccak256(b"a"): b"3"}, nodes.__getitem__)
    both = nodes | made
    assert value_of(first, keccak256(b"a"), both.__getitem__) == b"1"
    assert value_of(second, keccak256(b"a"), both.__getitem__) == b"3"


def test_nothing_changes_nothing() -> None:
    root, nodes = updated(EMPTY_ROOT, {keccak256(b"a"): b"1"}, dict[bytes, bytes]().__getitem__)
    assert updated(root, {}, nodes.__getitem__)[0] == root
    assert updated(root, {keccak256(b"absent"): b""}, nodes.__getitem__)[0] == root
    assert updated(EMPTY_ROOT, {keccak256(b"absent"): b""}, nodes.__getitem__) == (EMPTY_ROOT, {})


def test_what_is_no_node_is_a_fault_of_the_store() -> None:
    with pytest.raises(BackendError):
        decoded(b"\xc0")
    with pytest.raises(BackendError):
        decoded(b"\x01")
