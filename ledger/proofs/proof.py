"""Proofs against a header: an account and its storage ("it is in force"), a log of a receipt ("it happened").

What it does NOT do: make proofs (engines do), judge the header (``ledger.proofs.headers`` does) or say what a slot
or a log means (contracts do). Absence is provable: a slot that is proven absent holds zero. How a proof leads from a
root to a value is ``trie``.
Source: EIP-1186; EIP-2718 (typed receipts).
Trust assumption: the header is one that ``verify_header`` accepted; Keccak-256 is collision resistant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ledger import rlp
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import Header
from ledger.proofs.trie import MAX_NODE, bounded, fixed, lookup

ZERO = bytes(32)
MAX_SLOTS = 1024


@dataclass(frozen=True, slots=True)
class SlotProof:
    """The trie nodes from a storage root down to a 32-byte slot."""

    slot: bytes
    nodes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        fixed("slot", self.slot, 32)
        bounded(self.nodes)


@dataclass(frozen=True, slots=True)
class StorageProof:
    """What distinct slots of one contract hold in the state after one block."""

    header_hash: bytes
    address: Address
    account_nodes: tuple[bytes, ...]
    slots: tuple[SlotProof, ...]

    def __post_init__(self) -> None:
        fixed("header hash", self.header_hash, 32)
        fixed("address", self.address, 20)
        bounded(self.account_nodes)
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
        fixed("header hash", self.header_hash, 32)
        bounded(self.nodes)
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
        fixed("mapping key", key, 32)
        place = keccak256(place + key)
    return place


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
