"""The card of a model that a training run released: from the run's specification and its release, and nothing else.

It says what such a run protects and what not. Quality of an exact run is what its last wave measured, and the loss of
every round where it was asked, and, of one that is measured, what follows from the counts of rows held out; of a run
with noise what follows from the counts of its evaluation: over the rows that the model was fitted to, or over those
held out. It does NOT check the release: its evidence does.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from federated.evaluation.binned import Measured, measured
from federated.evaluation.card import Card
from federated.evaluation.fairness import Figures, fairness
from federated.evaluation.protections import EXACT, MEASURED, NOISED, Said
from federated.horizontal.family import Family, Floats
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from mpc.fields import Fields
from mpc.spec.parts import MAX_SOURCES
from mpc.spec.training import MAX_FEATURES, MAX_ROUNDS, Model, TrainingSpec

JOINT = "*"


def card(spec: TrainingSpec, release: JsonValue) -> Card:
    """Make the card.

    Raises:
        InvalidRecord: a release of another model than the specification's, or one that is none.
    """
    fields = Fields(release, "release")
    model, label = fields.text("model"), fields.text("label")
    features = fields.texts("features", MAX_FEATURES)
    if (model, label, features) != (
        spec.algorithm.model.value,
        spec.label.column,
        [column.column for column in spec.features],
    ):
        raise InvalidRecord("release: another model, label or columns than the specification's")
    said: Said = NOISED if spec.privacy is not None else EXACT if spec.quality is None else MEASURED
    found = Card(
        model=f"{model}: {label}",
        digest=tagged("SHUXIN-RELEASED-MODEL-V1", canonical.encode(release)),
        purpose=spec.purpose,
        family=model,
        departments=tuple(source.party for source in spec.sources),
        columns=tuple(features),
        label=label,
        rounds=spec.rounds,
        rows=None,
        quality={},
        curve=(),
        protections=said.protections,
        limits=said.with_app.limits if spec.algorithm.app else said.limits,
        hidden=spec.algorithm.hidden,
        trees=0 if (trees := spec.algorithm.trees) is None else spec.rounds // trees.depth,
        depth=0 if trees is None else trees.depth,
    )
    if spec.privacy is None:
        return _counted(spec, _exact(spec, found, fields), fields)
    found = replace(found, micro_rho=spec.privacy.cost(spec.rounds))
    if spec.privacy.evaluation is not None and spec.privacy.evaluation.held_out:
        found = replace(found, limits=NOISED.held_out.limits)
    return _counted(spec, found, fields)


def _exact(spec: TrainingSpec, found: Card, fields: Fields) -> Card:
    loss, error = (_number(fields.text(name), name) for name in ("loss", "squared_error"))
    if error < 0 or (loss < 0 and spec.algorithm.model is not Model.POISSON):
        raise InvalidRecord("release: a loss or squared error below 0")
    begun = _curve(fields) if spec.has_curve else []
    curve = (*begun[1:], loss) if begun else ()
    found = replace(found, rows=fields.decimal("rows"), curve=curve)
    if spec.quality is None:
        return replace(found, quality={"loss": loss, "rmse": error**0.5})
    own, cost = {"training_loss": loss, "training_rmse": error**0.5}, spec.quality.evaluation.micro_rho
    return replace(found, quality=own, micro_rho=cost, is_exact=True)


def _counted(spec: TrainingSpec, found: Card, fields: Fields) -> Card:
    """Add what follows from the counts of an evaluation, if one was asked."""
    if (evaluation := spec.evaluation) is None:
        return found
    held = fields.object("evaluation")
    names = [source.party for source in spec.sources] if evaluation.by_department else [JOINT]
    if sorted(held.names(MAX_SOURCES)) != sorted(names):
        raise InvalidRecord("release: counts of every department, or of all together, expected")
    counts = {name: _counts(spec, held.texts(name, spec.bins)) for name in names}
    joint = _measured(spec, np.sum([*counts.values()], axis=0))
    if evaluation.held_out:
        found = replace(found, held_out=evaluation.held_out)
    if joint is not None:
        found = replace(found, quality={**joint.figures, **found.quality}, calibration=joint.calibration)
    if not evaluation.by_department:
        return found
    measure = {Model.LOGISTIC: "auc", Model.SOFTMAX: "accuracy"}.get(spec.algorithm.model, "rmse")
    lines = {name: _figures(_measured(spec, own)) for name, own in counts.items()}
    return replace(found, fairness=fairness(lines, measure))


def _measured(spec: TrainingSpec, counts: Floats) -> Measured | None:
    return measured(Family(spec.algorithm.model.value), counts, spec.label.most - spec.label.least)


def _figures(found: Measured | None) -> Figures | None:
    """A department's line, rounded as such lines are; None where noise left nothing to conclude from."""
    if found is None:
        return None
    known = {name: round(value, 3) for name, value in found.figures.items()}
    return Figures(round(found.rows), known.get("loss"), known.get("auc"), known.get("accuracy"), known.get("rmse"))


def _counts(spec: TrainingSpec, texts: list[str]) -> Floats:
    """Read counts in rows, of whole numbers of units."""
    noise = spec.count_noise
    assert noise is not None
    if len(texts) != spec.bins:
        raise InvalidRecord(f"release: {spec.bins} counts expected")
    return np.array([_number(text, "a count") for text in texts]) / noise.grain


def _curve(fields: Fields) -> list[float | None]:
    texts = fields.optional_texts("curve", MAX_ROUNDS)
    return [None if text is None else _number(text, "a loss") for text in texts]


def _number(text: str, name: str) -> float:
    try:
        found = float(text)
    except ValueError as exc:
        raise InvalidRecord(f"release: {name} is no number") from exc
    if not abs(found) < 1e300:
        raise InvalidRecord(f"release: {name} is no number that can be shown")
    return found
