from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealed import (
    CONTRACT,
    TOPIC,
    nodes,
    receipt_key,
    receipt_proof,
    receipts,
    seal,
    state,
    storage,
    storage_proof,
    unsealed,
)
from trie import HexaryTrie

from ledger import rlp
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import Header, parse_header
from ledger.proofs.proof import (
    ZERO,
    ReceiptProof,
    SlotProof,
    StorageProof,
    mapping_slot,
    verify_account,
    verify_receipt,
    verify_slot,
    verify_storage,
)
from ledger.proofs.trie import EMPTY_ROOT, MAX_NODES, lookup

LONG = bytes(40)
SLOTS = [i.to_bytes(32, "big") for i in range(60)]
WORDS = {slot: 7 + 2**i for i, slot in enumerate(SLOTS[:50])}
STORAGE = storage(WORDS)
STATE = state(STORAGE)
RECEIPTS = receipts(40, failed=frozenset({11}))
HEADER = parse_header(seal(unsealed(state=STATE.root_hash, receipts=RECEIPTS.root_hash)))
RECEIPT = receipt_proof(HEADER.block_hash, RECEIPTS, 30)
STORED = storage_proof(HEADER.block_hash, STATE, STORAGE, SLOTS[3], SLOTS[55])


@pytest.mark.parametrize("index", [0, 1, 2, 39])
def test_a_log_is_proven_in_plain_and_typed_receipts(index: int) -> None:
    log = verify_receipt(HEADER, receipt_proof(HEADER.block_hash, RECEIPTS, index))
    assert log.address == CONTRACT
    assert log.topics == (TOPIC, keccak256(b"entity"))
    assert log.data == index.to_bytes(32, "big")


def test_a_failed_transaction_proves_nothing() -> None:
    with pytest.raises(VerificationError, match="failed"):
        verify_receipt(HEADER, receipt_proof(HEADER.block_hash, RECEIPTS, 11))


def test_a_log_that_is_not_there_is_refused() -> None:
    with pytest.raises(VerificationError, match="no log 1"):
        verify_receipt(HEADER, replace(RECEIPT, log_index=1))
    with pytest.raises(VerificationError, match="no transaction 40"):
        verify_receipt(HEADER, receipt_proof(HEADER.block_hash, RECEIPTS, 40))


def test_the_nodes_of_one_receipt_do_not_prove_another() -> None:
    with pytest.raises(VerificationError):
        verify_receipt(HEADER, replace(RECEIPT, index=29))


def test_words_are_proven_and_absent_slots_hold_zero() -> None:
    stored = verify_storage(HEADER, STORED)
    assert stored.address == CONTRACT
    assert stored.code_hash == keccak256(b"code")
    assert dict(stored.values) == {SLOTS[3]: WORDS[SLOTS[3]].to_bytes(32, "big"), SLOTS[55]: ZERO}


def test_every_slot_has_its_word() -> None:
    proof = storage_proof(HEADER.block_hash, STATE, STORAGE, *SLOTS)
    values = verify_storage(HEADER, proof).values
    assert values == {slot: WORDS.get(slot, 0).to_bytes(32, "big") for slot in SLOTS}


def test_an_empty_storage_holds_zero_everywhere() -> None:
    accounts = state(HexaryTrie({}))
    header = parse_header(unsealed(state=accounts.root_hash))
    proof = StorageProof(header.block_hash, CONTRACT, nodes(accounts, keccak256(CONTRACT)), (SlotProof(SLOTS[0], ()),))
    assert verify_storage(header, proof).values == {SLOTS[0]: ZERO}
    with pytest.raises(VerificationError, match="not needed"):
        verify_storage(header, replace(proof, slots=(SlotProof(SLOTS[0], (b"\x80",)),)))


def test_an_absent_account_is_shown_and_has_no_storage() -> None:
    stranger = Address(bytes(20))
    path = nodes(STATE, keccak256(stranger))
    assert verify_account(STATE.root_hash, stranger, path) is None
    assert verify_account(EMPTY_ROOT, stranger, ()) is None
    with pytest.raises(VerificationError, match="no such account"):
        verify_storage(HEADER, StorageProof(HEADER.block_hash, stranger, path, ()))


def test_a_proof_belongs_to_one_block() -> None:
    other = parse_header(unsealed(state=STATE.root_hash, receipts=RECEIPTS.root_hash, parent=bytes(32)))
    with pytest.raises(VerificationError, match="another block"):
        verify_receipt(other, RECEIPT)
    with pytest.raises(VerificationError, match="another block"):
        verify_storage(other, STORED)


def test_nodes_that_are_not_needed_are_refused() -> None:
    for extra in (RECEIPT.nodes[0], b"", b"\x80"):
        with pytest.raises(VerificationError):
            verify_receipt(HEADER, replace(RECEIPT, nodes=(*RECEIPT.nodes, extra)))
        with pytest.raises(VerificationError):
            verify_storage(HEADER, replace(STORED, account_nodes=(*STORED.account_nodes, extra)))


