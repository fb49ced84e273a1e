"""The EVM of the embedded chain: py-evm's Prague rules, gas for free, headers hashed without their seals.

What it does NOT do: store blocks, choose transactions or know validators. py-evm is used as a library for state and
execution only; block assembly is ours, because the chain API of py-evm rebuilds tries per transaction.
Source: py-evm 0.12.1b1 (pinned); EIP-3675 constants for post-merge headers; the Istanbul digest of go-ethereum forks.
Trust assumption: py-evm executes as every other EVM does (tests compare it with revm).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")  # 14 times faster; eth_hash reads only the environment

import rlp as pyrlp  # type: ignore[import-untyped]  # ships no types
from eth.abc import ComputationAPI, SignedTransactionAPI, StateAPI
from eth.constants import SECPK1_N
from eth.db.account import AccountDB
from eth.exceptions import Revert, UnrecognizedTransactionType
from eth.typing import HeaderParams
from eth.vm.chain_context import ChainContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlockHeader
from eth.vm.forks.prague.state import PragueState, PragueTransactionExecutor
from eth.vm.spoof import SpoofTransaction
from eth_keys.exceptions import BadSignature
from eth_typing import Address as EvmAddress
from eth_typing import BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from ledger import rlp
from ledger.chain.wire import revert_reason
from ledger.embedded.execution.interpreter import EmbeddedComputation
from ledger.embedded.execution.storage import EmbeddedAccountDB
from ledger.embedded.execution.tries import ordered_root
from ledger.embedded.overlay import Overlay
from ledger.embedded.records import MAX_TRANSACTION_BYTES
from ledger.embedded.rules import GAS_LIMIT
from ledger.errors import InvalidRecord
from ledger.hashing import keccak256
from ledger.proofs.headers import ISTANBUL_DIGEST, block_hash

KINDS = (0, 1, 2)  # legacy, access list, dynamic fee; blobs and delegated code have no use here
MAX_REASON = 500  # characters


class EmbeddedHeader(PragueBlockHeader):
    """A Prague header whose hash leaves out the seals, as QBFT demands."""

    @cached_property
    def hash(self) -> Hash32:  # py-evm caches it by hand
        return Hash32(block_hash(pyrlp.encode(self)))


class EmbeddedExecutor(PragueTransactionExecutor):
    """Spares a second look at the signature that ``decode_transaction`` has checked: a seventh of a block's cost."""

    def validate_transaction(self, transaction: SignedTransactionAPI) -> None:
        self.vm_state.validate_transaction(transaction)


class EmbeddedState(PragueState):
    """Prague's state with our executor, our loop over instructions and our storage."""

    transaction_executor_class = EmbeddedExecutor
    computation_class = EmbeddedComputation
    account_db_class = EmbeddedAccountDB


class EmbeddedVM(PragueVM):
    """Prague with room for seals in extraData."""

    extra_data_max_bytes = 65_535
    _state_class = EmbeddedState


