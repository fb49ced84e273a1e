"""Percentiles beside other figures of the same rows: of a column one set of them, and no sums or classes of it.

A released percentile is the sum of a block of rows that the data choose. Other figures would take the block apart: the
count of a class within it says which rows it is made of, a sum over such a class leaves the difference of few, and a
second set of percentiles has blocks that overlap the first ones' (p50 less the next one is two rows). So where rows are
shared, figures of other columns may stand beside percentiles, and the same percentiles of the very same cell; disjoint
cells are other rows. The rule reads questions alone, in both orders, whatever was opened.

It does NOT see an asset that serves as another's list and is filtered by the column there.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import NotAuthorized
from mpc.disclosure.before.history import History
from mpc.disclosure.region import ROW, Cell, Region

PERCENTILES = "percentiles "
TAKEN_APART = "disclosure: percentiles stand beside no other percentiles, sums or classes of their column"


def require_whole_blocks(before: History, cell: Cell) -> None:
    """Refuse a cell that shares rows with one whose percentiles it would take apart, or the other way round.

    Raises:
        NotAuthorized: with one text, whatever was asked or answered.
    """
    for region in before.meeting(cell.region):
        for answer in before.answers(region):
            pair = ((cell.region, cell.quantities), (region, answer.quantities))
            if _takes_apart(*pair) or _takes_apart(*reversed(pair)):
                raise NotAuthorized(TAKEN_APART)


def are_ranked(quantities: Sequence[str]) -> bool:
    """Tell whether percentiles are among the quantities of a cell."""
    return any(quantity.startswith(PERCENTILES) for quantity in quantities)


def _takes_apart(ranked: tuple[Region, Sequence[str]], other: tuple[Region, Sequence[str]]) -> bool:
    asked = [quantity for quantity in ranked[1] if quantity.startswith(PERCENTILES)]
    if not asked or ranked == (other[0], tuple(other[1])):
        return False
    columns = {column for quantity in asked for column in columns_of(quantity)}
    sides, others = dict(ranked[0].sides), dict(other[0].sides)
    if columns & {column for quantity in other[1] for column in columns_of(quantity)}:
        return True
    return any(sides.get(ROW + column) != others.get(ROW + column) for column in columns)


def columns_of(quantity: str) -> list[str]:
    """Name the columns that a quantity is of: "sum of a * b" is of two."""
    return quantity.partition(" of ")[2].split(" * ")
