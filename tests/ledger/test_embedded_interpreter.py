"""The loop over plain instructions: on any code it does what py-evm's own loop does, to the last unit of gas."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from eth.abc import ComputationAPI
from eth.constants import BLANK_ROOT_HASH
from eth.vm.chain_context import ChainContext
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth.vm.message import Message
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address as EvmAddress
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.embedded.execution.interpreter import BINARY, PLAIN, EmbeddedComputation, program_of
from ledger.embedded.execution.vm import EmbeddedExecutor, EmbeddedHeader, EmbeddedState, EmbeddedVM
from ledger.embedded.overlay import Overlay

SELF, CALLER = EvmAddress(b"\x11" * 20), EvmAddress(b"\x22" * 20)
PLENTY = 200_000
DATA = bytes(range(1, 70))
SHA256_PRECOMPILE = 2
HEADER = EmbeddedHeader(
    difficulty=0, block_number=1, gas_limit=10**9, timestamp=1_700_000_000, state_root=BLANK_ROOT_HASH
)


@dataclass(frozen=True)
class Seen:
    """All that anybody outside of a computation can see of it."""

    error: str
    output: bytes
    gas_left: int
    refund: int
    logs: tuple[object, ...]
    memory: bytes
    storage: tuple[int, ...]


def run(kind: type[PragueComputation], code: bytes, gas: int = PLENTY, data: bytes = DATA) -> Seen:
    state = EmbeddedVM.build_state(Overlay(None), HEADER, ChainContext(7), ())
    state.set_code(SELF, code)
    state.set_storage(SELF, 1, 5)
    state.lock_changes()
    message = Message(gas=gas, to=SELF, sender=CALLER, value=0, data=data, code=code)
    context = CancunTransactionContext(gas_price=0, origin=CALLER, blob_versioned_hashes=())
    found: ComputationAPI = kind.apply_message(state, message, context)
    return Seen(
        type(found.error).__name__ if found.is_error else "",
        found.output,
        found.get_gas_remaining(),
        found.get_gas_refund(),
        found.get_log_entries(),
        bytes(found._memory._bytes) if found.is_success else b"",
        tuple(state.get_storage(SELF, slot) for slot in range(4)),
    )


def same(code: bytes, gas: int = PLENTY, data: bytes = DATA) -> Seen:
    """Run code both ways; whatever one shows, the other must."""
    expected, found = run(PragueComputation, code, gas, data), run(EmbeddedComputation, code, gas, data)
    assert found == expected, code.hex()
    return found


def push(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([0x5F + size]) + value.to_bytes(size, "big")


def returning(code: bytes) -> bytes:
    """Code that returns the word on top of the stack."""
    return code + push(0) + b"\x52" + push(32) + push(0) + b"\xf3"


EDGES = [0, 1, 2, 31, 32, 255, 256, 1 << 255, (1 << 256) - 1]


@pytest.mark.parametrize("op", sorted(BINARY))
def test_an_instruction_on_two_words_is_the_same_at_every_edge(op: int) -> None:
    for top in EDGES:
        for below in EDGES:
            assert same(returning(push(below) + push(top) + bytes([op]))).error == ""


@pytest.mark.parametrize("op", [0x15, 0x19, 0x35])
def test_an_instruction_on_one_word_is_the_same_at_every_edge(op: int) -> None:
    for top in EDGES:
        assert same(returning(push(top) + bytes([op]))).error == ""


@pytest.mark.parametrize("op", sorted(PLAIN))
def test_an_instruction_without_enough_on_the_stack_fails_alike(op: int) -> None:
    for depth in (0, 1, 2, 16, 17):
        same(push(3) * depth + bytes([op]) + push(1))
        same(push(3) * depth + bytes([op]) + push(1), 3 * depth + 4)


def test_the_stack_has_1024_places_and_no_more() -> None:
    for op in (b"\x5f", b"\x60\x01", b"\x80"):
        assert same(b"\x60\x01" + b"\x5f" * 1022 + op).error == ""
        assert same(b"\x60\x01" + b"\x5f" * 1023 + op).error == "FullStack"


def test_a_jump_leads_to_a_target_outside_of_constants_only() -> None:
    assert same(push(3) + b"\x56" + b"\x5b").error == ""
    assert same(push(4) + b"\x56" + b"\x60\x5b").error == "InvalidInstruction"
    assert same(push(3) + b"\x56" + b"\x60\x5b").error == "InvalidJumpDestination"
    assert same(push(1 << 200) + b"\x56").error == "InvalidJumpDestination"
    assert same(push(0) + push(200) + b"\x57").error == ""
    assert same(push(1) + push(200) + b"\x57").error == "InvalidJumpDestination"


def test_a_constant_cut_short_by_the_end_is_filled_with_zeros() -> None:
    for size in (1, 2, 32):
        assert program_of(bytes([0x5F + size, 0xAB])).constants[1] == 0xAB << 8 * (size - 1)
        same(bytes([0x5F + size, 0xAB]))


@pytest.mark.parametrize("place", [0, 1, 31, 33, 4096, 1 << 40, (1 << 256) - 1])
def test_memory_costs_the_same_wherever_it_grows(place: int) -> None:
    same(push(place) + b"\x51")
    same(push(7) + push(place) + b"\x52")
    for size in (0, 1, 64, 1 << 40):
        same(push(size) + push(place) + b"\x20")


def test_gas_runs_out_at_the_same_instruction() -> None:
    code = returning(push(9) + push(64) + b"\x52" + push(96) + push(0) + b"\x20" + push(2) + b"\x54" + b"\x01")
    needed = PLENTY - same(code).gas_left
    for gas in range(needed + 1):
        assert (same(code, gas).error == "") == (gas == needed)


def test_what_py_evm_leaves_on_the_stack_is_a_word_like_any_other() -> None:
    for op in (b"\x30", b"\x43", b"\x32", b"\x33", b"\x34", b"\x36", b"\x3d", b"\x42", b"\x46", b"\x58", b"\x5a"):
        same(returning(op + push(1) + b"\x01"))
        same(returning(op + b"\x80\x14"))


def test_calls_logs_storage_and_precompiled_contracts_go_through_py_evm() -> None:
    hashed = push(32) + push(0) + push(4) + push(0) + push(SHA256_PRECOMPILE) + push(5000) + b"\xfa" + push(0) + b"\x51"
    assert same(returning(hashed)).error == ""
    assert same(push(8) + push(2) + b"\x55" + push(2) + push(0) + push(0) + b"\xa1").storage[2] == 8
    assert same(push(0) + push(1) + b"\x55").refund > 0
    recursive = push(0) * 5 + b"\x30" + b"\x5a" + b"\xf1"
    same(returning(recursive))


class Plain(PragueState):
    """py-evm's own state with the executor that takes unsigned calls."""

    transaction_executor_class = EmbeddedExecutor


