"""How far any weighing of an owner's columns can single a row out, measured over the rows of a run.

Gradients are sums of all rows' residuals, weighed by columns; whoever has several of them may weigh them again. Of all
such weighings one gives a row the largest part: its leverage, the part of the row's residual, as variance, that the
gradients of a step tell where residuals of different rows have nothing to do with each other. A column that is set for
one person alone gives that person leverage 1: its gradient is that person's label. So an owner does not train with
columns that give any row more than ``MOST``.

It does NOT bound what residuals that follow from each other tell, and an owner whose node leaves it out is not found.
Source: Belsley, Kuh and Welsch, Regression Diagnostics, 1980, section 2.1 (the hat matrix).
"""

from __future__ import annotations

import numpy as np

from federated.columns import Floats
from ledger.errors import InvalidRecord

MOST = 0.1


def leverages(values: Floats) -> Floats:
    """Return the leverage of every row of (columns, rows); equal columns count once.

    >>> leverages(np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 5.0]])).round(2).tolist()
    [0.33, 0.33, 0.33, 1.0]
    """
    _, sizes, rows = np.linalg.svd(values, full_matrices=False)
    found: Floats = (rows[sizes > sizes[0] * 1e-12] ** 2).sum(axis=0)
    return found


def require_mixed(values: Floats) -> None:
    """Refuse columns, ones before them, that single a row out; raises InvalidRecord, naming the part and no row."""
    most = float(leverages(values).max())
    if most > MOST:
        raise InvalidRecord(
            f"regression: a weighing of these columns shows {most:.2f} of one row, at most {MOST:.2f}: more rows, or "
            "fewer columns, or components of them"
        )
