"""What a node needs, looked at before it starts: files and keys on this machine, then the chain and the relay.

Each thing looked at is one finding, and one that fails keeps nobody from looking at the others. Nothing is written
into the node's files: of its belief a copy is asked whether the chain may still be believed. Waits are those of the
connections, 5 s to connect and 15 s for an answer.

What it does NOT do: read more of a table than a job would, or try the other departments' nodes, which open no port.
"""

from __future__ import annotations

import sqlite3
import ssl
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from contracts.artefacts import interfaces
from contracts.parties import client as parties
from contracts.parties.client import party_id
from gateway.network.connecting import reading_chain
from gateway.network.membership import Proven, validators_of
from ledger.chain.port import StateFact
from ledger.crypto import tls
from ledger.crypto.keys import FileKeyStore
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound, TrustError, VerificationError
from ledger.proofs.view import ProvenView
from mpc.node.assets import AssetConfig
from mpc.node.config import Endpoint, NodeConfig
from mpc.node.engine import EngineConfig
from mpc.node.messages.relay_client import RelayClient
from mpc.node.node import open_keys, read_trust
from mpc.tables.table import Table

OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
BELIEF: Final = "belief.sqlite"
PAST_ALL: Final = (1 << 62) - 1
"""A place in a mailbox behind which nothing lies: asked for, it shows that the relay admits this party."""
Look = Callable[[], str]
Store = Callable[[], FileKeyStore]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, or why it will not do."""

    name: str
    holds: bool
    said: str


def findings(config: NodeConfig, now: datetime, *, online: bool = True) -> Iterator[Finding]:
    """Look at everything that a configured node needs.

    Args:
        now: aware; what certificates are held against.
        online: look at the chain and the relay too.
    """
    store = cache(partial(open_keys, config))  # a passphrase is stretched once
    for name, look in _here(config, store, now):
        yield _found(name, look)
    if online:
        with ExitStack() as stack:
            for name, look in _there(config, store, now, stack):
                yield _found(name, look)


def _found(name: str, look: Look) -> Finding:
    try:
        return Finding(name, True, look())
    except TrustError as fault:
        return Finding(name, False, str(fault))
    except (OSError, sqlite3.Error, ssl.SSLError) as fault:
        return Finding(name, False, getattr(fault, "strerror", None) or str(fault))


def _here(config: NodeConfig, store: Store, now: datetime) -> Iterator[tuple[str, Look]]:
    """What lies on this machine."""
    names = config.key_names
    kinds = {names.agent: "secp256k1", names.statement: "ed25519", names.seal: "x25519"}
    kinds |= {names.validator: "secp256k1"} if names.validator else {}
    for pair in names.retired:
        kinds |= {pair.statement: "ed25519", pair.seal: "x25519"}
    yield "passphrase", partial(_private, config.passphrase)
    for name, kind in kinds.items():
        yield f"key {name}", partial(_key, config, store, name, kind)
    yield "other keys", partial(_other_keys, config, store, set(kinds))
    yield "certificate", partial(_identity, config, now)
    for place, server in (("chain", config.chain), ("relay", config.relay)):
        if server is not None and server.certificate is not None:
            yield f"certificate of {place}", partial(_lasts, server.certificate, now)
    yield "parties' certificates", partial(_certificates, config.parties, now)
    yield "trust file", lambda: f"chain {read_trust(config.trust).chain_id}"
    for asset in config.assets.values():
        yield f"table {asset.code}", partial(_table, asset)
    for path in sorted((*config.state.glob("*.sqlite"), *config.state.glob("replica/**/*.sqlite"))):
        name = path.relative_to(config.state).as_posix()
        yield f"state {name}", partial(_database, path)
    if config.engine is not None:
        yield "engine", partial(_engine, config.engine)


def _there(config: NodeConfig, store: Store, now: datetime, stack: ExitStack) -> Iterator[tuple[str, Look]]:
    """What is seen of the network; the chain's words are proven, and one connection serves all of them."""
    view = cache(partial(_believed, config, stack, now))

    def proven(fact: StateFact) -> Mapping[bytes, bytes]:
        return view().value(fact.contract, fact.slots)

    yield "chain", lambda: _head(view(), now)
    yield "keys on chain", partial(_registered, config, store, proven)
    yield "agent on chain", partial(_in_office, config, store, proven, now)
    if name := config.key_names.validator:
        yield "validator on chain", partial(_sealing, store, name, proven)
    if config.relay is not None:
        yield "relay", partial(_relay, config, config.relay)


