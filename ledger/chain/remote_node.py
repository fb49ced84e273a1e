"""What a chain needs of an Ethereum node, asked and read strictly; of other makers' nodes through web3.py.

It does NOT know contracts, queues or proofs of its own; `ledger.chain.remote` builds the Chain port on it. Answers are
claims: headers are only checked for hashing to what the node says. Thread-safe.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ledger.chain.jsonrpc import JsonRpcClient
from ledger.chain.wire import (
    RpcError,
    data,
    header_from_fields,
    quantity,
    read_data,
    read_list,
    read_mapping,
    read_quantity,
    revert_reason,
)
from ledger.crypto.signing import Address
from ledger.embedded.records import Reverted
from ledger.errors import BackendError, InvalidRecord, NotFound
from ledger.proofs.headers import Header, parse_header, with_seals
from ledger.proofs.prover import MAX_RECEIPTS, block_transactions, raw_receipt, raw_transaction
from ledger.questions import OwnQuestions, Questions, Web3Questions

MAX_LOGS = 100_000  # in one answer; the answer's size is bounded too


@dataclass(frozen=True, slots=True)
class NodeLog:
    """One log as a node lists it; `place` counts through the whole block."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    index: int
    place: int
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class NodeReceipt:
    """One receipt; `reason` is what the node says of a refusal, None if it says nothing."""

    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    index: int
    accepted: bool
    reason: str | None
    logs: tuple[NodeLog, ...]


class RemoteNode:
    """One node, ours or any other maker's."""

    def __init__(self, client: JsonRpcClient) -> None:
        self._client = client
        self._gives_raw = True

    @cached_property
    def chain_id(self) -> int:
        return self._questions.chain_id()

    @cached_property
    def is_ours(self) -> bool:
        return self._client.is_ours()

    def head_number(self) -> int:
        return self._questions.block_number()

    def nonce(self, sender: Address, *, pending: bool) -> int:
        return self._questions.nonce(sender, pending=pending)

    def send(self, raw: bytes) -> None:
        self._questions.send(raw)

    def call(self, to: Address, payload: bytes, *, sender: Address | None = None, block: int | None = None) -> bytes:
        """Call a contract. Raises: Reverted."""
        request: dict[str, object] = {"to": data(to), "data": data(payload), "gas": quantity(5_000_000)}
        if sender is not None:
            request["from"] = data(sender)
        return read_data(self._client.call("eth_call", request, "latest" if block is None else quantity(block)))

    def storage(self, address: Address, slot: bytes) -> bytes:
        """Return the word in a storage slot, as the node says."""
        return self._questions.storage(address, slot)

    def receipt(self, transaction_hash: bytes) -> NodeReceipt | None:
        """Return the receipt, or None while there is none."""
        answer = self._client.call("eth_getTransactionReceipt", data(transaction_hash))
        return None if answer is None else _receipt(answer)

    def logs(self, first: int, last: int) -> list[NodeLog]:
        """Return all logs of a range of blocks, in order.

        Raises: RpcError if the node finds it too large; BackendError if it tells of other blocks.
        """
        query = {"fromBlock": quantity(first), "toBlock": quantity(last)}
        found = [_log(entry) for entry in read_list(self._client.call("eth_getLogs", query), limit=MAX_LOGS)]
        if stray := next((log for log in found if not first <= log.block_number <= last), None):
            raise BackendError(f"rpc: {self._client.peer} told of block {stray.block_number}, not in {first}..{last}")
        return sorted(found, key=lambda log: (log.block_number, log.place))

    def header(self, number: int | None) -> Header:
        """Return the header of a block, the newest if None, with its seals in the accepted order.

        Raises: NotFound for no such block; BackendError if the node's fields do not hash to its block hash.
        """
        tag = "latest" if number is None else quantity(number)
        raw = self._raw_header(tag) if self._gives_raw else None
        header = parse_header(raw if raw is not None else self._rebuilt_header(tag))
        if number not in (None, header.number):
            raise BackendError(f"rpc: {self._client.peer} gave block {header.number} for {number}")
        return header if self.is_ours else parse_header(with_seals(header.raw, header.seals))

    def raw_transactions(self, number: int) -> list[bytes]:
        """Return the bytes of all transactions of a block, rebuilt where the node gives only their fields."""
        if self._gives_raw:
            try:
                return block_transactions(read_data(self._client.call("debug_getRawBlock", quantity(number))))
            except NotFound:
                self._without_raw()
            except RpcError:
                pass  # the fields may still be had
        answer = self._client.call("eth_getBlockByNumber", quantity(number), True)
        if answer is None:
            raise NotFound(f"rpc: {self._client.peer} has no block {number}")
        found = read_list(read_mapping(answer).get("transactions"), limit=MAX_RECEIPTS)
        return [raw_transaction(entry) for entry in found]

    def raw_receipts(self, number: int) -> list[bytes]:
        """Return the bytes of all receipts of a block, rebuilt where the node gives only their fields."""
        if self._gives_raw:
            try:
                answer = self._client.call("debug_getRawReceipts", quantity(number))
                return [read_data(entry) for entry in read_list(answer, limit=MAX_RECEIPTS)]
            except NotFound:
                self._without_raw()
            except RpcError:
                pass  # the fields may still be had
        answer = self._client.call("eth_getBlockReceipts", quantity(number))
        return [raw_receipt(entry) for entry in read_list(answer, limit=MAX_RECEIPTS)]

    def proof(self, address: Address, slots: Sequence[bytes], number: int) -> object:
        """Return the node's eth_getProof answer, unread."""
        return self._client.call("eth_getProof", data(address), [data(slot) for slot in slots], quantity(number))

    def wait_head(self, above: int, wait_s: float) -> None:
        """Wait for a block above a number; only our own nodes can. Raises: NotFound elsewhere."""
        self._client.call("shuxin_head", above, wait_s, wait_s=wait_s)

    def close(self) -> None:
        self._client.close()

    @cached_property
    def _questions(self) -> Questions:
        return OwnQuestions(self._client) if self.is_ours else Web3Questions(self._client)

    def _raw_header(self, tag: str) -> bytes | None:
        try:
            return read_data(self._client.call("debug_getRawHeader", tag))
        except NotFound:
            self._without_raw()
        except RpcError:
            pass  # the fields say the same, also that there is no such block
        return None

    def _without_raw(self) -> None:
        """Note that the node has no debug methods; ours has, so there the failure itself is the answer."""
        if self.is_ours:
            raise NotFound(f"rpc: {self._client.peer} has no such block")
        self._gives_raw = False

    def _rebuilt_header(self, tag: str) -> bytes:
        answer = self._client.call("eth_getBlockByNumber", tag, False)
        if answer is None:
            raise NotFound(f"rpc: {self._client.peer} has no block {tag}")
        fields = read_mapping(answer)
        raw = header_from_fields(fields)
        if parse_header(raw).block_hash != read_data(fields.get("hash"), size=32):
            raise BackendError(f"rpc: {self._client.peer} gave a block whose fields do not hash to its hash")
        return raw


