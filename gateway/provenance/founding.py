"""Founding parties and agents in the graph: genesis put them into Parties without an event (``contracts.genesis``).

What stands in the state of block 0 is read by proof under the genesis header, whose hash the trust file names, so a
party that stands there was founded with the network and an agent acts for the party that its record names. A chain's
node that keeps no state of block 0, or proves another, shows no founding; nothing is made up. There is no event to
prove: ``genesis.json`` shows it, and its edges' place is block 0.

What it does NOT do: list the agents of a party, which storage by hash does not give; whoever asks names the agent.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final, Protocol

from contracts.parties.client import agent_fact, decode_agent, decode_party, party_fact
from contracts.parties.record import NOTHING
from gateway.provenance.graph import Edge, Graph, Kind, Node, Relation, block
from ledger.chain.port import Cursor, StateFact
from ledger.errors import TrustError
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenState

PLACE: Final = Cursor(0, 0, 0)
"""Where a founding edge is shown: the block that no event is in."""
KNOWN: Final = 10_000
AGAIN_S: Final = 60.0
"""A node that could not prove its founding state is not asked again so soon."""


class View(Protocol):
    """What of a ``ledger.proofs.view.ProvenView`` is needed here."""

    def header(self, number: int) -> Header: ...

    def state(self, contract: str, slots: tuple[bytes, ...], at: Header) -> ProvenState: ...


@dataclass(slots=True)
class Founding:
    """Who was there at genesis; the answers never change and are kept."""

    view: View
    clock: Callable[[], float] = time.monotonic
    _known: OrderedDict[Node, Edge | None] = field(default_factory=OrderedDict)
    _silent_until: float = 0.0

    def is_near(self, node: Node) -> bool:
        """Say whether ``edge`` answers without waiting for the chain."""
        is_never = node.kind not in (Kind.PARTY, Kind.AGENT)
        return is_never or node in self._known or self.clock() < self._silent_until

    def edge(self, node: Node) -> Edge | None:
        """Return a founding party's edge to block 0, a founding agent's to its party, None for all others."""
        if node.kind not in (Kind.PARTY, Kind.AGENT):
            return None
        if node in self._known:
            return self._known[node]
        if self.clock() < self._silent_until:
            return None
        try:
            found = self._party(node) if node.kind is Kind.PARTY else self._agent(node)
        except TrustError:
            self._silent_until = self.clock() + AGAIN_S
            return None
        self._known[node] = found
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)
        return found

    def _party(self, node: Node) -> Edge | None:
        found = decode_party(node.id, self._read(party_fact(node.id)))
        made = Edge(node, Relation.WAS_GENERATED_BY, block(0), "founding", PLACE)
        return made if found.roles else None

    def _agent(self, node: Node) -> Edge | None:
        address = node.id[12:]
        found = decode_agent(address, self._read(agent_fact(address)))
        if found.party == NOTHING:
            return None
        return Edge(node, Relation.ACTED_ON_BEHALF_OF, Node(Kind.PARTY, found.party), "founding", PLACE)

    def _read(self, fact: StateFact) -> dict[bytes, bytes]:
        return dict(self.view.state(fact.contract, fact.slots, self.view.header(0)).values)


@dataclass(frozen=True, slots=True)
class Founded:
    """A graph with what genesis adds to it."""

    events: Graph
    founding: Founding

    def leaving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges from nodes, the founding ones first."""
        first = [edge for node in nodes if (edge := self.founding.edge(node)) is not None]
        return [*first, *self.events.leaving(nodes, last, limit)][:limit]

    def arriving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges to nodes, as events show them."""
        return self.events.arriving(nodes, last, limit)
