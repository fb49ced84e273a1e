"""What an audit report is of: lineage both ways, reasons, histories proven complete, and the proofs of its events.

The report takes nothing on its word: each line names an event, and ``proofs`` makes the file that shows it to anybody
(``shuxin verify``). What it does NOT do: say how a report looks (``content``, ``html``, ``pdf``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.provenance.explorer import Explorer
from gateway.provenance.graph import Kind, Node
from gateway.provenance.proving import Complete
from gateway.provenance.walking import Lineage, Reason, Way
from ledger.chain.port import Cursor

MOST_PROOFS: Final = 100
"""A proof is some tens of kilobytes; what is beyond is named by its path alone, and the report says so."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What the report is of. histories: proven to be complete as of the block."""

    node: Node
    block: int
    block_hash: bytes
    time: int
    upstream: Lineage
    downstream: Lineage
    reasons: Sequence[Reason]
    histories: Sequence[Complete]

    @property
    def places(self) -> list[Cursor]:
        """The events that its lines rest on, each once, the node's own history first."""
        reasons = [edge for one in self.reasons for edge in (*one.path, *one.grants, *one.ended)]
        edges = [*reasons, *self.upstream.edges, *self.downstream.edges]
        own = [event.cursor for one in self.histories for event in one.events]
        places = dict.fromkeys([*own, *(edge.place for edge in edges)])
        return [place for place in places if place.block_number]  # genesis has no events


def gather(explorer: Explorer, name: str, *, depth: int, block: int | None) -> Findings:
    """Ask for everything a report of a node says.

    Raises:
        InvalidRecord, NotFound: no such node or block. VerificationError: its history is not shown to be complete.
    """
    last, node = explorer.last(block), explorer.node(name)
    time, block_hash = explorer.finder.block(max(last, 1))
    explorer.card(node, last)  # a node that nothing names has no report
    up, down = (explorer.lineage(node, way, depth=depth, block=last) for way in Way)
    histories = () if node.kind is Kind.BLOCK else explorer.complete(node, last)
    return Findings(node, last, block_hash, time, up, down, explorer.reasons(node, last), histories)


def proofs(explorer: Explorer, found: Findings) -> Mapping[Cursor, bytes]:
    """Prove the report's events, at most ``MOST_PROOFS`` of them, as of its block; raises VerificationError."""
    return {place: explorer.prove(place, found.block) for place in found.places[:MOST_PROOFS]}


def file_of(place: Cursor) -> str:
    """Return the name of an event's proof as a file.

    >>> file_of(Cursor(7, 0, 2))
    'event-7-0-2.json'
    """
    return f"event-{place.block_number}-{place.index}-{place.log_index}.json"
