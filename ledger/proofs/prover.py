"""Receipt and storage proofs built from what an Ethereum node answers.

A proof is verified against its header before it is returned, so a lying node yields an error and never a proof.
It does NOT judge the header (`ledger.proofs.headers` does) and talks to no network.

Source: Ethereum yellow paper, appendix D (trie) and section 4.3.1 (receipt); EIP-2718; EIP-1186.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger import rlp
from ledger.chain.wire import read_data, read_list, read_mapping, read_quantity
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import Header
from ledger.proofs.proof import ReceiptProof, SlotProof, StorageProof, StoredState, verify_receipt, verify_storage
from ledger.proofs.trie import MAX_NODES

MAX_RECEIPTS = 10_000
MAX_RECEIPT_LOGS = 10_000
_EMBEDDED = 32  # a node shorter than its hash stands inside its parent

_Pairs = list[tuple[bytes, bytes]]  # (remaining nibbles, value), sorted by nibbles


def receipt_proof(header: Header, raw_receipts: Sequence[bytes], index: int, log_index: int) -> ReceiptProof:
    """Prove one log of a block from all the block's receipts.

    Raises: NotFound for no such transaction or log; VerificationError if the receipts are not this block's.
    """
    if not 0 <= index < len(raw_receipts) <= MAX_RECEIPTS or not log_index < count_logs(raw_receipts[index]):
        raise NotFound(f"prover: block {header.number} has no log {log_index} of a transaction {index}")
    proof = ReceiptProof(header.block_hash, index, receipt_path(raw_receipts, index), log_index)
    verify_receipt(header, proof)
    return proof


def receipt_path(raw_receipts: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Give the trie nodes from the receipts root to one receipt."""
    pairs = sorted((_nibbles(_key(place)), raw) for place, raw in enumerate(raw_receipts))
    nodes: list[bytes] = []
    _build(pairs, _nibbles(_key(index)), nodes)
    return tuple(reversed(nodes))  # children are finished before their parents


def count_logs(raw: bytes) -> int:
    """Count the logs of an encoded receipt; a failed transaction has none. Raises: InvalidRecord."""
    match rlp.decode(raw[1:] if raw[:1] < b"\x80" else raw):
        case (bytes(), bytes(), bytes(), tuple(logs)):
            return len(logs)
    raise InvalidRecord("prover: expected a receipt of status, gas, bloom and logs")


def storage_proof(
    header: Header, address: Address, slots: Sequence[bytes], answer: object
) -> tuple[StorageProof, StoredState]:
    """Read an eth_getProof answer for exactly the given slots.

    Raises: InvalidRecord for an answer out of form; VerificationError if it does not hold under the header.
    """
    fields = read_mapping(answer)
    found: dict[bytes, tuple[bytes, ...]] = {}
    for entry in read_list(fields.get("storageProof"), limit=len(slots)):
        row = read_mapping(entry)
        if row.get("inMPT") is False:  # FISCO BCOS says so of slots outside its trie: no proof, not zero
            raise VerificationError("prover: the node keeps this slot outside its state trie")
        found[_word(row.get("key"))] = _nodes(row.get("proof"))
    missing = [slot for slot in slots if slot not in found]
    if missing:
        raise InvalidRecord(f"prover: the node left out slot 0x{missing[0].hex()}")
    proofs = tuple(SlotProof(slot, found[slot]) for slot in slots)
    proof = StorageProof(header.block_hash, address, _nodes(fields.get("accountProof")), proofs)
    return proof, verify_storage(header, proof)


def raw_receipt(answer: object) -> bytes:
    """Encode a receipt from the fields of eth_getBlockReceipts, for nodes that do not give its bytes."""
    fields = read_mapping(answer)
    kind = read_quantity(fields.get("type", "0x0"), bits=7)
    logs = tuple(_log(entry) for entry in read_list(fields.get("logs"), limit=MAX_RECEIPT_LOGS))
    status = rlp.encode_uint(read_quantity(fields.get("status"), bits=8))
    gas = rlp.encode_uint(read_quantity(fields.get("cumulativeGasUsed"), bits=64))
    body = rlp.encode((status, gas, read_data(fields.get("logsBloom"), size=256), logs))
    return bytes([kind]) + body if kind else body


