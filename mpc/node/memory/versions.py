"""Versions of an owner's table: may its rows as they are now answer beside what they answered as they were?

The disclosure audit reasons over questions and takes the rows to stand still. When they did not, answers to one
question differ by the changed rows. So each job leaves, for every tested cell, the digests of the own rows in it, and
the next job on another version of the table is held against them:

* An earlier region that this job asks about again, and whose rows are the same, stands still: no version is mixed.
* A region that overlaps an earlier one of another version without being it is refused: their difference would mix two.
* The same region on other rows: over all versions on which it was opened, and this one, no few rows may stand apart
  (``mpc.disclosure.membership``). From versions on which it was tested and not opened it differs by the minimum.
* A cell with percentiles, or with sums of an owner with rules against dominance, is opened on one set of rows only: few
  could have moved a block of rows, or dominate what changed, and of rows that are gone nobody knows the values.
* In a join a changed row says nothing about how many matches change, so the own rows must be the same.

It does NOT look at values, and knows only this owner's rows. That a job is refused here tells that rows changed; the
ground on chain tells no more. Digests are keyed by the journal's own key, which lies in the same file: they are no
dictionary for others, and as secret as the table for whoever holds the journal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.errors import NotAuthorized
from ledger.hashing import tagged
from mpc.disclosure.before.cover import EVERYTHING
from mpc.disclosure.before.ranks import are_ranked
from mpc.disclosure.membership import MAX_VERSIONS, classes, distance, stand_apart
from mpc.disclosure.region import Cell, Region
from mpc.kinds.registry import kind_of
from mpc.spec.job import JobSpec
from mpc.tables.table import Table

GROUND = "disclosure: version"


@dataclass(frozen=True, slots=True)
class OwnRows:
    """What one attempt reads of the own table; ``cells`` maps gated cells to sorted row digests, put together.

    slacks: of each cell that carries sums, how far it is from being dominated by few of this owner's respondents
    (``mpc.disclosure.tables.sensitivity``); empty without such a rule. domain: what its rows can be by declaration.
    """

    asset: str
    version: bytes
    minimum: int
    is_joined: bool
    cells: Mapping[str, bytes] = field(repr=False)
    slacks: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False)
    domain: Region = EVERYTHING


@dataclass(frozen=True, slots=True)
class Earlier:
    """A cell that was tested on some version of the table; ``rows`` is the digest of its row digests."""

    region: Region
    version: bytes
    rows: bytes
    opened: bool


def read(spec: JobSpec, party: str, asset: str, table: Table, key: bytes, domain: Region = EVERYTHING) -> OwnRows:
    """Digest the own rows of every cell, and the whole table as the version."""
    kind = kind_of(spec)
    known: dict[tuple[object, ...], bytes] = {}
    cells: dict[str, bytes] = {}
    for name, filters in kind.selections(party).items():
        chosen = tuple(filters)
        if chosen not in known:
            known[chosen] = table.row_digests(key, chosen)
        cells[name] = known[chosen]
    slacks = kind.slacks(table)
    version = of_table(table, key)
    return OwnRows(asset, version, spec.minimum, kind.is_joined, cells, slacks, domain)


def dominated(own: OwnRows | None) -> frozenset[str]:
    """Name the cells that few of the owner's own respondents dominate."""
    return frozenset(name for name, slacks in own.slacks.items() if min(slacks) < 0) if own else frozenset()


def of_table(table: Table, key: bytes) -> bytes:
    """Name the whole table as it is now."""
    return name_of(table.row_digests(key))


def name_of(rows: bytes) -> bytes:
    """Name a set of rows by 32 bytes."""
    return tagged("SHUXIN-OWN-ROWS-V1", rows)


def require_steady(
    own: OwnRows, cells: Sequence[Cell], earlier: Sequence[Earlier], rows_of: Callable[[bytes], bytes]
) -> None:
    """Refuse a job of which some cell must not be tested, or opened, on this version.

    Args:
        rows_of: the row digests behind ``Earlier.rows``.

    Raises:
        NotAuthorized: with a text that names the asset and nothing else.
    """
    now = {cell.region: name_of(own.cells[cell.name]) for cell in cells}
    moved = [old for old in earlier if old.version != own.version and now.get(old.region) != old.rows]
    if not all(_agrees(own, cell, old, now[cell.region]) for old in _near(moved, cells) for cell in cells):
        raise _changed(own, "overlaps what it answered as it was")
    known: dict[Region, dict[bytes, bool]] = defaultdict(dict)
    for old in earlier:
        if old.region in now:
            known[old.region][old.rows] = known[old.region].get(old.rows, False) or old.opened
    if not own.is_joined:
        for cell in cells:
            _require_together(own, cell, now[cell.region], known[cell.region], rows_of)


def _near(moved: Iterable[Earlier], cells: Sequence[Cell]) -> list[Earlier]:
    bases = list(dict.fromkeys(cell.base for cell in cells))
    return [old for old in moved if any(old.region.meets(base) for base in bases)]


def _agrees(own: OwnRows, cell: Cell, old: Earlier, now: bytes) -> bool:
    """Tell whether a cell may stand beside one that has moved."""
    is_same = now == old.rows if own.is_joined else old.region == cell.region
    return is_same or not old.region.meets(cell.region)


def _require_together(
    own: OwnRows, cell: Cell, now: bytes, known: Mapping[bytes, bool], rows_of: Callable[[bytes], bytes]
) -> None:
    """Hold a cell's rows against the sets of rows on which it was tested, and opened or not."""
    rows = own.cells[cell.name]
    opened = [name for name, is_opened in known.items() if is_opened]
    if len({now, *known}) > MAX_VERSIONS:
        raise _changed(own, f"a cell answers on {MAX_VERSIONS} sets of rows at most")
    if any(distance(rows, rows_of(name)) < own.minimum for name in known if name not in (now, *opened)):
        raise _changed(own, "too few rows changed")
    if not opened or now in opened:
        return
    if cell.name in own.slacks or are_ranked(cell.quantities):
        raise _changed(own, "percentiles, and sums under rules against dominance, are opened on one set of rows")
    if stand_apart(classes([rows, *map(rows_of, opened)]), len(opened) + 1, own.minimum):
        raise _changed(own, "few rows would stand apart")


def _changed(own: OwnRows, why: str) -> NotAuthorized:
    return NotAuthorized(f"disclosure: asset {own.asset} changed since it was used before: {why}")
