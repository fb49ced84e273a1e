"""Proofs against a header: an account and its storage ("it is in force"), a log of a receipt ("it happened").

What it does NOT do: make proofs (engines do), judge the header (``ledger.proofs.headers`` does) or say what a slot
or a log means (contracts do). Absence is provable: a slot that is proven absent holds zero. Every node of a
proof must be used, in order, so that no byte of a proof can change unnoticed.
Source: Ethereum yellow paper, appendix D (Merkle Patricia trie); EIP-1186; EIP-2718 (typed receipts).
Trust assumption: the header is one that ``verify_header`` accepted; Keccak-256 is collision resistant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from ledger import rlp
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import Header

EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")
"""Root of a trie that holds nothing: the Keccak hash of the empty string in RLP."""

ZERO = bytes(32)
MAX_NODE = 1 << 20  # a receipt is one leaf; 5,000,000 gas buys at most 625,000 bytes of log data
MAX_BRANCH = 600
"""A branch of 16 hashes takes 532 bytes; no longer node is kept once it is read."""
MAX_NODES = 65  # a 32-byte key has 64 nibbles
MAX_SLOTS = 1024
_NIBBLES = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))


@dataclass(frozen=True, slots=True)
class SlotProof:
    """The trie nodes from a storage root down to a 32-byte slot."""

    slot: bytes
    nodes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        _fixed("slot", self.slot, 32)
        _bounded(self.nodes)


@dataclass(frozen=True, slots=True)
class StorageProof:
    """What distinct slots of one contract hold in the state after one block."""

    header_hash: bytes
    address: Address
    account_nodes: tuple[bytes, ...]
    slots: tuple[SlotProof, ...]

    def __post_init__(self) -> None:
        _fixed("header hash", self.header_hash, 32)
        _fixed("address", self.address, 20)
        _bounded(self.account_nodes)
        if len(self.slots) > MAX_SLOTS or len({proof.slot for proof in self.slots}) != len(self.slots):
            raise InvalidRecord(f"storage proof: expected at most {MAX_SLOTS} distinct slots")


@dataclass(frozen=True, slots=True)
class ReceiptProof:
    """One log of the receipt of the transaction at ``index`` in one block."""

    header_hash: bytes
    index: int
    nodes: tuple[bytes, ...]
    log_index: int  # within the receipt

    def __post_init__(self) -> None:
        _fixed("header hash", self.header_hash, 32)
        _bounded(self.nodes)
        if not (0 <= self.index < 1 << 32 and 0 <= self.log_index < 1 << 32):
            raise InvalidRecord("receipt proof: index out of range")


@dataclass(frozen=True, slots=True)
class Account:
    """A value of the state trie."""

    nonce: int
    balance: int
    storage_root: bytes
    code_hash: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the chain stores it."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredState:
    """Proven words of one contract's storage, by slot; an absent slot is there with zero."""

    address: Address
    code_hash: bytes
    storage_root: bytes
    values: Mapping[bytes, bytes]


def verify_receipt(header: Header, proof: ReceiptProof) -> Log:
    """Return the log a proof shows in a block.

    Raises:
        VerificationError: the proof is of another block, does not hold, or the transaction failed.
        InvalidRecord: the proven bytes are no receipt.
    """
    _same_header(header, proof.header_hash)
    value = lookup(header.receipts_root, rlp.encode(rlp.encode_uint(proof.index)), proof.nodes)
    if value is None:
        raise VerificationError(f"receipt proof: block {header.number} has no transaction {proof.index}")
    logs = _receipt_logs(value)
    if proof.log_index >= len(logs):
        raise VerificationError(f"receipt proof: no log {proof.log_index} among {len(logs)}")
    return _log(logs[proof.log_index])


def verify_storage(header: Header, proof: StorageProof) -> StoredState:
    """Return what a proof shows of a contract's storage after a block.

    Raises:
        VerificationError: the proof is of another block, does not hold, or there is no such account.
        InvalidRecord: the proven bytes are no account or no storage word.
    """
    _same_header(header, proof.header_hash)
    account = verify_account(header.state_root, proof.address, proof.account_nodes)
    if account is None:
        raise VerificationError(f"storage proof: block {header.number} has no such account")
    values = {slot.slot: verify_slot(account.storage_root, slot) for slot in proof.slots}
    return StoredState(proof.address, account.code_hash, account.storage_root, MappingProxyType(values))


