"""Whose Flower nodes an office's link admits: those that a department's statement names, checked against the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from contracts.artefacts import interfaces
from contracts.parties.client import party_id
from federated.flower import credentials
from federated.flower.control import ONLINE, Control
from federated.flower.credentials import Statement
from gateway.federated.places import node_directory
from gateway.network.connecting import reading_chain
from ledger.errors import NotFound
from ledger.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import open_keys, read_trust
from mpc.node.registry import ProvenFacts
from mpc.node.whole import write_whole

STATEMENT = "statement.json"
RENEWED = timedelta(days=30)
StatementKey = Callable[[str], bytes]
"""The statement key that the chain has now for a party."""


def vouch(config: NodeConfig, now: datetime, *, is_anew: bool = False) -> Statement:
    """Make a department's node key and its statement about it, or find them; renew one that soon ends.

    Args:
        is_anew: make another key, whatever there is.
    """
    directory = node_directory(config)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if is_anew:
        (directory / "key").unlink(missing_ok=True)
    key, path = credentials.create_key(directory / "key"), directory / STATEMENT
    if path.is_file():
        found = credentials.parse(path.read_bytes())
        if found.key == key and now + RENEWED < datetime.fromtimestamp(found.until, now.tzinfo):
            return found
    made = credentials.state(config.party, key, open_keys(config).load("statement").signer(), now)
    write_whole(path, made.encode())
    return made


def read_statement(path: Path) -> Statement:
    """Read a statement that a department handed in; raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no statement about a Flower node")
    return credentials.parse(path.read_bytes())


def statement_keys(config: NodeConfig) -> StatementKey:
    """Return what looks statement keys up on the chain, by proof, as a party sees it now."""
    chain = reading_chain(config)
    view = ProvenView(chain, read_trust(config.trust), config.state / "reading-belief.sqlite", interfaces())
    facts = ProvenFacts(view, view.head())
    return lambda party: facts.keys(party_id(party)).statement


def held(control: Control, nodes: Mapping[str, int]) -> list[str]:
    """Return the parties whose nodes a SuperLink that has just started takes for connected; none can be.

    They went without leave. Until their heartbeats are missed, a minute, nobody is let in with the same key.
    """
    online = {node.node for node in control.nodes() if node.status == ONLINE}
    return sorted(party for party, node in nodes.items() if node in online)


def admit(control: Control, statements: Iterable[Statement], key_of: StatementKey, now: datetime) -> dict[str, int]:
    """Register the nodes that departments vouch for, and take out all others; return nodes by party.

    Raises:
        NotAuthorized: a statement out of date. VerificationError: one that the department did not sign.
    """
    checked = require_vouched(statements, key_of, now)
    wanted = {found.key for found in checked}
    for node in control.nodes():
        if node.key not in wanted:
            control.unregister(node.node)
    return {found.party: control.register(found.key, found.party) for found in checked}


def require_vouched(statements: Iterable[Statement], key_of: StatementKey, now: datetime) -> list[Statement]:
    """Return statements in order of party if all are signed by the departments that they name; raises as ``admit``."""
    checked = sorted(statements, key=lambda found: found.party)
    for found in checked:
        credentials.check(found, found.party, key_of(found.party), now)
    return checked
