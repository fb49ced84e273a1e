"""Models in the graph: a training run is a job whose waves stand on a stream that is named after it.

No event says that a job trains, or which stream is its own; but the stream's id is the hash of the job and its attempt
(``federated.runs.record.stream_name``), so whoever knows the job finds the stream, and anybody can do the sum again. A
job with such a stream used what its departments contributed, and what it released is a model. Each edge has the place
of the event that shows its other half, an anchor or a signature. What it does NOT do: find the job behind a stream,
which no hash gives back, or say what a model can do: its evidence does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from federated.runs.record import stream_name
from gateway.provenance.graph import Edge, Graph, Kind, Node, Relation
from ledger.hashing import keccak256

ATTEMPTS: Final = 8
"""So many attempts of a job are looked for; each is proposed and begun anew, and few come so far."""
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Trained:
    """A graph with what training runs add to it."""

    events: Graph

    def leaving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges from nodes: a job's to its waves, a model's to its job and its release."""
        found = self.events.leaving(nodes, last, limit)
        if not any(node.kind in (Kind.JOB, Kind.MODEL) for node in nodes):
            return found
        waves = self._waves(_of(nodes, Kind.JOB), last)
        releases = [Node(Kind.RELEASE, node.id) for node in _of(nodes, Kind.MODEL)]
        return _ordered([*found, *waves, *self._models(self._made(releases, last), last)], limit)

    def arriving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges to nodes: a model's to its job and its release."""
        found = self.events.arriving(nodes, last, limit)
        if not any(node.kind in (Kind.JOB, Kind.RELEASE) for node in nodes):
            return found
        jobs, releases = _of(nodes, Kind.JOB), _of(nodes, Kind.RELEASE)
        made = [edge for edge in found if edge.source.kind is Kind.RELEASE and edge.target in jobs]
        models = self._models([*made, *self._made(releases, last)], last)
        return _ordered([*found, *(edge for edge in models if edge.target in nodes)], limit)

    def _waves(self, jobs: Collection[Node], last: int) -> list[Edge]:
        """Return an edge a stream that waves of these jobs stand on, at its first anchor."""
        named = {
            Node(Kind.STREAM, keccak256(stream_name(job.id, attempt).encode())): job
            for job in jobs
            for attempt in range(ATTEMPTS)
        }
        first: dict[Node, Edge] = {}
        for edge in self.events.leaving(list(named), last, _MOST) if named else ():
            first.setdefault(edge.source, edge)
        return [
            Edge(named[stream], Relation.USED, stream, "contributions", edge.place) for stream, edge in first.items()
        ]

    def _made(self, releases: Collection[Node], last: int) -> list[Edge]:
        found = self.events.leaving(releases, last, _MOST) if releases else ()
        return [edge for edge in found if edge.relation is Relation.WAS_GENERATED_BY and edge.target.kind is Kind.JOB]

    def _models(self, made: Iterable[Edge], last: int) -> list[Edge]:
        """Return the edges of the models among releases, given those that say which job made each."""
        known = {(edge.source, edge.target): edge for edge in reversed(list(made))}
        trained = {edge.source for edge in self._waves({job for _, job in known}, last)}
        found = list[Edge]()
        for (release, job), edge in known.items():
            if job in trained:
                model = Node(Kind.MODEL, release.id)
                found.append(Edge(model, Relation.WAS_GENERATED_BY, job, "model", edge.place))
                found.append(Edge(model, Relation.WAS_DERIVED_FROM, release, "release", edge.place))
        return found


def _of(nodes: Collection[Node], kind: Kind) -> list[Node]:
    return [node for node in nodes if node.kind is kind]


def _ordered(edges: Iterable[Edge], limit: int) -> list[Edge]:
    """Return edges once each, in the order of their places."""
    return sorted(dict.fromkeys(edges), key=lambda edge: edge.place)[:limit]
