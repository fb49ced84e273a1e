from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from testchain import SENDERS, STRANGER, VALIDATORS, Clock, Committee, config, transaction, word

from ledger.crypto.keys import PrivateKey
from ledger.embedded.production.builder import build
from ledger.embedded.production.cosign import CoSigner
from ledger.embedded.production.sealing import ChainKey, LocalSealers, Proposal, RemoteSealers
from ledger.embedded.production.validation import validate_proposal
from ledger.embedded.records import Block
from ledger.embedded.replica import Replica, unsealed
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.proofs.headers import parse_header, verify_header, with_seals

ADDRESSES = [key.address for key in VALIDATORS]


@pytest.fixture
def committee(tmp_path: Path) -> Iterator[Committee]:
    opened = Committee(tmp_path, Clock())
    yield opened
    opened.close()


def test_a_block_is_final_with_three_of_four_seals_and_not_with_two(committee: Committee) -> None:
    seals = committee.seals(committee.propose())
    assert committee.node.add_seal(seals[0].height, seals[0].block_hash, seals[0].seal)
    assert committee.node.step() is None
    assert committee.node.head_number() == 0
    assert committee.node.add_seal(seals[1].height, seals[1].block_hash, seals[1].seal)
    assert committee.node.step() == 1
    assert len(verify_header(committee.node.raw_header(1), ADDRESSES).seals) == 3


def test_a_late_seal_is_too_late_and_no_fault(committee: Committee) -> None:
    seals = committee.seals(committee.propose())
    for seal in seals[:2]:
        committee.node.add_seal(seal.height, seal.block_hash, seal.seal)
    committee.node.step()
    committee.clock.now += 1
    committee.node.step()
    assert not committee.node.add_seal(seals[2].height, seals[2].block_hash, seals[2].seal)


def test_a_seal_counts_once_however_often_it_comes(committee: Committee) -> None:
    seal = committee.seals(committee.propose())[0]
    for _ in range(5):
        assert committee.node.add_seal(seal.height, seal.block_hash, seal.seal)
    assert committee.node.step() is None


def test_foreign_malformed_and_misplaced_seals_are_refused(committee: Committee) -> None:
    proposal = Proposal.of(Block.decode(committee.propose()))
    stranger = ChainKey(STRANGER).sign_digest(proposal.seal_hash)
    with pytest.raises(NotAuthorized):
        committee.node.add_seal(1, proposal.block_hash, stranger)
    with pytest.raises(VerificationError):
        committee.node.add_seal(1, proposal.block_hash, b"\x00" * 65)
    with pytest.raises(VerificationError):
        committee.node.add_seal(1, proposal.block_hash, b"short")
    with pytest.raises(VerificationError, match="another block"):
        committee.node.add_seal(1, bytes(32), VALIDATORS[1].sign_digest(proposal.seal_hash))
    with pytest.raises(NotAuthorized):
        committee.node.add_seal(1, proposal.block_hash, VALIDATORS[1].sign_digest(proposal.block_hash[::-1]))
    assert committee.node.step() is None


def test_all_replicas_hold_the_same_chain(committee: Committee) -> None:
    committee.node.send_raw(transaction(SENDERS[0], 0))
    assert [committee.advance(), committee.advance()] == [1, 2]
    assert [cosigner.head_number() for cosigner in committee.cosigners] == [2, 2, 2]
    for cosigner in committee.cosigners:
        cosigner.finalize(committee.node.block(1))  # again: nothing changes
        assert cosigner.genesis_hash == committee.node.genesis_hash


def test_a_cosigner_that_was_away_catches_up_from_sealed_blocks(committee: Committee) -> None:
    away = committee.cosigners.pop()
    committee.advance()
    committee.advance()
    with pytest.raises(NotFound, match="behind"):
        away.consider(committee.propose_next())
    with pytest.raises(NotFound, match="behind"):
        away.finalize(committee.node.block(2))
    for number in (1, 2):
        away.finalize(committee.node.block(number))
    assert away.head_number() == 2
    committee.cosigners.append(away)


def test_a_block_without_a_quorum_is_not_final_for_anybody(committee: Committee) -> None:
    proposal = committee.propose()
    for cosigner in committee.cosigners:
        with pytest.raises(VerificationError, match="expected 3 seals"):
            cosigner.finalize(proposal)
        assert cosigner.head_number() == 0


def test_a_final_block_that_contradicts_history_is_refused(committee: Committee, tmp_path: Path) -> None:
    committee.advance()
    other = Committee(tmp_path / "other", Clock(committee.clock.now + 5))
    other.advance()
    with pytest.raises(VerificationError, match="another one is final"):
        committee.cosigners[0].finalize(other.node.block(1))
    other.close()


