"""Reading the index: events of an entity, what names a word, nodes and edges of provenance.

Every answer is as of a block and bounded. What it does NOT do: prove anything, or walk the graph
(``gateway.provenance.walking``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, func, or_, select, tuple_

from contracts.artefacts import interfaces
from gateway.index.store import Store
from gateway.index.tables import BLOCKS, EDGES, EVENTS, MENTIONS, NODES
from gateway.provenance.graph import Edge, Kind, Node, Relation, node_of
from ledger.chain.port import Cursor, Event
from ledger.crypto.signing import Address
from ledger.errors import BackendError, InvalidRecord, NotFound
from ledger.proofs.proof import Log

LIMIT = 1000
"""Rows in one answer unless a caller asks for fewer."""
CHUNK = 500


_SOURCE, _TARGET = NODES.alias("source_node"), NODES.alias("target_node")
_NAMED = (
    select(
        _SOURCE.c.key, EDGES.c.relation, _TARGET.c.key, EDGES.c.role, EDGES.c.block, EDGES.c.place, EDGES.c.log
    )
    .join(_SOURCE, _SOURCE.c.number == EDGES.c.source)
    .join(_TARGET, _TARGET.c.number == EDGES.c.target)
)  # fmt: skip
"""Edges with the keys of both their ends."""


def _of_one(column: Any) -> Select[Any]:
    """Return the statement for the edges of one node; made once, for it is asked most."""
    number = select(NODES.c.number).where(NODES.c.key == bindparam("key")).scalar_subquery()
    wanted = _NAMED.where(column == number, EDGES.c.block <= bindparam("last"))
    place = (EDGES.c.block, EDGES.c.place, EDGES.c.log, EDGES.c.ordinal)
    return wanted.order_by(*place).limit(bindparam("most", type_=Integer))


_LEAVING, _ARRIVING = _of_one(EDGES.c.source), _of_one(EDGES.c.target)
_OF_ENTITY = (EVENTS.c.entity == bindparam("entity"), EVENTS.c.block <= bindparam("last"))
_HISTORY = select(EVENTS).where(*_OF_ENTITY, EVENTS.c.contract == bindparam("contract")).order_by(EVENTS.c.n)
_ENTITIES = select(EVENTS.c.contract).where(*_OF_ENTITY).distinct()
_BLOCK = select(BLOCKS.c.time, BLOCKS.c.hash).where(BLOCKS.c.number == bindparam("wanted"))
_RELATIONS = {int(relation): relation for relation in Relation}


@dataclass(frozen=True, slots=True)
class Mention:
    """An event that names a word, and as which argument."""

    name: str
    event: Event


class Finder:
    """Questions to one index; threads may share it. Implements ``gateway.provenance.graph.Graph``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leaving, self._arriving = store.written(_LEAVING), store.written(_ARRIVING)
        self._history, self._entities = store.written(_HISTORY), store.written(_ENTITIES)
        self._block = store.written(_BLOCK)

    def history(self, contract: str, entity: bytes, last: int) -> list[Event]:
        """Return all events of an entity up to a block, in their order."""
        found = self._store.rows(self._history, contract=contract, entity=entity, last=last)
        return [_event(row) for row in found]

    def histories(self, contract: str, entities: Sequence[bytes], last: int) -> dict[bytes, list[Event]]:
        """Return all events of several entities up to a block, of each in their order."""
        found: dict[bytes, list[Event]] = {entity: [] for entity in entities}
        for start in range(0, len(entities), CHUNK):
            wanted = select(EVENTS).where(
                EVENTS.c.entity.in_(entities[start : start + CHUNK]), EVENTS.c.contract == contract,
                EVENTS.c.block <= last,
            )  # fmt: skip
            for event in self._events(wanted.order_by(EVENTS.c.entity, EVENTS.c.n)):
                found[event.topics[1]].append(event)
        return found

    def entities(self, id: bytes, last: int) -> list[str]:
        """Return the contracts in which something of this id has a history."""
        return sorted(name for (name,) in self._store.rows(self._entities, entity=id, last=last))

    def event(self, place: Cursor) -> Event:
        """Return the event at a place; raises NotFound."""
        found = self._events(select(EVENTS).where(_at(EVENTS, [place])))
        if not found:
            raise NotFound(f"no event at {place.block_number}/{place.index}/{place.log_index}")
        return found[0]

    def count(self, contract: str, last: int) -> int:
        """Return how many events of a contract there are up to a block."""
        wanted = select(func.count()).select_from(EVENTS)
        with self._store.reading() as db:
            found: int = db.execute(wanted.where(EVENTS.c.contract == contract, EVENTS.c.block <= last)).scalar_one()
        return found

    def events(self, after: Cursor | None, limit: int, contract: str | None = None) -> list[Event]:
        """Return the next events behind a place, of one contract or of all."""
        wanted = select(EVENTS)
        if contract is not None:
            wanted = wanted.where(EVENTS.c.contract == contract)
        if after is not None:
            wanted = wanted.where(_place(EVENTS) > (after.block_number, after.index, after.log_index))
        return self._events(wanted.order_by(*_columns(EVENTS)).limit(min(limit, LIMIT)))

    def mentions(
        self, word: bytes, last: int, *, after: Cursor | None = None, argument: str = "", limit: int = LIMIT
    ) -> list[Mention]:
        """Return events that name a word of 32 bytes, in order, behind an argument of one: it may name it twice."""
        wanted = select(MENTIONS).where(MENTIONS.c.word == word, MENTIONS.c.block <= last)
        if after is not None:
            place = tuple_(*_columns(MENTIONS), MENTIONS.c.name)
            wanted = wanted.where(place > (after.block_number, after.index, after.log_index, argument))
        wanted = wanted.order_by(*_columns(MENTIONS), MENTIONS.c.name).limit(min(limit, LIMIT))
        with self._store.reading() as db:
            rows = db.execute(wanted).all()
        places = [Cursor(row.block, row.place, row.log) for row in rows]
        events = {event.cursor: event for event in self._at(places)}
        return [Mention(row.name, events[place]) for row, place in zip(rows, places, strict=True)]

    def named(self, id: bytes, last: int) -> list[Node]:
        """Return the nodes of any kind with this id."""
        keys = [bytes([kind]) + id for kind in Kind]
        wanted = select(NODES.c.key).where(NODES.c.key.in_(keys), NODES.c.block <= last).order_by(NODES.c.kind)
        with self._store.reading() as db:
            return [node_of(bytes(key)) for key in db.execute(wanted).scalars()]

    def nodes(self, kind: Kind, last: int, *, after: int = 0, limit: int = LIMIT) -> list[tuple[int, Node]]:
        """Return nodes of a kind behind a number, each with its own, in the order of their first mention."""
        wanted = select(NODES.c.number, NODES.c.key).where(
            NODES.c.kind == int(kind), NODES.c.number > after, NODES.c.block <= last
        )
        with self._store.reading() as db:
            rows = db.execute(wanted.order_by(NODES.c.number).limit(min(limit, LIMIT))).all()
        return [(number, node_of(bytes(key))) for number, key in rows]

    def leaving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges from these nodes; see ``Graph``."""
        return self._edges(nodes, last, limit, EDGES.c.source)

    def arriving(self, nodes: Collection[Node], last: int, limit: int) -> list[Edge]:
        """Return edges to these nodes; see ``Graph``."""
        return self._edges(nodes, last, limit, EDGES.c.target)

    def edges_at(self, place: Cursor) -> list[Edge]:
        """Return the edges that one event shows."""
        return self._read_edges(_NAMED.where(_at(EDGES, [place])).order_by(EDGES.c.ordinal))

    def edges_in(self, block: int, limit: int = LIMIT) -> list[Edge]:
        """Return the edges that one block shows."""
        wanted = _NAMED.where(EDGES.c.block == block).order_by(*_columns(EDGES), EDGES.c.ordinal)
        return self._read_edges(wanted.limit(min(limit, LIMIT)))

    def block(self, number: int) -> tuple[int, bytes]:
        """Return time and hash of a block; raises NotFound if it is not in yet."""
        found = self._store.rows(self._block, wanted=number)
        if not found:
            raise NotFound(f"block {number}: not in the index yet")
        return found[0][0], bytes(found[0][1])

    def _edges(self, nodes: Collection[Node], last: int, limit: int, column: Any) -> list[Edge]:
        if len(nodes) == 1:
            (node,) = nodes
            of_one = self._leaving if column is EDGES.c.source else self._arriving
            return list(map(_edge, self._store.rows(of_one, key=node.key, last=last, most=limit)))
        found: list[Edge] = []
        keys = [node.key for node in nodes]
        for start in range(0, len(keys), CHUNK):
            numbers = select(NODES.c.number).where(NODES.c.key.in_(keys[start : start + CHUNK])).scalar_subquery()
            wanted = _NAMED.where(column.in_(numbers), EDGES.c.block <= last)
            found += self._read_edges(wanted.order_by(*_columns(EDGES), EDGES.c.ordinal).limit(limit))
        return found[:limit]

    def _read_edges(self, wanted: Select[Any]) -> list[Edge]:
        with self._store.reading() as db:
            return [_edge(tuple(row)) for row in db.execute(wanted)]

    def _at(self, places: Sequence[Cursor]) -> list[Event]:
        found: list[Event] = []
        distinct = list(dict.fromkeys(places))
        for start in range(0, len(distinct), CHUNK // 5):
            found += self._events(select(EVENTS).where(_at(EVENTS, distinct[start : start + CHUNK // 5])))
        return found

    def _events(self, wanted: Select[Any]) -> list[Event]:
        with self._store.reading() as db:
            return [_event(tuple(row)) for row in db.execute(wanted)]


def _event(row: tuple[Any, ...]) -> Event:
    """Read a row of events back as the event it was."""
    block, place, at, time, contract, _, address, kind, entity, _, data = row
    topics = (bytes(kind), bytes(entity))
    log = Log(Address(bytes(address)), topics, bytes(data))
    try:
        name, args = interfaces()[contract].decode_event(log)
    except (NotFound, InvalidRecord) as fault:
        raise BackendError("index: a damaged row") from fault
    return Event(contract, name, log.address, topics, log.data, args, block, time, place, at)


def _edge(row: tuple[Any, ...]) -> Edge:
    """Read a row of ``_NAMED`` back as the edge it was."""
    source, relation, target, role, block, place, log = row
    return Edge(node_of(bytes(source)), _RELATIONS[relation], node_of(bytes(target)), role, Cursor(block, place, log))


def _columns(table: Any) -> tuple[Any, ...]:
    return table.c.block, table.c.place, table.c.log


def _place(table: Any) -> Any:
    return tuple_(*_columns(table))


def _at(table: Any, places: Iterable[Cursor]) -> Any:
    return or_(
        *(
            and_(table.c.block == at.block_number, table.c.place == at.index, table.c.log == at.log_index)
            for at in places
        )
    )
