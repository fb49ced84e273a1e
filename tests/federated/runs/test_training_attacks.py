"""What an asker makes of a specification to read few rows from a run, and what stands against it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from trainingtown import BANKS, asked

from federated.horizontal.family import Family, Floats
from federated.horizontal.site import Scale, Settings, Site
from federated.runs import linear, record
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.hashing import sha256
from mpc.disclosure import drawn
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.region import ROW, Region, prefixed
from mpc.kinds.models.training import Training
from mpc.spec.parts import Interval
from mpc.spec.training import MAX_FEATURES, MAX_ROUNDS, MILLION, Bounded, TrainingSpec

ASSETS = [f"loans-{name}" for name in BANKS]
FORGETS = {"rate": 0.01, "proximal": 100.0, "ridge": 0.0}
"""Rate times proximal is 1: a step forgets all before it."""


def site_of(columns: Floats, labels: Floats, family: Family, **settings: float) -> Site:
    found = {"epochs": 1, "batch": 1000, "most_rows": 1000} | settings
    bounds = np.abs(columns).max(axis=0)
    return Site(columns, labels, bounds, Settings(family, **found))  # type: ignore[arg-type]


def update_of(site: Site, weights: Floats, seed: int = 7) -> Floats:
    plain = Scale(np.zeros(len(site.bounds)), np.ones(len(site.bounds)))
    found: Floats = site.improved(weights, plain, seed)[1:] / site.share - weights
    return found


def test_of_batches_of_one_row_a_step_that_forgets_hands_over_a_record() -> None:
    columns = np.random.default_rng(1).normal(size=(200, 2))
    labels = np.random.default_rng(2).normal(size=200)
    found = update_of(site_of(columns, labels, Family.RIDGE, **FORGETS, batch=1), np.zeros(3))
    read = found[1:] / found[0]
    assert np.abs(columns - read).max(axis=1).min() < 1e-9
    whole = update_of(site_of(columns, labels, Family.RIDGE, **FORGETS), np.zeros(3))
    assert whole[0] == pytest.approx(0.01 * labels.mean())


@pytest.mark.parametrize("batch", [1, 100, 999])
def test_a_run_in_batches_is_refused_and_one_over_all_rows_is_not(batch: int) -> None:
    spec = asked()
    with pytest.raises(InvalidRecord, match="all rows"):
        replace(spec, algorithm=replace(spec.algorithm, batch=batch))
    assert replace(spec, algorithm=replace(spec.algorithm, batch=1000)).rows == 1000


def mark_of(**changes: object) -> str:
    (mark,) = (name for name in Training(asked(**changes)).cells(ASSETS)[0].quantities if "figures" in name)
    return mark


@pytest.mark.parametrize(
    "change", [{"norm": MILLION}, {"clip": 512}, {"seed": 8}, {"rows": 900}, {"minimum": 11}, {"least_rows": 101}]
)
def test_a_run_that_draws_other_figures_is_counted_anew(change: dict[str, object]) -> None:
    whole = Training(asked()).cells(ASSETS)[0].region
    asked_twice = [(whole, [mark_of()]), (whole, [mark_of(**change)])]
    assert drawn.drawn(asked_twice) == 2 * asked().figures


@pytest.mark.parametrize("change", [{"round_s": 21}, {"apps": (b"\1" * 32,)}, {"purpose": "other"}])
def test_the_same_run_carried_otherwise_is_counted_once(change: dict[str, object]) -> None:
    assert mark_of() == mark_of(**change)


def halves(*quantities: str) -> list[Answer]:
    """Rows of low and of high income: both counted, of the low ones more."""
    whole = Region.of({"asset": frozenset(ASSETS)}).narrowed(prefixed([Interval("late", 0, 2)], ROW))
    parts = [prefixed([Interval("income", *ends)], ROW) for ends in ((None, 99_000), (99_000, None))]
    low, high = (whole.narrowed(part) for part in parts)
    return [Answer(low, whole, Outcome.OPENED, quantities), Answer(high, whole, Outcome.OPENED)]


@pytest.mark.parametrize("told", ["sum of debt * late", "sum of debt * income", "squares of debt", "sum of late"])
def test_a_model_beside_moments_of_nearly_all_rows_is_refused(told: str) -> None:
    """Its first gradients at zero are sums of label and feature: what is left is a figure of the few others."""
    cells = Training(asked()).cells(ASSETS)[:1]
    require_answerable(halves(), cells)
    with pytest.raises(NotAuthorized):
        require_answerable(halves(told), cells)


def test_a_class_tells_sums_of_its_features() -> None:
    whole, *classes = Training(asked()).cells(ASSETS)
    assert [cell.name for cell in classes] == ["late=0", "late=1"]
    for cell in (whole, *classes):
        assert {"sum of income", "sum of debt * late", "model of late"} <= set(cell.quantities)


def outlying() -> tuple[Floats, Floats]:
    """One row far out, of many."""
    columns = np.random.default_rng(3).normal(size=(300, 2))
    columns[17] = (12.0, -9.0)
    labels = np.random.default_rng(4).poisson(np.exp(0.2 * np.clip(columns[:, 0], -2, 2))).astype(float)
    return columns, labels


@pytest.mark.parametrize("minimum", [1, 10])
def test_at_scores_of_a_large_rate_one_row_is_the_gradient_and_that_step_is_not_taken(minimum: int) -> None:
    columns, labels = outlying()
    site = site_of(columns, labels, Family.POISSON, rate=10.0, proximal=0.0, ridge=0.0, minimum=minimum)
    steep = np.array([0.0, 2.0, 0.0])
    found = update_of(site, steep)
    if minimum == 1:
        assert found[1:] / found[0] == pytest.approx(columns[17], rel=0.01)
    else:
        assert not found.any()
        assert update_of(site, np.zeros(3)).any()


def test_a_measure_of_few_rows_is_not_handed_over() -> None:
    columns = np.random.default_rng(5).normal(size=(300, 2))
    labels = (columns[:, 0] > 0).astype(float)
    labels[:3] = 1 - labels[:3]
    plain = Scale(np.zeros(2), np.ones(2))
    site = site_of(columns, labels, Family.LOGISTIC, rate=0.5, proximal=0.0, ridge=0.0, minimum=10)
    with pytest.raises(InvalidRecord, match="too few rows"):
        site.quality(np.array([0.0, 1000.0, 0.0]), plain)
    assert site.quality(np.array([0.0, 1.0, 0.0]), plain)[0] == pytest.approx(0.3)


def reached(ranges: Floats | None) -> tuple[Floats, Floats]:
    """Where a model with a large rate comes to, and what a step from a threshold tells of rows on its other side."""
    columns = np.random.default_rng(6).uniform(-1, 1, (400, 2))
    labels = (np.random.default_rng(7).random(400) < 0.3 + 0.4 * (columns[:, 0] > 0)).astype(float)
    site = site_of(columns, labels, Family.LOGISTIC, rate=10.0, proximal=0.0, ridge=0.0, epochs=100, minimum=10)
    site = replace(site, ranges=ranges)
    once = replace(site, settings=replace(site.settings, epochs=1))
    nearest = np.sort(columns[:, 0])[200:202].sum() / 2
    left, right = (np.array([-slope * at, slope, 0.0]) for slope, at in ((1e6, nearest - 1e-9), (1e6, nearest + 0.02)))
    told = [update_of(once, weights) + weights for weights in (left, right)]
    return update_of(site, np.zeros(3)), told[0] - told[1] - (left - right)


def test_a_steep_model_tells_the_rows_between_two_thresholds_and_is_not_taken() -> None:
    _, steep = reached(None)
    between = steep[0] / 10.0 * 400
    assert between == pytest.approx(round(between), abs=1e-3)  # a count of few rows, exact
    assert 1 <= abs(round(between)) < 10


def test_no_department_makes_a_model_steeper_than_the_bound() -> None:
    ranges = np.full(2, 2.0)
    found, _ = reached(ranges)
    assert np.abs(found[1:]) @ ranges <= 8 + 1e-9
    free, _ = reached(None)
    assert np.abs(free[1:]) @ ranges > 0


def curved() -> tuple[TrainingSpec, Site, linear.Fit]:
    """A department at a round whose model errs at three of its 300 rows alone."""
    spec, drawn = asked(has_curve=True, rounds=2, minimum=10), np.random.default_rng(8)
    columns = (drawn.integers(0, 100_000, 300), drawn.integers(-500, 500, 300), np.r_[np.zeros(3), np.ones(297)])
    scale = Scale(np.array([50_000.0, 0.0]), np.array([30_000.0, 300.0]))
    fit = replace(linear.begin(spec), scale=scale, weights=np.array([20.0, 0.0, 0.0]))
    return spec, linear.site(spec, np.column_stack(columns).astype(float)), fit


def test_no_department_leaves_its_share_out_of_a_round_s_loss_for_the_difference_would_be_its_rows() -> None:
    spec, site, fit = curved()
    with pytest.raises(InvalidRecord, match="too few rows"):
        linear.vector(spec, site, fit, 2)
    told = linear.vector(spec, site, linear.begin(spec), 2)
    assert told[1 + spec.weights] == told[0] == pytest.approx(0.3)
    assert linear.advance(spec, fit, told, 2).curve == pytest.approx((np.log(2),))
    told[1 + spec.weights] = 0.2
    with pytest.raises(InvalidRecord, match="other rows"):
        linear.advance(spec, fit, told, 2)


def test_a_share_left_out_is_the_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    spec, site, fit = curved()
    others = 2 * linear.vector(spec, site, linear.begin(spec), 2)
    monkeypatch.setattr(Site, "loss", lambda *_: np.zeros(2))
    total = others + linear.vector(spec, site, fit, 2)
    assert (total[0] - total[1 + spec.weights]) * spec.rows == pytest.approx(300)


def test_the_longest_run_over_the_most_columns_is_counted_by_all_its_figures_too() -> None:
    features = tuple(Bounded(f"x{place}", 0, 1000) for place in range(MAX_FEATURES))
    spec = asked(features=features, rounds=MAX_ROUNDS, has_curve=True)
    (whole, *_) = Training(spec).cells(ASSETS)
    (again, *_) = Training(replace(spec, seed=8)).cells(ASSETS)
    assert spec.figures > 9999
    assert drawn.is_marked(whole)
    both = [(cell.region, cell.quantities) for cell in (whole, again)]
    assert drawn.drawn(both) == 2 * spec.figures


GUESSES = [np.arange(4, dtype="<u8") + number for number in range(1000)]
"""What a vector of few rows may be, to somebody who knows nearly all of them."""


def test_a_plain_digest_of_a_vector_would_be_found_by_trying() -> None:
    handed = sha256(GUESSES[617].tobytes())
    assert [n for n, guess in enumerate(GUESSES) if sha256(guess.tobytes()) == handed] == [617]


def test_a_commitment_to_a_vector_is_found_by_its_salt_alone_and_fits_one_wave_and_party() -> None:
    session, salt, words = bytes(32), b"s" * 32, GUESSES[617].tobytes()
    handed = record.commitment(session, "tax", 3, salt, words)
    others = [b"", bytes(32), session, salt[:-1] + b"t"]
    assert all(record.commitment(session, "tax", 3, other, g.tobytes()) != handed for other in others for g in GUESSES)
    with_it = [record.commitment(session, "tax", 3, salt, guess.tobytes()) for guess in GUESSES]
    assert [n for n, made in enumerate(with_it) if made == handed] == [617]
    assert record.commitment(session, "tax", 4, salt, words) != handed
    assert record.commitment(session, "water", 3, salt, words) != handed
