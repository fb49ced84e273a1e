"""The JSON-RPC methods of the embedded chain, by name: each reads its parameters and asks the node.

Own methods serve co-signers and long polls: shuxin_block, shuxin_proposal, shuxin_seal and shuxin_head.
Every parameter is checked, every answer and wait bounded. It does NOT read requests or write answers (``rpc`` does).

Source: ethereum/execution-apis; EIP-1186 (proofs), EIP-1898 (block by hash).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ledger import rlp
from ledger.chain.wire import (
    data,
    quantity,
    read_data,
    read_list,
    read_mapping,
    read_quantity,
)
from ledger.embedded.records import LogQuery, TransactionReceipt
from ledger.embedded.serving import answers
from ledger.embedded.serving import params as read
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import keccak256

if TYPE_CHECKING:  # the tests' fakes need no EVM
    from ledger.embedded.node import EmbeddedNode

Params: TypeAlias = Sequence[object]
Method: TypeAlias = "Callable[[EmbeddedNode, Params], object]"
VERSION = "shuxin/1"
MAX_TRANSACTION = 128 << 10
MAX_SLOTS = 256
MAX_LOG_BLOCKS = 100_000  # a month of heartbeat blocks
MAX_LOGS = 5_000
_HEAD_TAGS = ("latest", "pending", "safe", "finalized")  # what a co-signed node shows is final


class LimitExceeded(InvalidRecord):
    """The answer would be larger than this server gives; ask for a smaller range."""


def _chain_id(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 0)
    return quantity(node.chain_id)


def _net_version(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 0)
    return str(node.chain_id)


def _client_version(_: EmbeddedNode, params: Params) -> object:
    read.count(params, 0)
    return VERSION


def _block_number(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 0)
    return quantity(node.head_number())


def _gas_price(_: EmbeddedNode, params: Params) -> object:
    read.count(params, 0)
    return "0x0"


def _get_block(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1, 2)
    full = params[1] if len(params) == 2 else False
    try:
        number = _number(node, params[0])
        header = node.raw_header(number)
    except NotFound:
        return None
    raws = node.transactions(number)
    details = [_transaction(node, raw) for raw in raws] if full is True else None
    return answers.block(header, raws, details)


def _get_transaction(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    found = node.transaction(read_data(params[0], size=32))
    return None if found is None else _transaction(node, found[0])


def _get_receipt(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    record = node.receipt(read_data(params[0], size=32))
    return None if record is None else _receipt(node, record)


def _get_block_receipts(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    number = _number(node, params[0])
    records = [_sealed(node, raw) for raw in node.transactions(number)]
    raws = node.raw_receipts(number)
    return [answers.receipt(record, raw) for record, raw in zip(records, raws, strict=True)]


def _get_nonce(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1, 2)
    address = read_data(params[0], size=20)
    if len(params) == 2 and params[1] == "pending":
        return quantity(node.nonce(address, pending=True))
    return quantity(node.nonce(address, _state(node, params, 1)))


def _get_code(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1, 2)
    return data(node.code(read_data(params[0], size=20), _state(node, params, 1)))


def _get_storage(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 2, 3)
    return data(node.storage(read_data(params[0], size=20), read.slot(params[1]), _state(node, params, 2)))


def _send(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    return data(node.send_raw(read_data(params[0], limit=MAX_TRANSACTION)))


def _call(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1, 2)
    to, payload, sender = read.call_object(params[0])
    return data(node.call(to, payload, sender=sender, block=_state(node, params, 1)))


def _estimate_gas(node: EmbeddedNode, params: Params) -> object:
    _call(node, params)  # a call that reverts has no estimate; gas is free here, so the cap is the estimate
    return quantity(node.config.limits.transaction_gas)


def _get_logs(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    wanted = read_mapping(params[0])
    first, last = _log_range(node, wanted)
    if last - first >= MAX_LOG_BLOCKS:
        raise LimitExceeded(f"rpc: more than {MAX_LOG_BLOCKS} blocks")
    addresses = frozenset(read.choices(wanted.get("address"), 20))
    wanted_topics = read_list(wanted.get("topics") or [], limit=4)
    topics = tuple(None if topic is None else frozenset(read.choices(topic, 32)) for topic in wanted_topics)
    found = node.logs(LogQuery(first, last, addresses, topics, limit=MAX_LOGS + 1))
    if len(found) > MAX_LOGS:
        raise LimitExceeded(f"rpc: more than {MAX_LOGS} logs")
    return [answers.log(entry) for entry in found]


def _get_proof(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 2, 3)
    address = read_data(params[0], size=20)
    slots = [read.slot(entry) for entry in read_list(params[1], limit=MAX_SLOTS)]
    return answers.proof(node.account_proof(address, slots, _state(node, params, 2)))


def _raw_header(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    return data(node.raw_header(_number(node, params[0])))


def _raw_receipts(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    return [data(raw) for raw in node.raw_receipts(_number(node, params[0]))]


def _raw_block(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    number = _number(node, params[0])
    return data(answers.raw_block(node.raw_header(number), node.transactions(number)))


def _replica_block(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 1)
    return data(node.block(read.natural(params[0])))


def _proposal(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 2)
    found = node.proposal(read.natural(params[0]), read.wait(params[1]))
    return None if found is None else data(found)


def _seal(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 3)
    return node.add_seal(read.natural(params[0]), read_data(params[1], size=32), read_data(params[2], size=65))


def _head(node: EmbeddedNode, params: Params) -> object:
    read.count(params, 2)
    return node.wait_head(read.natural(params[0]), read.wait(params[1]))


METHODS: Mapping[str, Method] = {
    "eth_chainId": _chain_id,
    "eth_blockNumber": _block_number,
    "eth_getBlockByNumber": _get_block,
    "eth_getBlockByHash": _get_block,
    "eth_getTransactionReceipt": _get_receipt,
    "eth_getBlockReceipts": _get_block_receipts,
    "eth_getTransactionByHash": _get_transaction,
    "eth_getTransactionCount": _get_nonce,
    "eth_sendRawTransaction": _send,
    "eth_call": _call,
    "eth_estimateGas": _estimate_gas,
    "eth_gasPrice": _gas_price,
    "eth_getLogs": _get_logs,
    "eth_getProof": _get_proof,
    "eth_getCode": _get_code,
    "eth_getStorageAt": _get_storage,
    "net_version": _net_version,
    "web3_clientVersion": _client_version,
    "debug_getRawHeader": _raw_header,
    "debug_getRawReceipts": _raw_receipts,
    "debug_getRawBlock": _raw_block,
    "shuxin_block": _replica_block,
    "shuxin_proposal": _proposal,
    "shuxin_seal": _seal,
    "shuxin_head": _head,
}
WAITING = frozenset({"shuxin_proposal", "shuxin_head"})
SEALING = frozenset({"shuxin_proposal", "shuxin_seal", "shuxin_block"})


def _transaction(node: EmbeddedNode, raw: bytes) -> dict[str, object]:
    return answers.transaction(raw, _sealed(node, raw))


def _sealed(node: EmbeddedNode, raw: bytes) -> TransactionReceipt:
    record = node.receipt(keccak256(raw))
    if record is None:
        raise NotFound("rpc: the transaction has no receipt")
    return record


def _receipt(node: EmbeddedNode, record: TransactionReceipt) -> dict[str, object]:
    return answers.receipt(record, node.raw_receipts(record.block_number)[record.index])


def _number(node: EmbeddedNode, value: object) -> int:
    """Resolve a block number, tag or hash to the number of a block that exists. Raises: NotFound."""
    if isinstance(value, dict):
        value = value.get("blockHash", value.get("blockNumber"))
    if isinstance(value, str) and value in _HEAD_TAGS:
        return node.head_number()
    if value == "earliest":
        return 0
    if isinstance(value, str) and len(value) == 66:
        return _number_of(node.raw_header(read_data(value, size=32)))
    number = read_quantity(value, bits=64)
    if number > node.head_number():
        raise NotFound(f"rpc: no block {number}")
    return number


def _number_of(raw_header: bytes) -> int:
    items = rlp.decode(raw_header)
    return rlp.decode_uint(items[8]) if isinstance(items, tuple) else 0


def _state(node: EmbeddedNode, params: Params, index: int) -> int | None:
    """Resolve the block parameter of a state query; None is the head at the time of the answer."""
    if len(params) <= index or params[index] in _HEAD_TAGS:
        return None
    return _number(node, params[index])


def _log_range(node: EmbeddedNode, wanted: Mapping[str, object]) -> tuple[int, int]:
    if "blockHash" in wanted:
        number = _number(node, wanted["blockHash"])
        return number, number
    head = node.head_number()
    first = _number(node, wanted.get("fromBlock", "latest"))
    last = wanted.get("toBlock", "latest")
    return first, head if last in _HEAD_TAGS else min(head, read_quantity(last, bits=64))
