"""What the owners of rows that are matched on shares agree on beforehand, and how many numbers follow from it.

All bounds come from the job record, and with them the size of every message: each owner shares the same number of rows
and of columns, with padding where it has fewer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.engine.shares import Ring
from mpc.fields import Fields
from mpc.protocols.align.terms import ROWS_A_FIGURE, WHOLE, squares
from mpc.protocols.join.layout import Column

FORMAT = "shuxin-matched-v1"
ENGINES = 3
RING = Ring.FM128
PIECE = 2 * RING.value
"""Bytes of one engine's share of one number."""
MAX_MEMBERS, MAX_COLUMNS = 15, 8
MAX_ROWS, MAX_PLACES = 1 << 20, 3 << 20
"""Rows of one owner, and of all together; more would take an engine longer than an attempt waits."""
MAX_VALUE = 1 << 62
"""Values are shared as signed 64-bit numbers."""


@dataclass(frozen=True, slots=True)
class Member:
    """One owner and its columns, in order; none where only its keys, or its filters, choose rows."""

    party: str
    columns: tuple[Column, ...] = ()

    def record(self) -> JsonValue:
        columns: list[JsonValue] = [{"name": c.name, "least": str(c.least), "most": str(c.most)} for c in self.columns]
        return {"party": self.party, "columns": columns}


@dataclass(frozen=True, slots=True)
class MatchedTerms:
    """Members sorted by party, the three of them that compute, the most rows of one of them, and the release rule."""

    members: tuple[Member, ...]
    engines: tuple[str, ...]
    rows: int
    minimum: int

    def __post_init__(self) -> None:
        parties = [member.party for member in self.members]
        if not ENGINES <= len(parties) <= MAX_MEMBERS or parties != sorted(set(parties)):
            raise InvalidRecord(f"matched: {ENGINES} to {MAX_MEMBERS} owners, sorted")
        if len(set(self.engines)) != ENGINES or not set(self.engines) <= set(parties) or not all(map(is_code, parties)):
            raise InvalidRecord(f"matched: {ENGINES} different owners compute")
        if not 0 < self.rows <= MAX_ROWS or self.rows * len(parties) > MAX_PLACES or self.minimum < 1:
            raise InvalidRecord(f"matched: 1..{MAX_ROWS} rows an owner, {MAX_PLACES} in all, and a positive minimum")
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names) or len(names) > MAX_COLUMNS:
            raise InvalidRecord(f"matched: at most {MAX_COLUMNS} columns, of different names")
        largest = max((_largest(column) for column in self.columns), default=0)
        if largest > MAX_VALUE or self.rows * largest * largest > RING.largest:
            raise InvalidRecord("matched: values or their products are too large for so many rows")

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of the members."""
        return tuple(column for member in self.members for column in member.columns)

    @property
    def width(self) -> int:
        """Columns that every owner shares: as many as the one with most of them has."""
        return max(len(member.columns) for member in self.members)

    @property
    def scalars(self) -> int:
        """How many numbers an opening gives: rows, a sum a column, a product a pair of columns."""
        return 1 + len(self.columns) + sum(1 for _ in squares(len(self.columns)))

    @property
    def least_rows(self) -> int:
        """Rows below which nothing is opened; a count alone follows the minimum only."""
        return max(self.minimum, ROWS_A_FIGURE * self.scalars if self.columns else 1)

    @property
    def names(self) -> tuple[str, ...]:
        """The one gated cell: all figures are opened or none."""
        return (WHOLE,)

    @property
    def ring(self) -> Ring:
        return RING

    @property
    def result_bytes(self) -> int:
        return PIECE * self.scalars

    def member(self, party: str) -> Member:
        return next(member for member in self.members if member.party == party)

    def record(self) -> Mapping[str, JsonValue]:
        """Return the protocol's part of the job record."""
        return {
            "format": FORMAT,
            "members": [member.record() for member in self.members],
            "engines": list(self.engines),
            "rows": str(self.rows),
            "minimum": self.minimum,
        }


def parse(record: Mapping[str, JsonValue]) -> MatchedTerms:
    """Read what ``record`` wrote; raises InvalidRecord."""
    fields = Fields(dict(record), "terms")
    if fields.text("format") != FORMAT:
        raise InvalidRecord(f"terms: expected {FORMAT}")
    terms = MatchedTerms(
        members=tuple(_member(item) for item in fields.objects("members", MAX_MEMBERS)),
        engines=tuple(fields.texts("engines", ENGINES)),
        rows=fields.decimal("rows"),
        minimum=fields.integer("minimum"),
    )
    fields.done()
    return terms


def _largest(column: Column) -> int:
    return max(abs(column.least), abs(column.most))


def _member(fields: Fields) -> Member:
    columns = tuple(_column(item) for item in fields.objects("columns", MAX_COLUMNS))
    member = Member(fields.text("party"), columns)
    fields.done()
    return member


def _column(fields: Fields) -> Column:
    column = Column(fields.text("name"), fields.decimal("least"), fields.decimal("most"))
    fields.done()
    return column
