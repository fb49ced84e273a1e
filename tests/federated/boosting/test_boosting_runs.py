"""Trees on encrypted gradients are the trees of pooled columns, whoever holds which column."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from boosting import RULES, TREES, people, train
from grown import Pooled

from federated.boosting import bins
from federated.boosting.loss import Squared

SPLITS = [
    {"bank": ("age",), "tax": ("debt", "income", "visits")},
    {"bank": (), "tax": ("age", "debt"), "civil": ("income", "visits")},
    {"bank": ("visits", "debt"), "civil": ("income",), "tax": ("age",)},
]


@pytest.mark.parametrize("owners", SPLITS)
def test_the_model_predicts_what_a_pooled_run_predicts(owners: Mapping[str, tuple[str, ...]]) -> None:
    columns, labels = people()
    found = train(columns, labels, owners)
    edges = {name: bins.fit({name: values}, 8).edges[0] for name, values in columns.items()}
    oracle = Pooled(columns, edges, depth=RULES.depth, least=RULES.least)
    expected = oracle.scores(labels, TREES, ridge=RULES.ridge, rate=RULES.rate)
    assert np.allclose(found.scores(columns), expected, atol=1e-9)
    assert np.std(expected) > 0.1


def test_numbers_are_learned_by_their_squared_error() -> None:
    columns, _ = people()
    labels = columns["age"] * 3 + np.abs(columns["debt"])
    found = train(columns, labels, SPLITS[0], loss=Squared(bound=32.0))
    left = np.var(labels - found.scores(columns))
    assert left < 0.5 * np.var(labels)


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
