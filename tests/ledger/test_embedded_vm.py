from __future__ import annotations

from pathlib import Path

import pytest
from eth_bloom import BloomFilter
from hypothesis import given, settings
from hypothesis import strategies as st
from testchain import (
    CHAIN_ID,
    REGISTER,
    SENDERS,
    START,
    Clock,
    address_of,
    config,
    node,
    register,
    transaction,
    word,
)
from trie import HexaryTrie

from ledger import rlp
from ledger.chain.transactions import sign_call
from ledger.embedded.execution.tries import ordered_root, path
from ledger.embedded.execution.vm import decode_header, decode_transaction, encode_header
from ledger.embedded.records import Reverted
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import keccak256
from ledger.proofs.headers import parse_header
from ledger.proofs.proof import SlotProof, mapping_slot, verify_account, verify_slot
from ledger.proofs.trie import lookup

CAP = 5_000_000
KEY = SENDERS[0]


def call(**changes: object) -> bytes:
    fields = {"chain_id": CHAIN_ID, "nonce": 0, "to": REGISTER, "data": b"", "gas": 100_000, **changes}
    return sign_call(KEY, **fields)  # type: ignore[arg-type]


def test_a_signed_call_is_read_with_its_sender() -> None:
    found = decode_transaction(call(nonce=7), CHAIN_ID, CAP)
    assert (found.sender, found.nonce, found.to, found.kind) == (address_of(KEY), 7, REGISTER, 0)
    assert found.hash == keccak256(found.raw)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (call(chain_id=CHAIN_ID + 1), "chain id"),
        (call(to=b""), "creates a contract"),
        (call(gas=CAP + 1), "gas"),
        (call(gas=20_999), "gas"),
        (b"", "bytes"),
        (b"\x00" * 200_000, "bytes"),
        (b"\x03" + call(), "unreadable"),
        (call() + b"\x00", "unreadable"),
    ],
)
def test_transactions_that_no_state_could_admit_are_invalid(raw: bytes, fault: str) -> None:
    with pytest.raises(InvalidRecord, match=fault):
        decode_transaction(raw, CHAIN_ID, CAP)


def test_a_transaction_that_pays_or_carries_value_is_invalid() -> None:
    fields = list(rlp.decode(call()))
    for index, fault in ((1, "gas price"), (4, "value")):
        changed = [*fields]
        changed[index] = b"\x01"
        with pytest.raises(InvalidRecord, match=fault):
            decode_transaction(rlp.encode(tuple(changed)), CHAIN_ID, CAP)


def test_the_second_signature_of_the_same_transaction_is_invalid() -> None:
    from eth.constants import SECPK1_N

    fields = list(rlp.decode(call()))
    v, s = rlp.decode_uint(fields[6]), rlp.decode_uint(fields[8], max_bytes=32)
    other = v + 1 if (v - 35) % 2 == 0 else v - 1
    fields[6], fields[8] = rlp.encode_uint(other), rlp.encode_uint(SECPK1_N - s)
    with pytest.raises(InvalidRecord, match="second of two ways"):
        decode_transaction(rlp.encode(tuple(fields)), CHAIN_ID, CAP)


def test_a_transaction_without_chain_id_is_invalid() -> None:
    fields = list(rlp.decode(call()))
    fields[6] = b"\x1b"  # v of the form before EIP-155, replayable on every chain
    with pytest.raises(InvalidRecord):
        decode_transaction(rlp.encode(tuple(fields)), CHAIN_ID, CAP)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=100).map(lambda tail: call()[:-20] + tail))
def test_garbage_transactions_raise_invalid_record_only(raw: bytes) -> None:
    """Nearly any r and s are somebody's signature, so a well-formed one may pass; its sender is then a stranger."""
    try:
        found = decode_transaction(raw, CHAIN_ID, CAP)
    except InvalidRecord:
        return
    assert found.raw == raw
    assert found.sender != address_of(KEY)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=700))
def test_garbage_headers_raise_invalid_record_only(raw: bytes) -> None:
    with pytest.raises(InvalidRecord):
        decode_header(raw)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=80), max_size=300))
def test_the_root_over_a_list_is_the_one_of_a_trie_built_item_by_item(items: list[bytes]) -> None:
    slow = HexaryTrie({})
    for index, item in enumerate(items):
        slow[rlp.encode(rlp.encode_uint(index))] = item
    assert ordered_root(items) == slow.root_hash


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.binary(min_size=32, max_size=32), st.binary(min_size=1, max_size=60), max_size=40))
def test_paths_prove_presence_and_absence(entries: dict[bytes, bytes]) -> None:
    nodes: dict[bytes, bytes] = {}
    tree = HexaryTrie(nodes)
    for key, value in entries.items():
        tree[key] = value
    for key in [*entries, keccak256(b"absent")]:
        assert lookup(tree.root_hash, key, path(tree.root_hash, key, nodes.get)) == entries.get(key)


