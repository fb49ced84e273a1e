"""The graph of provenance: nodes, and edges in the terms of W3C PROV, each with the event that shows it.

An edge points from what came later to what it rests on, as PROV's relations do: a release ``wasGeneratedBy`` a job, the
job ``used`` an authorization, the authorization ``wasDerivedFrom`` an asset. Its place is the event's in the sealed
blocks, so an edge is never more than a reading of one proven event. What it does NOT do: read events (``derivation``),
keep edges (``gateway.index``) or prove them (``proving``).
Source: W3C PROV-DM, sections 5.1 to 5.3.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from ledger.chain.port import Cursor
from ledger.errors import InvalidRecord


class Class(IntEnum):
    """What a node is to PROV."""

    ENTITY = 1
    ACTIVITY = 2
    AGENT = 3


class Kind(IntEnum):
    """What a node is to us; appended to, never reordered: the index stores the number."""

    PARTY = 1
    AGENT = 2
    ASSET = 3
    VERSION = 4
    AUTHORIZATION = 5
    JOB = 6
    RELEASE = 7
    EVIDENCE = 8
    DIGEST = 9
    STREAM = 10
    UNIT = 11
    CASE = 12
    BLOCK = 13
    MODEL = 14

    @property
    def code(self) -> str:
        """The name outside of Python."""
        return self.name.lower()

    @property
    def prov(self) -> Class:
        return _CLASSES.get(self, Class.ENTITY)


_CLASSES: Final = {
    Kind.PARTY: Class.AGENT,
    Kind.AGENT: Class.AGENT,
    Kind.JOB: Class.ACTIVITY,
    Kind.CASE: Class.ACTIVITY,
    Kind.BLOCK: Class.ACTIVITY,
}
KINDS: Final = {kind.code: kind for kind in Kind}


class Relation(IntEnum):
    """PROV's relations as far as events show them; the number is stored."""

    USED = 1
    WAS_GENERATED_BY = 2
    WAS_DERIVED_FROM = 3
    WAS_ASSOCIATED_WITH = 4
    ACTED_ON_BEHALF_OF = 5
    WAS_INVALIDATED_BY = 6
    WAS_ATTRIBUTED_TO = 7

    @property
    def term(self) -> str:
        """PROV's own word.

        >>> Relation.ACTED_ON_BEHALF_OF.term
        'actedOnBehalfOf'
        """
        return _TERMS[self]


def _term(relation: Relation) -> str:
    first, *rest = relation.name.lower().split("_")
    return first + "".join(word.title() for word in rest)


_TERMS: Final = {relation: _term(relation) for relation in Relation}


_NODE: Final = re.compile("([a-z]+):(?:0x)?([0-9a-f]{64}|[0-9a-f]{40}|[0-9]{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """One node. id: 32 bytes; an account's 20 and a block's number are padded on the left."""

    kind: Kind
    id: bytes

    def __post_init__(self) -> None:
        if len(self.id) != 32:
            raise InvalidRecord(f"node: expected an id of 32 bytes, got {len(self.id)}")

    @property
    def key(self) -> bytes:
        """Kind and id as the index keeps them."""
        return bytes([self.kind]) + self.id

    @property
    def name(self) -> str:
        """The id as people and links have it.

        >>> block(12).name
        'block:12'
        """
        if self.kind is Kind.BLOCK:
            return f"block:{int.from_bytes(self.id, 'big')}"
        shown = self.id[12:] if self.kind is Kind.AGENT else self.id
        return f"{self.kind.code}:{shown.hex()}"


def node_of(key: bytes) -> Node:
    return Node(Kind(key[0]), key[1:])


def parse(text: str) -> Node:
    """Read a node's name.

    Raises:
        InvalidRecord: it is none.
    """
    found = _NODE.fullmatch(text)
    kind = KINDS.get(found[1]) if found else None
    if found is None or kind is None:
        raise InvalidRecord(f"node: expected one of {', '.join(KINDS)}, a colon and an id in hexadecimal digits")
    if kind is Kind.BLOCK and len(found[2]) <= 18:
        if not found[2].isdigit():
            raise InvalidRecord("node: a block is named by its number")
        return block(int(found[2]))
    wanted = 40 if kind is Kind.AGENT else 64
    if len(found[2]) != wanted or kind is Kind.BLOCK:
        raise InvalidRecord(f"node: expected {wanted} hexadecimal digits behind {kind.code}:")
    return Node(kind, bytes.fromhex(found[2]).rjust(32, b"\0"))


def block(number: int) -> Node:
    return Node(Kind.BLOCK, number.to_bytes(32, "big"))


@dataclass(frozen=True, slots=True)
class Edge:
    """One edge and the event that shows it. role: what tells edges between the same nodes apart, e.g. "grantee"."""

    source: Node
    relation: Relation
    target: Node
    role: str
    place: Cursor


class Graph(Protocol):
    """What is asked of whoever keeps the edges."""

    def leaving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges from any of these nodes shown up to a block, in the order of their places."""
        ...

    def arriving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges to any of these nodes shown up to a block, in the order of their places."""
        ...
