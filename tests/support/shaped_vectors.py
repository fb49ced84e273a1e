"""Evidence of training runs of further shapes: a ridge regression, classes (softmax), and trees.

Made by ``make_evidence_vectors``. The regression is exact; classes and trees have no exact run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from department import Holding
from foundedchain import trust_of
from noisytown import DECLARED, PERIOD, SCHEMA, of_label, shaped
from trainingtown import BANKS, TrainingTown, asked, gathered, holdings

from contracts.evidence.bundle import Evidence
from ledger import canonical
from ledger.proofs.trust import Trust
from mpc.spec.training import MILLION, Model, TrainingSpec
from mpc.spec.vertical import VerticalSpec
from mpc.tables.schema import Integer
from mpc.training.shapes import Trees

THREE = BANKS[:3]
SHAPES = {
    "model.ridge.json": None,
    "model.softmax.json": None,
    "model.trees.json": None,
    "defect.model-ridge-changed.json": "figures",
    "defect.model-softmax-changed.json": "figures",
    "defect.model-trees-changed.json": "figures",
}


def shaped_files(directory: Path, trust: Trust) -> dict[str, bytes]:
    """Train a model of each shape in a town of its own, and change one number of each model."""
    ridge = asked(THREE, rounds=2)
    ridge = replace(ridge, algorithm=replace(ridge.algorithm, model=Model.RIDGE))
    classes, trees = (
        shaped(Model.SOFTMAX, names=THREE, rounds=2),
        shaped(trees=Trees(1, 4, MILLION), names=THREE, rounds=2),
    )
    runs = [_released(directory / "ridge", ridge, trust)]
    runs += [_released(directory / name, spec, trust) for name, spec in (("classes", classes), ("trees", trees))]
    whole = [run.encode() for run in runs]
    return dict(zip(SHAPES, [*whole, *(_changed(encoded) for encoded in whole)], strict=True))


def evidence_of(town: TrainingTown, asked: TrainingSpec | VerticalSpec) -> Evidence:
    """Train a model and gather its evidence."""
    spec = town.authorized(asked)
    assert isinstance(spec, TrainingSpec | VerticalSpec)
    job = town.propose(spec)
    finished = town.run(spec, job, places=town.places())
    assert finished is not None
    return gathered(town, job, finished)


def _released(directory: Path, spec: TrainingSpec, trust: Trust) -> Evidence:
    with TrainingTown(directory, holdings(THREE) if spec.privacy is None else _private(spec)) as town:
        assert trust_of(town.node.genesis_hash) == trust
        if spec.privacy is not None:
            for bank in THREE:
                town.allow(bank, spec.privacy.cost(spec.rounds), PERIOD)
        return evidence_of(town, spec)


def _private(spec: TrainingSpec) -> Mapping[str, Holding]:
    """Rows whose label has as many steps as the run asks."""
    label = spec.label
    schema = replace(SCHEMA, columns={**SCHEMA.columns, label.column: Integer(label.least, label.most)})
    declared = replace(DECLARED, bounds={**DECLARED.bounds, label.column: (label.least, label.most)})
    return {name: Holding(f"loans-{name}", schema, of_label(spec, seed), declared) for seed, name in enumerate(THREE)}


def _changed(encoded: bytes) -> bytes:
    """Say of a model's first weight that its sign is the other."""
    evidence = json.loads(encoded)
    release = evidence["disclosure"]["release"]
    weights = release["weights"] if "weights" in release else release["trees"][0]["weights"]
    first = 0 if isinstance(weights, list) else next(iter(weights))
    weights[first] = weights[first][1:] if weights[first].startswith("-") else f"-{weights[first]}"
    return canonical.encode(evidence)
