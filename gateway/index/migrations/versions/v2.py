"""Mentions and edges lie in the order of their keys on SQLite: one tree for the row and its key, not two."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "2"
down_revision: Final = "1"
branch_labels: Final = None
depends_on: Final = None

_TABLES: Final = {
    "mentions": (
        "word BLOB NOT NULL, block BIGINT NOT NULL, place INTEGER NOT NULL, log INTEGER NOT NULL, "
        "name VARCHAR NOT NULL",
        "word, block, place, log, name",
    ),
    "edges": (
        "block BIGINT NOT NULL, place INTEGER NOT NULL, log INTEGER NOT NULL, ordinal SMALLINT NOT NULL, "
        "source INTEGER NOT NULL, relation SMALLINT NOT NULL, target INTEGER NOT NULL, role VARCHAR NOT NULL",
        "block, place, log, ordinal",
    ),
}
"""Columns and key of each."""
_INDEXES: Final = {"edges_from": ("edges", ["source", "block"]), "edges_to": ("edges", ["target", "block"])}


def upgrade() -> None:
    _again(" WITHOUT ROWID")


def downgrade() -> None:
    _again("")


def _again(kind: str) -> None:
    """Make both tables anew with the rows that they have; other databases have them so from the first."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)
    for table, (columns, key) in _TABLES.items():
        op.rename_table(table, f"{table}_before")
        op.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY ({key})){kind}")
        op.execute(f"INSERT INTO {table} SELECT * FROM {table}_before ORDER BY {key}")  # noqa: S608 our names
        op.drop_table(f"{table}_before")
    for name, (table, of) in _INDEXES.items():
        op.create_index(name, table, of)
