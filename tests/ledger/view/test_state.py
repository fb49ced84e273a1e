"""State, names and events are believed with their proof alone, of the block and the contract that were asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import Standing, anchor
from viewedtown import STREAM, Liar, Town

from contracts.artefacts import interfaces
from contracts.notary.client import decode_stream, stream_fact
from ledger.chain.interface import Interface
from ledger.chain.port import EventFact, EvmStorage, StateFact
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.proof import mapping_slot
from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView


def slots() -> tuple[bytes, ...]:
    return stream_fact(STREAM).slots


def test_state_comes_with_its_proof(view: ProvenView) -> None:
    found = view.state("Notary", slots())
    assert decode_stream(STREAM, found.values).size == 5
    assert found.proof.header == found.header.raw
    assert found.directory is not None


def test_absent_state_is_proven_zero(view: ProvenView) -> None:
    assert not any(b"".join(view.value("Notary", stream_fact(keccak256(b"none")).slots).values()))


def test_state_at_a_header_seen_before(view: ProvenView, town: Town) -> None:
    before = view.head()
    town.submit(anchor("a", 5, 9))
    assert decode_stream(STREAM, view.state("Notary", slots(), before).values).size == 5
    assert decode_stream(STREAM, view.state("Notary", slots()).values).size == 9


def test_a_root_of_another_block_does_not_stand_for_the_newest(view: ProvenView, liar: Liar, town: Town) -> None:
    view.value("Notary", slots())
    liar.proofs = town.chain.prove(StateFact("Directory", ()))
    town.submit(anchor("a", 5, 9))
    with pytest.raises(VerificationError, match="another block"):
        view.value("Notary", slots())


def test_the_directory_itself_is_proven(view: ProvenView) -> None:
    slot = mapping_slot(interfaces()["Directory"].slot("entries"), keccak256(b"Notary"))
    found = view.state("Directory", [slot])
    assert int.from_bytes(found.values[slot], "big") == 0x5307
    assert found.directory is None


def test_state_of_an_older_block_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    old = town.chain.prove(stream_fact(STREAM))
    town.submit(anchor("a", 5, 9))
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = old
    with pytest.raises(VerificationError):
        view.state("Notary", slots())


def test_what_was_proven_under_a_head_is_asked_once_and_under_the_next_one_anew(
    view: ProvenView, liar: Liar, town: Town
) -> None:
    known = view.state("Notary", slots())
    liar.proofs = town.chain.prove(EventFact(1, 0, 0))
    assert view.state("Notary", slots()) == known
    town.submit(anchor("a", 5, 9))
    with pytest.raises(VerificationError, match="storage proof"):
        view.state("Notary", slots())


def test_words_of_a_contract_that_a_block_left_alone_are_not_proven_again(
    view: ProvenView, liar: Liar, town: Town
) -> None:
    facts = [stream_fact(keccak256(name)).slots for name in (b"x", b"y")]
    asked = [view.value("Notary", slots()), *(view.value("Notary", fact) for fact in facts)]
    town.clock.now += 30  # an idle chain's block
    town.block()
    liar.facts.clear()
    assert [view.value("Notary", slots()), *(view.value("Notary", fact) for fact in facts)] == asked
    assert liar.facts == [StateFact(name, (), town.node.head_number()) for name in ("Directory", "Notary")]  # roots
    assert dict(view.state("Notary", slots()).values) == dict(asked[0])


def test_words_of_a_contract_that_a_block_changed_are_proven_anew(view: ProvenView, liar: Liar, town: Town) -> None:
    old = view.value("Notary", slots())
    town.submit(anchor("a", 5, 9))
    assert decode_stream(STREAM, view.value("Notary", slots())).size == 9
    town.submit(anchor("a", 9, 10))
    liar.proofs = town.chain.prove(EventFact(1, 0, 0))
    with pytest.raises(VerificationError):
        view.value("Notary", slots())
    assert decode_stream(STREAM, old).size == 5


def test_state_of_another_contract_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = town.chain.prove(StateFact("Jobs", slots()))
    with pytest.raises(VerificationError, match="another account"):
        view.state("Notary", slots())


def test_other_slots_than_asked_for_are_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = town.chain.prove(StateFact("Notary", slots()[:1]))
    with pytest.raises(VerificationError, match="other slots"):
        view.state("Notary", slots())


def test_an_invented_value_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    honest = town.chain.prove(stream_fact(STREAM))
    assert isinstance(honest, EvmStorage)
    slot = honest.proof.slots[1]
    leaf = slot.nodes[-1][:-1] + bytes([slot.nodes[-1][-1] ^ 1])
    slots_ = (honest.proof.slots[0], replace(slot, nodes=(*slot.nodes[:-1], leaf)), honest.proof.slots[2])
    liar.proofs = replace(honest, proof=replace(honest.proof, slots=slots_))
    with pytest.raises((VerificationError, InvalidRecord)):
        view.state("Notary", slots())


def test_a_receipt_is_no_proof_of_state(view: ProvenView, liar: Liar, town: Town) -> None:
    view.state("Notary", slots()[:2])  # now the Directory's entry is known for this head
    liar.proofs = town.chain.prove(EventFact(1, 0, 0))
    with pytest.raises(VerificationError, match="storage proof"):
        view.state("Notary", slots())


@pytest.mark.parametrize("contract", ["Notary", "Directory"])
def test_code_this_build_does_not_know_is_refused(
    contract: str, liar: Liar, trust: Trust, tmp_path: Path, clock: Standing
) -> None:
    known: dict[str, Interface] = dict(interfaces())
    known[contract] = replace(known[contract], runtime_code_hash=keccak256(b"other code"))
    view = ProvenView(liar, trust, tmp_path / "belief", known, clock=clock)
    with pytest.raises(VerificationError, match="other code"):
        view.state("Notary", slots())
    view.close()


def test_a_name_the_directory_does_not_have_is_refused(
    liar: Liar, trust: Trust, tmp_path: Path, clock: Standing
) -> None:
    view = ProvenView(liar, trust, tmp_path / "belief", {**interfaces(), "Titles": interfaces()["Jobs"]}, clock=clock)
    with pytest.raises((VerificationError, NotFound)):
        view.state("Titles", slots())
    with pytest.raises(NotFound):
        view.state("Unknown", slots())
    view.close()


# --- events


def test_an_event_is_proven_under_a_verified_header(view: ProvenView) -> None:
    view.head()
    found = view.event(EventFact(1, 0, 0))
    assert interfaces()["Notary"].decode_event(found.log)[0] == "Anchored"


def test_what_was_proven_once_is_not_asked_for_again_and_what_was_refused_is(
    view: ProvenView, liar: Liar, town: Town
) -> None:
    town.submit(anchor("a", 5, 9))
    view.head()
    found, lie = view.event(EventFact(1, 0, 0)), town.chain.prove(EventFact(1, 0, 0))
    liar.proofs = lie
    assert view.event(EventFact(1, 0, 0)) is found
    with pytest.raises(VerificationError):
        view.event(EventFact(2, 0, 0))
    liar.proofs = None
    assert view.event(EventFact(2, 0, 0)).header == view.header(2)


def test_another_event_than_asked_for_is_refused(view: ProvenView, liar: Liar, town: Town) -> None:
    town.submit(anchor("a", 5, 9))
    view.head()
    liar.proofs = town.chain.prove(EventFact(1, 0, 0))
    with pytest.raises(VerificationError):
        view.event(EventFact(2, 0, 0))
    with pytest.raises(VerificationError):
        view.event(EventFact(1, 0, 1))


def test_nothing_past_the_believed_head_is_proven(view: ProvenView, town: Town) -> None:
    view.head()
    town.block()
    with pytest.raises(NotFound):
        view.header(2)
