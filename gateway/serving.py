"""The two services of a network that no department runs: the block builder and the relay."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.founding import Ports, keystore
from ledger import tls
from ledger.errors import InvalidRecord, NotFound

if TYPE_CHECKING:
    from ledger.embedded.server import ChainServer
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
def serve_chain(directory: Path) -> Iterator[ChainServer]:
    """Build blocks with the builder's one key; the other seals come from co-signers."""
    os.environ.setdefault("ETH_HASH_BACKEND", "pysha3")
    from ledger.embedded.genesis import GenesisConfig
    from ledger.embedded.node import EmbeddedNode
    from ledger.embedded.sealing import ChainKey, RemoteSealers
    from ledger.embedded.server import Peers, serve

    ports, home = read_ports(directory), directory / "chain"
    genesis = GenesisConfig.parse((directory / "genesis.json").read_bytes())
    key = ChainKey(keystore(home).load("validator"))
    node = EmbeddedNode.open(home / "store", RemoteSealers(key), genesis=genesis)
    try:
        peers = Peers(tls.load_identity(home / "tls"), party_certificates(directory).values())
        with serve(node, HOST, ports.chain, peers) as server:
            node.start()
            yield server
    finally:
        node.close()


@contextmanager
def serve_relay(directory: Path) -> Iterator[RelayServer]:
    """Carry messages between the registered parties."""
    from mpc.relay.server import Register, RelayServer
    from mpc.relay.store import Limits, MailboxStore

    ports, home = read_ports(directory), directory / "relay"
    register = Register(tls.load_identity(home / "tls"), party_certificates(directory))
    store = MailboxStore(home / "relay.sqlite", Limits())
    try:
        with RelayServer(store, register, HOST, ports.relay).start() as server:
            yield server
    finally:
        store.close()
