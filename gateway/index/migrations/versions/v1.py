"""The first tables: blocks, acts, events, words they name, nodes and edges of provenance."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "1"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    op.create_table(
        "mark",
        sa.Column("genesis", sa.LargeBinary, primary_key=True),
        _number("number"), _number("time"), sa.Column("hash", sa.LargeBinary, nullable=False),
    )  # fmt: skip
    op.create_table(
        "addresses",
        sa.Column("address", sa.LargeBinary, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
    )
    op.create_table("blocks", _key("number"), _number("time"), _bytes("hash"))
    op.create_table(
        "acts", _key("block"), _key("place", sa.Integer), _bytes("sender"), _text("contract"), _bytes("selector"),
        sa.Column("accepted", sa.Boolean, nullable=False),
    )  # fmt: skip
    op.create_index("acts_of_sender", "acts", ["sender", "block"])
    op.create_table(
        "events", _key("block"), _key("place", sa.Integer), _key("log", sa.Integer), _number("time"),
        _text("contract"), _text("name"), _bytes("address"), _bytes("type"), _bytes("entity"), _number("n"),
        _bytes("data"),
    )  # fmt: skip
    op.create_index("events_of_entity", "events", ["entity", "contract", "n"])
    op.create_index("events_by_name", "events", ["contract", "name", "block"])
    op.create_table(
        "mentions", sa.Column("word", sa.LargeBinary, primary_key=True), _key("block"), _key("place", sa.Integer),
        _key("log", sa.Integer), sa.Column("name", sa.String, primary_key=True),
    )  # fmt: skip
    op.create_table(
        "nodes", _key("number", sa.Integer), _bytes("key"), sa.Column("kind", sa.SmallInteger, nullable=False),
        _number("block"),
    )  # fmt: skip
    op.create_index("node_by_key", "nodes", ["key"], unique=True)
    op.create_index("nodes_of_kind", "nodes", ["kind", "number"])
    op.create_table(
        "edges", _key("block"), _key("place", sa.Integer), _key("log", sa.Integer), _key("ordinal", sa.SmallInteger),
        sa.Column("source", sa.Integer, nullable=False), sa.Column("relation", sa.SmallInteger, nullable=False),
        sa.Column("target", sa.Integer, nullable=False), _text("role"),
    )  # fmt: skip
    op.create_index("edges_from", "edges", ["source", "block"])
    op.create_index("edges_to", "edges", ["target", "block"])


def downgrade() -> None:
    for table in ("edges", "nodes", "mentions", "events", "acts", "blocks", "addresses", "mark"):
        op.drop_table(table)


def _key(name: str, kind: type[sa.Integer] = sa.BigInteger) -> sa.Column[int]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)
