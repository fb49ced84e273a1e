"""Contract names and addresses, both ways, as the Directory's storage has them; for an engine in the same process.

What it does NOT do: prove the resolution (``ledger.view`` does for whoever decides on it) or know the Directory beyond
the two mappings ``entries`` (name id -> address) and ``names`` (address -> name id) of its layout.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ledger.errors import NotFound
from ledger.hashing import keccak256
from ledger.interface import Interface
from ledger.proofs import mapping_slot
from ledger.signing import Address

DIRECTORY = "Directory"


class Names:
    """Resolve names at the head; fixed addresses come first and need no Directory."""

    def __init__(
        self,
        storage: Callable[[bytes, bytes], bytes],
        interfaces: Mapping[str, Interface],
        *,
        directory: Address | None = None,
        addresses: Mapping[str, Address] | None = None,
    ) -> None:
        """Args: storage: reads (address, slot) at the head."""
        self._storage = storage
        self._interfaces = dict(interfaces)
        self._fixed = dict(addresses or {})
        if directory is not None:
            self._fixed[DIRECTORY] = directory
        self._by_id = {keccak256(name.encode()): name for name in interfaces}
        self._by_address: dict[bytes, str | None] = {address: name for name, address in self._fixed.items()}

    def interface(self, contract: str) -> Interface:
        """Return how to talk to a contract. Raises: NotFound."""
        if contract not in self._interfaces:
            raise NotFound(f"no interface of a contract {contract!r}")
        return self._interfaces[contract]

    def address(self, contract: str) -> Address:
        """Return where a contract is now. Raises: NotFound."""
        if contract in self._fixed:
            return self._fixed[contract]
        word = self._lookup("entries", keccak256(contract.encode()))
        if not any(word):
            raise NotFound(f"the directory has no contract {contract!r}")
        self._by_address[word[12:]] = contract
        return Address(word[12:])

    def name(self, address: bytes) -> str | None:
        """Return which contract is or was at an address, None for one that serves no known name."""
        if address not in self._by_address:
            self._by_address[address] = self._by_id.get(self._lookup("names", address.rjust(32, b"\0")))
        return self._by_address[address]

    def _lookup(self, mapping: str, key: bytes) -> bytes:
        if DIRECTORY not in self._fixed or DIRECTORY not in self._interfaces:
            return bytes(32)
        slot = mapping_slot(self._interfaces[DIRECTORY].slot(mapping), key)
        return self._storage(self._fixed[DIRECTORY], slot)
