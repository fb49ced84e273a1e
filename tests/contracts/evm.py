"""A contract machine in memory: the embedded chain's EVM without blocks, signatures or tries. For tests only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from eth.abc import StateAPI
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague.state import PragueState
from eth.vm.message import Message
from eth.vm.transaction_context import BaseTransactionContext
from eth_typing import Address

from ledger.abi import decode
from ledger.embedded.execution.interpreter import EmbeddedComputation
from ledger.errors import InvalidRecord
from ledger.proofs.proof import Log

GAS = 5_000_000
ERROR = bytes.fromhex("08c379a0")
EMPTY_ROOT = bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a transaction did. reason is the revert's text, "" for an accepted one."""

    accepted: bool
    reason: str
    logs: tuple[Log, ...]
    returned: bytes
    gas: int


class State(PragueState):
    """Prague's state with the loop over instructions that the chain runs."""

    computation_class = EmbeddedComputation


class Evm:
    """Accounts, storage and a clock that the test sets."""

    def __init__(self, predeploys: Mapping[bytes, tuple[bytes, Mapping[bytes, bytes]]], now: int) -> None:
        self.now = now
        self.number = 1
        self._state: StateAPI = State(AtomicDB(), self._context(), EMPTY_ROOT)
        for address, (runtime, storage) in predeploys.items():
            self.install(address, runtime)
            for slot, value in storage.items():
                self._state.set_storage(Address(address), int.from_bytes(slot, "big"), int.from_bytes(value, "big"))
        self._state.lock_changes()  # what gas counts as the value before a transaction

    def send(self, caller: bytes, to: bytes, data: bytes, *, gas: int = GAS) -> Outcome:
        """Execute one call as a transaction of its own."""
        self._state.execution_context = self._context()
        message = Message(gas, Address(to), Address(caller), 0, data, self._state.get_code(Address(to)))
        context = BaseTransactionContext(gas_price=0, origin=Address(caller))
        done = self._state.computation_class.apply_message(self._state, message, context)
        self._state.lock_changes()
        self._state.clear_transient_storage()
        logs = tuple(
            Log(address, tuple(topic.to_bytes(32, "big") for topic in topics), body)
            for address, topics, body in (done.get_log_entries() if done.is_success else ())
        )
        returned = bytes(done.output)
        return Outcome(done.is_success, _reason(done.is_success, returned), logs, returned, done.get_gas_used())

    def word(self, address: bytes, slot: bytes) -> bytes:
        """Read one storage word."""
        return self._state.get_storage(Address(address), int.from_bytes(slot, "big")).to_bytes(32, "big")

    def code(self, address: bytes) -> bytes:
        """Read an account's code."""
        return self._state.get_code(Address(address))

    def install(self, address: bytes, runtime: bytes) -> None:
        """Put code at an address, as a deployment would."""
        self._state.set_code(Address(address), runtime)
        self._state.set_nonce(Address(address), 1)

    def _context(self) -> ExecutionContext:
        return ExecutionContext(
            coinbase=Address(bytes(20)), timestamp=self.now, block_number=self.number, difficulty=0,
            mix_hash=bytes(32), gas_limit=30_000_000, prev_hashes=(), chain_id=20261, base_fee_per_gas=0,
            excess_blob_gas=0,
        )  # fmt: skip


def _reason(accepted: bool, returned: bytes) -> str:
    if accepted:
        return ""
    if returned[:4] != ERROR:
        return returned.hex() or "no reason"
    try:
        (text,) = decode(["string"], returned[4:])
    except InvalidRecord:
        return returned.hex()
    return str(text)
