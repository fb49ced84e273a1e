"""What every engine behind the Chain port does; each engine's test module subclasses this with its fixtures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from foundedchain import CHAIN_ID, DIRECTORY, OFFICER, OTHER_OFFICER, STRANGER, VALIDATORS, anchor

from contracts.artefacts import interfaces
from contracts.notary.client import decode_stream, stream_fact
from ledger.chain.port import Body, Chain, Cursor, EventFact, EvmReceipt, EvmStorage, Operation, StateFact
from ledger.crypto.keys import PrivateKey
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.blocks import read_body
from ledger.proofs.headers import parse_header, verify_header
from ledger.proofs.proof import verify_receipt, verify_storage

MEMBERS = tuple(key.address for key in VALIDATORS)
Open = Callable[[PrivateKey | None], Chain]
"""Opens the engine under test as the holder of a key; the fixture closes it. The same key gets the same outbox."""


class ChainConformance:
    """Needs a fixture `open_chain: Open` over a fresh founded network with a ticking clock."""

    @pytest.fixture
    def chain(self, open_chain: Open) -> Chain:
        return open_chain(OFFICER)

    def test_an_accepted_operation_is_final_when_it_returns(self, chain: Chain) -> None:
        receipt = chain.submit(anchor("a", 0, 5))
        assert receipt.accepted
        assert receipt.reason == ""
        header = chain.header(receipt.block_number)
        assert header.block_hash == receipt.block_hash
        assert verify_header(header.raw, MEMBERS).number == receipt.block_number
        assert chain.read("Notary", "anchored", keccak256(b"a"))[:2] == (5, keccak256(b"root"))

    def test_its_receipt_carries_its_decoded_events(self, chain: Chain) -> None:
        receipt = chain.submit(anchor("a", 0, 5))
        (event,) = receipt.events
        assert (event.contract, event.name, event.log_index) == ("Notary", "Anchored", 0)
        assert event.args["new_size"] == 5
        assert event.timestamp == chain.header(receipt.block_number).timestamp

    def test_a_refusal_is_an_answer_with_the_contracts_reason(self, chain: Chain) -> None:
        chain.submit(anchor("a", 0, 5))
        refused = chain.submit(anchor("a", 0, 6))
        assert (refused.accepted, refused.reason, refused.events) == (False, "notary: stale size", ())
        assert chain.header(refused.block_number).block_hash == refused.block_hash

    def test_a_block_shows_every_call_with_its_sender_and_outcome(self, chain: Chain) -> None:
        taken, refused = chain.submit(anchor("a", 0, 5)), chain.submit(anchor("a", 0, 6))
        (first,) = read_body(chain.header(taken.block_number), chain.body(taken.block_number))
        (second,) = read_body(chain.header(refused.block_number), chain.body(refused.block_number))
        assert first.sender == second.sender == OFFICER.address
        assert (first.accepted, second.accepted, second.logs) == (True, False, ())
        assert interfaces()["Notary"].decode_call(second.payload)[1][1:3] == (0, 6)
        assert [log.topics for log in first.logs] == [event.topics for event in taken.events]

    def test_a_call_that_is_left_out_or_shown_otherwise_is_noticed(self, chain: Chain) -> None:
        taken = chain.submit(anchor("a", 0, 5))
        refused = chain.submit(anchor("a", 0, 6))
        header, body = chain.header(refused.block_number), chain.body(refused.block_number)
        other = chain.body(taken.block_number)
        for false in (
            Body((), ()),
            Body(body.transactions, other.receipts),  # a refusal shown as accepted
            Body(other.transactions, body.receipts),
            Body((*body.transactions, *other.transactions), (*body.receipts, *other.receipts)),
        ):
            with pytest.raises(VerificationError, match="these are not all its"):
                read_body(header, false)
        with pytest.raises(NotFound):
            chain.body(chain.head().number + 1000)

    def test_the_same_operation_twice_happens_once(self, chain: Chain) -> None:
        first = chain.submit(anchor("a", 0, 5))
        assert chain.submit(anchor("a", 0, 5)) == first
        assert len(chain.events(None)) == 1

    def test_a_refused_operation_stays_refused(self, chain: Chain) -> None:
        chain.submit(anchor("a", 0, 5))
        first = chain.submit(anchor("a", 0, 6))
        assert chain.submit(anchor("a", 0, 6)) == first

    def test_a_retry_after_reopening_happens_once(self, open_chain: Open) -> None:
        first = open_chain(OFFICER)
        receipt = first.submit(anchor("a", 0, 5))
        first.close()
        assert open_chain(OFFICER).submit(anchor("a", 0, 5)) == receipt

    def test_another_call_under_the_same_op_id_is_refused(self, chain: Chain) -> None:
        chain.submit(anchor("a", 0, 5, op="one"))
        with pytest.raises(Conflict):
            chain.submit(anchor("a", 5, 9, op="one"))

    def test_a_stranger_is_not_admitted_and_can_be_retried(self, open_chain: Open) -> None:
        stranger = open_chain(STRANGER)
        for _ in range(2):
            with pytest.raises(NotAuthorized):
                stranger.submit(anchor("a", 0, 5))
        assert stranger.events(None) == []

    def test_a_chain_without_key_reads_but_does_not_submit(self, open_chain: Open) -> None:
        reader = open_chain(None)
        assert reader.read("Notary", "anchored", keccak256(b"a"))[0] == 0
        with pytest.raises(NotAuthorized):
            reader.submit(anchor("a", 0, 5))

    def test_operations_of_many_threads_and_keys_all_happen(self, open_chain: Open) -> None:
        chains = [open_chain(OFFICER), open_chain(OTHER_OFFICER)]
        with ThreadPoolExecutor(8) as pool:
            jobs = [pool.submit(chains[i % 2].submit, anchor(f"s{i}", 0, 1)) for i in range(12)]
            receipts = [job.result(60) for job in jobs]
        assert all(receipt.accepted for receipt in receipts)
        assert len({receipt.transaction_hash for receipt in receipts}) == 12

    def test_one_bad_operation_does_not_fail_its_neighbours(self, chain: Chain) -> None:
        with ThreadPoolExecutor(3) as pool:
            good, bad = pool.submit(chain.submit, anchor("a", 0, 5)), pool.submit(chain.submit, anchor("b", 3, 5))
            assert good.result(60).accepted
            assert bad.result(60).reason == "notary: stale size"

    def test_unknown_contracts_methods_and_arguments_are_named(self, chain: Chain) -> None:
        with pytest.raises(NotFound):
            chain.read("Nothing", "anchored")
        with pytest.raises(NotFound):
            chain.submit(Operation("Notary", "forget", (), bytes(32)))
        with pytest.raises(InvalidRecord):
            chain.submit(Operation("Notary", "anchor", (b"short", 0, 1, bytes(32)), bytes(32)))

    def test_a_view_that_reverts_is_a_conflict(self, chain: Chain) -> None:
        with pytest.raises(Conflict):
            chain.read("Notary", "anchor", keccak256(b"a"), 0, 5, keccak256(b"root"))

    def test_events_come_in_order_and_continue_behind_a_cursor(self, chain: Chain) -> None:
        for size in range(4):
            chain.submit(anchor("a", size, size + 1))
        everything = chain.events(None)
        assert [event.args["new_size"] for event in everything] == [1, 2, 3, 4]
        assert chain.events(None, limit=2) == everything[:2]
        assert chain.events(everything[1].cursor, limit=10) == everything[2:]
        assert chain.events(everything[-1].cursor) == []

    def test_limits_of_events_are_bounded(self, chain: Chain) -> None:
        with pytest.raises(InvalidRecord):
            chain.events(Cursor(0, 0, 0), limit=0)
        with pytest.raises(InvalidRecord):
            chain.events(None, limit=1_000_000)

    def test_an_event_is_proven_offline(self, chain: Chain) -> None:
        receipt = chain.submit(anchor("a", 0, 5))
        proof = chain.prove(EventFact(receipt.block_number, receipt.index, 0))
        assert isinstance(proof, EvmReceipt)
        log = verify_receipt(verify_header(proof.header, MEMBERS), proof.proof)
        assert interfaces()["Notary"].decode_event(log)[1]["new_size"] == 5

    def test_an_event_that_did_not_happen_has_no_proof(self, chain: Chain) -> None:
        chain.submit(anchor("a", 0, 5))
        refused = chain.submit(anchor("a", 0, 6))
        for fact in (
            EventFact(refused.block_number, refused.index, 0),
            EventFact(refused.block_number, 400, 0),
            EventFact(10**6, 0, 0),
        ):
            with pytest.raises(NotFound):
                chain.prove(fact)

    def test_state_is_proven_offline_now_and_then(self, chain: Chain) -> None:
        stream = keccak256(b"a")
        first = chain.submit(anchor("a", 0, 5))
        chain.submit(anchor("a", 5, 9))
        sizes = []
        for block in (first.block_number - 1, first.block_number, None):
            proof = chain.prove(stream_fact(stream, block))
            assert isinstance(proof, EvmStorage)
            header = verify_header(proof.header, MEMBERS) if block else chain.header(proof_number(proof))
            sizes.append(decode_stream(stream, verify_storage(header, proof.proof).values).size)
        assert sizes == [0, 5, 9]

    def test_state_of_unknown_contracts_and_blocks_has_no_proof(self, chain: Chain) -> None:
        with pytest.raises(NotFound):
            chain.prove(StateFact("Nothing", (bytes(32),)))
        with pytest.raises(NotFound):
            chain.prove(StateFact("Notary", (bytes(32),), 10**6))

    def test_headers_link_up_and_stop_at_the_head(self, chain: Chain) -> None:
        chain.submit(anchor("a", 0, 5))
        head = chain.head()
        assert chain.header(head.number - 1).block_hash == head.parent_hash
        with pytest.raises(NotFound):
            chain.header(head.number + 1_000_000)

    def test_it_says_what_it_can(self, chain: Chain) -> None:
        able = chain.capabilities()
        assert able.chain_id == CHAIN_ID
        assert able.proofs == {"evm-receipt", "evm-storage"}
        assert interfaces_directory(chain) == DIRECTORY


def proof_number(proof: EvmStorage) -> int:
    return parse_header(proof.header).number


def interfaces_directory(chain: Chain) -> bytes:
    """Ask the Directory for its own entry."""
    (account,) = chain.read("Directory", "at", keccak256(b"Directory"))
    assert isinstance(account, bytes)
    return account
