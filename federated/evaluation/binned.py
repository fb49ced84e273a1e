"""Rows counted by bin of what a model predicts, and the quality that such counts show, noise in them or not.

Of a label of two values: zeros by bin of the predicted chance, then ones, bins of one width. Of classes: rows whose
likeliest class is wrong by bin of that class's chance, then those where it is right. Of numbers: rows by the size of
the error relative to the label's range, bins that widen with the error, ((i + 1) / bins)^2, so that small ones are told
apart. Nothing but counts leaves a department.

It does NOT add noise nor mask. Sources: Hanley and McNeil 1982 (AUC of classed scores), and ``horizontal.quality``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from federated.horizontal.family import Family, Floats
from federated.horizontal.quality import calibration, quality

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures by name, and of chances the calibration: mean chance and share of ones, of classes of right ones, by
    tenth. rows: as counted."""

    rows: float
    figures: dict[str, float]
    calibration: tuple[tuple[float, float], ...] = ()


def counted(family: Family, labels: Floats, expected: Floats, bins: int, width: float) -> Integers:
    """Count rows. expected: (rows, outputs). width: of the label's declared range."""
    chances = expected.max(axis=1)
    if family in (Family.LOGISTIC, Family.SOFTMAX):
        places = np.minimum((chances * bins).astype(np.int64), bins - 1)
        told = labels == 1 if family is Family.LOGISTIC else labels == expected.argmax(axis=1)
        return np.concatenate([np.bincount(places[half], minlength=bins) for half in (~told, told)]).astype(np.int64)
    share = np.clip(np.abs(expected[:, 0] - labels) / width, 0.0, 1.0)
    places = np.minimum((np.sqrt(share) * bins).astype(np.int64), bins - 1)
    return np.bincount(places, minlength=bins).astype(np.int64)


def measured(family: Family, counts: Floats, width: float) -> Measured | None:
    """Conclude quality from counts, of rows or of noised rows; None where these leave nothing to conclude from."""
    held, told = np.maximum(counts, 0.0), float(counts.sum())  # the sum of all is nearer the truth than of what is left
    rows = float(held.sum())
    if min(rows, told) <= 0:
        return None
    if family not in (Family.LOGISTIC, Family.SOFTMAX):
        edges = (np.arange(len(held) + 1) / len(held)) ** 2
        squares = (edges[1:] ** 3 - edges[:-1] ** 3) / (3 * (edges[1:] - edges[:-1]))
        return Measured(told, {"rmse": float(width * np.sqrt((held * squares).sum() / rows))})
    if family is Family.SOFTMAX:
        wrong, right = np.split(held, 2)
        return Measured(told, {"accuracy": float(right.sum() / rows)}, calibration(wrong, right))
    found = quality(held)
    if found is None:
        return None
    zeros, ones = np.split(held, 2)
    chances = (np.arange(len(zeros)) + 0.5) / len(zeros)
    loss = -(zeros * np.log(1 - chances) + ones * np.log(chances)).sum() / rows
    brier = (zeros * chances**2 + ones * (1 - chances) ** 2).sum() / rows
    figures = {
        "auc": found.auc,
        "auc_error": found.auc_error,
        "ks": found.ks,
        "accuracy": found.accuracy,
        "loss": float(loss),
        "rmse": float(np.sqrt(brier)),
    }
    return Measured(told, figures, found.calibration)
