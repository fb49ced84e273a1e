"""Merkle-Patricia tries on the proving side: the roots of a block's transactions and receipts, and paths in the state.

What it does NOT do: verify (``ledger.proofs.proof`` does) or update a trie; the root over a block is built once, from
the whole list, which is several times faster than inserting item by item.
Source: Ethereum yellow paper, appendix D.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ledger import rlp
from ledger.errors import BackendError
from ledger.hashing import keccak256
from ledger.proofs.trie import EMPTY_ROOT

_HALVES = tuple(bytes((byte >> 4, byte & 15)) for byte in range(256))


def ordered_root(items: Sequence[bytes]) -> bytes:
    """Return the root of the trie that maps rlp(index) to each item."""
    if not items:
        return EMPTY_ROOT
    pairs = sorted((nibbles(rlp.encode(rlp.encode_uint(i))), item) for i, item in enumerate(items))
    return keccak256(rlp.encode(_build(pairs, 0)))


def path(root: bytes, key: bytes, node: Callable[[bytes], bytes | None]) -> tuple[bytes, ...]:
    """Collect the encoded nodes from the root towards a key, which prove its value or its absence.

    Raises:
        BackendError: the store lacks a node of this trie.
    """
    if root == EMPTY_ROOT:
        return ()
    rest, found, reference = nibbles(key), [], root
    while True:
        encoded = node(reference)
        if encoded is None:
            raise BackendError(f"trie node {reference.hex()} is missing")
        found.append(encoded)
        child, rest = _descend(rlp.decode(encoded), rest)
        if not isinstance(child, bytes) or len(child) != 32:
            return tuple(found)
        reference = child


def nibbles(key: bytes) -> bytes:
    """Split bytes into half bytes, one per byte of the answer."""
    return b"".join([_HALVES[byte] for byte in key])


def compact(halves: bytes, *, leaf: bool) -> bytes:
    """Pack nibbles behind the hex-prefix flags."""
    flag = 2 * leaf + len(halves) % 2
    packed = bytes([flag]) + halves if len(halves) % 2 else bytes([flag, 0]) + halves
    return bytes(high << 4 | low for high, low in zip(packed[::2], packed[1::2], strict=True))


def _build(pairs: Sequence[tuple[bytes, bytes]], at: int) -> rlp.Item:
    """Build the node under which all pairs lie; their keys agree in the first ``at`` nibbles and none is a prefix."""
    first, last = pairs[0][0], pairs[-1][0]
    if len(pairs) == 1:
        return (compact(first[at:], leaf=True), pairs[0][1])
    end = at
    while first[end] == last[end]:  # sorted, so what the outer two share, all share
        end += 1
    if end > at:
        return (compact(first[at:end], leaf=False), _reference(_build(pairs, end)))
    children: list[rlp.Item] = [b""] * 17
    start = 0
    for stop in range(1, len(pairs) + 1):
        if stop == len(pairs) or pairs[stop][0][at] != pairs[start][0][at]:
            children[pairs[start][0][at]] = _reference(_build(pairs[start:stop], at + 1))
            start = stop
    return tuple(children)


def _reference(node: rlp.Item) -> rlp.Item:
    encoded = rlp.encode(node)
    return node if len(encoded) < 32 else keccak256(encoded)


def _descend(node: rlp.Item, rest: bytes) -> tuple[rlp.Item, bytes]:
    """Follow the key through a node and the nodes embedded in it, as far as they reach."""
    while isinstance(node, tuple):
        if len(node) == 17:
            if not rest:
                return (), rest
            node, rest = node[rest[0]], rest[1:]
            continue
        halves = nibbles(node[0] if isinstance(node[0], bytes) else b"")
        prefix = halves[1:] if halves[0] & 1 else halves[2:]
        if halves[0] & 2 or rest[: len(prefix)] != prefix:
            return (), rest
        node, rest = node[1], rest[len(prefix) :]
    return node, rest
