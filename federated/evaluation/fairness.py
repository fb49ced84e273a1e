"""A model's quality department by department: what each hands over of its own rows, held against all of them
together.

Each department computes its own figures at home, and hands them over only where enough of its rows are behind each:
at least ``least`` rows, and at least ``least`` of either label for figures that compare labels. What it holds back it
holds back for good, and says no more than that. So this table is a release of the department, under its own
authorization; the joint figures come from masked sums (``federated.horizontal.quality``).

It does NOT mask: a department that may not show its own quality takes no part in the table. Source: the gap is that of
Li et al., Fair Resource Allocation in Federated Learning, ICLR 2020 (spread of quality over clients).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from federated.boosting.exposure import auc
from federated.columns import Floats
from ledger.errors import InvalidRecord

LEAST_ROWS = 50
_STEP = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """A department's figures, rounded to thousandths. None: held back, or not of this kind of label."""

    rows: int
    loss: float | None
    auc: float | None
    accuracy: float | None
    rmse: float | None


@dataclass(frozen=True, slots=True)
class Fairness:
    """figures: by department; None where one held all back. gap: of the best and the worst AUC, accuracy or RMSE."""

    figures: Mapping[str, Figures | None]
    measure: str
    gap: float | None


def figures(labels: Floats, predicted: Floats, losses: Floats, least: int = LEAST_ROWS) -> Figures | None:
    """Compute one department's figures; None where too few rows are behind them.

    Args:
        predicted: (rows,) chances or numbers, or (rows, classes) chances. Labels other than 0 and 1 with one
        prediction
            a row are numbers.

    Raises:
        InvalidRecord: predictions of other rows, or that are no numbers.
    """
    if least < LEAST_ROWS or len(predicted) != len(labels) or not np.isfinite(predicted).all():
        raise InvalidRecord(f"fairness: a prediction for every row, and a minimum of {LEAST_ROWS} rows at least")
    if len(labels) < least:
        return None
    loss = _rounded(float(losses.mean()))
    if predicted.ndim == 2:
        right = predicted.argmax(axis=1) == labels
        return Figures(len(labels), loss, None, _share(right, least), None)
    if not np.isin(labels, (0.0, 1.0)).all():
        return Figures(len(labels), loss, None, None, _rounded(float(np.sqrt(((predicted - labels) ** 2).mean()))))
    ones = int(labels.sum())
    found = _rounded(auc(labels, predicted)) if min(ones, len(labels) - ones) >= least else None
    return Figures(len(labels), loss, found, _share((predicted >= 0.5) == labels, least), None)


def fairness(found: Mapping[str, Figures | None], measure: str) -> Fairness:
    """Put departments beside each other. measure: ``auc``, ``accuracy`` or ``rmse``.

    Raises:
        InvalidRecord: another measure.
    """
    if measure not in ("auc", "accuracy", "rmse"):
        raise InvalidRecord("fairness: a gap of auc, accuracy or rmse expected")
    shown = [getattr(own, measure) for own in found.values() if own is not None]
    known = [value for value in shown if value is not None]
    gap = _rounded(max(known) - min(known)) if len(known) >= 2 else None
    return Fairness(dict(sorted(found.items())), measure, gap)


def _share(right: np.ndarray, least: int) -> float | None:
    """A share that is of few rows, or of all but a few, would tell whose predictions were wrong."""
    count = int(right.sum())
    return _rounded(count / len(right)) if min(count, len(right) - count) >= min(least, 10) else None


def _rounded(value: float) -> float:
    return round(value * _STEP) / _STEP
