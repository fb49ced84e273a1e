"""Trees on encrypted gradients are the trees of pooled columns, whoever holds which column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from boosting import ROWS, RULES, TREES, people, train
from grown import Pooled

from federated.boosting import bins
from federated.boosting.loss import Softmax, Squared

SPLITS = [
    {"bank": ("age",), "tax": ("debt", "income", "visits")},
    {"bank": (), "tax": ("age", "debt"), "civil": ("income", "visits")},
    {"bank": ("visits", "debt"), "civil": ("income",), "tax": ("age",)},
]


@pytest.mark.parametrize("owners", SPLITS)
def test_the_model_predicts_what_a_pooled_run_predicts(owners: Mapping[str, tuple[str, ...]]) -> None:
    columns, labels = people()
    found = train(columns, labels, owners)
    expected = pooled(columns).scores(labels, TREES, ridge=RULES.ridge, rate=RULES.rate)
    assert np.allclose(found.scores(columns), expected, atol=1e-9)
    assert np.std(expected) > 0.1


def pooled(columns: Mapping[str, np.ndarray]) -> Pooled:
    edges = {name: bins.fit({name: values}, 8).edges[0] for name, values in columns.items()}
    return Pooled(columns, edges, depth=RULES.depth, least=RULES.least)


def test_numbers_are_learned_as_from_pooled_columns() -> None:
    columns, _ = people()
    labels = columns["age"] * 3 + np.abs(columns["debt"])
    found = train(columns, labels, SPLITS[0], loss=Squared(bound=32.0))
    expected = pooled(columns).number_scores(labels, TREES, ridge=RULES.ridge, rate=RULES.rate)
    assert np.allclose(found.scores(columns), expected, atol=1e-6)
    assert np.var(labels - expected) < 0.5 * np.var(labels)
    losses = [done.loss for done in found.curve]
    assert losses == sorted(losses, reverse=True)


def test_classes_are_learned_as_from_pooled_columns_one_tree_a_class_and_round() -> None:
    columns, _ = people()
    labels = np.digitize(columns["debt"] + columns["income"], (-0.7, 0.7)).astype(float)
    found = train(columns, labels, SPLITS[0], loss=Softmax(classes=3))
    expected = pooled(columns).class_scores(labels, TREES, ridge=RULES.ridge, rate=RULES.rate)
    assert np.allclose(found.scores(columns), expected, atol=1e-6)
    assert len(found.model.trees) == 3 * TREES
    assert (Softmax(3).predict(expected).argmax(axis=0) == labels).mean() > 0.7


def test_first_trees_grown_alone_send_nothing_of_labels() -> None:
    columns, labels = people()
    owners = SPLITS[0]
    found = train(columns, labels, owners, alone=2)
    steps = {message.step: message.body for message in found.network.sent}
    assert steps["gradients/0"] == steps["gradients/1"] == b""
    assert {step for step in steps if step.startswith(("nodes/0", "sums/0", "chosen/1"))} == set()
    assert len(steps["gradients/2"]) > ROWS
    assert [done.is_shared for done in found.curve] == [False, False, True]
    assert found.curve[1].exposure == 0.5


def test_once_the_shared_trees_rank_labels_too_well_the_rest_is_grown_alone() -> None:
    columns, labels = people()
    free, bounded = (train(columns, labels, SPLITS[0], exposure=bound) for bound in (1.0, 0.6))
    assert all(done.is_shared for done in free.curve)
    assert [done.is_shared for done in bounded.curve] == [True, False, False]
    assert bounded.curve[-1].exposure == bounded.curve[0].exposure
    assert max(done.exposure for done in free.curve) > bounded.curve[0].exposure > 0.6


def test_no_name_and_no_boundary_of_an_owner_leaves_it() -> None:
    columns, labels = people()
    trained = train(columns, labels, SPLITS[1])
    sent = b"".join(message.body for message in trained.network.sent)
    for own in trained.meanings.values():
        for found in own.values():
            assert found.column.encode() not in sent
            assert np.float64(found.value).tobytes() not in sent
            assert np.float64(found.value).byteswap().tobytes() not in sent
    assert sum(map(len, trained.meanings.values())) > 3