def test_nodes_missing_or_out_of_order_are_refused() -> None:
    for wrong in (RECEIPT.nodes[:-1], RECEIPT.nodes[1:], RECEIPT.nodes[::-1], ()):
        with pytest.raises(VerificationError):
            verify_receipt(HEADER, replace(RECEIPT, nodes=wrong))


def changed(parts: tuple[bytes, ...]) -> Iterator[tuple[bytes, ...]]:
    """Yield the parts with each byte changed in turn."""
    for place, part in enumerate(parts):
        for at in range(len(part)):
            yield (*parts[:place], part[:at] + bytes([part[at] ^ 1 + at % 255]) + part[at + 1 :], *parts[place + 1 :])


def refuses(header: Header, verify: Callable, proof: ReceiptProof | StorageProof) -> None:
    with pytest.raises((InvalidRecord, VerificationError)):
        verify(header, proof)


def test_no_byte_of_a_receipt_proof_can_change() -> None:
    for altered in changed(RECEIPT.nodes):
        refuses(HEADER, verify_receipt, replace(RECEIPT, nodes=altered))
    for (altered,) in changed((RECEIPT.header_hash,)):
        refuses(HEADER, verify_receipt, replace(RECEIPT, header_hash=altered))
    for index in range(45):
        if index != RECEIPT.index:
            refuses(HEADER, verify_receipt, replace(RECEIPT, index=index))


def test_no_byte_of_a_storage_proof_can_change() -> None:
    for altered in changed(STORED.account_nodes):
        refuses(HEADER, verify_storage, replace(STORED, account_nodes=altered))
    for (altered,) in changed((STORED.header_hash,)):
        refuses(HEADER, verify_storage, replace(STORED, header_hash=altered))
    for (altered,) in changed((STORED.address,)):
        refuses(HEADER, verify_storage, replace(STORED, address=Address(altered)))
    first, second = STORED.slots
    for altered in changed(first.nodes):
        refuses(HEADER, verify_storage, replace(STORED, slots=(replace(first, nodes=altered), second)))
    for altered in changed(second.nodes):
        refuses(HEADER, verify_storage, replace(STORED, slots=(first, replace(second, nodes=altered))))


def test_no_byte_of_a_present_slot_can_change() -> None:
    """Another slot may be absent under the same nodes, but then it is another slot with zero, never the same word."""
    (first, _) = STORED.slots
    word = verify_slot(STORAGE.root_hash, first)
    for (altered,) in changed((first.slot,)):
        with suppress(VerificationError):
            assert verify_slot(STORAGE.root_hash, replace(first, slot=altered)) == ZERO != word


KEYS = st.binary(min_size=1, max_size=3)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(KEYS, st.binary(min_size=1, max_size=40), max_size=25), st.lists(KEYS, max_size=8))
def test_lookup_agrees_with_the_oracle_on_any_trie(content: dict[bytes, bytes], others: list[bytes]) -> None:
    """Short keys and values give embedded nodes, values in branches and keys that are prefixes of others."""
    trie = HexaryTrie({})
    for key, value in content.items():
        trie[key] = value
    for key in [*content, *others]:
        proof = () if trie.root_hash == EMPTY_ROOT else nodes(trie, key)
        assert lookup(trie.root_hash, key, proof) == content.get(key)


def test_a_key_that_leaves_a_shared_path_is_absent() -> None:
    trie = HexaryTrie({})
    for key in (b"shared a", b"shared b"):
        trie[key] = LONG
    assert lookup(trie.root_hash, b"shared a", nodes(trie, b"shared a")) == LONG
    for key in (b"shady a", b"shared", b"shared c", b"shared aa", b"other", b"s"):
        assert lookup(trie.root_hash, key, nodes(trie, key)) is None


GARBAGE = st.binary(max_size=60) | st.recursive(
    st.binary(max_size=40), lambda inner: st.lists(inner, min_size=2, max_size=2).map(tuple), max_leaves=6
).map(rlp.encode)


@settings(deadline=None, max_examples=300)
@given(st.lists(GARBAGE, max_size=4), st.booleans())
def test_garbage_nodes_raise_our_errors_only(garbage: list[bytes], is_rooted: bool) -> None:
    root = keccak256(garbage[0]) if garbage and is_rooted else STORAGE.root_hash
    for verify in (
        lambda: verify_slot(root, SlotProof(SLOTS[0], tuple(garbage))),
        lambda: verify_account(root, CONTRACT, garbage),
        lambda: lookup(root, receipt_key(3), garbage),
    ):
        with suppress(InvalidRecord, VerificationError):
            verify()


def rooted(node: rlp.Item) -> tuple[bytes, tuple[bytes, ...]]:
    raw = rlp.encode(node)
    return keccak256(raw), (raw,)


BRANCH = (b"",) * 15  # all children but the last
KEY = b"\xff"


def test_nodes_of_one_step_are_read() -> None:
    for node in (
        (b"\x20\xff", b"value"),
        (*BRANCH, (b"\x3f", b"value"), b""),
        (b"\x1f", (*BRANCH, (b"\x20", b"v"), b"")),
    ):
        root, proof = rooted(node)
        assert lookup(root, KEY, proof) in (b"value", b"v")


