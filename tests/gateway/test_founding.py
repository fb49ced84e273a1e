"""A founded network: complete, private where it must be, agreeing with its own trust file, and never founded twice."""

import stat

import pytest
from smallnetwork import found_registrars, free_ports
from townspecs import OFFICE, REGISTRARS

from contracts.addresses import DISPUTES, GENESIS_ADDRESSES, PARTIES
from contracts.artefacts import interfaces
from contracts.disputes.client import decode_superior, superior_fact
from contracts.layout import layout_of
from contracts.parties.client import party_id
from contracts.world import PartyRole
from gateway.network import supervising
from gateway.network.founding import (
    AUTHORITY,
    GOVERNMENT,
    Plan,
    authorities,
    found,
    keystore,
    utc_now,
    write_configurations,
    write_node,
)
from ledger.crypto import tls
from ledger.crypto.keys import FileKeyStore
from ledger.embedded.genesis import GenesisConfig, genesis
from ledger.errors import Conflict, InvalidRecord, NotAuthorized
from ledger.proofs import trust
from ledger.proofs.headers import parse_header
from ledger.proofs.trust import Assurance
from mpc.node import config as node_config
from mpc.node.node import open_keys

ROLES = PartyRole.OWNER | PartyRole.REQUESTER


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    directory = tmp_path_factory.mktemp("network")
    return directory, found_registrars(directory)


def test_the_trust_file_names_the_genesis_that_lies_beside_it(network):
    directory, made = network
    read = trust.parse((directory / "trust.json").read_bytes())
    described = GenesisConfig.parse((directory / "genesis.json").read_bytes())
    assert read == made
    assert parse_header(genesis(described).header).block_hash == made.genesis_hash
    assert read.code_hashes == {name: found.runtime_code_hash for name, found in interfaces().items()}


def test_secrets_are_readable_by_their_owner_only(network):
    directory, _ = network
    secret = [path for path in directory.rglob("*") if path.name == "passphrase" or path.suffix == ".key"]
    assert len(secret) > 20
    assert [path for path in secret if stat.S_IMODE(path.stat().st_mode) & 0o077] == []
    homes = [directory / "parties" / code for code in (*REGISTRARS, OFFICE)]
    assert [home for home in homes if stat.S_IMODE(home.stat().st_mode) & 0o077] == []


def test_every_party_has_its_own_passphrase(network):
    directory, _ = network
    phrases = [path.read_bytes() for path in directory.rglob("passphrase")]
    assert len(set(phrases)) == len(phrases) == 6
    with pytest.raises(NotAuthorized):
        FileKeyStore(directory / "parties" / OFFICE / "keys", phrases[0] + b"x").load("agent")


def test_the_node_configuration_opens_its_keys_and_tables(network):
    directory, _ = network
    config = node_config.load(directory / "parties" / REGISTRARS[0] / "node.toml")
    keys = open_keys(config)
    assert keys.load(config.key_names.statement).kind == "ed25519"
    assert config.key_names.validator is None
    assert config.assets["sales-1"].file.is_file()
    assert sorted(path.stem for path in config.parties.glob("*.pem")) == sorted((*REGISTRARS, OFFICE))


def test_genesis_registers_the_keys_and_certificates_that_lie_in_the_directory(network):
    directory, _ = network
    described = GenesisConfig.parse((directory / "genesis.json").read_bytes())
    storage = next(deploy.storage for deploy in described.predeploys if deploy.storage and _is_parties(deploy))
    store = keystore(directory / "parties" / OFFICE)
    slots = layout_of(PARTIES).record("keyring", party_id(OFFICE), (1).to_bytes(32, "big"))
    assert storage[slots["statement"]] == store.load("statement").public
    assert storage[slots["seal"]] == store.load("seal").public
    assert storage[slots["tls"]] == tls.load_identity(directory / "parties" / OFFICE / "tls").fingerprint


def test_a_second_founding_in_the_directory_is_refused_and_changes_nothing(network):
    directory, _ = network
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    with pytest.raises(Conflict, match="already holds a network"):
        found_registrars(directory)
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before


def test_a_founding_that_was_broken_off_is_refused_clearly_and_keeps_its_keys_readable(tmp_path):
    plan = [Plan(OFFICE, ROLES, governor=True)]
    found(tmp_path, plan, free_ports(), chain_id=1, now=utc_now())
    (tmp_path / "genesis.json").unlink()
    with pytest.raises(Conflict, match="broken off"):
        found(tmp_path, plan, free_ports(), chain_id=1, now=utc_now())
    assert keystore(tmp_path / "parties" / OFFICE).load("agent").kind == "secp256k1"


def test_validators_are_counted_into_the_trust_file(tmp_path):
    plans = [Plan(f"department-{n}", ROLES, validator=True, governor=True) for n in (1, 2, 3)]
    ports = free_ports()
    made = found(tmp_path, plans, ports, chain_id=7, now=utc_now())
    assert len(made.validators) == 4
    assert made.assurance is Assurance.CO_SIGNED
    builder = keystore(tmp_path / "chain")
    assert builder.names() == ["validator"]  # one of four
    path = write_node(tmp_path, "department-1", ports)
    assert node_config.load(path).key_names.validator == "validator"


def test_every_step_of_a_dispute_has_its_forum_from_the_start(tmp_path):
    plans = authorities(Plan(OFFICE, ROLES, governor=True))
    ports = free_ports()
    found(tmp_path, plans, ports, chain_id=7, now=utc_now())
    write_configurations(tmp_path, plans, ports, {})
    described = GenesisConfig.parse((tmp_path / "genesis.json").read_bytes())
    storage = next(deploy.storage for deploy in described.predeploys if deploy.address == GENESIS_ADDRESSES[DISPUTES])
    above = {OFFICE: AUTHORITY, AUTHORITY: GOVERNMENT}
    for party, superior in above.items():
        fact = superior_fact(party_id(party))
        assert decode_superior(party_id(party), {fact.slots[0]: storage[fact.slots[0]]}) == party_id(superior)
    assert len(storage) == len(above)
    config = node_config.load(tmp_path / "parties" / AUTHORITY / "office.toml")
    assert open_keys(config).load("officer").kind == open_keys(config).load("head").kind == "secp256k1"
    programs = [program.name for program in supervising.network(tmp_path)]
    assert programs == ["chain", "relay", f"node {OFFICE}"]  # an authority runs no node


def test_nobody_stands_above_who_is_no_authority(tmp_path):
    plans = [Plan(OFFICE, ROLES, governor=True, superior="tax"), Plan("tax", ROLES)]
    with pytest.raises(InvalidRecord, match="is no authority"):
        found(tmp_path, plans, free_ports(), chain_id=7, now=utc_now())


def test_one_sealing_process_is_called_a_single_operator(network):
    assert network[1].assurance is Assurance.SINGLE_OPERATOR


def _is_parties(deploy):
    return deploy.address == GENESIS_ADDRESSES[PARTIES]
