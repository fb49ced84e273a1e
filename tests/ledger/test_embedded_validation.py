"""What a dishonest builder can try against four validators, three of them elsewhere: it gets one seal, its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from testchain import (
    CHAIN_ID,
    REGISTER,
    SENDERS,
    STRANGER,
    VALIDATORS,
    Clock,
    Committee,
    config,
    node,
    open_config,
    transaction,
)

from ledger import rlp
from ledger.embedded.execution.vm import (
    amended,
    child_header,
    decode_header,
    decode_transaction,
    encode_header,
    execute,
)
from ledger.embedded.overlay import Overlay
from ledger.embedded.production.builder import build
from ledger.embedded.production.sealing import Proposal
from ledger.embedded.production.validation import validate_proposal
from ledger.embedded.records import Block
from ledger.embedded.replica import Replica, unsealed
from ledger.embedded.rules import Limits
from ledger.errors import Conflict, InvalidRecord, VerificationError
from ledger.proofs.headers import extra_data, verify_header, with_seals

ADDRESSES = [key.address for key in VALIDATORS]
GAS = 5_000_000


@pytest.fixture
def committee(tmp_path: Path) -> Iterator[Committee]:
    opened = Committee(tmp_path, Clock())
    opened.advance()
    yield opened
    opened.close()


@pytest.fixture
def replica(committee: Committee, tmp_path: Path) -> Iterator[Replica]:
    """The dishonest builder's own copy, one block long."""
    opened = Replica(tmp_path / "forger", config())
    first = Block.decode(committee.node.block(1))
    opened.commit(validate_proposal(opened.tip, first, None), first.header)
    yield opened
    opened.close()


def honest(replica: Replica, now: float, *raws: bytes) -> Block:
    transactions = [decode_transaction(raw, CHAIN_ID, GAS) for raw in raws]
    return unsealed(build(replica.tip, transactions, now)[0])


def with_header(block: Block, **fields: object) -> Block:
    return replace(block, header=encode_header(amended(decode_header(block.header), **fields)))  # type: ignore[arg-type]


def assert_one_seal_at_most(committee: Committee, block: Block, fault: str) -> None:
    """Offer a block to every co-signer; then seal it with the builder's one key and show that nobody accepts it."""
    for cosigner in committee.cosigners:
        with pytest.raises((VerificationError, Conflict), match=fault):
            cosigner.consider(block.encode())
    own = VALIDATORS[0].sign_digest(Proposal.of(block).seal_hash)
    sealed = replace(block, header=with_seals(block.header, (own,)))
    with pytest.raises(VerificationError, match=r"expected 3 seals|other validators"):
        verify_header(sealed.header, ADDRESSES)
    for cosigner in committee.cosigners:
        with pytest.raises(VerificationError):
            cosigner.finalize(sealed.encode())


