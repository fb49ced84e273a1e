"""The port every engine implements, and the values that cross it.

What it does NOT do: know ABI encoding, nonces, gas or transport (each engine's own business), or hold logic.
A caller that decides something on a chain's word asks for a proof and verifies it; ``read`` and ``events``
are conveniences and prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from ledger.abi import AbiValue
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord
from ledger.proofs.headers import Header
from ledger.proofs.proof import ReceiptProof, StorageProof

__all__ = [
    "AbiValue",
    "Body",
    "Capabilities",
    "Chain",
    "Cursor",
    "Event",
    "EventFact",
    "EvmReceipt",
    "EvmStorage",
    "Fact",
    "Operation",
    "Proof",
    "Receipt",
    "StateFact",
]

MAX_EVENTS = 10_000


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of a contract's method. The same op_id submitted twice takes effect once."""

    contract: str
    method: str
    args: tuple[AbiValue, ...]
    op_id: bytes  # 32 bytes, chosen by the caller

    def __post_init__(self) -> None:
        _fixed("op_id", self.op_id, 32)


@dataclass(frozen=True, slots=True)
class Event:
    """One event as an engine reports it, decoded by the contract's interface."""

    contract: str
    name: str
    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    args: Mapping[str, AbiValue]
    block_number: int
    timestamp: int  # of the block, unix seconds
    index: int  # of the transaction in the block
    log_index: int  # within the receipt

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.block_number, self.index, self.log_index)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an operation; it exists only once its block is final and durable."""

    op_id: bytes
    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    index: int  # of the transaction in the block
    accepted: bool
    reason: str  # the contract's words when it refused, else empty
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the order of all events; ``events(after=cursor)`` continues behind it."""

    block_number: int
    index: int
    log_index: int

    def __post_init__(self) -> None:
        _natural("cursor", self.block_number, self.index, self.log_index)


@dataclass(frozen=True, slots=True)
class Body:
    """The encoded transactions of a block and their receipts; ``proofs.blocks`` holds them against its header."""

    transactions: tuple[bytes, ...] = field(repr=False)
    receipts: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do; proofs names members of the union Proof ("evm-receipt", "evm-storage")."""

    engine: str
    proofs: frozenset[str] = field(default_factory=frozenset)
    chain_id: int = 0
    max_events: int = MAX_EVENTS


@dataclass(frozen=True, slots=True)
class EventFact:
    """An event happened."""

    block_number: int
    index: int
    log_index: int

    def __post_init__(self) -> None:
        _natural("event fact", self.block_number, self.index, self.log_index)


@dataclass(frozen=True, slots=True)
class StateFact:
    """These slots held what they held after a block (the newest final one if None)."""

    contract: str
    slots: tuple[bytes, ...]
    block_number: int | None = None

    def __post_init__(self) -> None:
        for slot in self.slots:
            _fixed("slot", slot, 32)


Fact: TypeAlias = EventFact | StateFact


@dataclass(frozen=True, slots=True)
class EvmReceipt:
    """An event under the raw sealed header of its block."""

    header: bytes = field(repr=False)
    proof: ReceiptProof


@dataclass(frozen=True, slots=True)
class EvmStorage:
    """Storage words under the raw sealed header of a block."""

    header: bytes = field(repr=False)
    proof: StorageProof


Proof: TypeAlias = EvmReceipt | EvmStorage


class Chain(Protocol):
    """A chain as the rest of the product sees. Every wait is bounded; any method may raise BackendError."""

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        """Carry out an operation and return once it is final.

        A refusal by the contract is a receipt with accepted False, not an exception.

        Raises:
            NotAuthorized: the chain does not admit the sender.
            BackendError: not final in time; submitting the same op_id again continues and never doubles.
        """
        ...

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        """Call a view method at the newest final block. Proves nothing.

        Raises:
            NotFound: unknown contract or method.
            Conflict: the contract reverted.
        """
        ...

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]:
        """Return the next events of known contracts behind a cursor, in order."""
        ...

    def head(self) -> Header:
        """Return the newest final header."""
        ...

    def header(self, number: int) -> Header:
        """Return the final header of a block.

        Raises:
            NotFound: no such block yet.
        """
        ...

    def body(self, number: int) -> Body:
        """Return what a final block consists of besides its header. Proves nothing by itself.

        Raises:
            NotFound: no such block yet.
        """
        ...

    def prove(self, fact: Fact) -> Proof:
        """Return a proof of a fact that verifies offline.

        Raises:
            NotFound: no such event or block.
        """
        ...

    def capabilities(self) -> Capabilities:
        """Say what this engine can do."""
        ...

    def close(self) -> None:
        """Release files and connections; further calls are errors."""
        ...


def _fixed(what: str, value: bytes, size: int) -> None:
    if len(value) != size:
        raise InvalidRecord(f"{what}: expected {size} bytes, got {len(value)}")


def _natural(what: str, *values: int) -> None:
    if min(values) < 0:
        raise InvalidRecord(f"{what}: expected no negative position, got {values}")
