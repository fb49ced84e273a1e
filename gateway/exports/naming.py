"""Names of this network's things for the world outside: one URN a thing, the network's genesis in it."""

from __future__ import annotations

from datetime import UTC, datetime

from gateway.provenance.graph import Node
from ledger.chain.port import Cursor


def base(genesis: bytes) -> str:
    """Return what all names of a network begin with (RFC 8141; an informal namespace, resolved by nobody)."""
    return f"urn:shuxin:{genesis.hex()}:"


def urn(genesis: bytes, node: Node) -> str:
    return base(genesis) + node.name


def proof_of(place: Cursor) -> str:
    """Return the path of the proof of the event at a place; what genesis shows is in its file."""
    if place.block_number == 0:
        return "genesis.json"
    return f"/v1/proofs/{place.block_number}/{place.index}/{place.log_index}"


def moment(time: int) -> str:
    """Write unix seconds as RFC 3339.

    >>> moment(0)
    '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
