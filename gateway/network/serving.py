"""The two services of a network that no department runs: the block builder and the relay."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.addresses import PARTIES
from contracts.artefacts import interfaces
from contracts.parties.client import party_id
from gateway.network.founding import Ports, keystore
from gateway.network.registration import Lookup, Registration
from ledger.chain.connect import connect
from ledger.crypto import tls
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs import trust as trust_file
from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView
from mpc.node.registry import ProvenFacts

if TYPE_CHECKING:
    from ledger.embedded.node import EmbeddedNode
    from ledger.embedded.serving.server import ChainServer
    from mpc.relay.server import RelayServer

HOST = "127.0.0.1"


def read_ports(directory: Path) -> Ports:
    """Read where a network listens; raises NotFound, InvalidRecord."""
    path = directory / "network.json"
    if not path.is_file():
        raise NotFound(f"{directory}: no network here; found one with 'shuxin chain init {directory}'")
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return Ports(int(document["chain"]), int(document["relay"]))
    except (ValueError, KeyError, TypeError) as fault:
        raise InvalidRecord(f"{path}: expected the ports of chain and relay") from fault


def party_certificates(directory: Path) -> Mapping[str, bytes]:
    """Read the certificates of all parties by code."""
    return {path.stem: path.read_bytes() for path in sorted((directory / "network" / "parties").glob("*.pem"))}


@contextmanager
def serve_chain(directory: Path, *, clock: Callable[[], float] = time.time) -> Iterator[ChainServer]:
    """Build blocks with the builder's one key; the other seals come from co-signers.

    Args:
        clock: of the blocks.
    """
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
    from ledger.embedded.genesis import GenesisConfig
    from ledger.embedded.node import EmbeddedNode
    from ledger.embedded.production.sealing import ChainKey, RemoteSealers
    from ledger.embedded.serving.server import serve
    from ledger.serving import Register

    ports, home = read_ports(directory), directory / "chain"
    genesis = GenesisConfig.parse((directory / "genesis.json").read_bytes())
    key = ChainKey(keystore(home).load("validator"))
    node = EmbeddedNode.open(home / "store", RemoteSealers(key), genesis=genesis, clock=clock)
    relay = (directory / "network" / "relay.pem").read_bytes()  # of this network, but no party
    try:
        register = Register(tls.load_identity(home / "tls"), {"relay": relay})
        registration = Registration(
            lambda: party_certificates(directory),
            _local_lookup(directory, node),
            lambda admitted: register.replace({**admitted, "relay": relay}),
        )
        registration.refresh()
        with serve(node, HOST, ports.chain, register) as server, registration:
            node.start()
            yield server
    finally:
        node.close()


@contextmanager
def serve_relay(directory: Path) -> Iterator[RelayServer]:
    """Carry messages between the registered parties, as the relay itself sees them proven on the chain."""
    from ledger.serving import Register
    from mpc.relay.server import RelayServer
    from mpc.relay.store import Limits, MailboxStore

    ports, home = read_ports(directory), directory / "relay"
    register = Register(tls.load_identity(home / "tls"), {})
    store = MailboxStore(home / "relay.sqlite", Limits())
    registration = Registration(
        lambda: party_certificates(directory), _proven_lookup(directory, ports), register.replace
    )
    try:
        with RelayServer(store, register, HOST, ports.relay).start() as server, registration:
            yield server
    finally:
        store.close()


def _local_lookup(directory: Path, node: EmbeddedNode) -> Lookup:
    """Look parties up in the builder's own state."""
    from ledger.embedded.engine import EmbeddedChain

    chain = EmbeddedChain(node, interfaces(), directory=_trust(directory).directory)

    def lookup(code: str) -> bytes:
        (keys,) = chain.read(PARTIES, "keys", party_id(code), 0)
        match keys:
            case (bytes(), bytes(), bytes(fingerprint), *_):
                return fingerprint
        raise InvalidRecord("parties: expected the keys of a party")

    return lookup


def _proven_lookup(directory: Path, ports: Ports) -> Lookup:
    """Look parties up by proof, as any node does; one that has ended is a stranger."""
    home = directory / "relay"
    chain = connect(
        f"https://{HOST}:{ports.chain}",
        interfaces=interfaces(),
        directory=_trust(directory).directory,
        server_pem=(directory / "network" / "chain.pem").read_bytes(),
        identity=tls.load_identity(home / "tls"),
    )
    view = ProvenView(chain, _trust(directory), home / "belief.sqlite", interfaces())

    def lookup(code: str) -> bytes:
        facts, id = ProvenFacts(view, view.head()), party_id(code)
        party = facts.party(id)
        return facts.keys(id).tls if party.valid_from <= facts.time < party.valid_until else bytes(32)

    return lookup


def _trust(directory: Path) -> Trust:
    return trust_file.parse((directory / "trust.json").read_bytes())
