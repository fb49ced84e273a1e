"""The second verifier grows the same trees and begins with the same layers as ours, to the last bit."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from noisytown import shaped as asked
from secondverifier import calls, needs_node

from contracts.evidence.figures import grown, shaped, trained
from mpc.spec.training import Model
from mpc.training.shapes import Trees

MILLION, GRAIN, ROUNDS = 1_000_000, 1 << 12, 4


@needs_node
@pytest.mark.parametrize("depth", [1, 2])
def test_a_tree_grows_alike_from_any_sums(depth: int) -> None:
    """Level after level, with nodes that gain nothing and sums below the least among them."""
    spec = asked(trees=Trees(depth, 4, 3 * MILLION), rounds=ROUNDS).json()
    assert isinstance(spec, dict)
    found = trained.read(spec).shaped
    assert found.trees is not None
    (shape,) = calls("shapes.mjs", "shaped", [[spec]])
    drawn, numbers = Random(depth), found.first
    steps, expected = list[list[Any]](), list[tuple[float, ...]]()
    for round_ in range(1, ROUNDS + 1):
        spread = GRAIN if round_ == ROUNDS else 40 * GRAIN
        sums = [
            drawn.randrange(-spread, spread) if at % 2 == 0 else drawn.randrange(spread) for at in range(found.released)
        ]
        steps.append([shape["found"]["trees"], list(numbers), sums, round_, GRAIN])  # type: ignore[call-overload,index]
        numbers = grown.grown(found.trees, numbers, sums, round_, GRAIN)
        expected.append(numbers)
    assert [one["found"] for one in calls("shapes.mjs", "grown", steps)] == [list(one) for one in expected]
    assert any(numbers)


@needs_node
@pytest.mark.parametrize("hidden", [0, 3])
def test_a_model_begins_with_the_same_numbers(hidden: int) -> None:
    spec = asked(Model.SOFTMAX, hidden=hidden).json()
    assert isinstance(spec, dict)
    found: shaped.Shaped = trained.read(spec).shaped
    (shape,) = calls("shapes.mjs", "shaped", [[spec]])
    (begun,) = calls("shapes.mjs", "first", [[shape["found"]]])
    assert begun["found"] == list(found.first)
    assert any(found.first) == bool(hidden)
