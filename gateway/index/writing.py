"""Writing a run of checked blocks as rows; pure up to the statements it sends.

Numbers of nodes follow the order of their first mention, so the same blocks give the same rows on every database. Rows
go to the driver as they are, many at a time and those of one word beside each other: at this rate the time goes into
what stands between them and the database.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, cast

from sqlalchemy import Connection, Table

from contracts.oversight.acts import Act
from gateway.index.tables import ACTS, BLOCKS, EDGES, EVENTS, MENTIONS, NODES
from gateway.provenance.derivation import edges_of
from gateway.provenance.graph import Edge
from ledger.abi import AbiValue
from ledger.chain.port import Event

Row: TypeAlias = tuple[Any, ...]
"""Values in the order of the table's columns."""
CHUNK = 500
"""Keys that are looked up in one statement; SQLite binds 32,766 values, older builds 999."""
NOTHING = bytes(32)


@dataclass(slots=True)
class Rows:
    """The rows of one run, gathered before they are written."""

    blocks: list[Row] = field(default_factory=list)
    acts: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    mentions: list[Row] = field(default_factory=list)
    edges: list[tuple[int, Edge]] = field(default_factory=list)
    """Each with its number within its event."""
    nodes: dict[bytes, int] = field(default_factory=dict)
    """Keys in the order of their first mention in the run, each with the block."""

    def block(self, number: int, time: int, block_hash: bytes, acts: Iterable[Act]) -> None:
        """Take in a block."""
        self.blocks.append((number, time, block_hash))
        for act in acts:
            self.acts.append((number, act.index, act.sender, act.contract, act.payload[:4], act.accepted))
            for event in act.events:
                self.event(event)

    def event(self, event: Event) -> None:
        """Take in an event with the words it names and the edges it shows."""
        block, place, log = event.block_number, event.index, event.log_index
        entity = event.topics[1] if len(event.topics) > 1 else NOTHING
        self.events.append(
            (
                block, place, log, event.timestamp, event.contract, event.name, event.address, event.topics[0], entity,
                event.args.get("n", 0), event.data,
            )
        )  # fmt: skip
        self.mentions += [(word, block, place, log, name) for word, name in words_of(event.args)]
        for ordinal, edge in enumerate(edges_of(event)):
            self.nodes.setdefault(edge.source.key, block)
            self.nodes.setdefault(edge.target.key, block)
            self.edges.append((ordinal, edge))

    def write(self, db: Connection) -> None:
        """Send all rows in the caller's transaction."""
        numbers = _numbers(db, self.nodes)
        edges = [
            (
                edge.place.block_number, edge.place.index, edge.place.log_index, ordinal, numbers[edge.source.key],
                int(edge.relation), numbers[edge.target.key], edge.role,
            )
            for ordinal, edge in self.edges
        ]  # fmt: skip
        self.mentions.sort()
        for table, rows in (
            (BLOCKS, self.blocks), (ACTS, self.acts), (EVENTS, self.events), (MENTIONS, self.mentions), (EDGES, edges),
        ):  # fmt: skip
            _insert(db, table, rows)


def words_of(args: Mapping[str, AbiValue]) -> list[tuple[bytes, str]]:
    """Return the words and accounts that an event names, each once for an argument; zero is nobody."""
    found = list[tuple[bytes, str]]()
    for name, value in args.items():
        if isinstance(value, tuple):
            found += [(word, name) for word in sorted({_word(item) for item in value}) if word != NOTHING]
        elif (word := _word(value)) != NOTHING:
            found.append((word, name))
    return found


def _word(value: AbiValue) -> bytes:
    return value.rjust(32, b"\0") if isinstance(value, bytes) and len(value) in (20, 32) else NOTHING


def _numbers(db: Connection, nodes: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return the number of each node; new ones are entered behind the last."""
    keys, known = list(nodes), dict[bytes, int]()
    for start in range(0, len(keys), CHUNK):
        wanted = tuple(keys[start : start + CHUNK])
        statement = f"SELECT key, number FROM {NODES.name} WHERE key IN ({_places(db, wanted)})"  # noqa: S608 marks only
        known |= {bytes(key): number for key, number in db.exec_driver_sql(statement, wanted)}
    after = cast(int, db.exec_driver_sql(f"SELECT coalesce(max(number), 0) FROM {NODES.name}").scalar_one())  # noqa: S608
    fresh = {key: number for number, key in enumerate((key for key in keys if key not in known), start=after + 1)}
    _insert(db, NODES, [(number, key, key[0], nodes[key]) for key, number in sorted(fresh.items())])
    return known | fresh


def _insert(db: Connection, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        names = table.columns.keys()
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({_places(db, names)})"  # noqa: S608 our names
        db.exec_driver_sql(statement, list(rows))


def _places(db: Connection, values: Collection[object]) -> str:
    """Return as many marks for values as there are, in the driver's own style."""
    return ", ".join(["?" if db.dialect.paramstyle == "qmark" else "%s"] * len(values))
