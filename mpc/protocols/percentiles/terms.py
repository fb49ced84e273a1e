"""What a percentile is here, and when it may be known: pure arithmetic on ranks.

A percentile of n rows stands at rank h = (n - 1) * p. What is released is the sum of a **block** of at least the
minimum of rows, those of ranks ceil(h) - m to floor(h) + m (m is half the minimum, rounded up), symmetric about h:
never the value of one respondent, which an exact percentile of an odd count is, and which a rounded one narrows down
to its base. At least the minimum of rows lies on each side of every block, and no row in two blocks. All this holds
from a number of rows on that follows from the question (``least``), so one bit says whether it does.

What a block's mean is off by, beside the exact percentile, follows from how the values around it lie; it is not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.engine.shares import Ring
from mpc.fields import Fields

FORMAT = "shuxin-percentiles-v1"
COUNT = "count"
MILLE = 1000
ENGINES = 3
RING = Ring.FM64
PIECE = 2 * RING.value
"""Bytes of one engine's share of one number."""
MAX_PERCENTILES = 9
MAX_ROWS = 1 << 21
"""Shares of more would not fit a message."""
MAX_BITS = 62
"""A row and its place in one number, of which two must not differ by half of the ring."""


@dataclass(frozen=True, slots=True)
class Block:
    """The ranks that one percentile is the mean of, from 0, both included."""

    first: int
    last: int

    @property
    def rows(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Terms:
    """The protocol's part of a job record.

    engines: the three owners whose nodes compute on shares. percentiles: in thousandths, ascending. bound: the largest
    absolute value. rows: the most rows of one owner.
    """

    engines: tuple[str, ...]
    percentiles: tuple[int, ...]
    bound: int
    rows: int
    minimum: int
    contributors: int

    def __post_init__(self) -> None:
        if len(set(self.engines)) != ENGINES or not all(map(is_code, self.engines)):
            raise InvalidRecord(f"percentiles: {ENGINES} different owners compute")
        ascending = list(self.percentiles) == sorted(set(self.percentiles))
        if not ascending or not 0 < len(self.percentiles) <= MAX_PERCENTILES:
            raise InvalidRecord(f"percentiles: 1..{MAX_PERCENTILES} different ones, ascending")
        if not all(0 < percentile < MILLE for percentile in self.percentiles):
            raise InvalidRecord(
                "percentiles: in thousandths, 1..999; the least and the largest value are a respondent's"
            )
        if not 0 < self.rows <= MAX_ROWS or self.bound < 1 or self.minimum < 1 or self.contributors < 1:
            raise InvalidRecord(f"percentiles: rows in 1..{MAX_ROWS}, positive bound, minimum and contributors")

    @property
    def names(self) -> tuple[str, ...]:
        """The cells: the count of rows, then the sum of each percentile's block."""
        return (COUNT, *map(name_of, self.percentiles))

    @property
    def ring(self) -> Ring:
        return RING

    @property
    def result_bytes(self) -> int:
        return PIECE

    @property
    def least(self) -> int:
        """The number of rows from which every block has its place."""
        apart = [(right - left, 2 * self._half + 1) for left, right in pairwise(self.percentiles)]
        beside = [(share, self.minimum + self._half) for p in self.percentiles for share in (p, MILLE - p)]
        return 1 + max(-(-rows * MILLE // share) for share, rows in (*apart, *beside))

    def block(self, percentile: int, rows: int) -> Block:
        """Return a percentile's block among so many rows, which must number ``least``."""
        whole, rest = divmod((rows - 1) * percentile, MILLE)
        return Block(whole + (rest > 0) - self._half, whole + self._half)

    def check_owners(self, owners: int) -> None:
        """Refuse values too wide to be told apart by place; raises InvalidRecord."""
        if owners < self.contributors or owners * self.rows > 2 * MAX_ROWS:
            raise InvalidRecord(f"percentiles: {owners} owners of {self.rows} rows are too few or too many")
        if ((self.bound + 2) << (owners * self.rows).bit_length()).bit_length() > MAX_BITS:
            raise InvalidRecord("percentiles: the bound is too large for so many rows")

    def record(self) -> Mapping[str, JsonValue]:
        """Render for the job record."""
        return {
            "format": FORMAT,
            "engines": list(self.engines),
            "percentiles": [str(percentile) for percentile in self.percentiles],
            "bound": str(self.bound),
            "rows": str(self.rows),
            "minimum": self.minimum,
            "contributors": self.contributors,
        }

    @property
    def _half(self) -> int:
        return -(-self.minimum // 2)


def name_of(percentile: int) -> str:
    """Name the cell of a percentile."""
    return f"p{percentile}"


def parse(record: Mapping[str, JsonValue]) -> Terms:
    """Read what ``record`` wrote; raises InvalidRecord."""
    fields = Fields(dict(record), "terms")
    if fields.text("format") != FORMAT:
        raise InvalidRecord(f"terms: expected {FORMAT}")
    terms = Terms(
        engines=tuple(fields.texts("engines", ENGINES)),
        percentiles=tuple(fields.decimals("percentiles", MAX_PERCENTILES)),
        bound=fields.decimal("bound"),
        rows=fields.decimal("rows"),
        minimum=fields.integer("minimum"),
        contributors=fields.integer("contributors"),
    )
    fields.done()
    return terms
