"""The rules a block of the embedded chain must obey beside the EVM's own: who may send, who may seal, how much.

Pure functions of a state; every node that executes a block computes the same verdict from the PARENT state.
It does NOT know any contract: addresses and slots come as values from the chain's genesis configuration.
Source: QBFT "validator contract mode" for the idea of keeping the set in contract storage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from eth_typing import Address as EvmAddress

from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256

GAS_LIMIT = 10**12  # of the header: with base fee 0 the target is never met, so that the fee stays 0
TRANSACTION_GAS = 5_000_000
BLOCK_GAS = 30_000_000  # 600 anchors of 50,000; the builder also stops by the clock, a co-signer only by this
BLOCK_TRANSACTIONS = 500
MAX_AHEAD_S = 1  # a block may carry at most this much more than the clock of whoever judges it
MAX_VALIDATORS = 64


class StateReader(Protocol):
    """Contract storage as of one block."""

    def get_storage(self, address: EvmAddress, slot: int) -> int: ...


@dataclass(frozen=True, slots=True)
class SenderRule:
    """A sender is admitted while storage[keccak(slot ++ pad32(sender))] of a contract exceeds the block's timestamp."""

    address: Address
    slot: int

    def __post_init__(self) -> None:
        _check_place(self.address, self.slot)

    def until(self, state: StateReader, sender: bytes) -> int:
        """Return the second from which the sender is no longer admitted, 0 for a stranger."""
        key = keccak256(self.slot.to_bytes(32, "big") + sender.rjust(32, b"\0"))
        return state.get_storage(EvmAddress(self.address), int.from_bytes(key, "big"))


@dataclass(frozen=True, slots=True)
class ValidatorRule:
    """The set that seals a block is a list of addresses in contract storage of its parent state, beside its hash."""

    address: Address
    hash_slot: int
    list_slot: int

    def __post_init__(self) -> None:
        _check_place(self.address, self.hash_slot)
        _check_place(self.address, self.list_slot)

    def validators(self, state: StateReader) -> tuple[Address, ...]:
        """Read the set; a Vyper dynamic array keeps its length in its slot and the elements right after it.

        Raises:
            VerificationError: empty, too long, unsorted or not what the hash says.
        """
        size = state.get_storage(EvmAddress(self.address), self.list_slot)
        if not 1 <= size <= MAX_VALIDATORS:
            raise VerificationError(f"validators: expected 1..{MAX_VALIDATORS} in contract storage, got {size}")
        words = (state.get_storage(EvmAddress(self.address), self.list_slot + 1 + i) for i in range(size))
        found = tuple(Address(word.to_bytes(32, "big")[12:]) for word in words)
        stored = state.get_storage(EvmAddress(self.address), self.hash_slot).to_bytes(32, "big")
        if stored != keccak256(b"".join(found)) or tuple(sorted(set(found))) != found:
            raise VerificationError("validators: the list in contract storage does not match its hash or is unsorted")
        return found


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one block and one transaction may hold."""

    transactions: int = BLOCK_TRANSACTIONS
    block_gas: int = BLOCK_GAS
    transaction_gas: int = TRANSACTION_GAS

    def __post_init__(self) -> None:
        if not (1 <= self.transactions <= 10_000 and 21_000 <= self.transaction_gas <= self.block_gas < GAS_LIMIT):
            raise InvalidRecord("limits: out of range")


def _check_place(address: bytes, slot: int) -> None:
    if len(address) != 20 or not 0 <= slot < 2**64:
        raise InvalidRecord("rule: expected a 20-byte address and a small slot number")
