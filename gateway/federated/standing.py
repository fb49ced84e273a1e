"""What the chain has, by proof, for the key of a department's Flower node; and a node's own look before it answers.

An office looks before it admits a node. A department's node looks before it answers what a Flower courier brings it:
the courier must run at the node key that the department vouched for last. So a department takes a node's key back by
vouching for another one, whatever the office goes on to admit.

It does NOT protect from the department's own account: whose process is at the other end of the socket says which key
it runs at.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from contracts.artefacts import interfaces
from contracts.notary.client import decode_stream, stream_fact
from contracts.parties.client import party_id
from contracts.parties.record import Keys, Party
from federated.courier.client import Refusal
from federated.courier.message import ROUND, Message
from federated.flower import anchored, bundle
from federated.flower.anchored import Standing
from federated.flower.credentials import fingerprint
from gateway.federated.places import node_directory
from gateway.federated.vouching import STATEMENT, StandingOf, read_statement
from gateway.network.connecting import reading_chain
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust
from mpc.node.registry import ProvenFacts

GROUND = "flower: node key"


def standings(config: NodeConfig, belief: str = "reading-belief.sqlite") -> StandingOf:
    """Return what looks standings up on the chain, by proof, each time on the newest head.

    Args:
        belief: the file in which what was proven of the chain is kept; no two processes have one.
    """
    chain = reading_chain(config)
    trust = read_trust(config.trust)
    view = ProvenView(chain, trust, config.state / belief, interfaces())

    def standing_of(party: str) -> Standing:
        head = view.head()
        facts, id = ProvenFacts(view, head), party_id(party)
        keys = facts.keys(id)
        require_in_force(party, facts.party(id), keys, head.timestamp)
        fact = stream_fact(anchored.stream_id(party, keys.statement))
        found = view.value(fact.contract, fact.slots, head)
        stream = decode_stream(anchored.stream_id(party, keys.statement), found)
        return Standing(keys.statement, stream, trust.chain_id)

    return standing_of


def require_in_force(code: str, party: Party, keys: Keys, time: int) -> None:
    """Raises NotAuthorized for a party that has ended, or not begun, and for keys that are not in force."""
    if not party.valid_from <= time < party.valid_until:
        raise NotAuthorized(f"flower node: {code} is no party now")
    if not keys.is_good_at(time):
        raise NotAuthorized(f"flower node: {code} has no keys in force on chain")


class OwnNode:
    """Admits a courier to a department's node; see ``federated.courier.server.Admitting``."""

    def __init__(self, party: str, statement: Path, standing_of: Callable[[], StandingOf]) -> None:
        """Args: statement: what the department keeps of its own word. standing_of: made when first needed."""
        self._party, self._statement, self._make = party, statement, standing_of
        self._standing_of: StandingOf | None = None
        self._lock = Lock()

    def __call__(self, asked: Message, app: bytes, node: bytes) -> None:
        """Raise Refusal for a round that Flower's app brings at another key than the one that stands on chain."""
        if asked.step != ROUND or app != bundle.digest():
            return  # the office's own ServerApp, and couriers that have nothing to do with Flower
        try:
            self._require(node)
        except (NotAuthorized, NotFound, InvalidRecord, VerificationError, BackendError) as fault:
            raise Refusal(GROUND, str(fault)) from fault

    def _require(self, node: bytes) -> None:
        found = read_statement(self._statement)
        if node != fingerprint(found.statement.key):
            raise NotAuthorized(f"flower node: the courier runs at another key than {self._party} vouched for last")
        with self._lock:
            if self._standing_of is None:
                self._standing_of = self._make()
        anchored.check(found, self._party, self._standing_of(self._party), datetime.now(UTC))


def own_node(config: NodeConfig) -> OwnNode:
    """Return the look of a department's node at its own Flower node's key."""
    statement = node_directory(config) / STATEMENT
    return OwnNode(config.party, statement, lambda: standings(config, "courier-belief.sqlite"))