def _receipt(answer: object) -> NodeReceipt:
    fields = read_mapping(answer)
    accepted = read_quantity(fields.get("status"), bits=8) == 1
    reason = fields.get("revertReason")
    return NodeReceipt(
        transaction_hash=read_data(fields.get("transactionHash"), size=32),
        block_number=read_quantity(fields.get("blockNumber"), bits=64),
        block_hash=read_data(fields.get("blockHash"), size=32),
        index=read_quantity(fields.get("transactionIndex"), bits=32),
        accepted=accepted,
        reason="" if accepted else revert_reason(read_data(reason)) if reason is not None else None,
        logs=tuple(_log(entry) for entry in read_list(fields.get("logs"), limit=MAX_LOGS)),
    )


def _log(answer: object) -> NodeLog:
    fields = read_mapping(answer)
    timestamp = fields.get("blockTimestamp")
    return NodeLog(
        address=Address(read_data(fields.get("address"), size=20)),
        topics=tuple(read_data(topic, size=32) for topic in read_list(fields.get("topics"), limit=4)),
        data=read_data(fields.get("data")),
        block_number=read_quantity(fields.get("blockNumber"), bits=64),
        index=read_quantity(fields.get("transactionIndex"), bits=32),
        place=read_quantity(fields.get("logIndex"), bits=32),
        timestamp=None if timestamp is None else read_quantity(timestamp, bits=64),
    )


def replay_reason(node: RemoteNode, to: Address, payload: bytes, sender: Address, number: int) -> str:
    """Find out why a call was refused in a block, by asking for it again on the states around that block."""
    for block in (number - 1, number):
        try:
            node.call(to, payload, sender=sender, block=block)
        except Reverted as exc:
            return exc.reason
        except (RpcError, InvalidRecord, NotFound):
            continue  # a node without old states cannot tell
    return ""
