"""What a department computes in a round from its own rows: sums for scaling, an improved model, or figures of quality.

Each is a vector that is handed to secure aggregation and to nobody else, weighted by the share of rows that a
department has of the most it may have: the sum over departments divided by the sum of shares is the average by rows.

It does NOT read tables; and it takes part with ``LEAST_ROWS`` rows at least, because the gradient of one row is a
multiple of the row. Where the errors of a few rows outweigh all others, as at scores that a large rate made, the
gradient is those rows' own: it then takes no further step (``few``). Source: McMahan et al. 2017 (FedAvg); Li et al.
2020 (FedProx).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from federated.horizontal.family import Family, Floats
from federated.horizontal.quality import counted
from federated.horizontal.shape import Shape
from ledger.errors import InvalidRecord

LEAST_ROWS, MOST_ROWS = 50, 50_000_000
STEEP = 8.0
"""As for steps of a fit (``mpc.kinds.matrices.bounds``): a steeper one is a threshold, and two tell few rows apart."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a department improves a model. epochs: passes over its rows; batch: rows a step; rate: of a step.

    proximal: pull towards the round's model (FedProx), 0 for none. ridge: penalty on squared weights, without the
    constant. most_rows: the most that a department may have. hidden: units of a hidden layer, 0 for a linear model;
    outputs: classes of the softmax family, 1 for the others. minimum: rows whose errors a step needs (``few``).
    """

    family: Family
    epochs: int
    batch: int
    rate: float
    proximal: float
    ridge: float
    most_rows: int
    hidden: int = 0
    outputs: int = 1
    minimum: int = 1

    def __post_init__(self) -> None:
        if not (1 <= self.epochs <= 100 and 1 <= self.batch <= MOST_ROWS and self.most_rows >= LEAST_ROWS):
            raise InvalidRecord(f"training: 1..100 epochs, a batch, and at least {LEAST_ROWS} rows expected")
        if not (0 < self.rate <= 10 and 0 <= self.proximal <= 100 and 0 <= self.ridge <= 1e6):
            raise InvalidRecord("training: a rate in (0, 10], and penalties that are not negative expected")


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Mean and standard deviation of each column over all departments; used as (value - mean) / deviation."""

    means: Floats
    deviations: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """A department's rows. columns: (rows, columns); bounds: the declared largest size of each column.

    ranges: by how much each may differ between rows, as declared; given, no model becomes or is taken for a steeper one
    than ``STEEP`` over them. Of linear models alone.
    """

    columns: Floats = field(repr=False)
    labels: Floats = field(repr=False)
    bounds: Floats
    settings: Settings
    ranges: Floats | None = None

    def __post_init__(self) -> None:
        rows = len(self.labels)
        if self.columns.shape != (rows, len(self.bounds)):
            raise InvalidRecord("site: every row needs a label and every column a bound")
        if not LEAST_ROWS <= rows <= self.settings.most_rows:
            raise InvalidRecord(f"site: {LEAST_ROWS}..{self.settings.most_rows} rows expected, there are {rows}")
        outside = ~(np.abs(self.columns) <= self.bounds)
        if outside.any():
            row, column = np.argwhere(outside)[0]
            raise InvalidRecord(f"site: row {row + 1}, column {column + 1}: outside its declared bound, or no number")
        self.settings.family.check(self.labels, self.settings.outputs)

    @property
    def shape(self) -> Shape:
        """What a model's numbers mean."""
        return Shape(len(self.bounds), self.settings.hidden, self.settings.outputs)

    @property
    def share(self) -> float:
        """Its rows as a share of the most a department may have."""
        return len(self.labels) / self.settings.most_rows

    def moments(self) -> Floats:
        """Return the share, then for each column mean and mean square relative to its bound, weighted by the share."""
        relative = self.columns / self.bounds
        return self.share * np.concatenate(([1.0], relative.mean(axis=0), (relative**2).mean(axis=0)))

    def improved(self, weights: Floats, scale: Scale, seed: int) -> Floats:
        """Return the share, then the weights after this department's epochs, weighted by the share.

        Args:
            weights: the round's model, as ``Shape`` lays it out.
            seed: of the order of rows, so that a round can be repeated.

        Raises:
            InvalidRecord: training diverged.
        """
        settings, rows, shape = self.settings, self.scaled(scale), self.shape
        order, found = np.random.default_rng(seed), self.gentle(weights, scale)
        penalty = shape.penalised() * settings.ridge / len(rows)
        for _ in range(settings.epochs):
            for chosen in np.array_split(order.permutation(len(rows)), -(-len(rows) // settings.batch)):
                errors = settings.family.errors(self.labels[chosen], shape.scores(found, rows[chosen]))
                if few(errors, settings.minimum):
                    break
                gradient = shape.gradient(found, rows[chosen], errors)
                found = found - settings.rate * (gradient + penalty * found + settings.proximal * (found - weights))
                found = self.gentle(found, scale)
        if not np.isfinite(found).all():
            raise InvalidRecord("training diverged: a smaller rate is needed")
        return self.share * np.concatenate(([1.0], found))

    def quality(self, weights: Floats, scale: Scale) -> Floats:
        """Return the share, then mean loss, mean squared error and the counts of quality, weighted by the share."""
        settings, rows = self.settings, self.scaled(scale)
        scores = self.shape.scores(self.gentle(weights, scale), rows)
        wrong = settings.family.errors(self.labels, scores)
        if few(wrong, settings.minimum):
            raise InvalidRecord("the model's errors are those of too few rows")
        loss = settings.family.loss(self.labels, scores).mean()
        errors = (wrong**2).sum(axis=1).mean()
        counts = counted(settings.family, self.labels, settings.family.expected(scores)) / len(self.labels)
        return self.share * np.concatenate(([1.0, loss, errors], counts))

    def loss(self, weights: Floats, scale: Scale) -> Floats:
        """Return the share and the mean loss weighted by it.

        Raises:
            InvalidRecord: the errors are those of too few rows. A share that were left out here and told beside the
                model would be this department's number of rows, and the loss that of the others.
        """
        settings = self.settings
        scores = self.shape.scores(self.gentle(weights, scale), self.scaled(scale))
        if few(settings.family.errors(self.labels, scores), settings.minimum):
            raise InvalidRecord("the model's errors are those of too few rows")
        return self.share * np.array([1.0, settings.family.loss(self.labels, scores).mean()])

    def scaled(self, scale: Scale) -> Floats:
        """Return the rows as the model takes them, the constant 1 first."""
        scaled = (self.columns - scale.means) / scale.deviations
        return np.hstack((np.ones((len(scaled), 1)), scaled))

    def gentle(self, weights: Floats, scale: Scale) -> Floats:
        """Return a model, its slopes shortened until scores vary by ``STEEP`` at most over what rows may hold."""
        found = weights.copy()
        if self.ranges is not None and self.settings.family is not Family.RIDGE:
            varies = float(np.abs(weights[1:]) @ (self.ranges / scale.deviations))
            found[1:] *= STEEP / max(varies, STEEP)
        return found


def few(errors: Floats, minimum: int) -> bool:
    """Tell whether errors weigh less than those of so many rows that err alike: (sum |e|)^2 < minimum * sum e^2.

    Then one row can have more than 1 / sqrt(minimum) of them. errors: (rows, outputs).
    """
    sizes = np.abs(errors).sum(axis=1)
    return minimum > 1 and bool(np.square(sizes.sum()) < minimum * (sizes**2).sum())
