"""How good a model is, from counts of labels by predicted chance, or class: no row's prediction leaves a department.

Chances are divided into ``BINS`` equal bins. Within a bin order is unknown, which counts as half: AUC is then within
half the chance that a one and a zero share a bin. Source: Hanley and McNeil 1982; Brier 1950 for calibration.

It does NOT keep small counts from the coordinator: a bin may hold one row of all departments.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from federated.horizontal.family import Family, Floats

BINS = 200
_NONE = 1e-9
"""A share of rows that is none: sums of a round are exact to 2^-40."""


@dataclass(frozen=True, slots=True)
class Quality:
    """auc_error: how far the true AUC can be off. ks: the largest distance of both distributions (Kolmogorov-Smirnov).

    accuracy: of the prediction "one from a chance of one half on". calibration: for tenths of the chance with rows in
    them, the mean chance by the middle of its bin, and the share of ones.
    """

    auc: float
    auc_error: float
    ks: float
    accuracy: float
    calibration: tuple[tuple[float, float], ...]


def counted(family: Family, labels: Floats, expected: Floats) -> Floats:
    """Count what quality is concluded from; nothing for numbers and counts. expected: (rows, outputs).

    Of a yes/no label: zeros by bin of the chance, then ones. Of classes: rows by class and by likeliest class.
    """
    if family is Family.LOGISTIC:
        bins = np.minimum((expected[:, 0] * BINS).astype(np.int64), BINS - 1)
        zeros = np.bincount(bins[labels == 0], minlength=BINS)
        return np.concatenate((zeros, np.bincount(bins[labels == 1], minlength=BINS))).astype(np.float64)
    if family is Family.SOFTMAX:
        classes = expected.shape[1]
        places = labels.astype(np.int64) * classes + expected.argmax(axis=1)
        return np.bincount(places, minlength=classes**2).astype(np.float64)
    return np.empty(0)


def class_accuracy(counts: Floats) -> tuple[float, tuple[float | None, ...]]:
    """Conclude from counts of classes: the share of right predictions, and of each class's rows, None without any."""
    table = np.maximum(counts, 0).reshape(round(np.sqrt(len(counts))), -1)
    rows = table.sum(axis=1)
    recalls = tuple(float(own / held) if held > _NONE else None for own, held in zip(np.diag(table), rows, strict=True))
    return float(np.trace(table) / table.sum()), recalls


def quality(counts: Floats) -> Quality | None:
    """Conclude from counts of zeros by bin and then of ones, or multiples of them; None where only one label occurs."""
    zeros, ones = np.split(np.maximum(counts, 0), 2)
    if zeros.sum() <= 0 or ones.sum() <= 0:
        return None
    zeros_share, ones_share = zeros / zeros.sum(), ones / ones.sum()
    below = np.concatenate(([0.0], np.cumsum(zeros_share)[:-1]))
    tied = float((zeros_share * ones_share).sum()) / 2
    auc = float((ones_share * below).sum()) + tied
    ks = float(np.abs(np.cumsum(zeros_share) - np.cumsum(ones_share)).max())
    half = len(zeros) // 2
    right = zeros[:half].sum() + ones[half:].sum()
    return Quality(auc, tied, ks, float(right / (zeros.sum() + ones.sum())), calibration(zeros, ones))


def calibration(zeros: Floats, ones: Floats) -> tuple[tuple[float, float], ...]:
    """Return the mean chance and the share of ones for tenths of the chance with rows in them."""
    middles = (np.arange(len(zeros)) + 0.5) / len(zeros)
    found = []
    for tenth in np.array_split(np.arange(len(zeros)), 10):
        rows = (zeros[tenth] + ones[tenth]).sum()
        if rows > 0:
            chance = ((zeros[tenth] + ones[tenth]) * middles[tenth]).sum() / rows
            found.append((float(chance), float(ones[tenth].sum() / rows)))
    return tuple(found)
