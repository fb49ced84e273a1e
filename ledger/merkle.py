"""Merkle trees of append-only logs: roots, inclusion and consistency proofs.

What it does NOT do: keep leaves or tiles (``ledger.log``), choose salts, or judge who published a root.
Everything is a function of 32-byte hashes.
Source: RFC 9162 sections 2.1.1 (tree), 2.1.3 (inclusion), 2.1.4 (consistency).
Trust assumption: SHA-256 is collision resistant; leaf and node hashes are separated by their first byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from ledger.errors import InvalidRecord, VerificationError

EMPTY_ROOT = sha256(b"").digest()
MAX_SIZE = 1 << 63  # no log on earth has more leaves; bounds every loop below by 63 steps


def leaf_hash(data: bytes) -> bytes:
    """Hash one record."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees."""
    return sha256(b"\1" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes; of none it is the hash of nothing."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = list(leaf_hashes)
    while len(level) > 1:  # an odd last node rises unchanged, which is the RFC's split at a power of two
        paired = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def inclusion_path(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the siblings from leaf ``index`` up to the root."""
    if not 0 <= index < len(leaf_hashes):
        raise ValueError(f"inclusion path: expected an index below {len(leaf_hashes)}, got {index}")
    path, start, stop = [], 0, len(leaf_hashes)
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(root(leaf_hashes[middle:stop]))
            stop = middle
        else:
            path.append(root(leaf_hashes[start:middle]))
            start = middle
    return tuple(reversed(path))


def consistency_path(leaf_hashes: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof that the tree over all leaves extends the tree over the first ``old_size``."""
    if not 0 <= old_size <= len(leaf_hashes):
        raise ValueError(f"consistency path: expected a size up to {len(leaf_hashes)}, got {old_size}")
    if old_size in (0, len(leaf_hashes)):
        return ()
    path, start, stop, is_whole = [], 0, len(leaf_hashes), True
    while stop != old_size:
        middle = start + _split(stop - start)
        if old_size <= middle:
            path.append(root(leaf_hashes[middle:stop]))
            stop = middle
        else:
            path.append(root(leaf_hashes[start:middle]))
            start, is_whole = middle, False
    if not is_whole:  # the subtree that ends the old tree; its root is the old root itself when it is whole
        path.append(root(leaf_hashes[start:stop]))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root_: bytes) -> None:
    """Check that a leaf hash stands at ``index`` in the tree of ``size`` leaves with this root.

    Raises:
        InvalidRecord: sizes or hashes out of form.
        VerificationError: the path does not lead from the leaf to the root.
    """
    _check_form(size, (leaf, root_, *path))
    if not 0 <= index < size:
        raise VerificationError(f"inclusion: index {index} is outside a tree of {size}")
    siblings = iter(path)
    computed, place, last = leaf, index, size - 1
    while last:
        if place & 1:
            computed = node_hash(_next(siblings), computed)
        elif place < last:
            computed = node_hash(computed, _next(siblings))
        place, last = place >> 1, last >> 1
    _end(siblings)
    if computed != root_:
        raise VerificationError("inclusion: the path leads to another root")


def verify_consistency(old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Check that the tree of ``new_size`` leaves extends the tree of ``old_size``.

    Raises:
        InvalidRecord: sizes or hashes out of form.
        VerificationError: the path does not show it.
    """
    _check_form(old_size, (old_root,))
    _check_form(new_size, (new_root, *path))
    if old_size > new_size:
        raise VerificationError(f"consistency: a tree of {new_size} cannot extend one of {old_size}")
    hashes = iter(path)
    if (old_size == 0 and old_root != EMPTY_ROOT) or (old_size == new_size and old_root != new_root):
        raise VerificationError("consistency: the old root is another one")
    if old_size in (0, new_size):
        return _end(hashes)
    old, new = _climb(old_size, new_size, old_root, hashes)
    _end(hashes)
    if old != old_root or new != new_root:
        raise VerificationError("consistency: the path leads to other roots")


def _climb(old_size: int, new_size: int, old_root: bytes, hashes: Iterator[bytes]) -> tuple[bytes, bytes]:
    """Rebuild both roots from the last complete subtree of the old tree up (RFC 9162 section 2.1.4.2)."""
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = _next(hashes) if place else old_root
    while last:
        if place & 1:
            sibling = _next(hashes)
            old, new = node_hash(sibling, old), node_hash(sibling, new)
        elif place < last:
            new = node_hash(new, _next(hashes))
        place, last = place >> 1, last >> 1
    return old, new


def _split(size: int) -> int:
    """Return the largest power of two below size."""
    return 1 << (size - 1).bit_length() - 1


def _next(hashes: Iterator[bytes]) -> bytes:
    found = next(hashes, None)
    if found is None:
        raise VerificationError("merkle path: too short")
    return found


def _end(hashes: Iterator[bytes]) -> None:
    if next(hashes, None) is not None:
        raise VerificationError("merkle path: too long")


def _check_form(size: int, hashes: Sequence[bytes]) -> None:
    if not 0 <= size <= MAX_SIZE:
        raise InvalidRecord(f"merkle: size {size} out of range")
    if any(len(hash_) != 32 for hash_ in hashes):
        raise InvalidRecord("merkle: expected hashes of 32 bytes")