def raw_transaction(answer: object) -> bytes:
    """Encode a legacy transaction from the fields of eth_getBlockByNumber, for nodes that do not give its bytes.

    Raises: InvalidRecord for a transaction of another type, whose bytes only the node can give.
    """
    fields = read_mapping(answer)
    if read_quantity(fields.get("type", "0x0"), bits=7):
        raise InvalidRecord("prover: the node gives no bytes of a transaction that is not a legacy one")
    nonce, price, gas, value, v, r, s = (
        rlp.encode_uint(read_quantity(fields.get(name), bits=256))
        for name in ("nonce", "gasPrice", "gas", "value", "v", "r", "s")
    )
    to = read_data(fields["to"], size=20) if fields.get("to") is not None else b""
    return rlp.encode((nonce, price, gas, to, value, read_data(fields.get("input")), v, r, s))


def block_transactions(raw: bytes) -> list[bytes]:
    """Split an encoded block into its encoded transactions."""
    match rlp.decode(raw):
        case (tuple(), tuple(items), *_):
            return [item if isinstance(item, bytes) else rlp.encode(item) for item in items]
    raise InvalidRecord("prover: expected a block of header, transactions and ommers")


def _log(answer: object) -> rlp.Item:
    fields = read_mapping(answer)
    topics = tuple(read_data(topic, size=32) for topic in read_list(fields.get("topics"), limit=4))
    return (read_data(fields.get("address"), size=20), topics, read_data(fields.get("data")))


def _nodes(value: object) -> tuple[bytes, ...]:
    nodes = [read_data(node) for node in read_list(value, limit=MAX_NODES)]
    if nodes == [b"\x80"]:  # geth shows the root of an empty trie; the empty proof says the same
        return ()
    return tuple(node for place, node in enumerate(nodes) if place == 0 or len(node) >= _EMBEDDED)


def _word(value: object) -> bytes:
    """Read a slot as 32 bytes, a quantity, or bytes without their leading zeros: nodes differ."""
    if not isinstance(value, str) or not 3 <= len(value) <= 66 or not value.startswith("0x"):
        raise InvalidRecord("prover: expected a storage slot")
    return read_data("0x" + value[2:].rjust(64, "0"), size=32)


def _key(index: int) -> bytes:
    return rlp.encode(rlp.encode_uint(index))


def _nibbles(key: bytes) -> bytes:
    return bytes(nibble for byte in key for nibble in (byte >> 4, byte & 15))


def _build(pairs: _Pairs, wanted: bytes | None, path: list[bytes]) -> rlp.Item:
    """Build the node over sorted pairs; collect the hashed nodes towards the wanted key, deepest first."""
    if len(pairs) == 1:
        node: rlp.Item = (_hex_prefix(pairs[0][0], leaf=True), pairs[0][1])
    elif shared := _shared(pairs[0][0], pairs[-1][0]):
        inside = wanted[shared:] if wanted is not None else None
        below = _build([(key[shared:], value) for key, value in pairs], inside, path)
        node = (_hex_prefix(pairs[0][0][:shared], leaf=False), _reference(below))
    else:
        node = _branch(pairs, wanted, path)
    encoded = rlp.encode(node)
    if wanted is not None and len(encoded) >= _EMBEDDED:
        path.append(encoded)
    return node


def _branch(pairs: _Pairs, wanted: bytes | None, path: list[bytes]) -> rlp.Item:
    children: list[rlp.Item] = []
    for nibble in range(16):
        below = [(key[1:], value) for key, value in pairs if key and key[0] == nibble]
        inside = wanted[1:] if wanted and wanted[0] == nibble else None
        children.append(_reference(_build(below, inside, path)) if below else b"")
    value = next((value for key, value in pairs if not key), b"")
    return (*children, value)


def _reference(node: rlp.Item) -> rlp.Item:
    encoded = rlp.encode(node)
    return node if len(encoded) < _EMBEDDED else keccak256(encoded)


def _shared(first: bytes, last: bytes) -> int:
    """Count the nibbles that sorted keys have in common: those the first and the last share."""
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return length


def _hex_prefix(nibbles: bytes, *, leaf: bool) -> bytes:
    odd = len(nibbles) % 2
    padded = bytes([2 * leaf + odd]) + (b"" if odd else b"\0") + nibbles
    return bytes(padded[i] << 4 | padded[i + 1] for i in range(0, len(padded), 2))
