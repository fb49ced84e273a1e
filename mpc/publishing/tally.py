"""Counting a department's own file into the cells of a table, margins included.

The file is CSV (plain or gzip) with a header line. Microdata: each row is one unit. Or a frequency table: each row says
in one column how many units it stands for. Every fault names file, line and column.

Nothing is judged here (``mpc.publishing.protection``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal, DecimalException, Inexact, InvalidOperation, Overflow
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.tables.hierarchy import TOTAL, Dimension, Grid
from mpc.tables.records import records

MAX_AMOUNT = 1 << 49
"""Largest total of a cell: what the interval audit holds exactly."""
_STEP = 200_000
_EXACT = Context(prec=60, traps=[InvalidOperation, Overflow, Inexact])
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the file mean what.

    by: the table's dimensions. value: an amount that is summed, with ``scale`` decimals. respondent: whose it is (None:
    every row is somebody else's). count: how many units a row stands for (None: one).
    """

    by: tuple[str, ...]
    value: str | None = None
    scale: int = 0
    respondent: str | None = None
    count: str | None = None

    def __post_init__(self) -> None:
        names = [*self.by, *(name for name in (self.value, self.respondent, self.count) if name)]
        if not self.by or len(set(self.by)) != len(self.by) or {self.value, self.count} & set(self.by):
            raise InvalidRecord("table: name one to four distinct columns to group by, none of them value or count")
        if self.count is not None and len(names) > len(self.by) + 1:
            raise InvalidRecord("table: with a column of counts there are no single values or respondents")
        if not 0 <= self.scale <= 6:
            raise InvalidRecord(f"table: a scale of 0..6 expected, got {self.scale}")


@dataclass(frozen=True)
class Tally:
    """The figures of every cell of a grid, by number; ``sums`` is None without a value column.

    parts: of each cell, what each respondent has in it (empty for a frequency table).
    """

    grid: Grid
    counts: Sequence[int]
    sums: Sequence[int] | None
    parts: Mapping[int, Mapping[str, int]] = field(repr=False)
    has_respondents: bool

    @cached_property
    def respondents(self) -> Sequence[int]:
        """How many respondents a cell has; its count where none are named."""
        if not self.has_respondents:
            return self.counts
        return [len(self.parts.get(cell, {})) for cell in range(self.grid.size)]


def count(path: Path, columns: Columns, hierarchies: Mapping[str, Path], say: Say) -> Tally:
    """Read a file.

    Args:
        hierarchies: for columns whose categories form a tree, a CSV file with the columns ``code`` and ``parent``;
            other columns are flat lists of what the file holds.

    Raises:
        NotFound, InvalidRecord: a file is missing or malformed, with line and column.
    """
    unknown = sorted(set(hierarchies) - set(columns.by))
    if unknown:
        raise InvalidRecord(f"table: a hierarchy for {unknown[0]!r}, which the table is not grouped by")
    rows = _rows(path, columns, say)
    trees = {name: tree(name, file) for name, file in hierarchies.items()}
    dimensions = tuple(
        trees.get(name) or Dimension.flat(name, sorted({row.codes[axis] for row in rows}))
        for axis, name in enumerate(columns.by)
    )
    return _tally(Grid(dimensions), rows, columns, path)


def tree(name: str, path: Path) -> Dimension:
    """Read a hierarchy; an empty parent is the total."""
    parents: dict[str, str] = {}
    for line, (code, parent) in _cells(path, ("code", "parent")):
        if not code or code in parents or TOTAL in (code, parent):
            raise InvalidRecord(f"{path}: line {line}: column 'code': {code!r} is empty, {TOTAL!r} or there twice")
        parents[code] = parent or TOTAL
    return Dimension.of(name, parents)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    codes: tuple[str, ...]
    value: int
    respondent: str
    count: int


def _rows(path: Path, columns: Columns, say: Say) -> list[_Row]:
    extra = [name for name in (columns.value, columns.respondent, columns.count) if name]
    found: list[_Row] = []
    for line, texts in _cells(path, (*columns.by, *extra)):
        codes, rest = tuple(texts[: len(columns.by)]), dict(zip(extra, texts[len(columns.by) :], strict=True))
        for name, code in zip(columns.by, codes, strict=True):
            if not code or code == TOTAL:
                raise InvalidRecord(f"{path}: line {line}: column {name!r} is empty or {TOTAL!r}, which is the total")
        value = _number(path, line, columns.value, rest, columns.scale, 0)
        units = _number(path, line, columns.count, rest, 0, 1)
        found.append(_Row(line, codes, value, rest.get(columns.respondent or "", str(line)), units))
        if len(found) % _STEP == 0:
            say(f"{len(found)} rows read")
    if not found:
        raise InvalidRecord(f"{path}: the file has no rows")
    return found


def _number(path: Path, line: int, column: str | None, texts: Mapping[str, str], scale: int, default: int) -> int:
    if column is None:
        return default
    try:
        scaled = Decimal(texts[column]).scaleb(scale, _EXACT)
    except DecimalException as fault:
        raise InvalidRecord(f"{path}: line {line}: column {column!r} is not a number") from fault
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise InvalidRecord(f"{path}: line {line}: column {column!r} has more than {scale} decimals")
    if not 0 <= scaled <= MAX_AMOUNT:
        raise InvalidRecord(f"{path}: line {line}: column {column!r} lies outside 0..2^49 after scaling")
    return int(scaled)


def _tally(grid: Grid, rows: Sequence[_Row], columns: Columns, path: Path) -> Tally:
    lines = [
        {dimension.codes[leaf]: dimension.line(leaf) for leaf in dimension.leaves} for dimension in grid.dimensions
    ]
    if max(sum(row.count for row in rows), sum(row.value for row in rows)) > MAX_AMOUNT:
        raise InvalidRecord(f"{path}: the total exceeds 2^49 after scaling; use a larger unit")
    counts, sums = np.zeros(grid.shape, dtype=np.int64), np.zeros(grid.shape, dtype=np.int64)
    parts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for name, code, known in zip(columns.by, row.codes, lines, strict=True):
            if code not in known:
                raise InvalidRecord(f"{path}: line {row.line}: column {name!r}: {code!r} is no lowest category")
        places = [known[code] for code, known in zip(row.codes, lines, strict=True)]
        at = tuple(line[0] for line in places)
        counts[at] += row.count
        sums[at] += row.value
        for cell in product(*places) if columns.count is None else ():
            parts[grid.number(cell)][row.respondent] += row.value
    totals = [[int(value) for value in grid.added_up(array)] for array in (counts, sums)]
    return Tally(grid, totals[0], totals[1] if columns.value else None, parts, columns.respondent is not None)


def _cells(path: Path, names: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Return (line, texts of these columns) of each row."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    found, positions, width = list[tuple[int, list[str]]](), list[int](), 0
    for line, texts in records(path):
        if not positions:
            texts = [texts[0].removeprefix("\ufeff"), *texts[1:]]  # some programs begin UTF-8 files with a mark
            missing = [name for name in names if list(texts).count(name) != 1]
            if missing:
                raise InvalidRecord(f"{path}: line 1: column {missing[0]!r} is missing or there twice")
            positions, width = [list(texts).index(name) for name in names], len(texts)
        elif len(texts) != width:
            raise InvalidRecord(f"{path}: line {line}: {len(texts)} columns, the header has {width}")
        else:
            found.append((line, [texts[position] for position in positions]))
    if not positions:
        raise InvalidRecord(f"{path}: the file is empty")
    return found