def test_a_header_hashes_without_its_seals_and_survives_the_round_trip(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    chain.send_raw(transaction(KEY, 0))
    chain.step()
    raw = chain.raw_header(1)
    header = decode_header(raw)
    assert encode_header(header) == raw
    assert header.hash == parse_header(raw).block_hash != keccak256(raw)
    assert header.base_fee_per_gas == 0
    chain.close()


def test_receipts_and_bloom_are_those_of_ethereum(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    first, second = (chain.send_raw(transaction(key, 0)) for key in SENDERS[:2])
    chain.step()
    header = decode_header(chain.raw_header(1))
    logs = [log for tx in (first, second) for log in chain.receipt(tx).logs]  # type: ignore[union-attr]
    bloom = BloomFilter()
    for log in logs:
        bloom.add(log.address)
        for topic in log.topics:
            bloom.add(topic)
    assert header.bloom == int(bloom)
    assert header.receipt_root == ordered_root(chain.raw_receipts(1))
    assert header.transaction_root == ordered_root(chain.transactions(1))
    for index, raw in enumerate(chain.raw_receipts(1)):
        key = rlp.encode(rlp.encode_uint(index))
        assert lookup(header.receipt_root, key, chain.receipt_proof(1, index)) == raw
    with pytest.raises(NotFound):
        chain.receipt_proof(1, 2)
    chain.close()


def test_our_block_assembly_gives_the_roots_of_py_evms_own(tmp_path: Path) -> None:
    """Its chain API builds the same block its own slow way, refusals and running out of gas included."""
    from eth.chains.base import MiningChain
    from eth.db.atomic import AtomicDB
    from eth.vm.forks.prague import PragueVM

    from ledger.embedded.rules import GAS_LIMIT

    deployed = config().predeploys[0]
    storage = {int.from_bytes(slot, "big"): int.from_bytes(word, "big") for slot, word in deployed.storage.items()}
    state = {REGISTER: {"balance": 0, "nonce": 1, "code": deployed.code, "storage": storage}}
    reference = MiningChain.configure("Reference", vm_configuration=((0, PragueVM),), chain_id=CHAIN_ID)
    fields = {"difficulty": 0, "gas_limit": GAS_LIMIT, "timestamp": START, "base_fee_per_gas": 0, "nonce": bytes(8)}
    theirs = reference.from_genesis(AtomicDB(), fields, state)
    raws = [transaction(key, 0, "write", word(i // 2), word(7)) for i, key in enumerate(SENDERS[:6])]
    raws += [transaction(SENDERS[6], 0, "burn", 100_000), transaction(SENDERS[7], 0, "admit", bytes(20), 5)]
    chain = node(tmp_path, Clock())
    for raw in raws:
        chain.send_raw(raw)
    chain.step()
    signed = [decode_transaction(raw, CHAIN_ID, CAP).signed for raw in chain.transactions(1)]
    draft = theirs.header.copy(timestamp=int(Clock().now))
    vm = theirs.get_vm(draft)
    filled, receipts, _ = vm.apply_all_transactions(signed, draft)
    block = vm.set_block_transactions_and_withdrawals(vm.get_block(), filled, signed, receipts)
    vm.state.persist()
    ours = decode_header(chain.raw_header(1))
    assert ours.state_root == vm.state.state_root
    for field in ("transaction_root", "receipt_root", "bloom", "gas_used"):
        assert getattr(ours, field) == getattr(block.header, field), field
    chain.close()


def test_account_and_storage_proofs_hold_under_the_state_root(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    chain.send_raw(transaction(KEY, 0, "write", word(5), word(6)))
    chain.step()
    slots = (mapping_slot(register()[0].slot("words"), word(5)), bytes(31) + b"\x77")
    found = chain.account_proof(REGISTER, slots, 1)
    root = parse_header(chain.raw_header(1)).state_root
    account = verify_account(root, REGISTER, found.account_nodes)
    assert account is not None
    assert (account.nonce, account.code_hash) == (1, keccak256(register()[1]))
    values = [verify_slot(found.storage_hash, SlotProof(slot.slot, slot.nodes)) for slot in found.slots]
    assert values == [word(6), bytes(32)]
    assert [slot.value.to_bytes(32, "big") for slot in found.slots] == values
    clock.now += 1
    chain.step()
    assert chain.account_proof(REGISTER, slots[:1], 0).slots[0].value == 0
    with pytest.raises(NotFound):
        chain.account_proof(b"\x99" * 20, slots)
    chain.close()


def test_calls_answer_and_reverts_carry_the_contracts_words(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    interface = register()[0]
    chain.send_raw(transaction(KEY, 0, "write", word(5), word(6)))
    chain.step()
    assert chain.call(REGISTER, interface.encode_call("words", (word(5),))) == word(6)
    assert chain.call(REGISTER, interface.encode_call("words", (word(5),)), block=0) == bytes(32)
    with pytest.raises(Reverted, match="register: exists") as refused:
        chain.call(REGISTER, interface.encode_call("write", (word(5), word(6))))
    assert refused.value.data[:4] == bytes.fromhex("08c379a0")
    assert chain.nonce(address_of(KEY)) == 1
    assert chain.nonce(address_of(KEY), 0) == 0
    assert chain.code(REGISTER) == register()[1]
    assert chain.code(b"\x99" * 20) == b""
    assert chain.storage(REGISTER, interface.slot("count").to_bytes(32, "big"))[-1] == 1
    chain.close()


def test_contracts_see_the_hashes_that_headers_carry(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    for _ in range(3):
        chain.step()
        clock.now += 1
    ancestor = chain.call(REGISTER, register()[0].encode_call("ancestor", (1,)))
    assert ancestor == parse_header(chain.raw_header(1)).block_hash
    chain.close()


@pytest.mark.parametrize("address", [b"", b"\1" * 19, b"\1" * 32])
def test_addresses_of_the_wrong_length_are_invalid(tmp_path: Path, address: bytes) -> None:
    chain = node(tmp_path, Clock())
    for question in (chain.code, chain.nonce, lambda a: chain.call(a, b""), lambda a: chain.account_proof(a, ())):
        with pytest.raises(InvalidRecord):
            question(address)
    chain.close()