@pytest.mark.parametrize("gas", [0, 1, 5000])
def test_transactions_with_precompiled_contracts_lead_to_the_same_state(gas: int) -> None:
    """Messages to them are not kept track of; whether they have enough gas or not, the accounts must come out alike."""
    words = push(32) + push(64) + push(32) + push(0)
    calls = b"".join(words + push(at) + push(gas) + b"\xfa" + push(at) + b"\x55" for at in range(1, 12))
    code, roots = calls + push(64) + b"\x51" + push(0) + b"\x55", set()
    unsigned = EmbeddedVM.create_unsigned_transaction(nonce=0, gas_price=0, gas=900_000, to=SELF, value=0, data=DATA)
    for kind in (Plain, EmbeddedState):
        state = kind(Overlay(None), EmbeddedVM.create_execution_context(HEADER, (), ChainContext(7)), BLANK_ROOT_HASH)
        state.set_code(SELF, code)
        state.lock_changes()
        found = state.apply_transaction(SpoofTransaction(unsigned, from_=CALLER))
        assert found.is_success
        state.persist()
        roots.add(state.state_root)
    assert len(roots) == 1


def test_a_revert_keeps_its_words_and_an_unknown_instruction_keeps_nothing() -> None:
    assert same(push(6) + push(0) + b"\x52" + push(32) + push(0) + b"\xfd").output[-1] == 6
    assert same(b"\x0c").gas_left == 0


INSTRUCTIONS = st.one_of(
    st.sampled_from(EDGES).map(push),
    st.integers(0, 96).map(push),
    st.sampled_from([*sorted(PLAIN - {0x56, 0x57} - set(range(0x60, 0x80))), 0x33, 0x35, 0x36, 0x37, 0x3E, 0x42, 0x54,
                     0x55, 0x59, 0x5A, 0x5E, 0x58, 0x39, 0x53, 0x0B, 0x1A, 0x1D, 0x05, 0x0A, 0xA0, 0xA1]).map(
        lambda op: bytes([op])
    ),
    st.integers(0, 80).map(lambda target: push(target) + b"\x56"),
    st.integers(0, 80).map(lambda target: push(target) + b"\x57"),
    st.just(b"\x5b"),
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(INSTRUCTIONS, max_size=60), st.integers(0, 30_000))
def test_any_code_does_the_same(parts: list[bytes], gas: int) -> None:
    same(push(5) + push(40) + push(96) + b"".join(parts), gas)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.integers(0, 5_000))
def test_any_bytes_do_the_same(code: bytes, gas: int) -> None:
    same(code, gas)
