"""Writing a run of checked blocks as rows; pure up to the statements it sends.

Numbers of nodes follow the order of their first mention, so the same blocks give the same rows on every database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Connection, Table, func, insert, select

from contracts.oversight.acts import Act
from gateway.index.tables import ACTS, BLOCKS, EDGES, EVENTS, MENTIONS, NODES
from gateway.provenance.derivation import edges_of
from gateway.provenance.graph import Node
from ledger.abi import AbiValue
from ledger.chain import Event

Row = Mapping[str, Any]
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
    edges: list[dict[str, Any]] = field(default_factory=list)
    nodes: dict[bytes, int] = field(default_factory=dict)
    """Keys in the order of their first mention in the run, each with the block."""

    def block(self, number: int, time: int, block_hash: bytes, acts: Iterable[Act]) -> None:
        """Take in a block."""
        self.blocks.append({"number": number, "time": time, "hash": block_hash})
        for act in acts:
            self.acts.append(
                {
                    "block": number, "place": act.index, "sender": act.sender, "contract": act.contract,
                    "selector": act.payload[:4], "accepted": act.accepted,
                }
            )  # fmt: skip
            for event in act.events:
                self.event(event)

    def event(self, event: Event) -> None:
        """Take in an event with the words it names and the edges it shows."""
        place = {"block": event.block_number, "place": event.index, "log": event.log_index}
        n = event.args.get("n", 0)
        self.events.append(
            {
                **place, "time": event.timestamp, "contract": event.contract, "name": event.name,
                "address": event.address, "type": event.topics[0],
                "entity": event.topics[1] if len(event.topics) > 1 else NOTHING, "n": n, "data": event.data,
            }
        )  # fmt: skip
        for word, name in words_of(event.args):
            self.mentions.append({"word": word, **place, "name": name})
        for ordinal, edge in enumerate(edges_of(event)):
            self._node(edge.source, event.block_number)
            self._node(edge.target, event.block_number)
            self.edges.append(
                {
                    **place, "ordinal": ordinal, "source": edge.source.key, "relation": int(edge.relation),
                    "target": edge.target.key, "role": edge.role,
                }
            )  # fmt: skip

    def _node(self, node: Node, block: int) -> None:
        self.nodes.setdefault(node.key, block)

    def write(self, db: Connection) -> None:
        """Send all rows in the caller's transaction."""
        numbers = _numbers(db, self.nodes)
        for edge in self.edges:
            edge["source"], edge["target"] = numbers[edge["source"]], numbers[edge["target"]]
        tables: tuple[tuple[Table, Sequence[Row]], ...] = (
            (BLOCKS, self.blocks), (ACTS, self.acts), (EVENTS, self.events), (MENTIONS, self.mentions),
            (EDGES, self.edges),
        )  # fmt: skip
        for table, rows in tables:
            if rows:
                db.execute(insert(table), rows)


def words_of(args: Mapping[str, AbiValue]) -> list[tuple[bytes, str]]:
    """Return the words and accounts that an event names, each once for an argument; zero is nobody."""
    found = []
    for name, value in args.items():
        items = value if isinstance(value, tuple) else (value,)
        words = {item.rjust(32, b"\0") for item in items if isinstance(item, bytes) and len(item) in (20, 32)}
        found += [(word, name) for word in sorted(words) if word != NOTHING]
    return found


def _numbers(db: Connection, nodes: Mapping[bytes, int]) -> dict[bytes, int]:
    """Return the number of each node; new ones are entered behind the last."""
    keys, known = list(nodes), dict[bytes, int]()
    for start in range(0, len(keys), CHUNK):
        wanted = select(NODES.c.key, NODES.c.number).where(NODES.c.key.in_(keys[start : start + CHUNK]))
        known |= {bytes(key): number for key, number in db.execute(wanted)}
    after = cast(int, db.execute(select(func.coalesce(func.max(NODES.c.number), 0))).scalar_one())
    fresh = {key: number for number, key in enumerate((key for key in keys if key not in known), start=after + 1)}
    if fresh:
        rows = [{"number": number, "key": key, "kind": key[0], "block": nodes[key]} for key, number in fresh.items()]
        db.execute(insert(NODES), rows)
    return known | fresh
