"""Layouts: computed slots are the contracts' own, and words from outside are read or refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network import ADA, AGENTS, FINANCE, NOW, VALIDATORS, Network, digest

from contracts import layout
from contracts.addresses import GOVERNANCE, NOTARY, PARTIES
from contracts.directory import client as directory
from contracts.governance import client as governance
from contracts.layout import layout_of, word
from contracts.notary import client as notary
from contracts.parties import client as parties
from contracts.world import AgentRole
from ledger.errors import InvalidRecord, TrustError
from ledger.hashing import keccak256

SLOT = digest("slot")


def test_a_mapping_hashes_its_slot_before_the_key() -> None:
    at = layout_of(NOTARY).slots["streams"].to_bytes(32, "big")
    assert layout_of(NOTARY).slot("streams", FINANCE) == keccak256(at + FINANCE)
    assert layout_of(NOTARY).slot("streams", FINANCE) != keccak256(FINANCE + at)


def test_an_address_is_padded_as_a_key() -> None:
    at = layout_of(GOVERNANCE).slots["members"].to_bytes(32, "big")
    assert layout_of(GOVERNANCE).slot("members", ADA) == keccak256(at + bytes(12) + ADA)


def test_members_of_a_struct_take_consecutive_slots_in_declared_order() -> None:
    slots = layout_of(PARTIES).record("keyring", FINANCE, word(1))
    assert list(slots) == ["statement", "seal", "tls", "since", "until", "compromised"]
    numbers = [int.from_bytes(slot, "big") for slot in slots.values()]
    assert numbers == list(range(numbers[0], numbers[0] + 6))


def test_every_kind_of_variable_is_found_where_it_is_stored(network: Network) -> None:
    found = layout_of(GOVERNANCE)
    slots = [found.slot("quorum"), found.slot("members", ADA), found.slot("validators")]
    elements = [found.slot("validators", offset=1 + index) for index in range(4)]
    values = network.values(GOVERNANCE, slots + elements)
    assert [layout.number(values, slot) for slot in slots] == [2, 1, 4]
    assert tuple(layout.address(values, slot) for slot in elements) == VALIDATORS
    node = AGENTS[FINANCE, AgentRole.NODE]
    network.send(node, NOTARY, "anchor", digest("stream"), 0, 7, digest("root"))
    root = layout_of(NOTARY).slot("roots", digest("stream"), word(7))
    assert network.values(NOTARY, [root])[root] == digest("root")


def test_a_word_the_proof_does_not_cover_is_refused() -> None:
    assert layout.digest({SLOT: digest("x")}, SLOT) == digest("x")
    with pytest.raises(InvalidRecord, match="not covered"):
        layout.digest({}, SLOT)


@pytest.mark.parametrize("found", [b"", bytes(31), bytes(33)])
def test_a_word_of_another_length_is_refused(found: bytes) -> None:
    with pytest.raises(InvalidRecord, match="32 bytes"):
        layout.number({SLOT: found}, SLOT)


def test_an_address_with_more_than_twenty_bytes_is_refused() -> None:
    assert layout.address({SLOT: ADA.rjust(32, b"\0")}, SLOT) == ADA
    with pytest.raises(InvalidRecord, match="address"):
        layout.address({SLOT: b"\1" + ADA.rjust(31, b"\0")}, SLOT)


@pytest.mark.parametrize("value", [-1, 1 << 256, b"short", bytes(33)])
def test_what_is_no_word_is_refused_as_a_key(value: bytes | int) -> None:
    with pytest.raises(InvalidRecord, match="storage word"):
        word(value)


@given(st.dictionaries(st.integers(0, 40), st.binary(max_size=40) | st.binary(min_size=32, max_size=32), max_size=20))
@settings(max_examples=60, deadline=None)
def test_garbage_words_raise_only_the_projects_errors(garbage: dict[int, bytes]) -> None:
    decoders = (
        (notary.stream_fact(FINANCE), lambda values: notary.decode_stream(FINANCE, values)),
        (directory.entry_fact(NOTARY), lambda values: directory.decode_entry(NOTARY, values)),
        (parties.party_fact(FINANCE), lambda values: parties.decode_party(FINANCE, values)),
        (parties.agent_fact(ADA), lambda values: parties.decode_agent(ADA, values)),
        (parties.keys_fact(FINANCE, 1), lambda values: parties.decode_keys(FINANCE, 1, values).is_good_at(NOW)),
        (parties.epoch_fact(FINANCE), lambda values: parties.decode_epoch(FINANCE, values)),
        (governance.paused_fact(NOTARY), lambda values: governance.decode_paused(NOTARY, values)),
        (governance.validators_fact(), lambda values: governance.verify_validators(VALIDATORS, values)),
    )
    for fact, decode in decoders:
        values = {slot: garbage[index] for index, slot in enumerate(fact.slots) if index in garbage}
        try:
            decode(values)
        except TrustError:
            continue
        assert len(values) == len(fact.slots)
