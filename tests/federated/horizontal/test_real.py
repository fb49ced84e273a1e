"""Adults of a census, divided among four departments by schooling: the joint model is that of the pooled rows."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from functools import cache

import numpy as np
import pytest
from extracts import DATA
from sklearn.linear_model import LogisticRegression

from federated.boosting.exposure import auc
from federated.columns import Class, Number, encoded, labels
from federated.horizontal.family import Family, Floats
from federated.horizontal.rehearsal import Trained, plain, rehearse
from federated.horizontal.site import Settings, Site
from mpc.sessions.memory_channel import kill

DECLARED = (
    Number("age", 16, 99),
    Number("education_num", 1, 16),
    Number("hours_per_week", 0, 99),
    Class("sex", ("Female",), other=True),
)
DEPARTMENTS = {"basic": (1, 8), "school": (9, 9), "some": (10, 12), "degree": (13, 16)}
ROUNDS = 12


@cache
def adults() -> tuple[Floats, Floats]:
    with gzip.open(DATA / "uci_adult_extract.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    table = {name: [row[name] for row in rows] for name in rows[0]}
    found = encoded(DECLARED, table)
    return np.column_stack(list(found.values())), labels(table, "income", ("<=50K", ">50K"))


@cache
def sites() -> Mapping[str, Site]:
    columns, income = adults()
    settings = Settings(Family.LOGISTIC, 1, 64, 0.1, 0.0, 0.1, 2500)
    bounds, schooling = np.array([99.0, 16.0, 99.0, 1.0]), columns[:, 1]
    chosen = {party: (schooling >= low) & (schooling <= high) for party, (low, high) in DEPARTMENTS.items()}
    return {party: Site(columns[rows], income[rows], bounds, settings) for party, rows in chosen.items()}


@cache
def trained() -> Trained:
    return rehearse(sites(), ROUNDS)


def scored(found: Trained) -> Floats:
    columns, _ = adults()
    return found.weights[0] + ((columns - found.scale.means) / found.scale.deviations) @ found.weights[1:]


def test_the_joint_model_ranks_people_as_the_pooled_one_does() -> None:
    columns, income = adults()
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    pooled = LogisticRegression(C=10.0).fit(scaled, income).decision_function(scaled)
    assert abs(auc(income, scored(trained())) - auc(income, pooled)) < 0.002
    assert auc(income, pooled) > 0.8
    report = trained().report
    assert report.quality is not None
    assert abs(report.quality.auc - auc(income, scored(trained()))) <= report.quality.auc_error + 1e-6


def test_secure_aggregation_equals_plain_sums_to_one_in_a_billion() -> None:
    weights, scale = plain(sites(), ROUNDS)
    assert np.allclose(trained().weights, weights, rtol=1e-9, atol=1e-9 * np.abs(weights).max())
    assert np.allclose(trained().scale.deviations, scale.deviations, rtol=1e-9)


def test_of_four_departments_one_may_be_lost_in_the_middle() -> None:
    _, income = adults()
    found = rehearse(sites(), ROUNDS, intercept=kill("basic", "upload/5"))
    assert found.lost == ((),) * 4 + (("basic",),) * (ROUNDS - 2)
    assert auc(income, scored(found)) > 0.8


def test_a_department_alone_does_not_reach_the_joint_model() -> None:
    columns, income = adults()
    own = sites()["degree"]
    scaled = (columns - own.columns.mean(axis=0)) / own.columns.std(axis=0)
    rows = (own.columns - own.columns.mean(axis=0)) / own.columns.std(axis=0)
    alone = LogisticRegression(C=10.0).fit(rows, own.labels).decision_function(scaled)
    assert auc(income, alone) < auc(income, scored(trained()))


@pytest.mark.parametrize("party", sorted(DEPARTMENTS))
def test_every_department_has_rows_of_both_labels(party: str) -> None:
    assert set(sites()[party].labels.tolist()) == {0.0, 1.0}
