"""Accounts and storage of the embedded chain: whatever happens in a block, py-evm's own would have the same roots."""

from __future__ import annotations

import pytest
from eth.db.account import AccountDB
from eth_typing import Address as EvmAddress
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ledger.embedded.execution.storage import EmbeddedAccountDB
from ledger.embedded.overlay import Overlay
from ledger.errors import BackendError

ACCOUNTS = [EvmAddress(bytes([number]) * 20) for number in range(3)]
SLOTS = [0, 1, 2, 255, 1 << 255]
WORDS = [0, 0, 1, 127, 128, 1 << 255]


class Blocks(RuleBasedStateMachine):
    """Writes, nested calls that succeed or fail, ends of transactions and of blocks, on both."""

    @initialize()
    def begin(self) -> None:
        self.both = (AccountDB(Overlay(None)), EmbeddedAccountDB(Overlay(None)))
        self.calls: list[tuple[object, object]] = []

    @rule(account=st.sampled_from(ACCOUNTS), slot=st.sampled_from(SLOTS), value=st.sampled_from(WORDS))
    def write(self, account: EvmAddress, slot: int, value: int) -> None:
        for state in self.both:
            state.set_storage(account, slot, value)

    @rule(account=st.sampled_from(ACCOUNTS), nonce=st.integers(0, 3))
    def count(self, account: EvmAddress, nonce: int) -> None:
        for state in self.both:
            state.touch_account(account)
            state.set_nonce(account, nonce)

    @rule(account=st.sampled_from(ACCOUNTS), code=st.sampled_from([b"\x00", b"\x5b\x00"]))
    def deploy(self, account: EvmAddress, code: bytes) -> None:
        for state in self.both:
            state.set_code(account, code)

    @precondition(lambda self: not self.calls)  # the EVM deletes at the end of a transaction only
    @rule(account=st.sampled_from(ACCOUNTS), succeeds=st.booleans())
    def delete(self, account: EvmAddress, succeeds: bool) -> None:
        self.enter_a_call()
        for state in self.both:
            state.delete_account(account)
        self.leave_a_call(succeeds)
        self.end_a_transaction()

    @rule()
    def enter_a_call(self) -> None:
        first, second = self.both
        self.calls.append((first.record(), second.record()))

    @precondition(lambda self: self.calls)
    @rule(succeeds=st.booleans())
    def leave_a_call(self, succeeds: bool) -> None:
        for state, checkpoint in zip(self.both, self.calls.pop(), strict=True):
            state.commit(checkpoint) if succeeds else state.discard(checkpoint)  # type: ignore[arg-type]

    @precondition(lambda self: not self.calls)
    @rule()
    def end_a_transaction(self) -> None:
        for state in self.both:
            state.lock_changes()

    @precondition(lambda self: not self.calls)
    @rule()
    def end_a_block(self) -> None:
        for state in self.both:
            state.lock_changes()
            state.persist()
        assert self.both[0].state_root == self.both[1].state_root

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "both"):
            return
        first, second = self.both
        for account in ACCOUNTS:
            assert first.get_code(account) == second.get_code(account)
            for slot in SLOTS:
                assert first.get_storage(account, slot) == second.get_storage(account, slot)
                assert first.get_storage(account, slot, False) == second.get_storage(account, slot, False)


Blocks.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestBlocks = Blocks.TestCase


def test_a_lost_node_is_a_fault_and_no_empty_word() -> None:
    overlay = Overlay(None)
    state = EmbeddedAccountDB(overlay)
    state.set_nonce(ACCOUNTS[0], 1)
    state.set_storage(ACCOUNTS[0], 1, 1)
    state.lock_changes()
    state.persist()
    root = state.state_root
    [lost] = [digest for digest in overlay.written if digest != root and len(overlay.written[digest]) < 40]
    del overlay.written[lost]
    with pytest.raises(BackendError, match="is missing"):
        EmbeddedAccountDB(overlay, root).get_storage(ACCOUNTS[0], 1)
