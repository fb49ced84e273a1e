"""What a wave of a run computes, for linear models: a department's vector, and what the coordinator makes of a sum.

Wave 1 scales the columns, the last one measures the model, each between improves it (``federated.horizontal``). Every
vector has as many places as the specification says, so a message's length tells nothing. A change of the model beyond
the specification's norm is shortened here, at the department: nobody else could, for what leaves is masked.

It reads no table and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from federated.aggregation.vector import Layout
from federated.horizontal import coordinator
from federated.horizontal.coordinator import Adam
from federated.horizontal.family import Family, Floats
from federated.horizontal.site import Scale, Settings, Site
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from mpc.spec.training import MILLION, POINT_BITS, Step, TrainingSpec, Work

_LEAST_DEVIATION, _LARGEST = 1e-7, float(1 << 60)
"""Of whole numbers a column varies by 1e-6 of its size at least (``coordinator``); beyond, scores are no numbers."""
_SEEDS = 1 << 16
"""More than waves: each has its own order of rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """The model after some waves. rows: of all departments; report: of the last wave, loss and squared error.

    curve: the loss with which each round began, where the specification asks for it.
    """

    weights: Floats
    scale: Scale
    memory: Adam
    rows: int = 0
    report: tuple[float, float] | None = None
    curve: tuple[float, ...] = ()

    def encode(self) -> bytes:
        """Write weights, means and deviations, 8 bytes each, little endian."""
        return np.concatenate((self.weights, self.scale.means, self.scale.deviations)).astype("<f8").tobytes()


def layout(spec: TrainingSpec, clients: int) -> Layout:
    """Lay out the vectors of a run."""
    return Layout(spec.places, float(spec.clip), POINT_BITS, clients)


def begin(spec: TrainingSpec) -> Fit:
    """Return the model before the first wave: zeros, nothing scaled yet."""
    zeros, features = np.zeros(spec.weights), len(spec.features)
    return Fit(zeros, Scale(np.zeros(features), np.ones(features)), Adam(zeros, zeros))


def decode(spec: TrainingSpec, data: bytes) -> Fit:
    """Read a model; raises InvalidRecord."""
    features = len(spec.features)
    if len(data) != 8 * (spec.weights + 2 * features):
        raise InvalidRecord("model: another number of weights than the specification's")
    found = np.frombuffer(data, dtype="<f8").astype(np.float64)
    if not np.isfinite(found).all():
        raise InvalidRecord("model: a weight that is no finite number")
    weights, means, deviations = np.split(found, [spec.weights, spec.weights + features])
    if (deviations < _LEAST_DEVIATION).any():
        raise InvalidRecord("model: a column without spread")
    if max(np.abs(weights).max(), np.abs(means).max(), deviations.max()) > _LARGEST:
        raise InvalidRecord("model: a number beyond all that a run makes")
    return replace(begin(spec), weights=weights, scale=Scale(means, deviations))


def digest(model: bytes) -> bytes:
    """Return the digest of an encoded model; the same numbers have the same digest."""
    return tagged("SHUXIN-MODEL-V1", model)


def site(spec: TrainingSpec, rows: Floats) -> Site:
    """Take a department's rows, label last; raises InvalidRecord for rows that the run cannot use."""
    algorithm = spec.algorithm
    settings = Settings(
        family=Family(algorithm.model.value),
        epochs=algorithm.epochs,
        batch=algorithm.batch,
        rate=algorithm.rate / MILLION,
        proximal=algorithm.proximal / MILLION,
        ridge=algorithm.ridge / MILLION,
        most_rows=spec.rows,
        minimum=spec.minimum,
    )
    bounds = np.array([column.size for column in spec.features], dtype=np.float64)
    ranges = np.array([column.most - column.least for column in spec.features], dtype=np.float64)
    return Site(rows[:, :-1], rows[:, -1], bounds, settings, ranges)


