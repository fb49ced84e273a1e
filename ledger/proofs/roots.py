"""Storage words that were proven, remembered by the storage root that they were proven under.

A block changes few contracts. An account's storage root commits to all its words, so under the same root they are the
same in whichever block it stands. Whoever has proven words once therefore asks for them again only under another root;
what is to be proven in each block is the account, with its root, which costs the same for a hundred words as for none.

It proves nothing itself, and keeps no proofs: what it answers convinces nobody else. Trust assumption: what it is told
was proven, and Keccak-256 has no collisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.crypto.signing import Address
from ledger.proofs.proof import StoredState

MAX_ROOTS, MAX_WORDS = 256, 4096  # accounts by block, and answers of some hundred bytes each


class ProvenRoots:
    """What one view has proven; not thread-safe."""

    def __init__(self) -> None:
        self._roots: dict[tuple[bytes, Address], bytes] = {}
        self._latest: dict[Address, bytes] = {}
        self._words: dict[tuple[Address, bytes, tuple[bytes, ...]], Mapping[bytes, bytes]] = {}

    def learn(self, block_hash: bytes, slots: Sequence[bytes], stored: StoredState) -> None:
        """Remember what was proven of an account after a block."""
        if len(self._roots) >= MAX_ROOTS:
            self._roots.clear()
            self._latest.clear()
        if len(self._words) >= MAX_WORDS:
            self._words.clear()
        self._roots[block_hash, stored.address] = self._latest[stored.address] = stored.storage_root
        self._words[stored.address, stored.storage_root, tuple(slots)] = stored.values

    def words(self, block_hash: bytes, address: Address, slots: Sequence[bytes]) -> Mapping[bytes, bytes] | None:
        """Return the words of an account after a block; None if its root there, or words under it, are not known."""
        root = self._roots.get((block_hash, address))
        return None if root is None else self._words.get((address, root, tuple(slots)))

    def may_stand(self, block_hash: bytes, address: Address, slots: Sequence[bytes]) -> bool:
        """Say whether proving the root alone after a block may be enough: the words under the last root are known."""
        is_new = (block_hash, address) not in self._roots
        return is_new and (address, self._latest.get(address, b""), tuple(slots)) in self._words