def test_a_restarted_builder_offers_the_same_proposal(committee: Committee) -> None:
    committee.node.send_raw(transaction(SENDERS[0], 0))
    proposal = committee.propose()
    committee.node.close()
    committee.clock.now += 60
    committee.node = committee.open_builder()
    assert committee.node.proposal(0, 0) == proposal
    committee.node.send_raw(transaction(SENDERS[1], 0))  # does not get into the open block
    for seal in committee.seals(proposal):
        committee.node.add_seal(seal.height, seal.block_hash, seal.seal)
    assert committee.node.step() == 1
    assert parse_header(committee.node.raw_header(1)).block_hash == Proposal.of(Block.decode(proposal)).block_hash
    assert len(committee.node.transactions(1)) == 1


def test_a_restarted_cosigner_seals_the_same_block_again_and_no_other(committee: Committee, tmp_path: Path) -> None:
    proposal = committee.propose()
    first = committee.cosigners[0].consider(proposal)
    committee.cosigners[0].close()
    committee.cosigners[0] = committee.open_cosigner(1)
    assert committee.cosigners[0].sealed_height() == 1
    assert committee.cosigners[0].head_number() == 0
    assert committee.cosigners[0].consider(proposal) == first
    other = Committee(tmp_path / "other", committee.clock)
    other.node.send_raw(transaction(SENDERS[0], 0))
    with pytest.raises(Conflict, match="already bound"):
        committee.cosigners[0].consider(other.propose())
    other.close()


def test_the_promise_is_durable_before_the_seal_exists(tmp_path: Path, committee: Committee) -> None:
    """A key that dies while signing has promised already."""

    class Dying:
        address = VALIDATORS[1].address

        def sign_digest(self, digest: bytes) -> bytes:
            raise KeyboardInterrupt

    committee.cosigners[0].close()
    dying = CoSigner.open(tmp_path / "cosigner1", Dying(), clock=committee.clock)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        dying.consider(committee.propose())
    dying.close()
    committee.cosigners[0] = committee.open_cosigner(1)
    assert committee.cosigners[0].sealed_height() == 1


def test_a_proposal_judged_once_is_sealed_again_whatever_the_clock_says(committee: Committee) -> None:
    """A builder that restarted has lost the seals and asks again."""
    proposal = committee.propose()
    first = committee.seals(proposal)
    committee.clock.now -= 50
    assert committee.seals(proposal) == first


def back_dated(committee: Committee, tmp_path: Path, timestamp: float) -> bytes:
    """A block on the present head that a builder dates as it likes."""
    replica = Replica(tmp_path / "forger", config())
    for number in range(1, committee.node.head_number() + 1):
        block = Block.decode(committee.node.block(number))
        replica.commit(validate_proposal(replica.tip, block, None), block.header)
    forged = unsealed(build(replica.tip, [], timestamp)[0]).encode()
    replica.close()
    return forged


@pytest.mark.parametrize(("behind", "refused"), [(61, True), (60, False)])
def test_the_chains_clock_cannot_be_run_behind(
    committee: Committee, tmp_path: Path, behind: int, refused: bool
) -> None:
    """By every other rule the block is right: it follows from its parent and is not of the future."""
    committee.advance()
    committee.clock.now += 3600
    for cosigner in committee.cosigners:
        cosigner.nothing_offered()
    forged = back_dated(committee, tmp_path, committee.clock.now - behind)
    for cosigner in committee.cosigners:
        validate_proposal(cosigner._replica.tip, Block.decode(forged), committee.clock.now)
        if refused:
            with pytest.raises(VerificationError, match=r"^timestamp:"):
                cosigner.consider(forged)
        assert cosigner.sealed_height() == 1
    assert refused or len(committee.seals(forged)) == 3


def test_of_blocks_dated_back_after_a_silence_only_the_first_is_sealed(committee: Committee, tmp_path: Path) -> None:
    committee.advance()
    start = committee.clock.now
    committee.clock.now += 3600  # no co-signer reached the builder: it may have begun a block and broken down
    first = back_dated(committee, tmp_path, start + 1)
    replica = Replica(tmp_path / "next", config())
    block = Block.decode(committee.node.block(1))
    replica.commit(validate_proposal(replica.tip, block, None), block.header)
    execution = validate_proposal(replica.tip, Block.decode(first), None)
    sealed = with_seals(Block.decode(first).header, [seal.seal for seal in committee.seals(first)])
    for cosigner in committee.cosigners:
        cosigner.finalize(Block(sealed, ()).encode())
    replica.commit(execution, sealed)
    second = unsealed(build(replica.tip, [], start + 2)[0]).encode()
    honest = unsealed(build(replica.tip, [], committee.clock.now)[0]).encode()
    replica.close()
    with pytest.raises(VerificationError, match=r"^timestamp:"):
        committee.seals(second)
    assert len(committee.seals(honest)) == 3


