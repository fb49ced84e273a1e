"""Versions of an owner's table: may its rows as they are now answer beside what they answered as they were?

The disclosure audit reasons over questions and takes the rows to stand still. When they did not, two answers to one
question differ by the changed rows. So each job leaves, for every tested cell, the digests of the own rows in it, and
the next job on another version of the table is held against them:

* An earlier region that this job asks about again, and whose rows are the same, stands still: no version is mixed.
* The same region on rows that differ is answered if they differ by at least the minimum.
* A region that overlaps an earlier one of another version without being it is refused: their difference would mix two.
* In a join a changed row says nothing about how many matches change, so the own rows must be the same.

It does NOT look at values, and knows only this owner's rows. That a job is refused here tells that rows changed; the
ground on chain tells no more. Digests are keyed by the journal's own key, which lies in the same file: they are no
dictionary for others, and as secret as the table for whoever holds the journal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.errors import NotAuthorized
from ledger.hashing import tagged
from mpc import computation
from mpc.disclosure.cover import EVERYTHING
from mpc.disclosure.region import Cell, Region
from mpc.spec import JobSpec, JoinSpec
from mpc.tables import DIGEST_BYTES, Table

GROUND = "disclosure: version"


@dataclass(frozen=True, slots=True)
class OwnRows:
    """What one attempt reads of the own table; ``cells`` maps gated cells to sorted row digests, put together.

    slacks: of each cell that carries sums, how far it is from being dominated by few of this owner's respondents
    (``mpc.disclosure.sensitivity``); empty without such a rule. domain: what its rows can be by declaration.
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


def read(
    spec: JobSpec, party: str, asset: str, table: Table, key: bytes, domain: Region = EVERYTHING
) -> OwnRows:
    """Digest the own rows of every cell, and the whole table as the version."""
    known: dict[tuple[object, ...], bytes] = {}
    cells: dict[str, bytes] = {}
    for name, filters in computation.selections(spec, party).items():
        chosen = tuple(filters)
        if chosen not in known:
            known[chosen] = b"".join(table.row_digests(key, chosen))
        cells[name] = known[chosen]
    slacks = computation.slacks(spec, table)
    version = of_table(table, key)
    return OwnRows(asset, version, spec.minimum, isinstance(spec, JoinSpec), cells, slacks, domain)


def dominated(own: OwnRows | None) -> frozenset[str]:
    """Name the cells that few of the owner's own respondents dominate."""
    return frozenset(name for name, slacks in own.slacks.items() if min(slacks) < 0) if own else frozenset()


def of_table(table: Table, key: bytes) -> bytes:
    """Name the whole table as it is now."""
    return name_of(b"".join(table.row_digests(key)))


def name_of(rows: bytes) -> bytes:
    """Name a set of rows by 32 bytes."""
    return tagged("SHUXIN-OWN-ROWS-V1", rows)


def require_steady(
    own: OwnRows, cells: Sequence[Cell], earlier: Iterable[Earlier], rows_of: Callable[[bytes], bytes]
) -> None:
    """Refuse a job of which some cell must not be tested on this version.

    Args:
        rows_of: the row digests behind ``Earlier.rows``.

    Raises:
        NotAuthorized: with a text that names the asset and nothing else.
    """
    now = {cell.region: name_of(own.cells[cell.name]) for cell in cells}
    moved = [old for old in earlier if old.version != own.version and now.get(old.region) != old.rows]
    bases = list(dict.fromkeys(cell.base for cell in cells))
    for old in (old for old in moved if any(old.region.meets(base) for base in bases)):
        for cell in cells:
            if old.region.meets(cell.region) and not _agrees(own, cell, old, rows_of):
                raise NotAuthorized(f"disclosure: asset {own.asset} changed by too few rows since it was used before")


def _agrees(own: OwnRows, cell: Cell, old: Earlier, rows_of: Callable[[bytes], bytes]) -> bool:
    now = own.cells[cell.name]
    if own.is_joined:
        return name_of(now) == old.rows
    return old.region == cell.region and _distance(now, rows_of(old.rows)) >= own.minimum


def _distance(now: bytes, before: bytes) -> int:
    """Count changed rows; one that changed is one gone and one come, so the sum of both would count it twice."""
    new, old = Counter(_split(now)), Counter(_split(before))
    return max((new - old).total(), (old - new).total())


def _split(rows: bytes) -> list[bytes]:
    return [rows[i : i + DIGEST_BYTES] for i in range(0, len(rows), DIGEST_BYTES)]
