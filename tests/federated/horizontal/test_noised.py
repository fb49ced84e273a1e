"""Rounds under differential privacy: a person moves a sum by what is paid for, however often it is entered."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from federated.boosting.exposure import auc
from federated.evaluation.membership import BOUND, by_person, membership, promised
from federated.horizontal.family import Family, Floats
from federated.horizontal.noised import POINT_BITS, Protection, contribution, noise, stepped
from federated.horizontal.noised import layout as layout_of
from federated.horizontal.site import Scale, Settings, Site
from ledger.errors import InvalidRecord
from mpc.privacy.accounting import spent_rho
from mpc.privacy.noise import discrete_gaussian

COLUMNS, ROWS, OWNERS = 150, 60, 3
BOUNDS = np.full(COLUMNS, 6.0)
SETTINGS = Settings(Family.LOGISTIC, 20, 16, 0.5, 0.0, 0.0, 1000)
SCALE = Scale(np.zeros(COLUMNS), np.ones(COLUMNS))
PROTECTION = Protection(
    places=COLUMNS + 1, clip_milli=1000, micro_rho=500, rounds=20, owners=OWNERS, colluders=1, lost=0, spread=1,
    persons=OWNERS * ROWS,
)  # fmt: skip


def nothing(_scale: float) -> int:
    """No noise: what a department adds up before it adds noise."""
    return 0


def drawn(seed: int = 0) -> object:
    """A stand-in for the sampler that repeats; scales are far above one."""
    source = np.random.default_rng(seed)
    return lambda scale: round(source.normal(scale=scale))


@cache
def people(seed: int) -> tuple[Floats, Floats]:
    """Few rows, many columns, labels that hardly follow from them: a model without noise learns rows by heart."""
    source = np.random.default_rng(seed)
    columns = np.clip(source.normal(size=(OWNERS * ROWS, COLUMNS)), -6, 6)
    odds = 0.8 * columns[:, 0] - 0.8 * columns[:, 1]
    return columns, (source.random(OWNERS * ROWS) < 1 / (1 + np.exp(-odds))).astype(float)


def sites() -> list[Site]:
    columns, labels = people(1)
    parts = zip(np.split(columns, OWNERS), np.split(labels, OWNERS), strict=True)
    return [Site(rows, own, BOUNDS, SETTINGS) for rows, own in parts]


def names(site: int = 0, count: int = ROWS) -> list[str]:
    return [f"{site}-{row}" for row in range(count)]


def losses(weights: Floats, seed: int) -> Floats:
    columns, labels = people(seed)
    rows = np.hstack((np.ones((len(columns), 1)), columns))
    return Family.LOGISTIC.loss(labels, (rows @ weights)[:, None])


def noised(seed: int) -> Floats:
    """Train for 20 rounds at 500 micro-rho each."""
    weights, draw = np.zeros(COLUMNS + 1), drawn(seed)
    for _ in range(PROTECTION.rounds):
        parts = [contribution(site, names(n), weights, SCALE, PROTECTION, draw) for n, site in enumerate(sites())]
        weights = stepped(weights, np.sum(parts, axis=0), PROTECTION, rate=0.5, ridge=0.0)
    return weights


def test_what_one_person_adds_is_bounded_and_one_entered_forty_times_adds_no_more() -> None:
    site, weights = sites()[0], np.zeros(COLUMNS + 1)
    whole = contribution(site, names(), weights, SCALE, PROTECTION, nothing)
    longest = PROTECTION.mechanism.longest / (1 << POINT_BITS)
    for copies in (1, 40):
        persons = ["one"] * copies + names()[copies:]
        rest = Site(site.columns[copies:], site.labels[copies:], BOUNDS, SETTINGS) if copies == 1 else None
        with_person = contribution(site, persons, weights, SCALE, PROTECTION, nothing)
        if rest is not None:
            assert np.allclose(with_person, whole)
            without = contribution(rest, persons[1:], weights, SCALE, PROTECTION, nothing)
            assert 0 < np.linalg.norm(with_person - without) <= longest
    columns = np.vstack([site.columns[:1]] * 40 + [site.columns[1:]])
    labels = np.concatenate([site.labels[:1]] * 40 + [site.labels[1:]])
    forty = Site(columns, labels, BOUNDS, SETTINGS)
    moved = contribution(forty, ["one"] * 40 + names()[1:], weights, SCALE, PROTECTION, nothing)
    rest = Site(site.columns[1:], site.labels[1:], BOUNDS, SETTINGS)
    assert np.linalg.norm(moved - contribution(rest, names()[1:], weights, SCALE, PROTECTION, nothing)) <= longest


def test_entered_as_forty_persons_it_adds_forty_times_as_much() -> None:
    """Why the person is declared: rows that are counted for persons move the sum beyond what the noise is made for."""
    site, weights = sites()[0], np.zeros(COLUMNS + 1)
    columns, labels = np.repeat(site.columns[:1], 60, axis=0), np.repeat(site.labels[:1], 60)
    sixty = Site(columns, labels, BOUNDS, SETTINGS)
    longest = PROTECTION.mechanism.longest / (1 << POINT_BITS)
    assert np.linalg.norm(contribution(sixty, names(count=60), weights, SCALE, PROTECTION, nothing)) > 30 * longest
    assert np.linalg.norm(contribution(sixty, ["one"] * 60, weights, SCALE, PROTECTION, nothing)) <= longest


@pytest.mark.parametrize(("colluders", "lost", "alone"), [(0, 0, False), (1, 1, False), (2, 0, False), (0, 0, True)])
def test_the_shares_outside_the_coalition_give_the_noise_that_is_paid_for(
    colluders: int, lost: int, alone: bool
) -> None:
    asked = replace(PROTECTION, colluders=colluders, lost=lost, alone=alone)
    found = asked.mechanism
    honest = 1 if alone else OWNERS - colluders - lost
    variance = (found.deviation_milli / 1000) ** 2 / found.shares
    assert found.shares == honest
    assert variance >= 4
    assert spent_rho(found.longest**2, honest, variance, asked.places) <= asked.micro_rho / 1e6
    assert spent_rho(found.longest**2, honest, variance * 0.99, asked.places) > asked.micro_rho / 1e6


def test_a_person_at_several_departments_costs_noise_for_all_of_them() -> None:
    one, three = PROTECTION.mechanism, replace(PROTECTION, spread=3).mechanism
    assert three.deviation_milli == pytest.approx(3 * one.deviation_milli, rel=1e-3)


def test_the_cost_of_a_run_is_a_whole_number_and_adds_up_over_rounds() -> None:
    assert PROTECTION.cost == 20 * 500
    assert PROTECTION.record() != replace(PROTECTION, micro_rho=501).record()


def test_the_noise_is_that_of_the_declared_deviation() -> None:
    site = sites()[0]
    found = PROTECTION.mechanism
    drawn_noise = noise(found, 400, discrete_gaussian)
    scale = found.deviation_milli / 1000 / np.sqrt(found.shares)
    assert 0.8 < drawn_noise.std() / scale < 1.2
    exact = contribution(site, names(), np.zeros(COLUMNS + 1), SCALE, PROTECTION, nothing)
    noisy = contribution(site, names(), np.zeros(COLUMNS + 1), SCALE, PROTECTION, drawn())
    assert not np.allclose(exact, noisy)


def test_words_of_a_round_hold_all_persons_and_the_noise_exactly() -> None:
    site = sites()[0]
    vector = contribution(site, names(), np.zeros(COLUMNS + 1), SCALE, PROTECTION, drawn())
    layout = layout_of(PROTECTION.mechanism, PROTECTION.places, ROWS, OWNERS)
    assert layout.clipped(vector) == 0
    assert (layout.floats(layout.words(vector)) == vector).all()


class TestMembership:
    def test_a_model_learned_by_heart_tells_its_members_and_a_noised_one_does_not(self) -> None:
        weights = np.zeros(COLUMNS + 1)
        for _ in range(8):
            parts = [site.improved(weights, SCALE, seed=1) for site in sites()]
            total = np.sum(parts, axis=0)
            weights = total[1:] / total[0]
        assert membership(losses(weights, 1), losses(weights, 2)) > 0.65
        measured = [membership(losses(found, 1), losses(found, 2)) for found in map(noised, range(4))]
        assert np.mean(measured) <= BOUND

    def test_what_noise_promises_is_below_the_bound_and_more_cost_promises_less(self) -> None:
        assert promised(PROTECTION.cost) < promised(15_790) < BOUND + 1e-6
        assert promised(1_000_000) > 0.8

    def test_at_that_cost_many_persons_are_learned_of(self) -> None:
        source = np.random.default_rng(3)
        columns = np.clip(source.normal(size=(1800, 3)), -6, 6)
        labels = (source.random(1800) < 1 / (1 + np.exp(-1.5 * columns[:, 0]))).astype(float)
        settings, scale = replace(SETTINGS, most_rows=2000), Scale(np.zeros(3), np.ones(3))
        held = [Site(rows, own, np.full(3, 6.0), settings)
                for rows, own in zip(np.split(columns, 3), np.split(labels, 3), strict=True)]  # fmt: skip
        protection = replace(PROTECTION, places=4, persons=1800, micro_rho=750)
        assert promised(protection.cost) <= BOUND
        weights, draw = np.zeros(4), drawn(1)
        for _ in range(protection.rounds):
            parts = [contribution(site, names(n, 600), weights, scale, protection, draw) for n, site in enumerate(held)]
            weights = stepped(weights, np.sum(parts, axis=0), protection, rate=1.0, ridge=0.0)
        assert auc(labels, columns @ weights[1:]) > 0.75

    def test_a_person_entered_forty_times_counts_as_one(self) -> None:
        members, persons = np.array([0.1] * 40 + [0.9, 0.8]), ["one"] * 40 + ["two", "three"]
        others = np.array([0.5, 0.6])
        assert by_person(members, persons).tolist() == pytest.approx([0.1, 0.8, 0.9])
        assert membership(by_person(members, persons), others) == pytest.approx(1 / 3)
        assert membership(members, others) > 0.9

    def test_losses_that_are_no_numbers_are_refused(self) -> None:
        for members in (np.array([]), np.array([np.nan])):
            with pytest.raises(InvalidRecord):
                membership(members, np.array([0.1]))


@pytest.mark.parametrize(
    "changed",
    [{"micro_rho": 0}, {"clip_milli": 0}, {"colluders": 3}, {"lost": 2}, {"spread": 4}, {"rounds": 0}, {"persons": 0}],
)
def test_protections_that_protect_nothing_are_refused(changed: dict[str, int]) -> None:
    with pytest.raises(InvalidRecord):
        replace(PROTECTION, **changed)


def test_another_model_or_another_number_of_persons_is_refused() -> None:
    site = sites()[0]
    with pytest.raises(InvalidRecord):
        contribution(site, names()[1:], np.zeros(COLUMNS + 1), SCALE, PROTECTION, nothing)
    with pytest.raises(InvalidRecord):
        contribution(site, names(), np.zeros(COLUMNS), SCALE, PROTECTION, nothing)
