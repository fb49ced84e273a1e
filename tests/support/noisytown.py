"""Departments that train with noise: the rows of ``trainingtown`` with whose they are, and what owners declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from department import Holding
from trainingtown import BANKS, FEATURES, LABEL, ROWS, asked, table

from mpc.inputs import PrivateRows
from mpc.kinds.models.noised import NoisedTraining, private_rows
from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt
from mpc.privacy.noise import Sampler
from mpc.privacy.trained import Evaluation, TrainingPrivacy
from mpc.spec.training import MILLION, Algorithm, Bounded, Model, Step, TrainingSpec
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table
from mpc.training.shapes import Trees

PERIOD = "2017"
DECLARED = Declaration(
    unit="person",
    neighbours=Neighbours.ONE_UNIT,
    max_rows=2,
    max_groups=1,
    bounds={column.column: (column.least, column.most) for column in (*FEATURES, LABEL)},
    groups={},
    units_at=UnitsAt.ONE,
    colluders=1,
    nulls=Nulls.REFUSED,
    period=PERIOD,
    delta_log2=-40,
)
PRIVACY = TrainingPrivacy(
    unit="person",
    neighbours=Neighbours.ONE_UNIT,
    max_rows=2,
    units_at=UnitsAt.ONE,
    colluders=1,
    nulls=Nulls.REFUSED,
    period=PERIOD,
    delta_log2=-40,
    clip_milli=1000,
    persons=3600,
    is_local=False,
    micro_rho=5000,
    evaluation=Evaluation(16, by_department=True, micro_rho=50_000),
    recipient_class="everybody",
)
SCHEMA = Schema(
    {column.column: Integer(column.least, column.most) for column in (*FEATURES, LABEL)} | {"person": Text("p[0-9]+")},
    rows=1000,
)


def people(seed: int, rows: int = ROWS) -> str:
    """The rows of ``table`` with a person each; the first two rows are one person's."""
    head, *lines = table(seed, rows).splitlines()
    return "\n".join([f"{head},person", *(f"{line},p{max(n, 1)}" for n, line in enumerate(lines))]) + "\n"


def private_holdings(names: tuple[str, ...] = BANKS) -> Mapping[str, Holding]:
    return {name: Holding(f"loans-{name}", SCHEMA, people(seed), DECLARED) for seed, name in enumerate(names)}


def noisy(names: tuple[str, ...] = BANKS, *, privacy: TrainingPrivacy = PRIVACY, **changes: object) -> TrainingSpec:
    """A run with noise; ``changes`` are of the specification."""
    algorithm = Algorithm(Model.LOGISTIC, Step.AVERAGE, 1, 1000, 4 * MILLION, 0, 0)
    common = {"algorithm": algorithm, "least_rows": 0, "clip": 0, "norm": 0, "privacy": privacy, "rounds": 4}
    return asked(names, **(common | changes))


def shaped(
    model: Model = Model.LOGISTIC, hidden: int = 0, trees: Trees | None = None, **changes: object
) -> TrainingSpec:
    """A run with noise of a model with classes, a hidden layer or trees; labels as ``of_label`` has them."""
    rate = MILLION // 2 if trees is not None else 4 * MILLION
    algorithm = Algorithm(model, Step.AVERAGE, 1, 1000, rate, 0, MILLION, hidden=hidden, trees=trees)
    most = {Model.SOFTMAX: 2, Model.RIDGE: 100}.get(model, 1)
    return noisy(**({"algorithm": algorithm, "label": Bounded("late", 0, most)} | changes))  # type: ignore[arg-type]


def of_label(spec: TrainingSpec, seed: int, rows: int = ROWS) -> str:
    """The rows of ``people``, late or not by how much debt is owed: in so many steps as the label has."""
    head, *lines = people(seed, rows).splitlines()
    cells = [line.split(",") for line in lines]
    most = spec.label.most
    steps = [min(most, (int(debt) + 500) * (most + 1) // 1000) for _, debt, _, _ in cells]
    body = "".join(f"{i},{d},{step},{p}\n" for (i, d, _, p), step in zip(cells, steps, strict=True))
    return f"{head}\n{body}"


def entered(spec: TrainingSpec, csv: str, sampler: Sampler) -> PrivateRows:
    """A department's input without its table: rows all within bounds and a person's most, and nobody held out."""
    cells = [line.split(",") for line in csv.splitlines()[1:]]
    names = sorted({person for *_, person in cells})
    columns = zip(*((int(value) for value in values) for *values, _ in cells), strict=True)
    count = spec.count_noise
    scale, rounds = spec.gradient_noise.scale, range(1, spec.rounds + 1)
    drawn = [[sampler(scale) for _ in range(spec.sizes.drawn(number))] for number in rounds]
    counts = [] if count is None else [[sampler(count.scale) for _ in range(spec.bins)]]
    persons = tuple(names.index(person) for *_, person in cells)
    return PrivateRows(tuple(columns), persons, tuple(map(tuple, (*drawn, *counts))))


def cheaper(privacy: TrainingPrivacy = PRIVACY, **changes: object) -> TrainingPrivacy:
    return replace(privacy, **changes)  # type: ignore[arg-type]


def repeatable(seed: int) -> Sampler:
    """A stand-in for the sampler that draws the same again."""
    source = np.random.default_rng(seed)
    return lambda scale: round(source.normal(scale=scale))


def prepared(spec: TrainingSpec, path: Path, csv: str, sampler: Sampler) -> PrivateRows:
    """A department's input, made of its table as its node makes it."""
    path.write_text(csv, encoding="utf-8")
    rows = Table(path, SCHEMA)
    try:
        return private_rows(NoisedTraining(spec).prepare_private(BANKS[0], rows, bytes(32), 4, sampler))
    finally:
        rows.close()
