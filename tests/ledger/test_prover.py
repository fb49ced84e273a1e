"""Proofs built from a node's answers: the trie is py-evm's, byte for byte, at every size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trie import HexaryTrie

from ledger import rlp
from ledger.chain.wire import data
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, NotFound, TrustError, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import parse_header
from ledger.proofs.prover import count_logs, raw_receipt, receipt_path, receipt_proof, storage_proof
from ledger.proofs.trie import lookup


def key(index: int) -> bytes:
    return rlp.encode(rlp.encode_uint(index))


def receipts(count: int, size: int = 300) -> list[bytes]:
    return [keccak256(b"%d" % index) * (size // 32) for index in range(count)]


def root_of(values: list[bytes]) -> bytes:
    trie = HexaryTrie({})
    for index, value in enumerate(values):
        trie[key(index)] = value
    return trie.root_hash


@pytest.mark.parametrize("count", [1, 2, 16, 17, 127, 128, 129, 257, 300])
def test_paths_lead_from_the_trie_root_to_each_receipt(count: int) -> None:
    values = receipts(count)
    root = root_of(values)
    for index in {0, 1 % count, count // 2, count - 1}:
        assert lookup(root, key(index), receipt_path(values, index)) == values[index]


def test_paths_of_other_receipts_do_not_lead_there() -> None:
    values = receipts(20)
    root = root_of(values)
    with pytest.raises(VerificationError):
        lookup(root, key(3), receipt_path([*values[:7], values[8], *values[8:]], 3))
    with pytest.raises((VerificationError, InvalidRecord)):
        lookup(root, key(3), receipt_path(values, 4))


@given(st.binary(max_size=400))
def test_garbage_is_no_receipt(garbage: bytes) -> None:
    try:
        count_logs(garbage)
    except InvalidRecord:
        return
    assert isinstance(rlp.decode(garbage[1:] if garbage[:1] < b"\x80" else garbage), tuple)


LOG = {"address": "0x" + "11" * 20, "topics": ["0x" + "22" * 32], "data": "0x33"}
RECEIPT = {"status": "0x1", "cumulativeGasUsed": "0x5208", "logsBloom": "0x" + "00" * 256, "logs": [LOG], "type": "0x0"}


def test_a_receipt_is_encoded_from_its_fields() -> None:
    plain, typed = raw_receipt(RECEIPT), raw_receipt(RECEIPT | {"type": "0x2"})
    assert typed == b"\x02" + plain
    assert rlp.decode(plain)[:2] == (b"\x01", b"\x52\x08")
    assert count_logs(plain) == count_logs(typed) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"status": None}, {"status": 1}, {"logsBloom": "0x00"}, {"logs": None}, {"logs": [5]}, {"type": "0xff"},
        {"logs": [LOG | {"topics": ["0x22"]}]}, {"logs": [LOG | {"topics": ["0x" + "22" * 32] * 5}]},
        {"cumulativeGasUsed": "0x05208"},
    ],
)  # fmt: skip
def test_receipt_fields_out_of_form_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        raw_receipt(RECEIPT | change)


@given(st.recursive(st.none() | st.text(max_size=4) | st.integers(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["storageProof", "accountProof", "key", "proof"]), x), max_leaves=8))  # fmt: skip
def test_answers_out_of_form_are_no_storage_proof(answer: object) -> None:
    from sealed import header_items

    header = parse_header(rlp.encode(tuple(header_items().values())))
    with pytest.raises(TrustError):
        storage_proof(header, Address(bytes(20)), [bytes(32)], answer)


def test_a_transaction_that_is_not_there_is_not_found() -> None:
    from sealed import header_items

    header = parse_header(rlp.encode(tuple(header_items().values())))
    for index, log_index in ((1, 0), (-1, 0), (0, 1)):
        with pytest.raises(NotFound):
            receipt_proof(header, [raw_receipt(RECEIPT)], index, log_index)


def test_slots_are_read_however_a_node_writes_them() -> None:
    from sealed import header_items

    header = parse_header(rlp.encode(tuple(header_items().values())))
    slot = bytes(31) + b"\x09"
    for written in ("0x9", "0x09", data(slot)):
        answer = {"accountProof": [], "storageProof": [{"key": written, "proof": []}]}
        with pytest.raises(VerificationError, match="no such account"):  # the empty state has none; the slot was found
            storage_proof(header, Address(bytes(20)), [slot], answer)
