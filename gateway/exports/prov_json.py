"""Lineage as PROV-JSON: nodes as entities, activities and agents, edges as relations that name their proofs.

A document says what it is as of; the proofs are fetched by their paths and checked by ``shuxin verify``.
Source: W3C member submission "The PROV-JSON Serialization" (2013).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.exports.naming import base, proof_of
from gateway.provenance.graph import Class, Edge, Kind, Node, Relation
from ledger.canonical import JsonValue

_ENDS: Final = {
    Relation.USED: ("prov:activity", "prov:entity"),
    Relation.WAS_GENERATED_BY: ("prov:entity", "prov:activity"),
    Relation.WAS_DERIVED_FROM: ("prov:generatedEntity", "prov:usedEntity"),
    Relation.WAS_ASSOCIATED_WITH: ("prov:activity", "prov:agent"),
    Relation.ACTED_ON_BEHALF_OF: ("prov:delegate", "prov:responsible"),
    Relation.WAS_INVALIDATED_BY: ("prov:entity", "prov:activity"),
    Relation.WAS_ATTRIBUTED_TO: ("prov:entity", "prov:agent"),
}
"""Which members name source and target of each relation."""


def document(genesis: bytes, last: int, nodes: Iterable[Node], edges: Iterable[Edge]) -> dict[str, JsonValue]:
    """Return a PROV-JSON document of these nodes and edges; ends of edges that are not among the nodes are added."""
    found = list(edges)
    everything = dict.fromkeys([*nodes, *(edge.source for edge in found), *(edge.target for edge in found)])
    told: dict[str, dict[str, JsonValue]] = {}
    for node in everything:
        attributes: JsonValue = {
            "prov:type": {"$": f"shuxin:{node.kind.name.title()}", "type": "prov:QUALIFIED_NAME"},
            "shuxin:asOfBlock": last,
        }
        told.setdefault(node.kind.prov.name.lower(), {})[node.name] = attributes
    for number, edge in enumerate(found, start=1):
        if edge.relation is Relation.WAS_INVALIDATED_BY and edge.source.kind.prov is not Class.ENTITY:
            told.setdefault("entity", {})[edge.source.name] = {}  # an agent is an entity too when it ends
        source, target = _ENDS[edge.relation]
        told.setdefault(edge.relation.term, {})[f"_:e{number}"] = {
            source: edge.source.name, target: edge.target.name, "shuxin:role": edge.role,
            "shuxin:block": edge.place.block_number, "shuxin:proof": proof_of(edge.place),
        }  # fmt: skip
    prefix: dict[str, JsonValue] = {kind.code: f"{base(genesis)}{kind.code}:" for kind in Kind}
    prefix["shuxin"] = f"{base(genesis)}terms:"
    return {"prefix": prefix, **told}
