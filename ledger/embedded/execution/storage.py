"""The storage of contracts as py-evm's state asks for it, over tries that are changed once a block.

py-evm changes its trie word by word, and reads, decodes and writes the same upper nodes for each. Here a block's words
wait beside the trie and enter it together. What it does NOT do: journals, reverts and gas, which stay with py-evm.
Source: py-evm 0.12.1b1 (pinned), eth.db.storage, whose StorageLookup this replaces.
"""

from __future__ import annotations

from eth.abc import AccountStorageDatabaseAPI, AtomicDatabaseAPI, DatabaseAPI
from eth.constants import BLANK_ROOT_HASH
from eth.db.account import AccountDB
from eth.db.cache import CacheDB
from eth.db.journal import JournalDB
from eth.db.storage import AccountStorageDB, StorageLookup
from eth_typing import Address as EvmAddress
from eth_typing import Hash32

from ledger import rlp
from ledger.embedded.execution.forest import updated, value_of
from ledger.errors import BackendError
from ledger.hashing import keccak256


class EmbeddedLookup(StorageLookup):
    """One account's storage trie as of the last block, and the words that this one changes."""

    def __init__(self, db: DatabaseAPI, storage_root: Hash32, address: EvmAddress) -> None:
        self._db, self._address = db, address
        self._made: tuple[bytes, dict[bytes, bytes]] | None = None
        self._earlier: list[tuple[Hash32, dict[bytes, bytes]]] = []
        self._begin(storage_root)

    def __getitem__(self, key: bytes) -> bytes:
        hashed = _hashed(key)
        waiting = self._waiting.get(hashed)
        return value_of(self._root, hashed, self._node) if waiting is None else waiting

    def __setitem__(self, key: bytes, value: bytes) -> None:
        self._waiting[_hashed(key)] = value
        self._made = None

    def __delitem__(self, key: bytes) -> None:
        self[key] = b""

    def _exists(self, key: bytes) -> bool:
        return self[key] != b""

    @property
    def has_changed_root(self) -> bool:
        return bool(self._waiting)

    def get_changed_root(self) -> Hash32:
        """Return the root with all that waits."""
        return Hash32(self._changed()[0])

    def commit_to(self, db: DatabaseAPI) -> None:
        """Write the new nodes and go on from the new root."""
        root, made = self._changed()
        for digest, encoded in made.items():
            db[digest] = encoded
        self._earlier.clear()
        self._begin(Hash32(root))

    def new_trie(self) -> int:
        """Go on with an empty trie, for an account that is deleted; see ``rollback_trie``."""
        self._earlier.append((self._root, self._waiting))
        self._begin(BLANK_ROOT_HASH)
        return len(self._earlier)

    def rollback_trie(self, trie_index: int) -> None:
        """Go back to the trie before a deletion."""
        root, waiting = self._earlier[trie_index]
        del self._earlier[trie_index:]
        self._begin(root)
        self._waiting = waiting

    def _changed(self) -> tuple[bytes, dict[bytes, bytes]]:
        if self._made is None:
            self._made = updated(self._root, self._waiting, self._node)
        return self._made

    def _node(self, digest: bytes) -> bytes:
        try:
            return self._db[digest]
        except KeyError as exc:  # or a lost node would read as a word that is not there
            raise BackendError(f"trie node {digest.hex()} is missing") from exc

    def _begin(self, root: Hash32) -> None:
        self._root, self._waiting = root, dict[bytes, bytes]()
        self._made = None


class EmbeddedStorageDB(AccountStorageDB):
    """py-evm's journals over our lookup."""

    def __init__(self, db: AtomicDatabaseAPI, storage_root: Hash32, address: EvmAddress) -> None:
        super().__init__(db, storage_root, address)
        self._storage_lookup = EmbeddedLookup(db, storage_root, address)
        self._storage_cache = CacheDB(self._storage_lookup)
        self._locked_changes = JournalDB(self._storage_cache)
        self._journal_storage = JournalDB(self._locked_changes)

    def get(self, slot: int, from_journal: bool = True) -> int:
        """Return a word, zero if there is none."""
        self._accessed_slots.add(slot)
        layer = self._journal_storage if from_journal else self._locked_changes
        try:
            encoded = layer[_key(slot)]
        except KeyError:  # removed in this block
            return 0
        return int.from_bytes(encoded if len(encoded) < 2 else encoded[1:], "big")

    def set(self, slot: int, value: int) -> None:
        """Write a word; zero removes it."""
        key = _key(slot)
        if value:
            self._journal_storage[key] = rlp.encode(rlp.encode_uint(value))
        elif self.get(slot):
            del self._journal_storage[key]


class EmbeddedAccountDB(AccountDB):
    """py-evm's accounts, each with our storage; code is read once a block."""

    def __init__(self, db: AtomicDatabaseAPI, state_root: Hash32 = BLANK_ROOT_HASH) -> None:
        super().__init__(db, state_root)
        self._codes: dict[bytes, bytes] = {}

    def get_code(self, address: EvmAddress) -> bytes:
        """Return an account's code."""
        digest = self.get_code_hash(address)
        if digest not in self._codes:
            self._codes[digest] = super().get_code(address)
        return self._codes[digest]

    def touch_account(self, address: EvmAddress) -> None:
        """Note that a message came to an account; only one that does not exist is changed by that."""
        if not self.account_exists(address):
            super().touch_account(address)

    def _get_address_store(self, address: EvmAddress) -> AccountStorageDatabaseAPI:
        if address not in self._account_stores:
            root = self._get_storage_root(address)
            self._account_stores[address] = EmbeddedStorageDB(self._raw_store_db, root, address)
        return self._account_stores[address]


def _key(slot: int) -> bytes:
    """Write a slot as py-evm's journals name it."""
    return slot.to_bytes(max(1, (slot.bit_length() + 7) // 8), "big")


def _hashed(key: bytes) -> bytes:
    return keccak256(key.rjust(32, b"\0"))
