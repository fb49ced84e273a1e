"""How many figures were drawn from the same rows: few rows must not answer many questions about sums.

A total over rows is one equation about them. With as many equations as unknown values a table is solved, whatever each
figure says by itself (attack 32 of the project's list; Dinur and Nissim 2003 for the principle). So an owner lets its
rows go into moments only while ten times the figures drawn from them, those of earlier jobs included, do not exceed its
**own** rows there. Its own, not all owners': all others together with the recipient know its part by subtraction.

A job of moments says in its cells how many figures it draws, and of what; equal ones of exactly the same rows count
once, those of rows that overlap each, other sums of the same rows one each.
That an owner withholds a cell for this reason depends on how many rows it has, and is told as any withheld cell is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mpc.disclosure.region import Cell, Region

ROWS_PER_FIGURE = 10
_MARK = re.compile(r"([0-9]{1,9}) figures [0-9a-f]{32}")


def mark(figures: int, digest: bytes) -> str:
    """Say, as one of a cell's quantities, how many figures a job draws. digest: of what they are."""
    return f"{figures} figures {digest[:16].hex()}"


def is_marked(cell: Cell) -> bool:
    """Tell whether a cell's figures are counted."""
    return any(_MARK.fullmatch(quantity) for quantity in cell.quantities)


def drawn(cells: Iterable[tuple[Region, Sequence[str]]]) -> int:
    """Count the figures of cells that share rows, each by its region and quantities; of marked cells by their mark."""
    marks, counted, others = set[tuple[Region, str]](), set[str](), set[str]()
    for region, quantities in cells:
        found = {quantity for quantity in quantities if _MARK.fullmatch(quantity)}
        marks |= {(region, mark) for mark in found}
        if found:
            counted |= set(quantities)
        else:
            others |= set(quantities)
    return sum(int(mark.split()[0]) for _, mark in marks) + len(others - counted)


def rows_needed(figures: int) -> int:
    """Return how many own rows so many figures need."""
    return ROWS_PER_FIGURE * figures
