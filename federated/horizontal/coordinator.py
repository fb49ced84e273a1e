"""What the coordinator makes of a round's sum: the scale, the next model, or figures of quality; it sees sums alone.

FedAvg takes the average by rows; FedAdam treats its distance to the present model as a gradient (Reddi et al. 2021,
algorithm 2). The model's digest is over its numbers, so the same sums give the same digest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from federated.horizontal.family import Family, Floats
from federated.horizontal.quality import Quality, class_accuracy, quality
from federated.horizontal.site import Scale
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

_SMALLEST = 1e-12
"""A variance relative to the squared bound below which a column counts as constant; sums are exact to 2^-40."""


@dataclass(frozen=True, slots=True, eq=False)
class Adam:
    """The coordinator's memory of past rounds. rate, first, second, floor: tau, eta, beta as in Reddi et al. 2021."""

    momentum: Floats
    speed: Floats
    rate: float = 0.05
    first: float = 0.9
    second: float = 0.99
    floor: float = 1e-3


@dataclass(frozen=True, slots=True)
class Report:
    """How the model does over all departments' rows. quality: of a logistic model, if both labels occur; accuracy: of
    classes, in all and of each class's rows."""

    loss: float
    rmse: float
    quality: Quality | None
    accuracy: tuple[float, tuple[float | None, ...]] | None = None


def scale(total: Floats, bounds: Floats) -> Scale:
    """Read the scale of columns.

    Raises:
        InvalidRecord: a column that is constant over all departments.
    """
    means, squares = np.split(_averaged(total), 2)
    variances = squares - means**2
    if (variances < _SMALLEST).any():
        raise InvalidRecord(f"column {int(np.argmax(variances < _SMALLEST)) + 1} is constant over all departments")
    return Scale(means * bounds, np.sqrt(variances) * bounds)


def averaged(total: Floats) -> Floats:
    """Return the average model by rows (FedAvg)."""
    return _averaged(total)


def adapted(weights: Floats, total: Floats, memory: Adam) -> tuple[Floats, Adam]:
    """Return the model after an adaptive step towards the average, and what to remember."""
    step = _averaged(total) - weights
    momentum = memory.first * memory.momentum + (1 - memory.first) * step
    speed = memory.second * memory.speed + (1 - memory.second) * step**2
    moved = weights + memory.rate * momentum / (np.sqrt(speed) + memory.floor)
    return moved, replace(memory, momentum=momentum, speed=speed)


def report(family: Family, total: Floats) -> Report:
    """Read figures of quality."""
    found = _averaged(total)
    loss, rmse = float(found[0]), float(np.sqrt(max(found[1], 0.0)))
    if not np.isfinite(loss):
        raise InvalidRecord("the loss is no number; a smaller rate is needed")
    if family is Family.SOFTMAX:
        return Report(loss, rmse, None, class_accuracy(found[2:]))
    return Report(loss, rmse, quality(found[2:]) if family is Family.LOGISTIC else None)


def digest(weights: Floats) -> bytes:
    """Return the digest of a model: of its numbers as 8 bytes each, little endian."""
    return tagged("SHUXIN-LINEAR-MODEL-V1", weights.astype("<f8").tobytes())


def _averaged(total: Floats) -> Floats:
    if total[0] <= 0:
        raise InvalidRecord("a round without rows")
    found: Floats = total[1:] / total[0]
    return found
