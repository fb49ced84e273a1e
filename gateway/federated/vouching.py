"""Whose Flower nodes an office's link admits: those that a department's statement names, which stands on chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from federated.flower import anchored, credentials
from federated.flower.anchored import Anchored, Standing
from federated.flower.control import ONLINE, Control
from federated.flower.credentials import Statement
from gateway.federated.places import node_directory
from gateway.streams.anchoring import put_on_chain
from ledger.crypto.signing import Signer
from ledger.errors import InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.log.stream import Stream, StreamWriter
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, read_trust
from mpc.node.whole import write_whole

STATEMENT, STATED = "statement.json", "stated"
RENEWED = timedelta(days=30)
StandingOf = Callable[[str], Standing]
"""What the chain has now for a party."""
Anchor = Callable[[Path, NodeConfig], object]


def vouch(config: NodeConfig, now: datetime, *, is_anew: bool = False, anchor: Anchor = put_on_chain) -> Anchored:
    """Make a department's node key and its statement about it, anchored, or find them; renew one that soon ends.

    Args:
        is_anew: make another key, whatever there is.
        anchor: puts a stream on chain for the department, and does nothing for one that stands there.
    """
    directory, chain_id = node_directory(config), read_trust(config.trust).chain_id
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if is_anew:
        (directory / "key").unlink(missing_ok=True)
    credentials.create_key(directory / "key")
    key, path = credentials.private_key(directory / "key"), directory / STATEMENT
    signer = open_keys(config).load(config.key_names.statement).signer()
    name = anchored.stream_name(config.party, signer.public)
    stream = directory / STATED / name.rpartition("/")[2]
    found = _kept(path, config.party, signer, now, chain_id)
    if (
        found is None
        or found.statement.key != credentials.public_pem(key)
        or Stream(stream).checkpoint.size != found.proof.size
    ):
        found = stated(stream, name, credentials.state(config.party, key, signer, now, chain_id=chain_id))
    credentials.check(found.statement, config.party, signer.public, now, chain_id=chain_id)
    anchor(stream, config)
    write_whole(path, found.encode())  # once it stands: what is kept is what the department's node answers for
    return found


def _kept(path: Path, party: str, signer: Signer, now: datetime, chain_id: int) -> Anchored | None:
    """Return the statement that is kept if it is by this signer, in today's form, and holds for a while."""
    if not path.is_file():
        return None
    try:
        found = read_statement(path)
        credentials.check(found.statement, party, signer.public, now + RENEWED, chain_id=chain_id)
    except (NotAuthorized, VerificationError, InvalidRecord):
        return None
    return found


def stated(directory: Path, name: str, statement: Statement) -> Anchored:
    """Append a statement to the department's stream."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with StreamWriter(directory, name) as writer:
        size = writer.append([statement.encode()]).size
    return Anchored(statement, Stream(directory).prove(size - 1))


def read_statement(path: Path) -> Anchored:
    """Read a statement that a department handed in; raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no statement about a Flower node")
    return anchored.parse(path.read_bytes())


def held(control: Control, nodes: Mapping[str, int]) -> list[str]:
    """Return the parties whose nodes a SuperLink that has just started takes for connected; none can be.

    They went without leave. Until their heartbeats are missed, a minute, nobody is let in with the same key.
    """
    online = {node.node for node in control.nodes() if node.status == ONLINE}
    return sorted(party for party, node in nodes.items() if node in online)


def admit(control: Control, statements: Iterable[Anchored], standing_of: StandingOf, now: datetime) -> dict[str, int]:
    """Register the nodes that departments vouch for, and take out all others; return nodes by party.

    Raises:
        NotAuthorized: a statement out of date, not anchored, or replaced. VerificationError: one that the department
            did not sign, or whose key did not.
    """
    checked = [found.statement for found in require_vouched(statements, standing_of, now)]
    wanted = {found.key for found in checked}
    for node in control.nodes():
        if node.key not in wanted:
            control.unregister(node.node)
    return {found.party: control.register(found.key, found.party) for found in checked}


def require_vouched(statements: Iterable[Anchored], standing_of: StandingOf, now: datetime) -> list[Anchored]:
    """Return statements in order of party if all stand for the departments that they name; raises as ``admit``."""
    checked = sorted(statements, key=lambda found: found.statement.party)
    for found in checked:
        party = found.statement.party
        anchored.check(found, party, standing_of(party), now)
    return checked