@pytest.mark.parametrize(
    "node",
    [
        b"leaf",
        (),
        (b"\x20\xff",),
        (b"\x20\xff", b"value", b"more"),
        (b"", b"value"),
        ((b"\x20\xff",), b"value"),
        (b"\x20\xff", b""),  # a leaf of nothing
        (b"\x20\xff", (b"value",)),
        (b"\x60\xff", b"value"),  # unknown flag
        (b"\x2f\xff", b"value"),  # an even path whose padding is not zero
        (b"\x0f\xff", b"value"),
        (b"\x00", keccak256(b"child")),  # an extension of no nibbles
        (b"\x1f", b"short reference"),
        (*BRANCH, b"short reference", b""),
        (*BRANCH, (LONG, LONG), b""),  # embedded although long
        (*BRANCH, (b"\x3f", b"value", b""), b""),  # embedded, of three items
    ],
)
def test_malformed_nodes_are_refused_even_with_the_right_hash(node: rlp.Item) -> None:
    root, proof = rooted(node)
    with pytest.raises(InvalidRecord):
        lookup(root, KEY, proof)


def test_a_branch_with_a_list_for_a_value_is_refused() -> None:
    root, proof = rooted((*BRANCH, b"", (b"value",)))
    with pytest.raises(InvalidRecord):
        lookup(root, b"", proof)


def leaf(key: bytes, value: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    return rooted((b"\x20" + keccak256(key), value))


@pytest.mark.parametrize("value", [b"\x00", b"\x80", b"\x82\x00\x01", b"\xc0", b"\xa1" + bytes([1] * 33), b"\x01\x01"])
def test_malformed_words_are_refused(value: bytes) -> None:
    root, proof = leaf(SLOTS[0], value)
    with pytest.raises(InvalidRecord):
        verify_slot(root, SlotProof(SLOTS[0], proof))


@pytest.mark.parametrize(
    "value",
    [(), (b"", b"", EMPTY_ROOT), (b"", b"", bytes(31), bytes(32)), (b"\0", b"", bytes(32), bytes(32)), ((),) * 4],
)
def test_malformed_accounts_are_refused(value: rlp.Item) -> None:
    root, proof = leaf(CONTRACT, rlp.encode(value))
    with pytest.raises(InvalidRecord):
        verify_account(root, CONTRACT, proof)


LOG = (CONTRACT, (TOPIC,), b"")


@pytest.mark.parametrize(
    "receipt",
    [
        b"",
        b"\x02",
        b"\x7f\x80",
        rlp.encode((b"\x01", b"", bytes(256))),
        rlp.encode((b"\x01", b"", bytes(256), b"")),
        rlp.encode((b"\x01", b"", bytes(256), (LOG, LOG))) + b"\0",
        rlp.encode((b"\x01", b"", bytes(256), ((bytes(19), (), b""),))),
        rlp.encode((b"\x01", b"", bytes(256), ((CONTRACT, (bytes(31),), b""),))),
        rlp.encode((b"\x01", b"", bytes(256), ((CONTRACT, (TOPIC,) * 5, b""),))),
        rlp.encode((b"\x02", b"", bytes(256), (LOG,))),
        rlp.encode((bytes(32), b"", bytes(256), (LOG,))),  # a state root instead of a status: before Byzantium
    ],
)
def test_malformed_receipts_are_refused(receipt: bytes) -> None:
    trie = HexaryTrie({})
    trie[receipt_key(0)] = receipt or b"\x01"
    header = parse_header(unsealed(receipts=trie.root_hash))
    with pytest.raises((InvalidRecord, VerificationError)):
        verify_receipt(header, receipt_proof(header.block_hash, trie, 0))


@pytest.mark.parametrize(
    "make",
    [
        lambda: SlotProof(bytes(31), ()),
        lambda: SlotProof(SLOTS[0], (b"",) * (MAX_NODES + 1)),
        lambda: replace(STORED, header_hash=b""),
        lambda: replace(STORED, address=Address(bytes(19))),
        lambda: replace(STORED, slots=STORED.slots * 2),
        lambda: replace(RECEIPT, index=-1),
        lambda: replace(RECEIPT, log_index=1 << 32),
        lambda: replace(RECEIPT, nodes=(b"",) * (MAX_NODES + 1)),
        lambda: mapping_slot(1, b"short"),
    ],
)
def test_values_out_of_form_cannot_be_made(make: Callable) -> None:
    with pytest.raises(InvalidRecord):
        make()


def test_mapping_slots_follow_vyper() -> None:
    key, inner = keccak256(b"key"), keccak256(b"inner")
    outer = keccak256((3).to_bytes(32, "big") + key)
    assert mapping_slot(3, key) == outer
    assert mapping_slot(3, key, inner) == keccak256(outer + inner)
    assert mapping_slot(3) == (3).to_bytes(32, "big")