def verify_account(state_root: bytes, address: Address, nodes: Sequence[bytes]) -> Account | None:
    """Return the account a proof shows, or None where it shows that there is none.

    Raises:
        VerificationError: the nodes do not lead from the root to the address.
        InvalidRecord: the value is no account.
    """
    value = lookup(state_root, keccak256(address), nodes)
    if value is None:
        return None
    match rlp.decode(value, limit=MAX_NODE):
        case (nonce, balance, bytes(root), bytes(code)) if len(root) == len(code) == 32:
            return Account(rlp.decode_uint(nonce), rlp.decode_uint(balance, max_bytes=32), root, code)
    raise InvalidRecord("account: expected [nonce, balance, storage root, code hash]")


def verify_slot(storage_root: bytes, proof: SlotProof) -> bytes:
    """Return the 32-byte word a slot holds, zero where the proof shows that it is absent.

    Raises:
        VerificationError: the nodes do not lead from the root to the slot.
        InvalidRecord: the value is no storage word.
    """
    value = lookup(storage_root, keccak256(proof.slot), proof.nodes)
    if value is None:
        return ZERO
    word = rlp.decode_uint(rlp.decode(value, limit=64), max_bytes=32)
    if word == 0:
        raise InvalidRecord("storage: a trie never holds a zero word")
    return word.to_bytes(32, "big")


def mapping_slot(slot: int, *keys: bytes) -> bytes:
    """Return where Vyper keeps an entry of a (nested) HashMap: keccak(slot ++ key) for each key in turn.

    Solidity hashes key ++ slot; the two are not interchangeable.
    """
    place = slot.to_bytes(32, "big")
    for key in keys:
        _fixed("mapping key", key, 32)
        place = keccak256(place + key)
    return place


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
    _bounded(tuple(nodes))
    pending = iter(nodes)
    value = None if root == EMPTY_ROOT else _descend(root, _nibbles(key), pending)
    if next(pending, None) is not None:
        raise VerificationError("trie proof: a node is not needed")
    return value


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
        _fixed("trie reference", reference, 32)
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


def read_receipt(value: bytes) -> tuple[bool, tuple[Log, ...]]:
    """Read from an encoded receipt whether the contract took the call, and its logs; a refused call has none.

    Raises:
        InvalidRecord: not a receipt.
    """
    accepted, logs = _receipt(value)
    return accepted, tuple(map(_log, logs))


def _receipt_logs(value: bytes) -> tuple[rlp.Item, ...]:
    accepted, logs = _receipt(value)
    if not accepted:
        raise VerificationError("receipt: the transaction failed")
    return logs


def _receipt(value: bytes) -> tuple[bool, tuple[rlp.Item, ...]]:
    """Split a receipt: RLP [status, gas, bloom, logs] behind an optional type byte."""
    body = value[1:] if value and 0 < value[0] < 0x80 else value
    match rlp.decode(body, limit=MAX_NODE):
        case (bytes(status), bytes(), bytes(), tuple(logs)):
            return status == b"\x01", logs
    raise InvalidRecord("receipt: expected [status, gas, bloom, logs]")


def _log(item: rlp.Item) -> Log:
    match item:
        case (bytes(address), tuple(topics), bytes(data)) if len(address) == 20 and len(topics) <= 4:
            words = tuple(topic for topic in topics if isinstance(topic, bytes) and len(topic) == 32)
            if len(words) == len(topics):
                return Log(Address(address), words, data)
    raise InvalidRecord("log: expected [address, topics, data]")


def _same_header(header: Header, header_hash: bytes) -> None:
    if header.block_hash != header_hash:
        raise VerificationError(f"proof: made for another block than {header.number}")


def _fixed(what: str, value: bytes, size: int) -> None:
    if len(value) != size:
        raise InvalidRecord(f"{what}: expected {size} bytes, got {len(value)}")


def _bounded(nodes: tuple[bytes, ...]) -> None:
    if len(nodes) > MAX_NODES or any(len(node) > MAX_NODE for node in nodes):
        raise InvalidRecord(f"trie proof: expected at most {MAX_NODES} nodes of {MAX_NODE} bytes")
