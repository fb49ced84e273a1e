"""A department's node, put together from its configuration: keys, chain, belief, relay, journal.

``open_workplace`` gives what the statistics service needs; sealing blocks needs only keys and the chain.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from contracts.artefacts import interfaces
from contracts.parties.client import party_id
from ledger.chain.connect import Account, connect
from ledger.chain.jsonrpc import JsonRpcClient
from ledger.crypto import tls
from ledger.crypto.keys import FileKeyStore
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs import trust
from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView
from mpc.engine.port import NO_ENGINES
from mpc.node.config import Endpoint, NodeConfig, RetiredKeys
from mpc.node.guarding.guard import Guard
from mpc.node.memory.journal import NodeJournal
from mpc.node.messages.post import Post
from mpc.node.messages.relay_client import Receiver, RelayClient
from mpc.node.messages.sealed_channel import Capture
from mpc.node.messages.transcripts import Locker, Transcripts
from mpc.node.registry import ProvenRegistry
from mpc.node.service import Service
from mpc.node.workplace import Workplace


@dataclass(slots=True)
class Node:
    """Running services and what has to be closed after them."""

    services: Sequence[Service]
    stopping: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        for service in self.services:
            service.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for service in reversed(self.services):
            service.stop()


def open_keys(config: NodeConfig) -> FileKeyStore:
    """Open the party's keys with the passphrase from its file; raises NotFound, NotAuthorized."""
    if not config.passphrase.is_file():
        raise NotFound(f"{config.passphrase}: no passphrase file")
    return FileKeyStore(config.keys, config.passphrase.read_bytes().strip())


def read_trust(path: Path) -> Trust:
    """Read the trust file; raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no trust file")
    return trust.parse(path.read_bytes())


def open_rpc(endpoint: Endpoint, config: NodeConfig) -> JsonRpcClient:
    """Open a plain connection to the chain's RPC, as co-signing uses it."""
    if endpoint.certificate is None:
        return JsonRpcClient(endpoint.url)
    return JsonRpcClient(
        endpoint.url, server_pem=endpoint.certificate.read_bytes(), identity=tls.load_identity(config.tls)
    )


def open_transcripts(config: NodeConfig, keys: FileKeyStore, *, retired: bool = False) -> Transcripts:
    """Open what the node keeps for opened audits; ``retired``: with the keys of before, to read older records.

    Raises:
        NotFound, NotAuthorized: a key that the configuration names is not there, or does not open.
    """
    names, lockers = config.key_names, list[Locker]()
    for pair in (RetiredKeys(names.seal, names.statement), *(names.retired if retired else ())):
        lockers.append(Locker(config.party, keys.load(pair.seal), keys.load(pair.statement).signer()))
    return Transcripts(config.state / "audits", config.retention, *lockers)


def open_workplace(
    config: NodeConfig, stopping: threading.Event, *, capture: Capture | None = None
) -> tuple[Workplace, Receiver]:
    """Connect to chain and relay and open the journal.

    Raises:
        InvalidRecord, NotFound, NotAuthorized: the configuration, its files or keys.
        BackendError: the chain cannot be reached.
    """
    if config.relay is None or config.relay.certificate is None:
        raise InvalidRecord("config: joint statistics need a [relay] with https and its certificate")
    keys, found = open_keys(config), read_trust(config.trust)
    identity = tls.load_identity(config.tls)
    config.state.mkdir(parents=True, exist_ok=True)
    chain = connect(
        config.chain.url,
        interfaces=interfaces(),
        directory=found.directory,
        account=Account(keys.load(config.key_names.agent), config.state / "outbox.sqlite"),
        server_pem=config.chain.certificate.read_bytes() if config.chain.certificate else None,
        identity=identity if config.chain.certificate else None,
    )
    relay = RelayClient(config.relay.url, config.relay.certificate.read_bytes(), identity, config.party)
    post = Post(config.party, keys.load(config.key_names.seal), relay.put)
    place = Workplace(
        party=config.party,
        genesis=found.genesis_hash,
        codes=_codes(config.parties),
        chain=chain,
        registry=ProvenRegistry(ProvenView(chain, found, config.state / "belief.sqlite", interfaces())),
        guard=Guard(
            config.party,
            config.assets,
            config.terms,
            config.minimum,
            config.contributors,
            config.noise,
            config.probing,
            entries=config.entries,
        ),
        journal=NodeJournal(config.state / "journal.sqlite"),
        post=post,
        signer=keys.load(config.key_names.statement).signer(),
        assets=config.assets,
        state=config.state,
        message_timeout_s=config.message_timeout_s,
        step_timeout_s=config.step_timeout_s,
        rest=stopping.wait,
        bounds=config.bounds,
        capture=capture,
        transcripts=open_transcripts(config, keys),
        engines=config.engine.open() if config.engine else NO_ENGINES,
    )
    return place, Receiver(relay, post.settle)


def _codes(directory: Path) -> Mapping[bytes, str]:
    """Name the parties whose certificates lie in the directory."""
    return {party_id(path.stem): path.stem for path in sorted(directory.glob("*.pem"))}
