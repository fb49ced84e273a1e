"""Hidden layers and classes: gradients are those of the loss, and departments learn them together as linear models."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from federated.horizontal import coordinator
from federated.horizontal.family import Family, Floats
from federated.horizontal.shape import Shape
from federated.horizontal.site import Settings, Site
from ledger.errors import InvalidRecord

ROWS, BOUNDS = 900, np.array([5.0, 5.0])


def rings() -> tuple[Floats, Floats]:
    """Three classes by distance from the middle, which no linear model tells apart."""
    drawn = np.random.default_rng(6)
    columns = np.clip(drawn.normal(size=(ROWS, 2)), -5, 5)
    return columns, np.digitize((columns**2).sum(axis=1), (0.8, 2.2)).astype(float)


def sites(columns: Floats, labels: Floats, family: Family, **changed: float) -> list[Site]:
    usual = {"epochs": 4, "batch": 32, "rate": 0.3, "proximal": 0.0, "ridge": 0.01, "most_rows": 1000}
    settings = Settings(family, **(usual | changed))  # type: ignore[arg-type]
    parts = zip(np.array_split(columns, 3), np.array_split(labels, 3), strict=True)
    return [Site(rows, own, BOUNDS, settings) for rows, own in parts]


def trained(found: Sequence[Site], rounds: int) -> coordinator.Report:
    scale = coordinator.scale(np.sum([site.moments() for site in found], axis=0), BOUNDS)
    weights = found[0].shape.first(seed=1)
    for number in range(rounds):
        weights = coordinator.averaged(np.sum([site.improved(weights, scale, seed=number) for site in found], axis=0))
    return coordinator.report(
        found[0].settings.family, np.sum([site.quality(weights, scale) for site in found], axis=0)
    )


@pytest.mark.parametrize(("hidden", "outputs", "family"), [(0, 1, Family.LOGISTIC), (0, 3, Family.SOFTMAX),
                                                          (4, 1, Family.RIDGE), (4, 3, Family.SOFTMAX)])  # fmt: skip
def test_gradients_are_those_of_the_loss(hidden: int, outputs: int, family: Family) -> None:
    drawn = np.random.default_rng(3)
    shape = Shape(2, hidden, outputs)
    rows = np.hstack((np.ones((5, 1)), drawn.normal(size=(5, 2))))
    labels = drawn.integers(0, max(outputs, 2), 5).astype(float)
    weights = drawn.normal(size=shape.places)

    def loss(at: Floats) -> Floats:
        return family.loss(labels, shape.scores(at, rows))

    errors = family.errors(labels, shape.scores(weights, rows))
    expected = np.array([(loss(weights + step) - loss(weights - step)) / 2e-6 for step in np.eye(shape.places) * 1e-6])
    assert np.allclose(shape.gradients(weights, rows, errors), expected.T, atol=1e-6)
    assert np.allclose(shape.gradient(weights, rows, errors), expected.mean(axis=1), atol=1e-6)


def test_a_hidden_layer_learns_what_a_linear_model_cannot() -> None:
    columns, labels = rings()
    linear = trained(sites(columns, labels, Family.SOFTMAX, outputs=3), 6).accuracy
    network = trained(sites(columns, labels, Family.SOFTMAX, outputs=3, hidden=12), 25).accuracy
    assert linear is not None
    assert network is not None
    assert network[0] > 0.85 > 0.6 > linear[0]
    assert all(recall is not None and recall > 0.6 for recall in network[1])


def test_the_same_rounds_of_a_network_give_the_same_numbers() -> None:
    columns, labels = rings()
    first, second = (trained(sites(columns, labels, Family.SOFTMAX, outputs=3, hidden=4), 2) for _ in range(2))
    assert first == second


def test_constants_are_not_penalised() -> None:
    assert Shape(2).penalised().tolist() == [0, 1, 1]
    assert Shape(2, 1, 2).penalised().tolist() == [0, 1, 1, 0, 1, 0, 1]


def test_a_class_without_rows_has_no_recall_of_its_own() -> None:
    columns, _ = rings()
    report = trained(sites(columns, (columns[:, 0] > 0).astype(float), Family.SOFTMAX, outputs=3), 2)
    assert report.accuracy is not None
    assert report.accuracy[1][2] is None


@pytest.mark.parametrize(
    ("family", "labels", "changed", "complaint"),
    [
        (Family.SOFTMAX, np.full(ROWS, 3.0), {"outputs": 3}, "whole numbers 0..2"),
        (Family.SOFTMAX, np.full(ROWS, 0.5), {"outputs": 3}, "whole numbers"),
        (Family.SOFTMAX, np.zeros(ROWS), {}, "several outputs"),
        (Family.LOGISTIC, np.zeros(ROWS), {"outputs": 3}, "several outputs"),
    ],
)
def test_labels_that_are_no_classes_are_refused(family: Family, labels: Floats, changed: dict, complaint: str) -> None:
    with pytest.raises(InvalidRecord, match=complaint):
        sites(rings()[0], labels, family, **changed)


def test_shapes_beyond_their_limits_are_refused() -> None:
    for wrong in ((0, 0, 1), (2, 257, 1), (2, -1, 1), (2, 0, 65), (2, 0, 0)):
        with pytest.raises(InvalidRecord):
            Shape(*wrong)