@dataclass(frozen=True, slots=True)
class Transaction:
    """A decoded transaction whose signature has been checked."""

    raw: bytes
    hash: bytes
    sender: bytes
    nonce: int
    to: bytes
    gas: int
    kind: int
    signed: SignedTransactionAPI


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one included transaction did; ``logs`` are (address, topics, data)."""

    transaction: Transaction
    accepted: bool
    gas_used: int
    cumulative_gas: int
    reason: str
    logs: tuple[tuple[bytes, tuple[bytes, ...], bytes], ...]


@dataclass(frozen=True, slots=True)
class Execution:
    """An executed block without seals, and everything that follows from it."""

    header: EmbeddedHeader
    outcomes: tuple[Outcome, ...]
    receipts: tuple[bytes, ...]
    nodes: Mapping[bytes, bytes]
    dropped: tuple[tuple[Transaction, str], ...]
    taken: int  # how many of the offered transactions were looked at before the stop


def decode_header(raw: bytes) -> EmbeddedHeader:
    """Read a header's 21 fields.

    Raises:
        InvalidRecord: any other form.
    """
    try:
        header: EmbeddedHeader = pyrlp.decode(raw, EmbeddedHeader)
    except (pyrlp.exceptions.RLPException, ValidationError, ValueError, TypeError) as exc:
        raise InvalidRecord("header: expected the 21 fields of a Prague header") from exc
    return header


def encode_header(header: EmbeddedHeader) -> bytes:
    """Write a header as its hash and its seals cover it."""
    return bytes(pyrlp.encode(header))


def decode_transaction(raw: bytes, chain_id: int, gas_cap: int) -> Transaction:
    """Read a signed transaction and apply every rule that needs no state.

    Raises:
        InvalidRecord: unreadable, of another chain, unsigned, creating a contract, paying, or over the gas cap.
    """
    if not 0 < len(raw) <= MAX_TRANSACTION_BYTES:
        raise InvalidRecord(f"transaction: expected 1..{MAX_TRANSACTION_BYTES} bytes, got {len(raw)}")
    try:
        signed = EmbeddedVM.get_transaction_builder().decode(raw)
        sender, encoded, needed = signed.sender, signed.encode(), signed.intrinsic_gas
    except (pyrlp.exceptions.RLPException, ValidationError, BadSignature, UnrecognizedTransactionType) as exc:
        raise InvalidRecord("transaction: unreadable or not signed") from exc
    except (ValueError, TypeError, OverflowError) as exc:  # py-evm's own ways to say the same
        raise InvalidRecord("transaction: unreadable or not signed") from exc
    kind = int(signed.type_id or 0)
    faults = (
        (encoded != raw, "not in its canonical form"),
        (kind not in KINDS, f"type {kind} is not admitted"),
        (signed.chain_id != chain_id, f"expected chain id {chain_id}, got {signed.chain_id}"),
        (len(signed.to) != 20, "creates a contract; only governance may"),
        (signed.s > SECPK1_N // 2, "signed in the second of two ways"),
        (signed.value != 0, "carries a value; this chain has no currency"),
        (signed.max_fee_per_gas != 0, "offers a gas price; it must be 0"),
        (not needed <= signed.gas <= gas_cap, f"expected gas {needed}..{gas_cap}, got {signed.gas}"),
    )
    for found, fault in faults:
        if found:
            raise InvalidRecord(f"transaction: {fault}")
    return Transaction(raw, keccak256(raw), bytes(sender), signed.nonce, bytes(signed.to), signed.gas, kind, signed)


def amended(header: EmbeddedHeader, **fields: HeaderParams) -> EmbeddedHeader:
    """Copy a header with some fields replaced."""
    return cast(EmbeddedHeader, header.copy(**fields))


def child_header(parent: EmbeddedHeader, timestamp: int, extra_data: bytes) -> EmbeddedHeader:
    """Draft the header of the next block: every field that does not follow from executing it."""
    return EmbeddedHeader(
        difficulty=0,
        block_number=BlockNumber(parent.block_number + 1),
        gas_limit=GAS_LIMIT,
        timestamp=timestamp,
        parent_hash=parent.hash,
        state_root=parent.state_root,
        extra_data=extra_data,
        mix_hash=Hash32(ISTANBUL_DIGEST),
        nonce=bytes(8),
    )


def execute(
    overlay: Overlay,
    draft: EmbeddedHeader,
    transactions: Sequence[Transaction],
    *,
    chain_id: int,
    ancestors: Iterable[Hash32] = (),
    full: Callable[[int, int], bool] = lambda _count, _gas: False,
) -> Execution:
    """Run transactions in order on the draft's parent state and fill in the header.

    Args:
        full: told (included so far, gas used so far) before each transaction; True ends the block.
    """
    state = EmbeddedVM.build_state(overlay, draft, ChainContext(chain_id), ancestors)
    outcomes: list[Outcome] = []
    dropped: list[tuple[Transaction, str]] = []
    gas, taken = 0, 0
    for taken, transaction in enumerate(transactions, 1):
        if full(len(outcomes), gas):
            taken -= 1
            break
        try:
            outcomes.append(_apply(state, transaction, gas))
        except ValidationError as exc:
            dropped.append((transaction, str(exc)[:MAX_REASON]))
            continue
        gas = outcomes[-1].cumulative_gas
    state.persist()
    receipts = tuple(map(_encode_receipt, outcomes))
    header = amended(
        draft,
        state_root=state.state_root,
        transaction_root=ordered_root([o.transaction.raw for o in outcomes]),
        receipt_root=ordered_root(receipts),
        bloom=_bloom(log for outcome in outcomes for log in outcome.logs),
        gas_used=gas,
    )
    return Execution(header, tuple(outcomes), receipts, overlay.written, tuple(dropped), taken)


def call(
    overlay: Overlay,
    header: EmbeddedHeader,
    *,
    sender: bytes,
    to: bytes,
    data: bytes,
    gas: int,
    chain_id: int,
    ancestors: Iterable[Hash32] = (),
) -> tuple[bool, str, bytes]:
    """Run a message on the state of a block without changing anything; return (succeeded, reason, output)."""
    state = EmbeddedVM.build_state(overlay, header, ChainContext(chain_id), ancestors)
    unsigned = EmbeddedVM.create_unsigned_transaction(
        nonce=state.get_nonce(EvmAddress(sender)), gas_price=0, gas=gas, to=EvmAddress(to), value=0, data=data
    )
    spoofed = cast(SignedTransactionAPI, SpoofTransaction(unsigned, from_=EvmAddress(sender)))
    computation = state.costless_execute_transaction(spoofed)
    return bool(computation.is_success), _reason(computation), bytes(computation.output)


def reader(overlay: Overlay, header: EmbeddedHeader) -> AccountDB:
    """Open the accounts and storage as of a block."""
    return AccountDB(overlay, header.state_root)


def _apply(state: StateAPI, transaction: Transaction, gas_before: int) -> Outcome:
    state.lock_changes()
    computation = state.apply_transaction(transaction.signed)
    used = EmbeddedVM.finalize_gas_used(transaction.signed, computation)
    logs = tuple(
        (bytes(address), tuple(topic.to_bytes(32, "big") for topic in topics), bytes(data))
        for address, topics, data in computation.get_log_entries()
    )
    accepted = bool(computation.is_success)
    return Outcome(transaction, accepted, used, gas_before + used, _reason(computation), logs)


def _reason(computation: ComputationAPI) -> str:
    """Put a failure into words: the contract's own if it gave any, else the EVM's."""
    if computation.is_success:
        return ""
    if not isinstance(computation.error, Revert):
        return type(computation.error).__name__
    return revert_reason(bytes(computation.output))[:MAX_REASON]


def _encode_receipt(outcome: Outcome) -> bytes:
    logs = tuple((address, topics, data) for address, topics, data in outcome.logs)
    status = b"\x01" if outcome.accepted else b""
    bloom = _bloom(outcome.logs).to_bytes(256, "big")
    body = rlp.encode((status, rlp.encode_uint(outcome.cumulative_gas), bloom, logs))
    return bytes([outcome.transaction.kind]) + body if outcome.transaction.kind else body


def _bloom(logs: Iterable[tuple[bytes, tuple[bytes, ...], bytes]]) -> int:
    """Set three bits of 2048 for every address and topic (yellow paper, section 4.3.1)."""
    bits = 0
    for value in {value for address, topics, _ in logs for value in (address, *topics)}:
        digest = keccak256(value)
        for at in (0, 2, 4):
            bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & 2047)
    return bits
