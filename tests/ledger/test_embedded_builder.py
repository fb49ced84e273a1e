from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from testchain import (
    CHAIN_ID,
    REGISTER,
    SENDERS,
    START,
    STRANGER,
    VALIDATORS,
    Clock,
    address_of,
    config,
    node,
    register,
    transaction,
    word,
)

from ledger.chain.transactions import sign_call
from ledger.embedded.execution.vm import decode_transaction
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.builder import Pace, build
from ledger.embedded.production.pool import MAX_PER_SENDER
from ledger.embedded.production.sealing import LocalSealers
from ledger.embedded.records import TransactionReceipt
from ledger.embedded.replica import Replica
from ledger.embedded.rules import Limits
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized
from ledger.proofs.headers import parse_header, verify_header

ADDRESSES = [key.address for key in VALIDATORS]


def receipt(chain: EmbeddedNode, transaction_hash: bytes) -> TransactionReceipt:
    found = chain.receipt(transaction_hash)
    assert found is not None
    return found


def test_a_block_carries_every_seal_and_the_second_of_the_clock(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock(START + 100.9))
    assert chain.step() == 1
    header = verify_header(chain.raw_header(1), ADDRESSES)
    assert (header.timestamp, len(header.seals), header.vanity) == (START + 100, 4, config().vanity)
    chain.close()


