from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from testchain import REGISTER, SENDERS, VALIDATORS, Clock, address_of, config, node, register

from ledger import canonical
from ledger.crypto.signing import Address
from ledger.embedded.genesis import GenesisConfig, Predeploy, genesis
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.sealing import LocalSealers
from ledger.embedded.rules import Limits, SenderRule
from ledger.errors import Conflict, InvalidRecord, NotFound
from ledger.proofs.headers import parse_header
from ledger.proofs.proof import mapping_slot


def test_the_same_configuration_gives_the_same_block_everywhere() -> None:
    assert genesis(config()) == genesis(GenesisConfig.parse(config().encode()))


def test_block_0_commits_to_the_configuration() -> None:
    header = parse_header(genesis(config()).header)
    assert header.vanity == config().vanity
    assert header.validators == tuple(key.address for key in VALIDATORS)
    assert (header.number, header.seals, header.parent_hash) == (0, (), bytes(32))


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 7},
        {"timestamp": 8},
        {"validators": tuple(key.address for key in VALIDATORS[:3])},
        {"sender_rule": None},
        {"validator_rule": None},
        {"limits": Limits(transactions=7)},
        {"predeploys": ()},
    ],
)
def test_any_other_configuration_gives_another_block(changes: dict[str, object]) -> None:
    other = replace(config(), **changes)  # type: ignore[arg-type]
    assert GenesisConfig.parse(other.encode()) == other
    assert parse_header(genesis(other).header).block_hash != parse_header(genesis(config()).header).block_hash


def test_predeployed_code_and_storage_are_there(tmp_path: Path) -> None:
    chain = node(tmp_path, Clock())
    slot = mapping_slot(register()[0].slot("admitted_until"), address_of(SENDERS[0]).rjust(32, b"\0"))
    assert chain.code(REGISTER) == register()[1]
    assert int.from_bytes(chain.storage(REGISTER, slot), "big") == 2**40
    assert chain.storage(REGISTER, bytes(31) + b"\x99") == bytes(32)
    chain.close()


def test_a_directory_opens_with_its_own_configuration_only(tmp_path: Path) -> None:
    node(tmp_path, Clock()).close()
    with pytest.raises(Conflict, match="another configuration"):
        EmbeddedNode.open(tmp_path, LocalSealers(VALIDATORS), genesis=replace(config(), chain_id=7))
    again = EmbeddedNode.open(tmp_path, LocalSealers(VALIDATORS))
    assert again.config == config()
    again.close()


def test_a_rewritten_configuration_file_does_not_open(tmp_path: Path) -> None:
    node(tmp_path, Clock()).close()
    (tmp_path / "genesis.json").write_bytes(replace(config(), chain_id=7).encode())
    with pytest.raises(Conflict, match="does not belong"):
        EmbeddedNode.open(tmp_path, LocalSealers(VALIDATORS))


def test_an_empty_directory_without_configuration_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        EmbeddedNode.open(tmp_path / "nothing", LocalSealers(VALIDATORS))


@pytest.mark.parametrize(
    "changes",
    [
        {"chain_id": 0},
        {"timestamp": 0},
        {"validators": ()},
        {"validators": (VALIDATORS[1].address, VALIDATORS[0].address)},
        {"validators": (VALIDATORS[0].address, VALIDATORS[0].address)},
        {"predeploys": (Predeploy(REGISTER, b"\0", {}), Predeploy(REGISTER, b"\0", {}))},
    ],
)
def test_impossible_configurations_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        replace(config(), **changes)  # type: ignore[arg-type]


def test_impossible_parts_are_refused() -> None:
    faults = (
        lambda: Predeploy(REGISTER, b"", {}),
        lambda: Predeploy(REGISTER, b"\0", {bytes(32): bytes(32)}),
        lambda: Predeploy(Address(b"\1"), b"\0", {}),
        lambda: SenderRule(REGISTER, -1),
        lambda: Limits(transactions=0),
        lambda: Limits(block_gas=100),
    )
    for fault in faults:
        with pytest.raises(InvalidRecord):
            fault()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_document_raises_invalid_record_only(data: st.DataObject) -> None:
    document = canonical.decode(config().encode())
    assert isinstance(document, dict)
    name = data.draw(st.sampled_from(sorted(document)))
    scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5) | st.floats(allow_nan=False)
    document[name] = data.draw(scalars | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=4), scalars))
    try:
        encoded = canonical.encode(document)
    except InvalidRecord:
        return
    try:
        parsed = GenesisConfig.parse(encoded)
    except InvalidRecord:
        return
    assert parsed.encode() == encoded


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_documents_raise_invalid_record_only(data: bytes) -> None:
    with pytest.raises(InvalidRecord):
        GenesisConfig.parse(data)
