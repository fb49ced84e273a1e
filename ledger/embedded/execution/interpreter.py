"""A faster way through the EVM's plain instructions: those that touch the stack, memory and the place in the code only.

py-evm spends some four microseconds on each instruction, most of them on calls. Here a loop over local variables does
what most of a contract's instructions are, and hands every other one (storage, calls, logs, hashes of state, the end)
to py-evm, whose gas table and checks stay the rule. Words on the stack are numbers here; py-evm takes either form.

What it does NOT do: decide anything about state, or create contracts; both stay with py-evm.
Source: Ethereum yellow paper, appendix H. Trust assumption: none; tests run the same code on py-evm's own loop and on
revm and compare outcome, gas, memory and logs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from eth.abc import ComputationAPI, MessageAPI, StateAPI, TransactionContextAPI
from eth.constants import STACK_DEPTH_LIMIT
from eth.exceptions import (
    FullStack,
    Halt,
    InsufficientStack,
    InvalidInstruction,
    InvalidJumpDestination,
    OutOfGas,
    VMError,
)
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.logic.invalid import InvalidOpcode
from eth.vm.memory import Memory
from eth.vm.stack import Stack

from ledger.hashing import keccak256

WORD: Final = (1 << 256) - 1
STACK_LIMIT: Final = 1024
PROGRAMS: Final = 256  # contracts kept in their prepared form, about 0.3 MB each
PUSH0, PUSH1, DUP1, SWAP1, LOG0 = 0x5F, 0x60, 0x80, 0x90, 0xA0
ISZERO, NOT, KECCAK, CALLDATALOAD, CODECOPY, POP, MLOAD, MSTORE = 0x15, 0x19, 0x20, 0x35, 0x39, 0x50, 0x51, 0x52
JUMP, JUMPI, GAS, JUMPDEST = 0x56, 0x57, 0x5A, 0x5B
KECCAK_WORD_GAS, COPY_WORD_GAS = 6, 3

BINARY: Final[dict[int, Callable[[int, int], int]]] = {
    0x01: lambda a, b: (a + b) & WORD,
    0x02: lambda a, b: (a * b) & WORD,
    0x03: lambda a, b: (a - b) & WORD,
    0x04: lambda a, b: a // b if b else 0,
    0x06: lambda a, b: a % b if b else 0,
    0x10: lambda a, b: 1 if a < b else 0,
    0x11: lambda a, b: 1 if a > b else 0,
    0x14: lambda a, b: 1 if a == b else 0,
    0x16: lambda a, b: a & b,
    0x17: lambda a, b: a | b,
    0x18: lambda a, b: a ^ b,
    0x1B: lambda a, b: (b << a) & WORD if a < 256 else 0,
    0x1C: lambda a, b: b >> a if a < 256 else 0,
}
"""Instructions on two words; a is the top of the stack."""
READINGS: Final[dict[int, Callable[[ComputationAPI], int]]] = {
    0x33: lambda computation: int.from_bytes(computation.msg.sender, "big"),
    0x34: lambda computation: computation.msg.value,
    0x36: lambda computation: len(computation.msg.data),
    0x3D: lambda computation: len(computation.return_data),
    0x42: lambda computation: computation.state.timestamp,
}
"""Instructions that say a number about the message or the block."""
PLAIN: Final = frozenset(
    {*BINARY, *READINGS, ISZERO, NOT, KECCAK, CALLDATALOAD, CODECOPY, POP, MLOAD, MSTORE, JUMP, JUMPI, GAS, JUMPDEST}
    | set(range(PUSH0, LOG0))
)
COSTS: Final = tuple(cast(Any, PragueComputation.opcodes[op]).gas_cost if op in PLAIN else 0 for op in range(256))
"""What an instruction costs at least, as py-evm has it; none where py-evm charges for itself."""


@dataclass(frozen=True, slots=True)
class Program:
    """A contract's code, prepared once.

    Attributes:
        code: followed by zeros, so that it ends with a stop and no constant is cut short.
        constants: by the place behind a push instruction, what it pushes.
        targets: where a jump may lead.
    """

    code: bytes
    constants: tuple[int, ...]
    targets: frozenset[int]


@lru_cache(maxsize=PROGRAMS)
def program_of(code: bytes) -> Program:
    """Prepare code: find constants and jump targets, which are never inside of a constant."""
    padded = code + bytes(33)
    constants, targets, at = [0] * len(padded), set(), 0
    while at < len(code):
        op = code[at]
        at += 1
        if op == JUMPDEST:
            targets.add(at - 1)
        elif PUSH1 <= op < DUP1:
            size = op - PUSH0
            constants[at] = int.from_bytes(padded[at : at + size], "big")
            at += size
    return Program(padded, tuple(constants), frozenset(targets))


class EmbeddedComputation(PragueComputation):
    """Prague's computation with our loop."""

    @classmethod
    def apply_message(
        cls,
        state: StateAPI,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: ComputationAPI | None = None,
    ) -> ComputationAPI:
        """Carry a message out; a precompiled contract changes no state, so nothing is kept to go back to."""
        is_precompiled = message.code_address in cls._precompiles and not message.is_delegation and not message.value
        if is_precompiled and parent_computation is not None and message.depth <= STACK_DEPTH_LIMIT:
            return super().apply_computation(state, message, transaction_context, parent_computation)
        return super().apply_message(state, message, transaction_context, parent_computation)

    @classmethod
    def apply_computation(
        cls,
        state: StateAPI,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: ComputationAPI | None = None,
    ) -> ComputationAPI:
        """Run a message's code; creations and precompiled contracts as py-evm does."""
        if message.is_create or message.code_address in cls._precompiles:
            return super().apply_computation(state, message, transaction_context, parent_computation)
        computation = cls(state, message, transaction_context)
        with computation:
            computation.contracts_created = [] if parent_computation is None else parent_computation.contracts_created
            computation.run(program_of(message.code))
        return computation

    def run(self, program: Program) -> None:
        """Execute until the code stops; raises what py-evm raises."""
        opcodes = self.opcodes
        while True:
            op = self._advance(program)
            instruction = opcodes.get(op) or InvalidOpcode(op)
            try:
                instruction(computation=self)
            except Halt:
                return

    def _advance(self, program: Program) -> int:
        """Do plain instructions; return the first other one, with everything in place for it."""
        stack = cast(Stack, self._stack).values
        if stack and isinstance(stack[-1], bytes):  # what py-evm's instruction has left
            stack[-1] = int.from_bytes(stack[-1], "big")
        try:
            return self._plain(program, cast("list[int]", stack))
        except IndexError as exc:  # nothing but the stack is indexed beyond its end there
            raise InsufficientStack("an instruction wants more than the stack has") from exc

    def _plain(self, program: Program, stack: list[int]) -> int:  # noqa: C901 - a call for each would cost what is saved
        code, constants, targets, costs, binary = program.code, program.constants, program.targets, COSTS, BINARY
        memory, pc, gas = cast(Memory, self._memory)._bytes, self.code.program_counter, self._gas_meter.gas_remaining
        while True:
            op = code[pc]
            pc += 1
            gas -= costs[op]
            if gas < 0:
                raise OutOfGas("an instruction costs more than is left")
            if op >= PUSH0:
                if op >= LOG0:
                    break
                if len(stack) >= STACK_LIMIT and op < SWAP1:
                    raise FullStack("the stack is full")
                if op < DUP1:
                    stack.append(constants[pc])
                    pc += op - PUSH0
                elif op < SWAP1:
                    stack.append(stack[DUP1 - 1 - op])
                else:
                    other = SWAP1 - 2 - op
                    stack[-1], stack[other] = stack[other], stack[-1]
            elif op in binary:
                top = stack.pop()
                stack[-1] = binary[op](top, stack[-1])
            elif op == POP:
                stack.pop()
            elif op == MSTORE:
                start, word = stack.pop(), stack.pop()
                if start + 32 > len(memory):
                    gas = _grown(memory, start + 32, gas)
                memory[start : start + 32] = word.to_bytes(32, "big")
            elif op == MLOAD:
                start = stack[-1]
                if start + 32 > len(memory):
                    gas = _grown(memory, start + 32, gas)
                stack[-1] = int.from_bytes(memory[start : start + 32], "big")
            elif op in (JUMP, JUMPI):
                target = stack.pop()
                if op == JUMP or stack.pop():
                    if target not in targets:
                        raise _no_target(code, target)
                    pc = target
            elif op == ISZERO:
                stack[-1] = 0 if stack[-1] else 1
            elif op == JUMPDEST:
                pass
            elif op == KECCAK:
                start, size = stack.pop(), stack[-1]
                gas -= KECCAK_WORD_GAS * ((size + 31) // 32)
                if size and start + size > len(memory):
                    gas = _grown(memory, start + size, gas)
                if gas < 0:
                    raise OutOfGas("hashing costs more than is left")
                stack[-1] = int.from_bytes(keccak256(bytes(memory[start : start + size])), "big")
            elif op == CALLDATALOAD:
                start = stack[-1]
                stack[-1] = int.from_bytes(self.msg.data_as_bytes[start : start + 32].ljust(32, b"\0"), "big")
            elif op == CODECOPY:
                start, source, size = stack.pop(), stack.pop(), stack.pop()
                gas -= COPY_WORD_GAS * ((size + 31) // 32)
                if size and start + size > len(memory):
                    gas = _grown(memory, start + size, gas)
                if gas < 0:
                    raise OutOfGas("copying costs more than is left")
                memory[start : start + size] = code[source : source + size].ljust(size, b"\0")
            elif op in READINGS:
                if len(stack) >= STACK_LIMIT:
                    raise FullStack("the stack is full")
                stack.append(READINGS[op](self))
            elif op == GAS:
                if len(stack) >= STACK_LIMIT:
                    raise FullStack("the stack is full")
                stack.append(gas)
            elif op == NOT:
                stack[-1] ^= WORD
            else:
                break
        self.code.program_counter, self._gas_meter.gas_remaining = pc, gas
        return op


def _no_target(code: bytes, target: int) -> VMError:
    """Say as py-evm does why a jump fails: into a constant, or to no target at all."""
    if code[target : target + 1] == bytes([JUMPDEST]):
        return InvalidInstruction("a jump leads into a constant")
    return InvalidJumpDestination("a jump leads to no target")


def _grown(memory: bytearray, end: int, gas: int) -> int:
    """Make room for bytes up to an end in whole words; return the gas left."""
    before, after = len(memory) // 32, (end + 31) // 32
    gas -= 3 * (after - before) + after * after // 512 - before * before // 512
    if gas < 0:
        raise OutOfGas("memory costs more than is left")
    memory.extend(bytes(32 * (after - before)))
    return gas
