"""Many changes to a Merkle-Patricia trie at once: every node on the way is read once and written once.

What it does NOT do: verify nodes (they come from the store under their hash) or drop old ones; earlier roots need them.
Keys are digests of 32 bytes, so no key is the beginning of another and no branch has a value of its own.
Source: Ethereum yellow paper, appendix D.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from ledger import rlp
from ledger.embedded.execution.tries import compact, nibbles
from ledger.errors import BackendError
from ledger.hashing import keccak256
from ledger.proofs.trie import EMPTY_ROOT

Node: TypeAlias = "tuple[rlp.Item, ...]"
Read: TypeAlias = Callable[[bytes], bytes]
Changes: TypeAlias = Sequence[tuple[bytes, bytes]]
"""Pairs of a key in half bytes and its new value, ascending; an empty value removes the key."""
DECODED: Final = 50_000  # nodes kept in their decoded form, about 60 MB


@lru_cache(maxsize=DECODED)
def decoded(encoded: bytes) -> Node:
    """Decode a node; raises BackendError if the store holds something else under its hash."""
    node = _branch_of(encoded) or rlp.decode(encoded)
    if not isinstance(node, tuple) or len(node) not in (2, 17):
        raise BackendError("a trie node has neither 2 nor 17 items")
    return node


def _branch_of(encoded: bytes) -> Node | None:
    """Read a branch whose children are hashes or missing, as nearly all near the root are; None for any other node."""
    if encoded[:1] != b"\xf9" or int.from_bytes(encoded[1:3], "big") != len(encoded) - 3:
        return None
    items, at = list[rlp.Item](), 3
    for _ in range(16):
        first = encoded[at : at + 1]
        if first == b"\xa0":
            items.append(encoded[at + 1 : at + 33])
            at += 33
        elif first == b"\x80":
            items.append(b"")
            at += 1
        else:
            return None
    return (*items, b"") if encoded[at:] == b"\x80" else None


def value_of(root: bytes, key: bytes, read: Read) -> bytes:
    """Return the value under a key, empty if there is none."""
    node, rest = _node(root, read) if root != EMPTY_ROOT else None, nibbles(key)
    while node is not None:
        if len(node) == 17:
            node, rest = _node(node[rest[0]], read), rest[1:]
            continue
        path, is_leaf = _path(node)
        if rest[: len(path)] != path:
            return b""
        if is_leaf:
            return node[1] if isinstance(node[1], bytes) else b""
        node, rest = _node(node[1], read), rest[len(path) :]
    return b""


def updated(root: bytes, changes: Mapping[bytes, bytes], read: Read) -> tuple[bytes, dict[bytes, bytes]]:
    """Return the root after changes, and the nodes that are new by their hash.

    Args:
        changes: keys of 32 bytes; an empty value removes a key.
        read: the encoded node under a hash.
    """
    pairs = sorted((nibbles(key), value) for key, value in changes.items())
    forest = _Forest(read)
    node = forest.changed(None if root == EMPTY_ROOT else _node(root, read), pairs, 0)
    if node is None:
        return EMPTY_ROOT, {}
    encoded = rlp.encode(node)
    digest = keccak256(encoded)
    return digest, {**forest.made, digest: encoded}


class _Forest:
    """One update: where old nodes come from, and the new ones."""

    def __init__(self, read: Read) -> None:
        self._stored = read
        self.made: dict[bytes, bytes] = {}

    def _read(self, digest: bytes) -> bytes:
        made = self.made.get(digest)
        return self._stored(digest) if made is None else made

    def changed(self, node: Node | None, pairs: Changes, at: int) -> Node | None:
        """Return what stands instead of a node; all pairs lead to it with their first ``at`` half bytes."""
        if not pairs:
            return node
        if node is None:
            return self._planted([pair for pair in pairs if pair[1]], at)
        if len(node) == 17:
            return self._branch(node, pairs, at)
        path, is_leaf = _path(node)
        if is_leaf:
            own = (pairs[0][0][:at] + path, _value(node[1]))
            rest = [pair for pair in pairs if pair[1]]
            return self._planted(rest if any(key == own[0] for key, _ in pairs) else sorted([*rest, own]), at)
        return self._extension(path, node[1], pairs, at)

    def _planted(self, pairs: Changes, at: int) -> Node | None:
        """Build the node over pairs that all have values."""
        if not pairs:
            return None
        if len(pairs) == 1:
            return compact(pairs[0][0][at:], leaf=True), pairs[0][1]
        first, last, end = pairs[0][0], pairs[-1][0], at
        while first[end] == last[end]:  # sorted, so what the outer two share, all share
            end += 1
        children: list[Node | None] = [self._planted(group, end + 1) for group in _groups(pairs, end)]
        return self._behind(first[at:end], (*map(self._reference, children), b""))

    def _branch(self, node: Node, pairs: Changes, at: int) -> Node | None:
        children = list(node)
        for digit, group in enumerate(_groups(pairs, at)):
            if group:
                below = _node(children[digit], self._read)
                children[digit] = self._reference(self.changed(below, group, at + 1))
        left = [digit for digit in range(16) if children[digit]]
        if len(left) > 1:
            return tuple(children)
        if not left:
            return None
        below = _node(children[left[0]], self._read)
        return None if below is None else self._behind(bytes(left), below)

    def _extension(self, path: bytes, child: rlp.Item, pairs: Changes, at: int) -> Node | None:
        shared = min(_shared(path, key[at:]) for key, _ in pairs)
        if shared == len(path):
            below = self.changed(_node(child, self._read), pairs, at + shared)
        else:  # some leave the path: a branch where they do, with what is left of the path in it
            rest = path[shared + 1 :]
            children: list[rlp.Item] = [b""] * 17
            children[path[shared]] = self._reference((compact(rest, leaf=False), child)) if rest else child
            below = self._branch(tuple(children), pairs, at + shared)
        return None if below is None else self._behind(path[:shared], below)

    def _behind(self, path: bytes, node: Node) -> Node:
        """Put a path before a node; two paths become one."""
        if not path:
            return node
        if len(node) == 17:
            return compact(path, leaf=False), self._reference(node)
        own, is_leaf = _path(node)
        return compact(path + own, leaf=is_leaf), node[1]

    def _reference(self, node: Node | None) -> rlp.Item:
        """Write a node as its parent holds it, and keep it if that is a hash."""
        if node is None:
            return b""
        encoded = rlp.encode(node)
        if len(encoded) < 32:
            return node
        digest = keccak256(encoded)
        self.made[digest] = encoded
        return digest


def _node(reference: rlp.Item, read: Read) -> Node | None:
    """Follow a reference: empty, a hash, or the node itself."""
    if not isinstance(reference, bytes):
        return reference
    if not reference:
        return None
    return decoded(read(reference))


def _path(node: Node) -> tuple[bytes, bool]:
    """Return the half bytes of a leaf or an extension, and whether it is a leaf."""
    halves = nibbles(_value(node[0]))
    return halves[1:] if halves[0] & 1 else halves[2:], bool(halves[0] & 2)


def _value(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes):
        raise BackendError("a trie node has a node where bytes belong")
    return item


def _groups(pairs: Changes, at: int) -> list[list[tuple[bytes, bytes]]]:
    """Sort pairs by their half byte at a place."""
    groups: list[list[tuple[bytes, bytes]]] = [[] for _ in range(16)]
    for pair in pairs:
        groups[pair[0][at]].append(pair)
    return groups


def _shared(left: bytes, right: bytes) -> int:
    """Count the half bytes that two paths share at their beginning."""
    count = 0
    while count < len(left) and count < len(right) and left[count] == right[count]:
        count += 1
    return count
