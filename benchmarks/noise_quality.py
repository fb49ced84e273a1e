"""What noise by person costs in quality: AUC by epsilon of runs of a linear model, a hidden layer and trees.

    SHUXIN_DATA=FOLDER python benchmarks/noise_quality.py adult|default_credit [--quick] [--json FILE]

Data and departments are those of ``benchmarks/horizontal.py``, each row a person of its own, columns in whole numbers
(those that come standardised in thousandths within -4..4). Departments compute what they compute as nodes
(``federated.runs.noisy``), in the same words, without masks, messages and chain; noise is drawn as rounded normals, for
the exact sampler takes a third of a millisecond a number. One colluder; delta 2^-20.

``test``: AUC of the model over the set's own test rows. ``told``: the AUC of binned counts with noise that the run
itself reports of the fifth of the persons that it held out; ``error``: how far bins put it off, as it reports too, much
where a model is so sure that most chances fall into the first bin. ``--quick``: one cost, few rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from horizontal import Rows, adult, credit

from federated.boosting.exposure import auc
from federated.evaluation.released import card
from federated.horizontal.family import Floats
from federated.runs import layers, noisy, trees
from federated.runs.part import part
from mpc.inputs import PrivateRows
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.declaration import Neighbours, Nulls, UnitsAt
from mpc.privacy.held import is_held_out
from mpc.privacy.trained import Evaluation, TrainingPrivacy
from mpc.spec.parts import Source
from mpc.spec.training import MILLION, Algorithm, Bounded, Model, Step, TrainingSpec
from mpc.training.shapes import Trees

COSTS, EVALUATION, HELD, DELTA = (10_000, 50_000, 200_000, 1_000_000), 50_000, 200, -20
THOUSANDTHS, WIDEST = 1000, 4


@dataclass(frozen=True)
class Asked:
    """How one kind of model is trained: rounds, rate in millionths, clip in thousandths."""

    rounds: int
    rate: int
    clip: int
    hidden: int = 0
    trees: Trees | None = None
    ridge: int = 0


KINDS = {
    "linear": Asked(rounds=60, rate=6 * MILLION, clip=800),
    "hidden layer of 8": Asked(rounds=40, rate=6 * MILLION, clip=800, hidden=8),
    "trees, 10 of depth 3": Asked(
        rounds=30, rate=MILLION // 2, clip=2500, trees=Trees(3, 8, 200 * MILLION), ridge=MILLION
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("set", choices=("adult", "default_credit"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    folder = Path(os.environ["SHUXIN_DATA"])
    parts, test = whole(*(adult(folder) if asked.set == "adult" else credit(folder)))
    lines = []
    for name, kind in KINDS.items():
        for cost in COSTS[1:2] if asked.quick else COSTS:
            began = time.process_time()
            spec = specification(parts, kind, cost, (2 if kind.trees is None else 1) if asked.quick else 0)
            tested, told, error = run(spec, parts, test)
            assert spec.privacy is not None
            whole_cost = spec.privacy.cost(spec.rounds)
            line = {
                "model": name,
                "rounds": spec.rounds,
                "micro_rho": whole_cost,
                "epsilon": epsilon_milli(whole_cost, DELTA) / 1000,
                "test": round(tested, 4),
                "told": round(told, 4),
                "error": round(error, 4),
                "seconds": round(time.process_time() - began, 1),
            }
            lines.append(line)
            print(" ".join(f"{key} {value}" for key, value in line.items()), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps({"set": asked.set, "runs": lines}, indent=1) + "\n", encoding="utf-8")


def whole(parts: Mapping[str, Rows], test: Rows) -> tuple[Mapping[str, Rows], Rows]:
    """Write columns in whole numbers."""
    is_whole = all((rows == np.rint(rows)).all() for rows, _ in (*parts.values(), test))

    def written(rows: Floats) -> Floats:
        return rows if is_whole else np.rint(np.clip(rows, -WIDEST, WIDEST) * THOUSANDTHS)

    return {party: (written(rows), own) for party, (rows, own) in parts.items()}, (written(test[0]), test[1])


def specification(parts: Mapping[str, Rows], kind: Asked, cost: int, turns: int) -> TrainingSpec:
    """Ask for a run of this cost beside its evaluation's. turns: rounds, or trees; 0: as many as the kind has."""
    rounds = (turns if kind.trees is None else turns * kind.trees.depth) or kind.rounds
    rows = np.vstack([own for own, _ in parts.values()])
    bounds = [(int(low), int(max(high, low + 1))) for low, high in zip(rows.min(axis=0), rows.max(axis=0), strict=True)]
    privacy = TrainingPrivacy(
        unit="person", neighbours=Neighbours.ONE_UNIT, max_rows=1, units_at=UnitsAt.ONE, colluders=1,
        nulls=Nulls.REFUSED, period="2017", delta_log2=DELTA, clip_milli=kind.clip,
        persons=len(rows) * (1000 - HELD) // 1000, is_local=False, micro_rho=cost // rounds,
        evaluation=Evaluation(32, by_department=False, micro_rho=EVALUATION, held_out=HELD),
        recipient_class="everybody",
    )  # fmt: skip
    most = max(len(own) for _, own in parts.values())
    return TrainingSpec(
        purpose="credit-scoring", recipient="office",
        sources=tuple(Source(party, f"a-{party}", bytes(32)) for party in sorted(parts)),
        algorithm=Algorithm(Model.LOGISTIC, Step.AVERAGE, 1, most, kind.rate, 0, kind.ridge, hidden=kind.hidden,
                            trees=kind.trees),
        features=tuple(Bounded(f"x{n}", *ends) for n, ends in enumerate(bounds)), label=Bounded("y", 0, 1),
        rounds=rounds, rows=most, least_rows=0, minimum=10, contributors=len(parts), clip=0, norm=0, round_s=60, seed=7,
        privacy=privacy,
    )  # fmt: skip


