"""What a feature owner can guess of labels from the nodes it is shown (label inference), on real card holders.

Two guessers, neither of which knows a leaf's weight: one knows no label and takes the direction in which the shown
nodes differ most; the other knows the labels of one row in twenty and fits them to the nodes.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from functools import cache

import numpy as np
from boosting import BANK, TREES, Trained, train
from extracts import DATA

from federated.boosting import messages
from federated.boosting.exposure import auc, exposure
from federated.boosting.loss import Floats

OWNERS = {BANK: ("limit_bal", "pay_amt1", "age"), "tax": ("bill_amt1", "bill_amt2")}


@cache
def holders() -> tuple[Mapping[str, Floats], Floats]:
    with gzip.open(DATA / "uci_credit_extract.csv.gz", "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    table = {name.lower(): np.array([float(row[name]) for row in rows]) for name in rows[0]}
    return {name: table[name] for names in OWNERS.values() for name in names}, table["default.payment.next.month"]


@cache
def trained(alone: int = 0, bound: float = 1.0) -> Trained:
    return train(*holders(), OWNERS, alone=alone, exposure=bound)


def shown(found: Trained, trees: range = range(TREES)) -> Floats:
    """The nodes of the trees that the tax office sees: those it is asked about, and its own sides; (nodes, rows)."""
    rows, maps = len(holders()[1]), []
    for message in found.network.sent:
        name, _, place = message.step.partition("/")
        if name == messages.NODES and int(place.split("/")[0]) in trees:
            maps += messages.decode_nodes(message.body, rows, 64)
        if name == messages.SIDES and int(place.split("/")[0]) in trees:
            count = len(message.body) // (4 + -(-rows // 8))
            maps += [side.left for side in messages.decode_sides(message.body, rows, count)]
    return np.array(maps, dtype=float).reshape(len(maps), rows)


def guess_blind(nodes: Floats) -> Floats:
    centred = nodes - nodes.mean(axis=1, keepdims=True)
    found: Floats = np.linalg.svd(centred, full_matrices=False)[2][0]
    return found


def guess_taught(nodes: Floats, labels: Floats, known: np.ndarray) -> Floats:
    centred = nodes - nodes.mean(axis=1, keepdims=True)
    own = centred[:, known]
    weights = np.linalg.solve(own @ own.T + 5.0 * np.eye(len(own)), own @ (labels[known] - labels[known].mean()))
    found: Floats = weights @ centred
    return found


def test_what_a_feature_owner_guesses_of_labels_stays_below_the_exposure_that_is_measured() -> None:
    labels, found = holders()[1], trained()
    nodes, known = shown(found), np.arange(len(labels)) % 20 == 0
    blind = auc(labels, guess_blind(nodes))
    taught = auc(labels[~known], guess_taught(nodes, labels, known)[~known])
    measured = found.curve[-1].exposure
    assert max(blind, 1 - blind) <= measured
    assert 0.55 < taught <= measured < 0.75


def test_a_first_tree_grown_alone_shows_nothing_and_shared_it_would_rank_labels() -> None:
    labels = holders()[1]
    first = shown(trained(), range(1))
    known = np.arange(len(labels)) % 20 == 0
    assert auc(labels[~known], guess_taught(first, labels, known)[~known]) > 0.55
    assert len(shown(trained(alone=1), range(1))) == 0


def test_the_bound_on_exposure_ends_what_is_shown_with_the_tree_that_passes_it() -> None:
    free, bounded = trained(), trained(bound=0.6)
    shared = [done.is_shared for done in bounded.curve]
    assert shared == [True] * sum(shared) + [False] * (TREES - sum(shared))
    assert 0 < sum(shared) < TREES
    assert len(shown(bounded, range(sum(shared), TREES))) == 0
    assert bounded.curve[-1].exposure <= free.curve[-1].exposure


def test_exposure_is_of_unlike_labels_whatever_they_are() -> None:
    scores = np.array([[0.1, 0.4, 0.35, 0.8]])
    assert exposure(np.array([0.0, 0.0, 1.0, 1.0]), scores) == 0.75
    assert exposure(np.array([1.0, 2.0, 7.0, 9.0]), scores) == 0.75  # numbers: above the median
    assert exposure(np.array([0.0, 1.0, 2.0, 2.0]), np.vstack((-scores, scores, scores))) == 1.0  # the clearest class
    assert auc(np.zeros(3), np.arange(3.0)) == 0.5
