"""The embedded engine's values in the shapes that Ethereum's JSON-RPC gives them.

It does NOT look anything up. Source: ethereum/execution-apis, schemas of block, receipt, log, transaction, proof.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger import abi, rlp
from ledger.chain.wire import data, header_fields, quantity
from ledger.embedded.records import AccountEvidence, LogEntry, TransactionReceipt
from ledger.errors import InvalidRecord
from ledger.hashing import keccak256
from ledger.proofs.headers import block_hash

_ERROR_TEXT = abi.selector("Error(string)")

# fields of a transaction's RLP by type: "#" marks a quantity, "*" a list that is shown empty or passed over
_LEGACY = ("#nonce", "#gasPrice", "#gas", "to", "#value", "input", "#v", "#r", "#s")
_TYPED = {
    1: ("#chainId", "#nonce", "#gasPrice", "#gas", "to", "#value", "input", "*", "#v", "#r", "#s"),
    2: (
        "#chainId", "#nonce", "#maxPriorityFeePerGas", "#maxFeePerGas", "#gas", "to", "#value", "input", "*",
        "#v", "#r", "#s",
    ),
}  # fmt: skip


def block(
    raw_header: bytes, transactions: Sequence[bytes], details: Sequence[dict[str, object]] | None
) -> dict[str, object]:
    """Shape a block; details are its transactions in full, or None for their hashes only."""
    fields: dict[str, object] = dict(header_fields(raw_header))
    fields["hash"] = data(block_hash(raw_header))
    fields["size"] = quantity(len(raw_header) + sum(map(len, transactions)))
    fields["uncles"] = []
    if "withdrawalsRoot" in fields:
        fields["withdrawals"] = []
    hashes = [data(keccak256(raw)) for raw in transactions]
    fields["transactions"] = hashes if details is None else list(details)
    return fields


def transaction(raw: bytes, receipt: TransactionReceipt) -> dict[str, object]:
    """Shape a sealed transaction."""
    kind = raw[0] if raw[0] < 0x80 else 0
    names = _TYPED.get(kind, ()) if kind else _LEGACY
    items = rlp.decode(raw[1:] if kind else raw)
    if not isinstance(items, tuple) or len(items) != len(names):
        raise InvalidRecord(f"transaction: type {kind} is not one this server shows")
    shown: dict[str, object] = {
        "type": quantity(kind),
        "hash": data(receipt.transaction_hash),
        "from": data(receipt.sender),
        "blockNumber": quantity(receipt.block_number),
        "blockHash": data(receipt.block_hash),
        "transactionIndex": quantity(receipt.index),
    }
    for name, item in zip(names, items, strict=True):
        if name.startswith("#"):
            shown[name[1:]] = quantity(rlp.decode_uint(item, max_bytes=32))
        elif isinstance(item, bytes):
            shown[name] = data(item)
    if kind:
        shown["accessList"] = []
    return shown


def receipt(record: TransactionReceipt, raw_receipt: bytes) -> dict[str, object]:
    """Shape a receipt; like Besu's it carries `revertReason`, which no root covers."""
    shown: dict[str, object] = {
        "transactionHash": data(record.transaction_hash),
        "transactionIndex": quantity(record.index),
        "blockHash": data(record.block_hash),
        "blockNumber": quantity(record.block_number),
        "from": data(record.sender),
        "to": data(record.to),
        "cumulativeGasUsed": quantity(record.cumulative_gas_used),
        "gasUsed": quantity(record.gas_used),
        "effectiveGasPrice": "0x0",
        "contractAddress": None,
        "logs": [log(entry) for entry in record.logs],
        "logsBloom": data(_bloom(raw_receipt)),
        "status": quantity(int(record.accepted)),
        "type": quantity(record.kind),
    }
    if not record.accepted:
        shown["revertReason"] = data(_ERROR_TEXT + abi.encode(("string",), (record.reason,)))
    return shown


def log(entry: LogEntry) -> dict[str, object]:
    return {
        "address": data(entry.address),
        "topics": [data(topic) for topic in entry.topics],
        "data": data(entry.data),
        "blockNumber": quantity(entry.block_number),
        "blockHash": data(entry.block_hash),
        "blockTimestamp": quantity(entry.timestamp),
        "transactionHash": data(entry.transaction_hash),
        "transactionIndex": quantity(entry.index),
        "logIndex": quantity(entry.block_log_index),
        "removed": False,
    }


def proof(evidence: AccountEvidence) -> dict[str, object]:
    """Shape an account with its slots and their trie nodes (EIP-1186)."""
    return {
        "address": data(evidence.address),
        "nonce": quantity(evidence.nonce),
        "balance": quantity(evidence.balance),
        "codeHash": data(evidence.code_hash),
        "storageHash": data(evidence.storage_hash),
        "accountProof": [data(node) for node in evidence.account_nodes],
        "storageProof": [
            {"key": data(slot.slot), "value": quantity(slot.value), "proof": [data(n) for n in slot.nodes]}
            for slot in evidence.slots
        ],
    }


def raw_block(raw_header: bytes, transactions: Sequence[bytes]) -> bytes:
    """Encode a block as other nodes do: header, transactions, no uncles and, since Shanghai, no withdrawals."""
    header = rlp.decode(raw_header)
    body = tuple(raw if raw[0] < 0x80 else rlp.decode(raw) for raw in transactions)
    tail: tuple[rlp.Item, ...] = ((), ()) if "withdrawalsRoot" in header_fields(raw_header) else ((),)
    return rlp.encode((header, body, *tail))


def _bloom(raw_receipt: bytes) -> bytes:
    items = rlp.decode(raw_receipt[1:] if raw_receipt[0] < 0x80 else raw_receipt)
    if not isinstance(items, tuple) or len(items) != 4 or not isinstance(items[2], bytes):
        raise InvalidRecord("receipt: expected status, gas, bloom and logs")
    return items[2]
