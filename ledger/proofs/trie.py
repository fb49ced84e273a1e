"""The walk of a proof through a Merkle Patricia trie: from a root along a key to a value, or to where the way ends.

What it does NOT do: make proofs, or say what a value is. Every node of a proof must be used, in order, so that no byte
of a proof can change unnoticed.
Source: Ethereum yellow paper, appendices C and D. Trust assumption: Keccak-256 is collision resistant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from ledger import rlp
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""Root of a trie that holds nothing: the Keccak hash of the empty string in RLP."""
MAX_NODE = 1 << 20  # a receipt is one leaf; 5,000,000 gas buys at most 625,000 bytes of log data
MAX_NODES = 65  # a 32-byte key has 64 nibbles
MAX_BRANCH = 600
"""A branch of 16 hashes takes 532 bytes; no longer node is kept once it is read."""
_NIBBLES = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


def lookup(root: bytes, key: bytes, nodes: Sequence[bytes]) -> bytes | None:
    """Follow a proof from a trie root along a key.

    Args:
        nodes: RLP of each node that its parent names by hash, from the root down; no embedded nodes.

    Returns:
        The value at the key, None if the nodes show that there is none.

    Raises:
        VerificationError: a node is missing, has another hash than its parent says, or is not needed.
        InvalidRecord: a node is malformed.
    """
    bounded(tuple(nodes))
    pending = iter(nodes)
    value = None if root == EMPTY_ROOT else _descend(root, _nibbles(key), pending)
    if next(pending, None) is not None:
        raise VerificationError("trie proof: a node is not needed")
    return value


def bounded(nodes: tuple[bytes, ...]) -> None:
    """Hold a proof to the most that one may take; raises InvalidRecord."""
    if len(nodes) > MAX_NODES or any(len(node) > MAX_NODE for node in nodes):
        raise InvalidRecord(f"trie proof: expected at most {MAX_NODES} nodes of {MAX_NODE} bytes")


def fixed(what: str, value: bytes, size: int) -> None:
    """Hold bytes to their length; raises InvalidRecord."""
    if len(value) != size:
        raise InvalidRecord(f"{what}: expected {size} bytes, got {len(value)}")


def _descend(root: bytes, path: bytes, pending: Iterator[bytes]) -> bytes | None:
    """Walk down one node a step; every step shortens the path or returns."""
    reference: rlp.Item = root
    while True:
        node = _resolve(reference, pending)
        if node is None:
            return None
        if len(node) == 17:
            if not path:
                return _value(node[16], may_be_empty=True)
            reference, path = node[path[0]], path[1:]
            continue
        step, is_leaf = _hex_prefix(node[0])
        if is_leaf:
            return _value(node[1], may_be_empty=False) if step == path else None
        if path[: len(step)] != step:
            return None
        reference, path = node[1], path[len(step) :]


def _resolve(reference: rlp.Item, pending: Iterator[bytes]) -> tuple[rlp.Item, ...] | None:
    """Return the branch (17 items), extension or leaf (2 items) referred to; None for an empty place."""
    if reference == b"":
        return None
    node = reference
    if isinstance(reference, bytes):
        fixed("trie reference", reference, 32)
        raw = next(pending, None)
        if raw is None or keccak256(raw) != reference:
            raise VerificationError("trie proof: a node is missing or has another hash than its parent says")
        node = _read_node(raw) if len(raw) <= MAX_BRANCH else rlp.decode(raw, limit=MAX_NODE)
    elif len(rlp.encode(reference)) >= 32:
        raise InvalidRecord("trie node: embedded although it takes 32 bytes or more")
    if isinstance(node, bytes) or len(node) not in (2, 17):
        raise InvalidRecord("trie node: expected 2 or 17 items")
    return node


@lru_cache(maxsize=1 << 12)
def _read_node(raw: bytes) -> rlp.Item:
    """Read a node; the upper ones of a trie come back in most of its proofs."""
    return rlp.decode(raw)


def _hex_prefix(packed: rlp.Item) -> tuple[bytes, bool]:
    """Unpack a path into its nibbles and whether it ends in a leaf (yellow paper, appendix C)."""
    if not isinstance(packed, bytes) or not packed:
        raise InvalidRecord("trie node: expected a packed path")
    nibbles = _nibbles(packed)
    flag, is_leaf, is_odd = nibbles[0], nibbles[0] & 2 != 0, nibbles[0] & 1 != 0
    if flag > 3 or (not is_odd and nibbles[1] != 0):
        raise InvalidRecord("trie node: malformed path prefix")
    step = nibbles[1:] if is_odd else nibbles[2:]
    if not step and not is_leaf:
        raise InvalidRecord("trie node: an extension of no nibbles")
    return step, is_leaf


def _value(item: rlp.Item, *, may_be_empty: bool) -> bytes | None:
    if isinstance(item, bytes) and (item or may_be_empty):
        return item or None
    raise InvalidRecord("trie node: expected a value")


def _nibbles(data: bytes) -> bytes:
    return data.hex().encode().translate(_NIBBLES)