def test_transactions_run_in_nonce_order_whatever_order_they_came_in(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    hashes = {nonce: chain.send_raw(transaction(SENDERS[0], nonce)) for nonce in (2, 0, 1)}
    chain.step()
    assert [receipt(chain, hashes[nonce]).index for nonce in (0, 1, 2)] == [0, 1, 2]
    chain.close()


def test_a_gap_in_the_nonces_waits_for_what_is_missing(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    late = chain.send_raw(transaction(SENDERS[0], 1))
    chain.step()
    assert chain.receipt(late) is None
    chain.send_raw(transaction(SENDERS[0], 0))
    assert chain.nonce(address_of(SENDERS[0]), pending=True) == 2
    clock.now += 1
    chain.step()
    assert receipt(chain, late).accepted
    chain.close()


def test_senders_take_turns_when_a_block_is_full(tmp_path: Path) -> None:
    small = replace(config(), limits=Limits(transactions=4))
    chain = node(tmp_path, Clock(), small)
    many = [chain.send_raw(transaction(SENDERS[0], nonce)) for nonce in range(6)]
    few = chain.send_raw(transaction(SENDERS[1], 0))
    chain.step()
    assert chain.receipt(few) is not None
    assert [chain.receipt(tx) is not None for tx in many] == [True] * 3 + [False] * 3
    chain.close()


def test_a_contracts_refusal_is_a_receipt_with_its_reason(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    sent = [chain.send_raw(transaction(SENDERS[i], 0, "write", word(1), word(2))) for i in (0, 1)]
    chain.step()
    first, second = (receipt(chain, tx) for tx in sent)
    assert (first.accepted, first.reason, len(first.logs)) == (True, "", 1)
    assert (second.accepted, second.reason, second.logs) == (False, "register: exists", ())
    assert second.cumulative_gas_used == first.gas_used + second.gas_used
    chain.close()


def test_one_invalid_transaction_never_fails_the_batch(tmp_path: Path) -> None:
    """Its registration ends between admission and the block."""
    clock = Clock()
    chain = node(tmp_path, clock)
    ends = int(clock.now) + 1
    chain.send_raw(transaction(SENDERS[7], 0, "admit", address_of(SENDERS[0]), ends))
    chain.step()
    doomed = [chain.send_raw(transaction(SENDERS[0], nonce)) for nonce in (0, 1)]
    others = [chain.send_raw(transaction(key, 0)) for key in SENDERS[1:4]]
    clock.now += 1
    chain.step()
    assert all(receipt(chain, tx).accepted for tx in others)
    with pytest.raises(NotAuthorized, match="not registered"):
        chain.wait_receipt(doomed[0], 0.0)
    with pytest.raises((NotAuthorized, Conflict)):
        chain.wait_receipt(doomed[1], 0.0)
    chain.close()


def test_what_the_evm_refuses_is_left_out_with_its_reason(tmp_path: Path) -> None:
    replica = Replica(tmp_path, config())
    raws = (transaction(SENDERS[0], 0), transaction(SENDERS[1], 9), transaction(SENDERS[2], 0))
    batch = [decode_transaction(raw, CHAIN_ID, 5_000_000) for raw in raws]
    execution, refused = build(replica.tip, batch, Clock().now)
    assert [outcome.transaction for outcome in execution.outcomes] == [batch[0], batch[2]]
    ((transaction_, fault),) = refused
    assert transaction_ is batch[1]
    assert "nonce" in str(fault)
    replica.close()


def test_strangers_are_refused_at_admission(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    with pytest.raises(NotAuthorized, match="not registered"):
        chain.send_raw(transaction(STRANGER, 0))
    chain.close()


def test_admission_ends_at_the_second_it_says(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock, config(until=int(clock.now) + 1))
    chain.send_raw(transaction(SENDERS[0], 0))
    clock.now += 1
    with pytest.raises(NotAuthorized):
        chain.send_raw(transaction(SENDERS[1], 0))
    chain.close()


def test_nobody_but_governance_creates_contracts(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    creation = sign_call(SENDERS[0], chain_id=CHAIN_ID, nonce=0, to=b"", data=b"\x60\x00", gas=100_000)  # type: ignore[arg-type]
    with pytest.raises(InvalidRecord, match="creates a contract"):
        chain.send_raw(creation)
    chain.close()


def test_used_and_taken_nonces_are_conflicts_and_the_same_bytes_are_not(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    raw = transaction(SENDERS[0], 0)
    assert chain.send_raw(raw) == chain.send_raw(raw)
    other = transaction(SENDERS[0], 0, "write", word(8), word(8))
    with pytest.raises(Conflict, match="taken"):
        chain.send_raw(other)
    chain.step()
    assert chain.send_raw(raw) == receipt(chain, chain.send_raw(raw)).transaction_hash
    with pytest.raises(Conflict, match="nonce"):
        chain.send_raw(other)
    with pytest.raises(Conflict, match="nonce"):
        chain.send_raw(transaction(SENDERS[0], 1 + MAX_PER_SENDER))
    chain.close()


def test_a_full_pool_refuses_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = transaction(SENDERS[0], 0)
    monkeypatch.setattr("ledger.embedded.production.pool.MAX_POOL_BYTES", len(raw) + 1)
    clock = Clock()
    chain = node(tmp_path, clock)
    chain.send_raw(raw)
    with pytest.raises(BackendError, match="waiting already"):
        chain.send_raw(transaction(SENDERS[1], 0))
    chain.step()
    chain.send_raw(transaction(SENDERS[1], 0))
    chain.close()


def test_there_is_at_most_one_block_a_second(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    chain.step()
    clock.now += 0.9
    with pytest.raises(BackendError, match="second"):
        chain.step()
    clock.now += 0.1
    assert chain.step() == 2
    assert parse_header(chain.raw_header(2)).timestamp == parse_header(chain.raw_header(1)).timestamp + 1
    chain.close()


def test_a_clock_that_goes_back_makes_no_block(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    chain.step()
    clock.now -= 50
    with pytest.raises(BackendError, match="clock"):
        chain.step()
    chain.close()


def test_a_clock_set_back_under_the_running_loop_only_delays(tmp_path: Path) -> None:
    clock = Clock()
    chain = EmbeddedNode.open(
        tmp_path, LocalSealers(VALIDATORS), genesis=config(), clock=clock, pace=Pace(linger_s=0.0)
    )
    first = chain.send_raw(transaction(SENDERS[0], 0))
    chain.start()
    assert chain.wait_receipt(first, 20.0).accepted
    clock.now -= 500
    sent = chain.send_raw(transaction(SENDERS[0], 1))
    with pytest.raises(BackendError, match="not final"):
        chain.wait_receipt(sent, 0.1)
    clock.now += 501
    assert chain.wait_receipt(sent, 20.0).accepted
    chain.close()


def test_a_block_ends_at_its_gas_budget_and_the_rest_waits(tmp_path: Path) -> None:
    clock = Clock()
    tight = replace(config(), limits=Limits(block_gas=600_000, transaction_gas=600_000))
    chain = node(tmp_path, clock, tight)
    sent = [chain.send_raw(transaction(key, 0, "burn", 1000)) for key in SENDERS[:4]]
    chain.step()
    inside = [tx for tx in sent if chain.receipt(tx) is not None]
    assert 1 <= len(inside) < 4
    assert sum(receipt(chain, tx).gas_used for tx in inside) >= 600_000
    for _ in range(3):
        clock.now += 1
        chain.step()
    assert all(chain.receipt(tx) is not None for tx in sent)
    chain.close()


def test_running_out_of_gas_is_a_refusal_not_a_fault(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    sent = chain.send_raw(transaction(SENDERS[0], 0, "burn", 100_000))
    chain.step()
    assert (receipt(chain, sent).accepted, receipt(chain, sent).reason) == (False, "OutOfGas")
    chain.close()


def test_a_slow_machine_gets_shorter_blocks(tmp_path: Path) -> None:
    sealers, pace = LocalSealers(VALIDATORS), Pace(build_s=1e-9)
    chain = EmbeddedNode.open(tmp_path, sealers, genesis=config(), clock=Clock(), pace=pace)
    sent = [chain.send_raw(transaction(key, 0)) for key in SENDERS[:3]]
    chain.step()
    assert [chain.receipt(tx) is not None for tx in sent] == [True, False, False]
    chain.close()


def test_blocks_shrink_while_they_come_late_and_grow_again() -> None:
    pace = Pace(build_s=0.5)
    late = pace.adjusted(0.5, 1.7)
    assert late == pytest.approx(0.25)
    assert pace.adjusted(late, 99.0) == pytest.approx(0.1)
    assert late < pace.adjusted(late, 0.5) < 0.5
    assert pace.adjusted(0.5, 0.5) == 0.5
    assert pace.budget(0.5, 1000.25) == pytest.approx(0.25)
    assert pace.budget(0.5, 1000.9) == pytest.approx(0.1)


def test_an_impossible_pace_is_refused() -> None:
    for fault in ({"build_s": 0.0}, {"retry_s": 0.0}, {"heartbeat_s": 61.0}, {"linger_s": -1.0}):
        with pytest.raises(InvalidRecord):
            Pace(**fault)


def test_too_few_keys_for_a_quorum_make_no_block(tmp_path: Path) -> None:
    chain = EmbeddedNode.open(tmp_path, LocalSealers(VALIDATORS[:2]), genesis=config(), clock=Clock())
    with pytest.raises(NotAuthorized, match="quorum"):
        chain.step()
    assert chain.head_number() == 0
    chain.close()


def test_validators_follow_contract_storage_from_the_next_block_on(tmp_path: Path) -> None:
    from ledger.hashing import keccak256

    clock = Clock()
    chain = node(tmp_path, clock)
    members = tuple(key.address for key in VALIDATORS[:3])
    chain.send_raw(transaction(SENDERS[0], 0, "appoint", members, keccak256(b"".join(members))))
    chain.step()
    assert parse_header(chain.raw_header(1)).validators == tuple(ADDRESSES)
    clock.now += 1
    chain.step()
    assert verify_header(chain.raw_header(2), members).validators == members
    chain.close()


def test_the_loop_mines_by_itself_and_beats_when_idle(tmp_path: Path) -> None:
    pace = Pace(heartbeat_s=1.0, linger_s=0.0)
    chain = EmbeddedNode.open(tmp_path, LocalSealers(VALIDATORS), genesis=config(), pace=pace)
    chain.start()
    found = chain.wait_receipt(chain.send_raw(transaction(SENDERS[0], 0)), 20.0)
    assert found.accepted
    assert chain.wait_head(found.block_number, 20.0) > found.block_number  # a heartbeat
    with pytest.raises(BackendError, match="not final"):
        chain.wait_receipt(bytes(32), 0.0)
    chain.close()


def test_waiting_senders_hear_of_a_fault_in_the_loop(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chain = EmbeddedNode.open(tmp_path, LocalSealers(VALIDATORS[:1]), genesis=config())
    sent = chain.send_raw(transaction(SENDERS[0], 0))
    chain.start()
    with pytest.raises(BackendError, match="has stopped"):
        chain.wait_receipt(sent, 20.0)
    with pytest.raises(BackendError, match="has stopped"):
        chain.send_raw(transaction(SENDERS[0], 1))
    assert "quorum" in caplog.text
    chain.close()


def test_the_register_counts_what_was_written(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    for key in SENDERS:
        chain.send_raw(transaction(key, 0))
    chain.step()
    interface = register()[0]
    count = interface.decode_output("count", chain.call(REGISTER, interface.encode_call("count", ())))
    assert count == (len(SENDERS),)
    chain.close()
