"""What py-evm writes while a block is executed, over the store; dropped unless the block becomes final.

It does NOT write to the store: the block's commit does, with everything else that the block adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from eth.abc import AtomicWriteBatchAPI
from eth.db.atomic import AtomicDBWriteBatch
from eth.db.backends.base import BaseAtomicDB

from ledger.embedded.store import Store


class Overlay(BaseAtomicDB):
    """What py-evm writes while a block is executed, over the store; dropped unless the block becomes final."""

    def __init__(self, store: Store | None) -> None:
        self._store = store
        self.written: dict[bytes, bytes] = {}

    def __getitem__(self, key: bytes) -> bytes:
        value = self.written.get(key)
        if value is None and self._store is not None:
            value = self._store.node(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self.written[key] = value

    def __delitem__(self, key: bytes) -> None:
        self.written.pop(key, None)

    def _exists(self, key: bytes) -> bool:
        return key in self.written or (self._store is not None and self._store.node(key) is not None)

    @contextmanager
    def atomic_batch(self) -> Iterator[AtomicWriteBatchAPI]:
        """Give py-evm its batch; a failure inside leaves the overlay as it was."""
        with AtomicDBWriteBatch._commit_unless_raises(self) as batch:
            yield batch