def test_an_honest_block_gets_all_seals(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    block = honest(replica, committee.clock.now, transaction(SENDERS[0], 0))
    seals = [cosigner.consider(block.encode()).seal for cosigner in committee.cosigners]
    sealed = replace(block, header=with_seals(block.header, seals))
    verify_header(sealed.header, ADDRESSES)
    for cosigner in committee.cosigners:
        cosigner.finalize(sealed.encode())
        assert cosigner.head_number() == 2


def test_a_rewritten_past_block_is_refused(committee: Committee, tmp_path: Path) -> None:
    other = Replica(tmp_path / "rewriter", config())
    block = honest(other, committee.clock.now + 5, transaction(SENDERS[0], 0))
    other.close()
    committee.clock.now += 10
    assert_one_seal_at_most(committee, block, "parent")


def test_equivocation_gets_seals_for_one_block_only(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    first = honest(replica, committee.clock.now, transaction(SENDERS[0], 0))
    second = honest(replica, committee.clock.now, transaction(SENDERS[1], 0))
    for cosigner in committee.cosigners:
        cosigner.consider(first.encode())
    assert_one_seal_at_most(committee, second, "already bound")


def test_an_equivocation_split_over_the_committee_finalises_neither(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    blocks = [honest(replica, committee.clock.now, transaction(SENDERS[i], 0)) for i in (0, 1)]
    a, b, c = committee.cosigners
    seals = [[a.consider(blocks[0].encode()).seal], [b.consider(blocks[1].encode()).seal]]
    with pytest.raises(Conflict):
        a.consider(blocks[1].encode())
    seals[1].append(c.consider(blocks[1].encode()).seal)
    with pytest.raises(VerificationError):
        verify_header(with_seals(blocks[0].header, seals[0]), ADDRESSES)
    with pytest.raises(VerificationError):
        verify_header(with_seals(blocks[1].header, seals[1]), ADDRESSES)


def test_a_block_from_the_future_is_refused_and_passes_once_its_time_has_come(
    committee: Committee, replica: Replica
) -> None:
    block = honest(replica, committee.clock.now + 3, transaction(SENDERS[0], 0))
    assert_one_seal_at_most(committee, block, "^time:")
    committee.clock.now += 2
    assert [cosigner.consider(block.encode()).height for cosigner in committee.cosigners] == [2, 2, 2]


def test_a_timestamp_that_does_not_grow_is_refused(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    block = honest(replica, committee.clock.now)
    stale = with_header(block, timestamp=replica.tip.header.timestamp)
    assert_one_seal_at_most(committee, stale, "timestamp")


def test_a_smuggled_stranger_is_refused(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    stranger = decode_transaction(transaction(STRANGER, 0), CHAIN_ID, GAS)
    tip = replica.tip
    draft = child_header(tip.header, int(committee.clock.now), extra_data(tip.config.vanity, tip.validators))
    block = unsealed(execute(Overlay(tip.store), draft, [stranger], chain_id=CHAIN_ID))
    assert_one_seal_at_most(committee, block, "not registered")


def test_a_smuggled_contract_creation_is_refused(committee: Committee, replica: Replica) -> None:
    from ledger.chain.transactions import sign_call

    committee.clock.now += 1
    raw = sign_call(SENDERS[0], chain_id=CHAIN_ID, nonce=0, to=b"", data=b"\x60\x00", gas=100_000)  # type: ignore[arg-type]
    block = replace(honest(replica, committee.clock.now), transactions=(raw,))
    assert_one_seal_at_most(committee, block, "creates a contract")


FORGED = {
    "state_root": b"\x11" * 32,
    "transaction_root": b"\x11" * 32,
    "receipt_root": b"\x11" * 32,
    "withdrawals_root": b"\x11" * 32,
    "parent_beacon_block_root": b"\x11" * 32,
    "requests_hash": b"\x11" * 32,
    "uncles_hash": b"\x11" * 32,
    "bloom": 1,
    "gas_used": 1,
    "gas_limit": 10**12 - 1,
    "base_fee_per_gas": 1,
    "blob_gas_used": 1,
    "excess_blob_gas": 1,
    "difficulty": 1,
    "coinbase": b"\x11" * 20,
    "nonce": b"\x11" * 8,
}


def test_every_forged_header_field_is_named(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    block = honest(replica, committee.clock.now, transaction(SENDERS[0], 0))
    for field, value in FORGED.items():
        assert_one_seal_at_most(committee, with_header(block, **{field: value}), field)
    assert committee.cosigners[0].consider(block.encode()).height == 2


def test_a_header_without_the_istanbul_digest_is_no_block(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    block = with_header(honest(replica, committee.clock.now), mix_hash=bytes(32))
    with pytest.raises(InvalidRecord):
        committee.cosigners[0].consider(block.encode())


def test_forged_extra_data_is_refused(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    block, vanity = honest(replica, committee.clock.now), config().vanity
    with_vote = rlp.encode((vanity, tuple(ADDRESSES), (bytes(20), b"\xff"), b"", ()))
    for extra, fault in (
        (extra_data(bytes(32), ADDRESSES), "vanity"),
        (extra_data(vanity, ADDRESSES[:3]), "validators"),
        (extra_data(vanity, ADDRESSES, (), 1), "round"),
        (with_vote, "extra_data"),
    ):
        assert_one_seal_at_most(committee, with_header(block, extra_data=extra), fault)


def test_an_omitted_transaction_changes_the_roots(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    block = honest(replica, committee.clock.now, transaction(SENDERS[0], 0), transaction(SENDERS[1], 0))
    assert_one_seal_at_most(committee, replace(block, transactions=block.transactions[:1]), "transaction_root")


def test_a_transaction_that_cannot_run_is_refused(committee: Committee, replica: Replica) -> None:
    committee.clock.now += 1
    block = replace(honest(replica, committee.clock.now), transactions=(transaction(SENDERS[0], 5),))
    assert_one_seal_at_most(committee, block, "nonce")


def test_a_block_over_its_limits_is_refused(tmp_path: Path) -> None:
    small = replace(config(), limits=replace(config().limits, transactions=1))
    replica = Replica(tmp_path, small)
    block = honest(replica, Clock().now, transaction(SENDERS[0], 0))
    validate_proposal(replica.tip, block, Clock().now)
    double = replace(block, transactions=(*block.transactions, transaction(SENDERS[1], 0)))
    with pytest.raises(VerificationError, match="limits"):
        validate_proposal(replica.tip, double, Clock().now)
    replica.close()


def test_a_block_that_goes_on_behind_its_gas_budget_is_refused(tmp_path: Path) -> None:
    tight = replace(config(), limits=Limits(block_gas=600_000, transaction_gas=600_000))
    replica = Replica(tmp_path, tight)
    tip, burns = replica.tip, [transaction(key, 0, "burn", 1000) for key in SENDERS[:3]]
    draft = child_header(tip.header, int(Clock().now), extra_data(tight.vanity, tip.validators))
    transactions = [decode_transaction(raw, CHAIN_ID, GAS) for raw in burns]
    greedy = unsealed(execute(Overlay(tip.store), draft, transactions, chain_id=CHAIN_ID))
    with pytest.raises(VerificationError, match="limits"):
        validate_proposal(tip, greedy, Clock().now)
    validate_proposal(tip, honest(replica, Clock().now, *burns), Clock().now)
    replica.close()


def test_a_chain_without_rules_admits_every_sender(tmp_path: Path) -> None:
    replica = Replica(tmp_path, open_config())
    block = honest(replica, Clock().now, transaction(STRANGER, 0))
    assert len(validate_proposal(replica.tip, block, Clock().now).outcomes) == 1
    replica.close()


def test_a_validator_list_that_contradicts_its_hash_stops_the_chain(tmp_path: Path) -> None:
    clock = Clock()
    chain = node(tmp_path, clock)
    chain.send_raw(transaction(SENDERS[0], 0, "appoint", tuple(ADDRESSES[:2]), bytes(32)))
    with pytest.raises(VerificationError, match="does not match its hash"):
        chain.step()
    chain.close()


def test_garbage_proposals_are_invalid_records(committee: Committee) -> None:
    for data in (b"", b"\xc2\x80\xc0", b"\xc0", b"x" * 100):
        with pytest.raises(InvalidRecord):
            committee.cosigners[0].consider(data)
        with pytest.raises(InvalidRecord):
            committee.cosigners[0].finalize(data)


def test_the_register_is_where_the_tests_expect_it(committee: Committee) -> None:
    assert committee.node.code(REGISTER)