@pytest.mark.parametrize("sealed_by", [0, 1, 2])
def test_an_old_proposal_is_sealed_after_the_builder_was_away(committee: Committee, sealed_by: int) -> None:
    """However many had sealed it before: they seal it again, the others for the first time."""
    committee.advance()
    for cosigner in committee.cosigners:
        cosigner.nothing_offered()
    proposal = committee.propose_next()
    before = [cosigner.consider(proposal) for cosigner in committee.cosigners[:sealed_by]]
    committee.node.close()
    committee.clock.now += 7200
    committee.node = committee.open_builder()
    assert committee.node.proposal(1, 0) == proposal
    seals = committee.seals(proposal)
    assert seals[:sealed_by] == before
    for seal in seals:
        committee.node.add_seal(seal.height, seal.block_hash, seal.seal)
    assert committee.node.step() == 2
    for cosigner in committee.cosigners:
        cosigner.finalize(committee.node.block(2))
    assert committee.advance() == 3


def test_a_block_sealed_late_is_sealed_again_though_it_is_old_by_then(committee: Committee) -> None:
    proposal = committee.propose()
    committee.clock.now += 7200
    first = committee.seals(proposal)
    for i, cosigner in enumerate(committee.cosigners):
        cosigner.nothing_offered()  # not what an honest builder says; the promise still holds
        assert cosigner.consider(proposal) == first[i]


def test_a_clock_that_was_ahead_and_is_set_right_refuses_nothing(committee: Committee) -> None:
    committee.clock.now += 7200
    for cosigner in committee.cosigners:
        cosigner.nothing_offered()
    committee.clock.now -= 7200
    assert committee.advance() == 1


def test_old_blocks_that_a_quorum_sealed_are_taken_over(committee: Committee) -> None:
    away = committee.cosigners.pop()
    committee.advance()
    committee.clock.now += 7200
    away.nothing_offered()
    away.finalize(committee.node.block(1))
    assert away.head_number() == 1
    committee.cosigners.append(away)


def test_a_proposal_that_carries_seals_is_refused(committee: Committee) -> None:
    committee.advance()
    with pytest.raises(VerificationError):
        committee.cosigners[0].consider(committee.node.block(1))


def test_a_key_that_is_no_validator_does_not_seal(committee: Committee, tmp_path: Path) -> None:
    outsider = CoSigner.open(
        tmp_path / "outsider", ChainKey(STRANGER), genesis=committee.node.config, clock=committee.clock
    )
    with pytest.raises(NotAuthorized):
        outsider.consider(committee.propose())
    assert outsider.sealed_height() == 0
    outsider.close()


def test_a_waiting_cosigner_gets_the_proposal_when_it_appears(committee: Committee) -> None:
    found: list[bytes | None] = []
    waiting = threading.Thread(target=lambda: found.append(committee.node.proposal(0, 20.0)))
    waiting.start()
    proposal = committee.propose()
    waiting.join(20.0)
    assert found == [proposal]
    assert committee.node.proposal(1, 0.0) is None


def test_closing_the_builder_ends_every_wait(committee: Committee) -> None:
    found: list[bytes | None] = []
    waiting = threading.Thread(target=lambda: found.append(committee.node.proposal(0, 60.0)))
    waiting.start()
    committee.node.close()
    waiting.join(20.0)
    assert found == [None]
    committee.node = committee.open_builder()


def test_closing_the_builder_ends_the_wait_for_a_receipt(committee: Committee) -> None:
    failed: list[BackendError] = []
    sent = committee.node.send_raw(transaction(SENDERS[0], 0))

    def wait() -> None:
        try:
            committee.node.wait_receipt(sent, 60.0)
        except BackendError as exc:
            failed.append(exc)

    waiting = threading.Thread(target=wait)
    waiting.start()
    committee.node.close()
    waiting.join(20.0)
    assert len(failed) == 1
    committee.node.close()  # once more changes nothing
    committee.node = committee.open_builder()


def test_local_sealers_show_nothing_and_count_nobody_else() -> None:
    sealers = LocalSealers(VALIDATORS)
    assert sealers.proposal(0, 0.0) is None
    assert sealers.add(1, bytes(32), bytes(65)) is False
    assert sealers.collect(0.0) is None


def test_a_builder_without_a_key_needs_three_others(committee: Committee) -> None:
    sealers = RemoteSealers()
    proposal = Proposal.of(Block.decode(committee.propose()))
    sealers.open(proposal)
    for key in VALIDATORS[:2]:
        sealers.add(proposal.height, proposal.block_hash, key.sign_digest(proposal.seal_hash))
    assert sealers.collect(0.0) is None
    sealers.add(proposal.height, proposal.block_hash, VALIDATORS[2].sign_digest(proposal.seal_hash))
    assert len(sealers.collect(0.0) or ()) == 3


def test_only_chain_keys_seal() -> None:
    with pytest.raises(InvalidRecord):
        ChainKey(PrivateKey("ed25519", word(1)))
    assert word(1).hex() not in repr(ChainKey(PrivateKey("secp256k1", word(1))))
