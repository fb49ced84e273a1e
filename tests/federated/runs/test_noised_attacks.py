"""What one person could still decide in a run with noise, beside the noise: where others' rows are counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from noisytown import cheaper, noisy

from federated.horizontal import shape
from federated.horizontal.family import Floats
from federated.runs import noisy as computing
from mpc.inputs import PrivateRows
from mpc.privacy.trained import Evaluation
from mpc.spec.training import Bounded, TrainingSpec


def wide(columns: int) -> TrainingSpec:
    features = tuple(Bounded(f"x{place}", -1000, 1000) for place in range(columns))
    privacy = cheaper(max_rows=1, evaluation=Evaluation(16, by_department=False, micro_rho=50_000))
    return noisy(features=features, privacy=privacy, rounds=1)


def counted_apart(columns: int) -> bool:
    """Whether a model laid on the edge of a bin is found that counts some of 43 equal rows in another bin."""
    spec, drawn, rows = wide(columns), np.random.default_rng(columns), 43
    values = [int(value) for value in drawn.integers(-1000, 1000, size=columns)]
    data = PrivateRows(
        tuple((value,) * rows for value in (*values, 1)), tuple(range(rows)), ((0,) * spec.weights, (0,) * spec.bins)
    )
    own, fit = computing.rows(spec, data, spec.sources[0].party), computing.begin(spec).fit
    scaled = own.counted.scaled
    for _ in range(40):
        slopes = drawn.normal(size=columns)
        for constant in (-float(slopes @ scaled[0, 1:]), -float((slopes * scaled[0, 1:]).sum())):
            placed = replace(fit, weights=np.array([constant, *slopes]))
            if np.count_nonzero(computing.vector(spec, own, placed, 2)) > 1:
                return True
    return False


@pytest.mark.parametrize("columns", [3, 8, 13])
def test_no_person_decides_by_its_place_in_the_table_what_is_counted_of_others(columns: int) -> None:
    assert not counted_apart(columns)


def test_scores_that_depend_on_the_place_tell_equal_rows_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def blocked(scaled: Floats, weights: Floats) -> Floats:
        parts, whole = scaled * weights[0], len(scaled) // 4 * 4
        scores: Floats = np.concatenate((parts[:whole].sum(axis=1), parts[whole:, ::-1].cumsum(axis=1)[:, -1]))
        return scores[:, None]

    monkeypatch.setattr(shape, "apart", blocked)
    assert counted_apart(8)
