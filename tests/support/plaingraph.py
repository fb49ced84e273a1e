"""A graph of provenance as a list of edges: the port without an index."""

from __future__ import annotations

from collections.abc import Collection

from gateway.provenance.graph import Edge, Node


class Plain:
    """All edges in a list."""

    def __init__(self, edges: Collection[Edge]) -> None:
        self.edges = sorted(edges, key=lambda edge: edge.place)

    def leaving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        return [e for e in self.edges if e.source in nodes and e.place.block_number <= last][:limit]

    def arriving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        return [e for e in self.edges if e.target in nodes and e.place.block_number <= last][:limit]
