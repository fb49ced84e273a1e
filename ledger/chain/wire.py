"""The words of Ethereum's JSON-RPC: hexadecimal values, header fields, error codes. Pure, no network.

Outside values are read strictly and raise InvalidRecord only. It does NOT check that a header is sealed or a proof
holds: a header rebuilt from fields counts for nothing until its hash was checked and its seals were verified.

Source: ethereum/execution-apis; EIP-1474 (codes); EIP-1559, 4895, 4844, 4788, 7685 (order of header fields).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from ledger import abi, rlp
from ledger.embedded.records import Reverted
from ledger.errors import (
    BackendError,
    Conflict,
    InvalidRecord,
    NotAuthorized,
    NotFound,
    TrustError,
    VerificationError,
)

MAX_QUANTITY_BITS = 256
MAX_DEPTH = 32  # a block with transactions and access lists nests 6 deep

# (JSON name, is a quantity); headers of older forks stop earlier
HEADER_FIELDS: tuple[tuple[str, bool], ...] = (
    ("parentHash", False), ("sha3Uncles", False), ("miner", False), ("stateRoot", False),
    ("transactionsRoot", False), ("receiptsRoot", False), ("logsBloom", False), ("difficulty", True),
    ("number", True), ("gasLimit", True), ("gasUsed", True), ("timestamp", True), ("extraData", False),
    ("mixHash", False), ("nonce", False), ("baseFeePerGas", True), ("withdrawalsRoot", False),
    ("blobGasUsed", True), ("excessBlobGas", True), ("parentBeaconBlockRoot", False), ("requestsHash", False),
)  # fmt: skip
OLDEST_HEADER = 15  # fields before London

REVERTED = 3
PARSE_ERROR, INVALID_REQUEST, UNKNOWN_METHOD = -32700, -32600, -32601
INVALID_PARAMS, INTERNAL = -32602, -32603
_CODES: tuple[tuple[type[TrustError], int], ...] = (
    (InvalidRecord, INVALID_PARAMS),
    (NotFound, -32001),
    (BackendError, -32002),
    (NotAuthorized, -32003),
    (Conflict, -32010),
    (VerificationError, -32011),
)
_ERROR_TEXT = abi.selector("Error(string)")
# an unterminated string runs to the end; possessive, so that no input makes it try twice
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_QUANTITY = re.compile(r"0x(?:0|[1-9a-fA-F][0-9a-fA-F]*)")


class RpcError(BackendError):
    """The node answered with an error of its own; `code` is the JSON-RPC code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"rpc: {message} (code {code})")
        self.code = code


def load_json(content: bytes) -> object:
    """Parse JSON whose nesting is checked first: py-evm lifts Python's recursion limit beyond what a thread's stack
    carries, so that deep input would end the process instead of raising.

    Raises: InvalidRecord.
    """
    depth = 0
    for bracket in _STRING.sub(b"", content).translate(None, delete=_NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise InvalidRecord(f"json: nested deeper than {MAX_DEPTH}")
    try:
        parsed: object = json.loads(content)
    except ValueError as exc:
        raise InvalidRecord("json: malformed") from exc
    return parsed


def data(value: bytes) -> str:
    return "0x" + value.hex()


def quantity(value: int) -> str:
    return hex(value)


def read_data(value: object, *, size: int | None = None, limit: int = 1 << 24) -> bytes:
    """Read 0x-prefixed bytes; Raises: InvalidRecord."""
    if not isinstance(value, str) or len(value) > 2 * limit + 2 or not _DATA.fullmatch(value):
        raise InvalidRecord("rpc: expected bytes as 0x and pairs of hexadecimal digits")
    decoded = bytes.fromhex(value[2:])
    if size is not None and len(decoded) != size:
        raise InvalidRecord(f"rpc: expected {size} bytes, got {len(decoded)}")
    return decoded


def read_quantity(value: object, *, bits: int = MAX_QUANTITY_BITS) -> int:
    """Read a 0x-prefixed integer without leading zeros; Raises: InvalidRecord."""
    if not isinstance(value, str) or len(value) > 2 + bits // 4 or not _QUANTITY.fullmatch(value):
        raise InvalidRecord(f"rpc: expected a number of at most {bits} bits as 0x and hexadecimal digits")
    return int(value, 16)


def read_mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InvalidRecord("rpc: expected an object")
    return value


def read_list(value: object, *, limit: int) -> list[object]:
    if not isinstance(value, list) or len(value) > limit:
        raise InvalidRecord(f"rpc: expected a list of at most {limit} entries")
    return value


def header_fields(raw: bytes) -> dict[str, str]:
    """Name the fields of an RLP header as eth_getBlockByNumber does."""
    items = rlp.decode(raw)
    if not isinstance(items, tuple) or not OLDEST_HEADER <= len(items) <= len(HEADER_FIELDS):
        raise InvalidRecord("rpc: not a block header")
    fields: dict[str, str] = {}
    for (name, is_number), item in zip(HEADER_FIELDS, items, strict=False):
        if not isinstance(item, bytes):
            raise InvalidRecord(f"rpc: header field {name} is a list")
        fields[name] = quantity(rlp.decode_uint(item, max_bytes=32)) if is_number else data(item)
    return fields


def header_from_fields(fields: Mapping[str, object]) -> bytes:
    """Rebuild the RLP header from the named fields of a node's answer; the caller checks the hash."""
    items: list[bytes] = []
    for index, (name, is_number) in enumerate(HEADER_FIELDS):
        value = fields.get(name)
        if value is None:
            if index < OLDEST_HEADER:
                raise InvalidRecord(f"rpc: the block has no {name}")
            break  # the fields of later forks come in order, so the first missing one ends the header
        items.append(rlp.encode_uint(read_quantity(value)) if is_number else read_data(value))
    return rlp.encode(tuple(items))


def read_revert(message: str, returned: object) -> Reverted:
    """Read a contract's refusal: its reason from the returned bytes, else from the message."""
    try:
        content = read_data(returned)
    except InvalidRecord:  # nodes that give no data put the reason behind a fixed prefix
        return Reverted(re.sub(r"(?is)^.*execution reverted:?\s*", "", message), b"")
    return Reverted(revert_reason(content), content)


def revert_reason(returned: bytes) -> str:
    """Read the text of Error(string), which Vyper's and Solidity's reverts return; other forms have none."""
    if not returned.startswith(_ERROR_TEXT):
        return ""
    try:
        (reason,) = abi.decode(("string",), returned[4:])
    except InvalidRecord:
        return ""
    return str(reason)


def code_of(error: TrustError) -> int:
    """Give the JSON-RPC code that stands for an error on the wire."""
    if isinstance(error, Reverted):
        return REVERTED
    if isinstance(error, RpcError):
        return error.code
    return next((code for kind, code in _CODES if isinstance(error, kind)), INTERNAL)


def error_of(code: int, message: str, *, ours: bool) -> TrustError:
    """Give the error that a code stands for; other makers' nodes use the same codes with other meanings."""
    if ours:
        for kind, known in _CODES:
            if code == known:
                return kind(message)
    return RpcError(code, message)
