"""What the embedded engine stores and hands out, as plain values.

What it does NOT do: execution, checks of seals, or JSON. ``Block`` is the form in which blocks travel between the
builder and its co-signers: RLP of (header, transactions), each the exact bytes that hashes and tries cover.
Source: Ethereum yellow paper section 4.3 for the contents; the outer pair is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger import rlp
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.hashing import keccak256

MAX_TRANSACTION_BYTES = 128 * 1024  # what geth's pool admits too; an anchor has 200 bytes


class Reverted(NotAuthorized):
    """A contract refused a call; ``reason`` is its own text, ``data`` what it returned."""

    def __init__(self, reason: str, data: bytes = b"") -> None:
        super().__init__(reason or "the contract refused without a reason")
        self.reason = reason
        self.data = data


@dataclass(frozen=True, slots=True)
class Block:
    """A header and its transactions, with or without seals in the header."""

    header: bytes
    transactions: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Write the block as RLP of (header, transactions)."""
        return rlp.encode((self.header, self.transactions))

    @classmethod
    def decode(cls, data: bytes) -> Block:
        """Read a block; the header inside is not looked at.

        Raises:
            InvalidRecord: any other form.
        """
        match rlp.decode(data):
            case (bytes() as header, tuple() as transactions):
                return cls(header, tuple(map(_transaction_bytes, transactions)))
        raise InvalidRecord("block: expected a pair of header and transactions")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One log of an accepted transaction, with its place: ``index`` counts transactions, ``log_index`` within one."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    timestamp: int
    transaction_hash: bytes
    index: int
    log_index: int
    block_log_index: int


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """The outcome of one transaction in a final block; ``reason`` is local knowledge and not covered by any root."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    timestamp: int
    index: int
    sender: bytes
    to: bytes
    accepted: bool
    gas_used: int
    cumulative_gas_used: int
    kind: int
    reason: str
    logs: tuple[LogEntry, ...]


@dataclass(frozen=True, slots=True)
class SlotEvidence:
    """A storage slot, its value and the trie nodes that prove it (or its absence: value 0)."""

    slot: bytes
    value: int
    nodes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AccountEvidence:
    """An account as of one block, with the trie nodes that prove it and the slots asked for."""

    address: bytes
    nonce: int
    balance: int
    code_hash: bytes
    storage_hash: bytes
    account_nodes: tuple[bytes, ...]
    slots: tuple[SlotEvidence, ...]


@dataclass(frozen=True, slots=True)
class LogQuery:
    """Which logs to find: blocks first..last, any of addresses (empty: all), per topic any of a set (None: all).

    ``after`` is (block number, transaction index, log index) of the last one already seen.
    """

    first: int
    last: int
    addresses: frozenset[bytes] = frozenset()
    topics: tuple[frozenset[bytes] | None, ...] = ()
    after: tuple[int, int, int] | None = None
    limit: int = 10_000

    def __post_init__(self) -> None:
        if self.first < 0 or not 1 <= self.limit <= 10_000:
            raise InvalidRecord(f"logs: expected a start >= 0 and a limit 1..10000, got {self.first}, {self.limit}")
        if len(self.topics) > 4 or len(self.addresses) > 64 or any(len(t) > 64 for t in self.topics if t):
            raise InvalidRecord("logs: expected at most 4 topics and 64 choices of each")


@dataclass(frozen=True, slots=True)
class Seal:
    """A validator's signature over the seal hash of one block."""

    height: int
    block_hash: bytes
    seal: bytes


def _transaction_bytes(item: rlp.Item) -> bytes:
    if not isinstance(item, bytes) or not 0 < len(item) <= MAX_TRANSACTION_BYTES:
        raise InvalidRecord(f"block: expected transactions of 1..{MAX_TRANSACTION_BYTES} bytes")
    return item


def transaction_hash(raw: bytes) -> bytes:
    """Return the name of an encoded transaction on every Ethereum network."""
    return keccak256(raw)