def run(spec: TrainingSpec, parts: Mapping[str, Rows], test: Rows) -> tuple[float, float, float]:
    """Train as nodes do; return the AUC over the test rows, the one that the run tells, and its error of bins."""
    source = np.random.default_rng(0)
    own = [noisy.rows(spec, entered(spec, party, rows, source), party) for party, rows in parts.items()]
    layout, found = noisy.layout(spec, len(own)), noisy.begin(spec)
    for wave in range(1, spec.waves + 1):
        words = [layout.words(noisy.vector(spec, rows, found.fit, wave)) for rows in own]
        found = noisy.advance(spec, found, layout.floats(np.sum(words, axis=0, dtype=np.uint64)), wave)
    low, high = ([getattr(column, end) for column in spec.features] for end in ("least", "most"))
    rows = part(spec, np.clip(test[0], low, high), test[1], np.arange(len(test[1])))
    kind = layers if spec.algorithm.trees is None else trees
    told = card(spec, noisy.document(spec, found)).quality
    tested = auc(rows.labels, kind.expected(spec, rows, found.fit.weights)[:, 0])
    return tested, told.get("auc", 0.5), told.get("auc_error", 0.5)


def entered(spec: TrainingSpec, party: str, rows: Rows, source: np.random.Generator) -> PrivateRows:
    """A department's input, every row a person."""
    columns, labels = rows
    count = spec.count_noise
    assert count is not None
    drawn = [np.rint(source.normal(scale=spec.gradient_noise.scale, size=spec.sizes.drawn(turn)))
             for turn in range(1, spec.rounds + 1)]  # fmt: skip
    drawn.append(np.rint(source.normal(scale=count.scale, size=spec.bins)))
    return PrivateRows(
        columns=tuple(tuple(map(int, own)) for own in (*columns.T, labels)),
        persons=tuple(range(len(labels))),
        noise=tuple(tuple(map(int, wave)) for wave in drawn),
        held=tuple(n for n in range(len(labels)) if is_held_out(f"{party}-{n}", "2017", HELD)),
    )


if __name__ == "__main__":
    main()
