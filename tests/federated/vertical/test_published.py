"""Published tables in two halves: rows are aligned, models are those of the pooled columns."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from boosting import BANK, RULES, TREES, Trained, train
from grown import Pooled
from halves import Halves, halves
from regression import regress
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from federated.boosting import bins
from federated.boosting.exposure import auc
from federated.boosting.loss import Floats, Logistic, Softmax, Squared
from federated.vertical.alignment import common_keys, ordered
from federated.vertical.components import principal
from mpc.protocols.align.run import PROTOCOL
from mpc.protocols.align.terms import AlignedTerms, Member
from mpc.protocols.join.rehearsal import RECIPIENT
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network
from mpc.sessions.rehearsal import MemoryJournal, sessions


def aligned(found: Halves) -> tuple[dict[str, Floats], dict[str, Floats], Floats]:
    """Let both sides find the common rows and bring their own into the common order."""
    terms = AlignedTerms((Member(BANK, 1024, True), Member("tax", 1024, True)), minimum=100)
    own, keys = (
        sessions((BANK, "tax"), RECIPIENT, PROTOCOL, terms.record()),
        {BANK: found.guest_keys, "tax": found.host_keys},
    )

    def program(party: str) -> Callable[[Channel], object]:
        return lambda channel: common_keys(own[party], terms, channel, keys[party], MemoryJournal())

    outcomes = Network((BANK, "tax", RECIPIENT)).run({party: program(party) for party in keys})
    common = outcomes[BANK]
    assert isinstance(common, tuple), outcomes
    assert outcomes["tax"] == common
    labelled = ordered({**found.guest, "y": found.labels}, found.guest_keys, common)
    labels = labelled.pop("y")
    return labelled, ordered(found.host, found.host_keys, common), labels


@cache
def breast() -> tuple[dict[str, Floats], dict[str, Floats], Floats]:
    return aligned(halves("breast", guest_least=60, host_least=90))


def boosted(
    guest: dict[str, Floats], host: dict[str, Floats], labels: Floats, **changed: object
) -> tuple[Trained, Floats]:
    columns = {**guest, **host}
    found = train(columns, labels, {BANK: tuple(guest), "tax": tuple(host)}, **changed)  # type: ignore[arg-type]
    return found, found.scores(columns)


def pooled(columns: dict[str, Floats]) -> Pooled:
    edges = {name: bins.fit({name: values}, 8).edges[0] for name, values in columns.items()}
    return Pooled(columns, edges, depth=RULES.depth, least=RULES.least)


def test_rows_that_both_sides_hold_are_trained_on_in_one_order() -> None:
    guest, host, labels = breast()
    assert 400 < len(labels) < 569 - 90
    assert {len(values) for values in (*guest.values(), *host.values())} == {len(labels)}
    whole = halves("breast")
    marks = zip(whole.guest["guest x0"], whole.guest["guest x1"], whole.guest["guest x2"], strict=True)
    expected = dict(zip(marks, whole.labels, strict=True))
    found = zip(guest["guest x0"], guest["guest x1"], guest["guest x2"], strict=True)
    assert [expected[mark] for mark in found] == labels.tolist()


def test_trees_of_breast_cancer_are_those_of_the_pooled_columns() -> None:
    guest, host, labels = breast()
    _, scores = boosted(guest, host, labels, loss=Logistic())
    expected = pooled({**guest, **host}).scores(labels, TREES, ridge=RULES.ridge, rate=RULES.rate)
    assert abs(auc(labels, scores) - auc(labels, expected)) < 0.002
    assert auc(labels, scores) > 0.97


def test_four_kinds_of_vehicles_are_told_apart_as_from_the_pooled_columns() -> None:
    guest, host, labels = aligned(halves("vehicle_scale", guest_least=100, host_least=50))
    _, scores = boosted(guest, host, labels, loss=Softmax(4))
    expected = pooled({**guest, **host}).class_scores(labels, TREES, ridge=RULES.ridge, rate=RULES.rate)
    right = [(found.argmax(axis=0) == labels).mean() for found in (scores, expected)]
    assert abs(right[0] - right[1]) < 0.01
    assert right[0] > 0.6


def test_marks_of_students_are_predicted_as_from_the_pooled_columns() -> None:
    guest, host, labels = aligned(halves("student"))
    _, scores = boosted(guest, host, labels, loss=Squared(bound=32.0))
    expected = pooled({**guest, **host}).number_scores(labels, TREES, ridge=RULES.ridge, rate=RULES.rate)
    errors = [np.sqrt(((found - labels) ** 2).mean()) for found in (scores, expected)]
    assert errors[0] == pytest.approx(errors[1], rel=0.01)
    assert errors[0] < labels.std()


@pytest.mark.slow
def test_a_regression_of_breast_cancer_ranks_held_out_rows_as_the_pooled_one_does() -> None:
    """Pooled: the same components of both sides, the same ridge, another solver."""
    guest, host, labels = aligned(halves("breast"))
    own, other = np.array(list(guest.values())), np.array(list(host.values()))
    kept, held = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=42, stratify=labels)
    first, second = principal(own[:, kept], 4), principal(other[:, kept], 4)
    found = regress(first.of(own[:, kept]), second.of(other[:, kept]), labels[kept], rounds=2)
    rows = np.vstack((first.of(own), second.of(other))).T
    expected = LogisticRegression(max_iter=2000).fit(rows[kept], labels[kept]).decision_function(rows[held])
    scores = found.scores(first.of(own[:, held]), second.of(other[:, held]))
    assert abs(auc(labels[held], scores) - auc(labels[held], expected)) < 0.002
    assert auc(labels[held], scores) > 0.98
