"""Sums over aligned rows beside other figures of the same owners' rows: of one set of columns, and of no other rows.

An alignment is a join whose every owner brings columns. Its region counts rows of the first owner, so the audit
compares it with that owner's other questions; of the others it would see keys alone. Two rules put that right:

* **Their rows too.** A column that an owner brought to an alignment has no other sums, percentiles or classes over that
  owner's rows, in both orders: all rows less the aligned ones may be a single one. (Of the first owner the audit says
  the same, for counts as well.) Joins in which that owner holds the values lie beside it, as they do for the first.
* **One set of columns.** Aligned rows answer for the columns for which they were asked first, or fewer: each further
  column of one owner gives an equation about every column of the others, which somebody who pools with that owner can
  solve. How many rows a figure needs is judged by one job, so one job asks all.

They read questions alone, whatever was opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.errors import NotAuthorized
from mpc.disclosure.before.history import Answer, History
from mpc.disclosure.before.ranks import columns_of
from mpc.disclosure.region import ROW, Cell, Region

APART = "disclosure: aligned rows answer for one set of columns, and these for no other rows of their owners"


def require_aligned_apart(before: History, cell: Cell) -> None:
    """Refuse a cell that would tell aligned rows of an owner from its others, or add columns to aligned ones.

    Raises:
        NotAuthorized: with one text, whatever was asked or answered.
    """
    if mine := _brought(cell.base, cell.quantities):
        earlier = [answer for answer in before.answers(cell.region) if _brought(answer.base, answer.quantities)]
        if any(not set(cell.quantities) <= set(answer.quantities) for answer in earlier):
            raise NotAuthorized(APART)
        whole = (answer for asset in cell.base.lists for answer in _of_rows(before, asset))
        if any(_is_of(answer.region, answer.quantities, mine) for answer in whole):
            raise NotAuthorized(APART)
    if not cell.base.lists:
        bases = (base for asset in cell.base.assets for base in before.listing(asset))
        aligned = (_brought(base, answer.quantities) for base in bases for answer in before.answers(base))
        if any(_is_of(cell.region, cell.quantities, columns) for columns in aligned):
            raise NotAuthorized(APART)


def _brought(base: Region, quantities: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Name the columns that owners of lists brought, each with its asset; none where no rows were aligned."""
    named = {column.partition(".") for quantity in quantities for column in columns_of(quantity)}
    return frozenset((asset, column) for asset, dot, column in named if dot and asset in base.lists)


def _of_rows(before: History, asset: str) -> Iterator[Answer]:
    for region in before.meeting(Region.of({"asset": frozenset({asset})})):
        yield from (answer for answer in before.answers(region) if not answer.base.lists)


def _is_of(region: Region, quantities: Sequence[str], brought: frozenset[tuple[str, str]]) -> bool:
    """Tell whether figures of an asset's rows are of a column that it brought, or of classes of it."""
    asked = {column for quantity in quantities for column in columns_of(quantity)}
    asked |= {name.removeprefix(ROW) for name, _ in region.sides if name.startswith(ROW)}
    return any(asset in region.assets and column in asked for asset, column in brought)
