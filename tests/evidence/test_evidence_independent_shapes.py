"""The second verifier grows the same trees and begins with the same layers as ours, to the last bit."""

from __future__ import annotations

from copy import deepcopy
from random import Random
from typing import Any

import pytest
import verticaltown
from noisytown import shaped as asked
from secondverifier import calls, needs_node
from verticaltown import BANK, TAX

from contracts.evidence.figures import grown, shaped, trained
from contracts.evidence.questions import training, vertical
from ledger.errors import InvalidRecord
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


WRONG: list[tuple[str, Any]] = [
    *((f"algorithm.trees.{name}", value) for name in ("depth", "bins") for value in ("2", [2], True, 2.5, 65, 0)),
    *((name, value) for name in ("rounds", "contributors") for value in ("4", True, 0, 1000)),
    *((f"privacy.{name}", value) for name, value in [("max_rows", "2"), ("max_rows", True), ("colluders", "1")]),
    *((f"privacy.evaluation.{name}", value) for name in ("bins", "held_out") for value in ("64", 1.5, 0, True, 501)),
    ("privacy.delta_log2", "-40"),
    ("privacy.evaluation.counts", "none"),
    ("privacy.evaluation.more", 1),
    ("privacy.evaluation.held_out", 49),
    ("privacy.evaluation", None),
    ("algorithm.hidden", True),
    ("algorithm.epochs", True),
    ("algorithm.app", "zz"),
    ("algorithm.app", ""),
    ("features", []),
    ("rows", "0"),
]
"""Members of a training's specification, and what none may be."""


@needs_node
def test_both_verifiers_refuse_the_same_specifications_of_trainings() -> None:
    """A text or a list that reads as a number in one language, a truth value in the other, a bound in one of them."""
    spec = asked(trees=Trees(2, 4, 3 * MILLION), rounds=ROUNDS).json()
    layer = asked(Model.SOFTMAX, hidden=3).json()
    assert isinstance(spec, dict)
    assert isinstance(layer, dict)
    held = changed(spec, "privacy.evaluation.held_out", 100)
    wrong = [changed(spec, path, value) for path, value in WRONG]
    answers = calls("asked.mjs", "asked", [[one] for one in (spec, layer, held, *wrong)])
    for good, answer in zip((spec, layer, held), answers, strict=False):
        assert answer["found"]["terms"] == training.terms(good)  # type: ignore[call-overload,index]
    assert [path for path, answer in zip(WRONG, answers[3:], strict=True) if "found" in answer] == []
    for one in wrong:
        with pytest.raises(InvalidRecord):
            training.terms(one)


@needs_node
def test_both_verifiers_refuse_the_same_specifications_over_columns() -> None:
    """Components below 0 would leave nothing of the rows that a regression's numbers need."""
    trees, regression = verticaltown.asked((BANK, TAX)).json(), verticaltown.regression().json()
    assert isinstance(trees, dict)
    assert isinstance(regression, dict)
    wrong = [
        *(changed(trees, "algorithm.trees", value) for value in ("3", True, 501, 0, 1.5)),
        *(changed(regression, "algorithm.steps", value) for value in ("2", True, 21, 0)),
        *(changed(regression, "algorithm.components", value) for value in ("2", True, -1, 25, None)),
        changed(trees, "algorithm.loss", None),
        changed(trees, "algorithm.model", "scores"),
        changed(trees, "statistic", "vertical-prediction"),
        changed(trees, "sides", 8 * trees["sides"]),  # type: ignore[operator]
    ]
    answers = calls("asked.mjs", "asked", [[one] for one in (trees, regression, *wrong)])
    for good, answer in zip((trees, regression), answers, strict=False):
        told = answer["found"]["terms"]  # type: ignore[call-overload,index]
        assert {**told, **vertical.terms(good)} == told  # type: ignore[dict-item]
        assert vertical.owners(good)
    assert not [answer for answer in answers[2:] if "found" in answer]
    for one in wrong:
        with pytest.raises(InvalidRecord):
            _ = vertical.owners(one), vertical.terms(one)


def changed(spec: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Return a specification with another member."""
    found = deepcopy(spec)
    *above, name = path.split(".")
    member = found
    for step in above:
        member = member[step]
    member[name] = value
    return found