def _private(path: Path) -> str:
    """Say a file's mode; raises NotFound, NotAuthorized if others than its owner may use it."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & OTHERS:
        raise NotAuthorized(f"{path}: mode {mode:04o}, others may use it; expected 0600")
    return f"mode {mode:04o}"


def _key(config: NodeConfig, store: Store, name: str, kind: str) -> str:
    said = _private(config.keys / f"{name}.key")
    key = store().load(name)
    if key.kind != kind:
        raise InvalidRecord(f"key {name}: expected {kind}, got {key.kind}")
    return f"opens, {said}, " + (f"0x{key.address.hex()}" if kind == "secp256k1" else key.public.hex())


def _other_keys(config: NodeConfig, store: Store, own: set[str]) -> str:
    """Officers' keys lie encrypted beside the node's, which never opens them."""
    names = [name for name in store().names() if name not in own]
    for name in names:
        _private(config.keys / f"{name}.key")
    return f"{', '.join(names)}: not opened" if names else "none"


def _identity(config: NodeConfig, now: datetime) -> str:
    identity = tls.load_identity(config.tls)
    _private(identity.key)
    tls.server_context(identity, ())  # raises if key and certificate do not belong together
    return _lasts(identity.certificate, now)


def _lasts(path: Path, now: datetime) -> str:
    """Say until when a certificate lasts; raises NotFound, InvalidRecord, NotAuthorized if it does not last now."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    first, last = tls.validity(path.read_bytes())
    if not first <= now < last:
        raise NotAuthorized(f"{path.name}: valid from {first:%Y-%m-%d} until {last:%Y-%m-%d}, which is not now")
    return f"until {last:%Y-%m-%d}, {(last - now) // timedelta(days=1)} days"


def _certificates(directory: Path, now: datetime) -> str:
    found = sorted(directory.glob("*.pem"))
    if not found:
        raise NotFound(f"{directory}: no certificates of parties")
    for path in found:
        _lasts(path, now)
    first = min(tls.validity(path.read_bytes())[1] for path in found)
    return f"{len(found)}, the first ends {first:%Y-%m-%d}"


def _table(asset: AssetConfig) -> str:
    with closing(Table(asset.file, asset.schema)) as table, asset.file.open("rb") as file:
        return f"{table.rows} rows, as declared, sha256 {file_digest(file, 'sha256').hexdigest()}"


def _database(path: Path) -> str:
    """Have SQLite read every page; raises InvalidRecord for a damaged file."""
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as database:
        try:
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as fault:
            raise InvalidRecord(f"{path}: damaged: {fault}") from fault
    if said != "ok":
        raise InvalidRecord(f"{path}: damaged: {said}")
    return "whole"


def _engine(engine: EngineConfig) -> str:
    if missing := engine.fault():
        raise NotFound(missing)
    return f"{engine.directory}, reached at {engine.reached}"


def _believed(config: NodeConfig, stack: ExitStack, now: datetime) -> ProvenView:
    """Open the chain with a copy of what the node believes of it, or from the trust file if it believes nothing yet."""
    place = Path(stack.enter_context(TemporaryDirectory(prefix="shuxin-check-"))) / BELIEF
    kept = config.state / BELIEF
    if kept.is_file():
        source = stack.enter_context(closing(sqlite3.connect(f"{kept.resolve().as_uri()}?mode=ro", uri=True)))
        with closing(sqlite3.connect(place)) as copy:
            source.backup(copy)
    chain = stack.enter_context(closing(reading_chain(config)))
    view = ProvenView(chain, read_trust(config.trust), place, interfaces(), clock=now.timestamp)
    return stack.enter_context(closing(view))


def _head(view: ProvenView, now: datetime) -> str:
    head = view.head()
    return f"block {head.number}, {int(now.timestamp()) - head.timestamp} s old, not before what the node believes"


def _registered(config: NodeConfig, store: Store, proven: Proven) -> str:
    """Hold this party's keys against the epoch that the chain has."""
    id = party_id(config.party)
    number = parties.decode_epoch(id, proven(parties.epoch_fact(id)))
    if not number:
        raise NotFound(f"party {config.party}: none of this code is registered")
    held = parties.decode_keys(id, number, proven(parties.keys_fact(id, number)))
    own = {
        "statement": (held.statement, store().load(config.key_names.statement).public),
        "seal": (held.seal, store().load(config.key_names.seal).public),
        "certificate": (held.tls, bytes(tls.load_identity(config.tls).fingerprint)),
    }
    if strange := [part for part, (there, here) in own.items() if there != here]:
        raise VerificationError(f"epoch {number}: the chain has another {', '.join(strange)}")
    return f"epoch {number}: statement, seal and certificate are the registered ones"


def _in_office(config: NodeConfig, store: Store, proven: Proven, now: datetime) -> str:
    address = store().load(config.key_names.agent).address
    held = parties.decode_agent(address, proven(parties.agent_fact(address)))
    if held.party != party_id(config.party):
        raise NotAuthorized(f"agent 0x{address.hex()}: not enrolled for {config.party}")
    if not held.valid_from <= now.timestamp() < held.valid_until:
        raise NotAuthorized(f"agent 0x{address.hex()}: not in office now")
    return f"in office until {datetime.fromtimestamp(held.valid_until, UTC):%Y-%m-%d}"


def _sealing(store: Store, name: str, proven: Proven) -> str:
    address = store().load(name).address
    sealers = validators_of(proven)
    if address not in sealers:
        raise NotAuthorized(f"validator 0x{address.hex()}: seals no blocks of this network")
    return f"one of {len(sealers)} that seal"


def _relay(config: NodeConfig, relay: Endpoint) -> str:
    if relay.certificate is None:
        raise InvalidRecord("config: [relay] needs its certificate")
    pem = relay.certificate.read_bytes()
    with closing(RelayClient(relay.url, pem, tls.load_identity(config.tls), config.party)) as client:
        if client.fetch(PAST_ALL, 0):
            raise BackendError(f"relay {relay.url}: answered what was not asked for")
    return f"{relay.url} admits this party"
