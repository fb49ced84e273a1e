"""Ethereum's JSON-RPC methods over an embedded node, as a plain table of functions.

Own methods serve co-signers and long polls: shuxin_block, shuxin_proposal, shuxin_seal and shuxin_head.
Every parameter is checked, every answer, batch and wait bounded. It does NOT open sockets or sign anything.

Source: ethereum/execution-apis; EIP-1474 (errors), EIP-1186 (proofs), EIP-1898 (block by hash).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from ledger import rlp
from ledger.chain.wire import (
    INTERNAL,
    INVALID_REQUEST,
    UNKNOWN_METHOD,
    code_of,
    data,
    quantity,
    read_data,
    read_list,
    read_mapping,
    read_quantity,
)
from ledger.embedded.records import LogQuery, Reverted, TransactionReceipt
from ledger.embedded.serving import answers
from ledger.embedded.serving import params as read
from ledger.errors import InvalidRecord, NotFound, TrustError
from ledger.hashing import keccak256

if TYPE_CHECKING:  # the tests' fakes need no EVM
    from ledger.embedded.node import EmbeddedNode

Params: TypeAlias = Sequence[object]
Method: TypeAlias = "Callable[[EmbeddedNode, Params], object]"

VERSION = "shuxin/1"
MAX_BATCH = 100
MAX_TRANSACTION = 128 << 10
MAX_SLOTS = 256
MAX_LOG_BLOCKS = 100_000  # a month of heartbeat blocks
MAX_LOGS = 5_000
LIMIT_EXCEEDED = -32005
_HEAD_TAGS = ("latest", "pending", "safe", "finalized")  # what a co-signed node shows is final
_log = logging.getLogger(__name__)


class LimitExceeded(InvalidRecord):
    """The answer would be larger than this server gives; ask for a smaller range."""


def dispatch(node: EmbeddedNode, request: object) -> object:
    """Answer one request or a batch; every failure becomes a JSON-RPC error."""
    if not isinstance(request, list):
        return _answer(node, request)
    if not 1 <= len(request) <= MAX_BATCH:
        return failure(None, INVALID_REQUEST, f"a batch has 1 to {MAX_BATCH} requests")
    if any(is_waiting(entry) for entry in request):
        return failure(None, INVALID_REQUEST, "a method that waits is not allowed in a batch")
    return [_answer(node, entry) for entry in request]


def is_waiting(request: object) -> bool:
    """Tell whether a request may hold its thread for up to read.MAX_WAIT_S."""
    return _method(request) in WAITING


def is_sealing(request: object) -> bool:
    """Tell whether a request is a co-signer's: without them no block becomes final."""
    return _method(request) in SEALING


def identifier_of(request: object) -> object:
    """Give what a request wants to find in its answer."""
    return request.get("id") if isinstance(request, dict) else None


def _method(request: object) -> str:
    method = request.get("method") if isinstance(request, dict) else None
    return method if isinstance(method, str) else ""


def wait_of(request: object) -> float:
    """Give the wait a request asks for, bounded; one out of form is refused when it is answered."""
    match request:
        case {"params": [_, int() | float() as wait]}:
            return min(read.MAX_WAIT_S, max(0.0, wait))
    return 0.0


def shorten_wait(request: object, wait_s: float) -> object:
    """Give the same waiting request with at most this wait, so that a server can stop between two of them."""
    match request:
        case {"id": identifier, "method": method, "params": [first, int() | float() as wait]}:
            shorter = min(wait, wait_s) if 0 <= wait <= read.MAX_WAIT_S else wait
            return {"id": identifier, "method": method, "params": [first, shorter]}
    return request


def is_settled(request: object, answer: object) -> bool:
    """Tell whether a waiting request has got what it waits for, or an error."""
    match request, answer:
        case _, {"error": _}:
            return True
        case {"params": [int() as above, _]}, {"result": int() as head}:
            return head > above
        case _, {"result": result}:
            return result is not None
    return True


def failure(identifier: object, code: int, message: str, returned: bytes | None = None) -> dict[str, object]:
    error: dict[str, object] = {"code": code, "message": message}
    if returned is not None:
        error["data"] = data(returned)
    return {"jsonrpc": "2.0", "id": identifier, "error": error}


def _answer(node: EmbeddedNode, request: object) -> dict[str, object]:
    if not isinstance(request, dict):
        return failure(None, INVALID_REQUEST, "a request is an object")
    identifier, name, params = request.get("id"), request.get("method"), request.get("params", [])
    if not isinstance(identifier, int | str | None) or len(str(identifier)) > 64:
        return failure(None, INVALID_REQUEST, "an id is a number or a text of at most 64 characters")
    if not isinstance(name, str) or not isinstance(params, list):
        return failure(identifier, INVALID_REQUEST, "a request has a method and a list of params")
    method = METHODS.get(name)
    if method is None:
        return failure(identifier, UNKNOWN_METHOD, f"no method {name[:64]}")
    try:
        return {"jsonrpc": "2.0", "id": identifier, "result": method(node, params)}
    except Reverted as exc:
        return failure(identifier, code_of(exc), f"execution reverted: {exc.reason}", exc.data)
    except LimitExceeded as exc:
        return failure(identifier, LIMIT_EXCEEDED, str(exc))
    except TrustError as exc:
        return failure(identifier, code_of(exc), str(exc))
    except Exception:
        _log.exception("method %s failed", name)  # a process edge: the peer learns nothing of the inside
        return failure(identifier, INTERNAL, "internal error")


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
