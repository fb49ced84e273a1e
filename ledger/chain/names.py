"""Contract names and addresses, both ways, as the Directory's storage has them; and what an engine says by name.

Both engines look a contract up here to encode an operation, to call a view method and to decode an event. What it
does NOT do: prove the resolution (``ledger.proofs.view`` does for whoever decides on it), talk to a chain of its own
accord (the engine gives the reader of storage), or know the Directory beyond the two mappings ``entries`` (name id ->
address) and ``names`` (address -> name id) of its layout.

Trust assumption: the reader of storage, for everything but the fixed addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ledger.abi import AbiValue
from ledger.chain.interface import Interface
from ledger.chain.port import Operation
from ledger.crypto.signing import Address
from ledger.embedded.records import Reverted
from ledger.errors import Conflict, NotFound
from ledger.hashing import keccak256, tagged
from ledger.proofs.proof import Log, mapping_slot

DIRECTORY = "Directory"
MAX_REMEMBERED = 4096  # words, and addresses; a node that makes up addresses must not fill the memory


@dataclass(frozen=True, slots=True)
class Call:
    """An operation as a chain takes it; `digest` tells two uses of one op_id apart, whatever the address is now."""

    to: Address
    payload: bytes = field(repr=False)
    digest: bytes


@dataclass(frozen=True, slots=True)
class Decoded:
    """Which event of which contract a log is."""

    contract: str
    name: str
    args: Mapping[str, AbiValue]


class Names:
    """Resolve names at the head; fixed addresses come first and need no Directory."""

    def __init__(
        self,
        storage: Callable[[Address, bytes], bytes],
        interfaces: Mapping[str, Interface],
        *,
        directory: Address | None = None,
        addresses: Mapping[str, Address] | None = None,
        ttl_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: storage: reads (address, slot) at the head; ttl_s: how long what it said is taken as said again."""
        self._storage = storage
        self._interfaces = dict(interfaces)
        self._fixed = dict(addresses or {})
        if directory is not None:
            self._fixed[DIRECTORY] = directory
        self._by_id = {keccak256(name.encode()): name for name in interfaces}
        self._by_address: dict[bytes, str] = {address: name for name, address in self._fixed.items()}
        self._ttl_s = ttl_s
        self._clock = clock
        self._words: dict[bytes, tuple[bytes, float]] = {}  # by slot: the word, and until when it holds

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
        return Address(word[12:])

    def name(self, address: bytes) -> str | None:
        """Return which contract is or was at an address, None for one that serves no known name."""
        known = self._by_address.get(address)
        if known is None:  # asked again each time: an account may be given a name later, but never another one
            known = self._by_id.get(self._lookup("names", address.rjust(32, b"\0")))
            if known is not None and len(self._by_address) < MAX_REMEMBERED:
                self._by_address[address] = known
        return known

    def encode(self, operation: Operation) -> Call:
        """Write an operation as a call of the contract that has the name now. Raises: NotFound, InvalidRecord."""
        payload = self.interface(operation.contract).encode_call(operation.method, operation.args)
        digest = tagged("shuxin operation v1", operation.contract.encode(), payload)
        return Call(self.address(operation.contract), payload, digest)

    def read(
        self, call: Callable[[Address, bytes], bytes], contract: str, method: str, args: tuple[AbiValue, ...]
    ) -> tuple[AbiValue, ...]:
        """Call a view method through the engine's `call`; see ``Chain.read``."""
        interface = self.interface(contract)
        payload = interface.encode_call(method, args)
        try:
            return interface.decode_output(method, call(self.address(contract), payload))
        except Reverted as exc:
            raise Conflict(exc.reason or f"{contract}.{method}: reverted without a reason") from exc

    def decode(self, log: Log) -> Decoded | None:
        """Tell which event a log is; None for an unknown contract or an event of a version this build does not know."""
        contract = self.name(log.address)
        if contract is None:
            return None
        try:
            return Decoded(contract, *self.interface(contract).decode_event(log))
        except NotFound:
            return None

    def _lookup(self, mapping: str, key: bytes) -> bytes:
        if DIRECTORY not in self._fixed or DIRECTORY not in self._interfaces:
            return bytes(32)
        slot = mapping_slot(self._interfaces[DIRECTORY].slot(mapping), key)
        known = self._words.get(slot)
        if known is None or self._clock() >= known[1]:
            known = (self._storage(self._fixed[DIRECTORY], slot), self._clock() + self._ttl_s)
            if self._ttl_s > 0:
                if len(self._words) >= MAX_REMEMBERED:
                    self._words.clear()
                self._words[slot] = known
        return known[0]