Improve = Callable[[Site, Fit, int], Floats]
"""Returns the weights that a department's rows improve in a wave; what it raises ends the department's part."""


def vector(spec: TrainingSpec, own: Site, fit: Fit, wave: int, improve: Improve | None = None) -> Floats:
    """Return what a department hands over in a wave; raises InvalidRecord if training diverged.

    Args:
        improve: in place of this node's own step; its result is bounded alike.
    """
    work = spec.works[wave - 1]
    if work is Work.SCALE:
        found = own.moments()
    elif work is Work.MEASURE:
        found = own.quality(fit.weights, fit.scale)[:3]
    else:
        if improve is None:
            improved = own.improved(fit.weights, fit.scale, seed=spec.seed * _SEEDS + wave)[1:] / own.share
        else:
            improved = own.gentle(improve(own, fit, wave), fit.scale)
        found = own.share * np.concatenate(([1.0], _shortened(improved, fit.weights, spec.norm / MILLION)))
        if spec.has_curve:
            found = np.concatenate((found, own.loss(fit.weights, fit.scale)))
    return np.concatenate((found, np.zeros(spec.places - len(found))))


def advance(spec: TrainingSpec, fit: Fit, total: Floats, wave: int) -> Fit:
    """Return the model after a wave's sum; raises InvalidRecord for a sum that makes no model."""
    features, work = len(spec.features), spec.works[wave - 1]
    if work is Work.SCALE:
        bounds = np.array([column.size for column in spec.features], dtype=np.float64)
        scaled = coordinator.scale(total[: 1 + 2 * features], bounds)
        return replace(fit, scale=scaled, rows=round(float(total[0]) * spec.rows))
    if work is Work.MEASURE:
        loss, error = coordinator.averaged(total[:3])
        return replace(fit, report=(float(loss), float(error)))
    summed = total[: 1 + spec.weights]
    if spec.has_curve:
        share, lost = (float(value) for value in total[1 + spec.weights : 3 + spec.weights])
        if not share == total[0] > 0:
            raise InvalidRecord("the loss of a round is of other rows than its model")
        fit = replace(fit, curve=(*fit.curve, lost / share))
    if spec.algorithm.step is Step.ADAM:
        weights, memory = coordinator.adapted(fit.weights, summed, fit.memory)
        return replace(fit, weights=weights, memory=memory)
    return replace(fit, weights=coordinator.averaged(summed))


def document(spec: TrainingSpec, fit: Fit) -> dict[str, JsonValue]:
    """Write the release: the model with its columns, and how it does on the rows it was fitted to."""
    assert fit.report is not None
    loss, error = fit.report
    found = model(spec, fit) | {"rows": str(fit.rows), "loss": repr(loss), "squared_error": repr(error)}
    curve: list[JsonValue] = [repr(value) for value in fit.curve]
    return {**found, "curve": curve} if spec.has_curve else found


def model(spec: TrainingSpec, fit: Fit) -> dict[str, JsonValue]:
    """Write a model with its columns, and the app of others that improved it, if one did."""
    app = spec.algorithm.app
    return {
        **({"assurance": "app", "app": app.hex()} if app else {}),
        **named(spec),
        "weights": _texts(fit.weights),
        "means": _texts(fit.scale.means),
        "deviations": _texts(fit.scale.deviations),
    }


def named(spec: TrainingSpec) -> dict[str, JsonValue]:
    """Name a model's family, columns and label."""
    return {
        "model": spec.algorithm.model.value,
        "features": [column.column for column in spec.features],
        "label": spec.label.column,
    }


def _shortened(improved: Floats, weights: Floats, norm: float) -> Floats:
    change = improved - weights
    length = float(np.linalg.norm(change))
    return improved if length <= norm else weights + change * (norm / length)


def _texts(values: Floats) -> list[JsonValue]:
    """Write numbers so that reading gives the same ones."""
    return [repr(float(value)) for value in values]
