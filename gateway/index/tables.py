"""The tables of the index. Everything in them follows from the sealed blocks alone, also the order of numbers.

What is NOT in them: names of persons or parties, terms, figures; the chain has none of these. Migrations make the
tables (``migrations``); this is what the code reads and writes.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table

METADATA: Final = MetaData()

MARK: Final = Table(
    "mark", METADATA,
    Column("genesis", LargeBinary, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip
"""One row: whose blocks these are and the last one that is in."""

ADDRESSES: Final = Table(
    "addresses", METADATA,
    Column("address", LargeBinary, primary_key=True),
    Column("name", String, nullable=False),
)  # fmt: skip

BLOCKS: Final = Table(
    "blocks", METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip

ACTS: Final = Table(
    "acts", METADATA,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("sender", LargeBinary, nullable=False),
    Column("contract", String, nullable=False),
    Column("selector", LargeBinary, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Index("acts_of_sender", "sender", "block"),
)  # fmt: skip
"""Calls of contracts, refused ones included."""

EVENTS: Final = Table(
    "events", METADATA,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("contract", String, nullable=False),
    Column("name", String, nullable=False),
    Column("address", LargeBinary, nullable=False),
    Column("type", LargeBinary, nullable=False),
    Column("entity", LargeBinary, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("events_of_entity", "entity", "contract", "n"),
    Index("events_by_name", "contract", "name", "block"),
)  # fmt: skip

MENTIONS: Final = Table(
    "mentions", METADATA,
    Column("word", LargeBinary, primary_key=True),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("name", String, primary_key=True),
    sqlite_with_rowid=False,
)  # fmt: skip
"""Which event names a word of 32 bytes, as which argument."""

NODES: Final = Table(
    "nodes", METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("block", BigInteger, nullable=False),
    Index("node_by_key", "key", unique=True),
    Index("nodes_of_kind", "kind", "number"),
)  # fmt: skip
"""Nodes of provenance in the order of their first mention. block: of that mention."""

EDGES: Final = Table(
    "edges", METADATA,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("log", Integer, primary_key=True, autoincrement=False),
    Column("ordinal", SmallInteger, primary_key=True, autoincrement=False),
    Column("source", Integer, nullable=False),
    Column("relation", SmallInteger, nullable=False),
    Column("target", Integer, nullable=False),
    Column("role", String, nullable=False),
    Index("edges_from", "source", "block"),
    Index("edges_to", "target", "block"),
    sqlite_with_rowid=False,
)  # fmt: skip
