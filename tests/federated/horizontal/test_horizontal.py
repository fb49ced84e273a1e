"""A model trained by departments on their own rows is the model of their pooled rows, as near as averaging comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import rankdata

from federated.aggregation.vector import Layout
from federated.horizontal import coordinator
from federated.horizontal.coordinator import Adam
from federated.horizontal.family import Family, Floats
from federated.horizontal.quality import BINS, counted, quality
from federated.horizontal.site import LEAST_ROWS, Scale, Settings, Site, few
from ledger.errors import InvalidRecord

BOUNDS = np.array([10.0, 1000.0, 1.0])
ROWS = 900


def settings_of(family: Family, **changed: float) -> Settings:
    found = {"epochs": 2, "batch": 64, "rate": 0.1, "proximal": 0.0, "ridge": 1.0, "most_rows": 1000} | changed
    return Settings(family, **found)  # type: ignore[arg-type]


def people(family: Family, seed: int = 3) -> tuple[Floats, Floats]:
    """Three columns of different sizes and a label that follows from them."""
    drawn = np.random.default_rng(seed)
    columns = np.clip(np.column_stack((drawn.normal(2, 2, ROWS), drawn.normal(300, 100, ROWS), drawn.random(ROWS))),
                      -BOUNDS, BOUNDS)  # fmt: skip
    scores = 0.4 * (columns[:, 0] - 2) - 0.006 * (columns[:, 1] - 300) + columns[:, 2] - 0.5
    if family is Family.LOGISTIC:
        return columns, (drawn.random(ROWS) < family.expected(scores[:, None])[:, 0]).astype(float)
    if family is Family.POISSON:
        return columns, drawn.poisson(family.expected(scores[:, None])[:, 0]).astype(float)
    return columns, scores + drawn.normal(0, 0.3, ROWS)


def divided(columns: Floats, labels: Floats, settings: Settings, parts: Sequence[int] = (300, 500)) -> list[Site]:
    """Give the rows to departments of different sizes."""
    pairs = zip(np.split(columns, parts), np.split(labels, parts), strict=True)
    return [Site(rows, own, BOUNDS, settings) for rows, own in pairs]


def total(sites: Sequence[Site], vector: Callable[[Site], Floats]) -> Floats:
    """Add up in words as secure aggregation does."""
    vectors = [vector(site) for site in sites]
    layout = Layout(len(vectors[0]), bound=1024.0, point_bits=40, clients=len(sites))
    words = np.sum([layout.words(found) for found in vectors], axis=0, dtype=np.uint64)
    return layout.floats(words)


def trained(sites: Sequence[Site], rounds: int) -> tuple[Floats, Scale]:
    scale = coordinator.scale(total(sites, Site.moments), BOUNDS)
    weights = np.zeros(1 + len(BOUNDS))
    for number in range(rounds):
        weights = coordinator.averaged(total(sites, lambda site: site.improved(weights, scale, seed=number)))  # noqa: B023
    return weights, scale


def best(family: Family, columns: Floats, labels: Floats, scale: Scale, ridge: float) -> Floats:
    """The pooled optimum, by another method."""
    rows = np.hstack((np.ones((len(columns), 1)), (columns - scale.means) / scale.deviations))

    def objective(weights: Floats) -> float:
        penalty = ridge / len(rows) * (weights[1:] ** 2).sum() / 2
        return float(family.loss(labels, (rows @ weights)[:, None]).mean() + penalty)

    return minimize(objective, np.zeros(rows.shape[1]), method="BFGS").x


@pytest.mark.parametrize("family", [Family.LOGISTIC, Family.POISSON, Family.RIDGE])
def test_the_model_comes_near_the_optimum_of_the_pooled_rows(family: Family) -> None:
    columns, labels = people(family)
    sites = divided(columns, labels, settings_of(family, rate=0.1 if family is Family.LOGISTIC else 0.02))
    weights, scale = trained(sites, 40)
    assert np.allclose(weights, best(family, columns, labels, scale, ridge=3.0), atol=0.08)


def test_the_scale_is_that_of_the_pooled_rows() -> None:
    columns, labels = people(Family.RIDGE)
    scale = coordinator.scale(total(divided(columns, labels, settings_of(Family.RIDGE)), Site.moments), BOUNDS)
    assert np.allclose(scale.means, columns.mean(axis=0), rtol=1e-9)
    assert np.allclose(scale.deviations, columns.std(axis=0), rtol=1e-7)


def test_the_same_rounds_give_the_same_digest_and_another_seed_another() -> None:
    columns, labels = people(Family.LOGISTIC)
    sites = divided(columns, labels, settings_of(Family.LOGISTIC))
    digests = {coordinator.digest(trained(sites, 3)[0]) for _ in range(2)}
    assert len(digests) == 1
    other = divided(columns, labels, settings_of(Family.LOGISTIC, batch=32))
    assert coordinator.digest(trained(other, 3)[0]) not in digests


def test_a_pull_towards_the_round_s_model_keeps_departments_near_it() -> None:
    columns, labels = people(Family.LOGISTIC)
    zero, scale = np.zeros(4), Scale(columns.mean(axis=0), columns.std(axis=0))
    moved = []
    for proximal in (0.0, 5.0):
        (site, *_) = divided(columns, labels, settings_of(Family.LOGISTIC, proximal=proximal))
        moved.append(np.linalg.norm(site.improved(zero, scale, seed=0)[1:]))
    assert moved[1] < 0.7 * moved[0]


def test_adaptive_rounds_come_near_the_loss_of_averaging() -> None:
    columns, labels = people(Family.LOGISTIC)
    sites = divided(columns, labels, settings_of(Family.LOGISTIC))
    scale = coordinator.scale(total(sites, Site.moments), BOUNDS)
    weights, memory = np.zeros(4), Adam(np.zeros(4), np.zeros(4), rate=0.1)
    losses = []
    for number in range(25):
        losses.append(coordinator.report(Family.LOGISTIC, total(sites, lambda site: site.quality(weights, scale))).loss)  # noqa: B023
        found = total(sites, lambda site: site.improved(weights, scale, seed=number))  # noqa: B023
        weights, memory = coordinator.adapted(weights, found, memory)
    averaged, _ = trained(sites, 40)
    least = coordinator.report(Family.LOGISTIC, total(sites, lambda site: site.quality(averaged, scale))).loss
    assert losses[0] == pytest.approx(np.log(2), abs=1e-9)
    assert losses[-1] < least + 0.01


def test_quality_is_that_of_the_pooled_predictions_within_its_stated_error() -> None:
    columns, labels = people(Family.LOGISTIC)
    sites = divided(columns, labels, settings_of(Family.LOGISTIC))
    weights, scale = trained(sites, 5)
    report = coordinator.report(Family.LOGISTIC, total(sites, lambda site: site.quality(weights, scale)))
    rows = np.hstack((np.ones((ROWS, 1)), (columns - scale.means) / scale.deviations))
    chances = Family.LOGISTIC.expected((rows @ weights)[:, None])[:, 0]
    ones = labels.sum()
    auc = (rankdata(chances)[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * (ROWS - ones))
    assert report.quality is not None
    assert abs(report.quality.auc - auc) <= report.quality.auc_error < 0.01
    assert report.quality.accuracy == pytest.approx(((chances >= 0.5) == labels).mean(), abs=1e-6)
    assert report.rmse == pytest.approx(np.sqrt(((chances - labels) ** 2).mean()), abs=1e-9)
    assert all(0 <= chance <= 1 and 0 <= share <= 1 for chance, share in report.quality.calibration)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=40))
def test_the_true_auc_lies_within_the_stated_error(rows: list[tuple[bool, float]]) -> None:
    labels, chances = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    found = quality(counted(Family.LOGISTIC, labels, chances[:, None]))
    if labels.min() == labels.max():
        assert found is None
        return
    assert found is not None
    ones = labels.sum()
    auc = (rankdata(chances)[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(labels) - ones))
    assert abs(found.auc - auc) <= found.auc_error + 1e-12


def test_labels_of_one_class_have_no_auc() -> None:
    assert quality(counted(Family.LOGISTIC, np.zeros(5), np.full((5, 1), 0.3))) is None
    assert quality(np.zeros(2 * BINS)) is None


ONES = np.ones((LEAST_ROWS, 3))


@pytest.mark.parametrize(
    ("columns", "labels", "complaint"),
    [
        (ONES[:-1], np.zeros(LEAST_ROWS - 1), "50..1000 rows"),
        (ONES * 11, np.zeros(LEAST_ROWS), "row 1, column 1"),
        (np.where(np.arange(LEAST_ROWS)[:, None] == 7, np.nan, ONES), np.zeros(LEAST_ROWS), "row 8, column 1"),
        (ONES[:, :2], np.zeros(LEAST_ROWS), "every column a bound"),
        (ONES, np.full(LEAST_ROWS, 2.0), "0 and 1"),
        (ONES, np.full(LEAST_ROWS, np.nan), "no number"),
    ],
)
def test_rows_that_cannot_be_trained_on_are_named_before_training(
    columns: Floats, labels: Floats, complaint: str
) -> None:
    with pytest.raises(InvalidRecord, match=complaint):
        Site(columns, labels, BOUNDS, settings_of(Family.LOGISTIC))


def test_a_model_that_diverges_is_not_handed_over() -> None:
    columns, labels = people(Family.RIDGE)
    (site, *_) = divided(columns, labels, settings_of(Family.RIDGE, rate=10, epochs=100))
    with pytest.raises(InvalidRecord, match="diverged"), np.errstate(all="ignore"):
        site.improved(np.zeros(4), Scale(np.zeros(3), np.full(3, 1e-3)), seed=0)


def test_errors_whose_squares_are_beyond_all_numbers_are_no_fault() -> None:
    with np.errstate(over="ignore"):
        assert not few(np.full((20, 1), 1e200), 10)


def test_a_column_that_is_constant_everywhere_is_named() -> None:
    columns, labels = people(Family.LOGISTIC)
    columns[:, 2] = 0.5
    with pytest.raises(InvalidRecord, match="column 3"):
        coordinator.scale(total(divided(columns, labels, settings_of(Family.LOGISTIC)), Site.moments), BOUNDS)


def test_one_row_s_gradient_is_a_multiple_of_the_row_which_is_why_a_site_keeps_a_minimum() -> None:
    row, label = np.array([1.0, 0.7, -0.2, 0.4]), 1.0
    gradient = row * (Family.LOGISTIC.expected(np.array([[0.3]]))[0, 0] - label)
    assert np.allclose(gradient / gradient[0], row)  # the constant's gradient divides out the error
    with pytest.raises(InvalidRecord):
        Site(np.array([[0.7, 0.2, 0.4]]), np.array([label]), BOUNDS, settings_of(Family.LOGISTIC))
