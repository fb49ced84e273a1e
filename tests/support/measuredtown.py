"""Departments whose exact runs are measured: rows of ``noisytown``, declared exact, and the terms of their counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from department import Holding
from noisytown import DECLARED as NOISED
from noisytown import PERIOD, people
from noisytown import SCHEMA as NARROW
from trainingtown import BANKS, asked

from mpc.inputs import MeasuredRows
from mpc.kinds.models.training import Training
from mpc.privacy.declaration import Neighbours, Nulls, UnitsAt
from mpc.privacy.held import FIFTH
from mpc.privacy.measured import Quality
from mpc.privacy.noise import Sampler
from mpc.privacy.trained import Evaluation
from mpc.spec.training import MILLION, Algorithm, Model, Step, TrainingSpec
from mpc.tables.table import Table

DECLARED = replace(NOISED, is_exact=True)
SCHEMA = NARROW
COST = 50_000
QUALITY = Quality(
    unit="person",
    neighbours=Neighbours.ONE_UNIT,
    max_rows=2,
    units_at=UnitsAt.ONE,
    colluders=1,
    nulls=Nulls.REFUSED,
    period=PERIOD,
    delta_log2=-40,
    is_local=False,
    evaluation=Evaluation(16, by_department=True, micro_rho=COST, held_out=FIFTH),
    recipient_class="everybody",
)


def exact_holdings(names: tuple[str, ...] = BANKS, **tables: str) -> Mapping[str, Holding]:
    """Tables of departments that answer exactly; ``tables`` replaces those of single ones, by name with _ for -."""
    return {
        name: Holding(f"loans-{name}", SCHEMA, tables.get(name.replace("-", "_"), people(seed)), DECLARED)
        for seed, name in enumerate(names)
    }


def measured(names: tuple[str, ...] = BANKS, **changes: object) -> TrainingSpec:
    """An exact run of two rounds that is measured: 14 figures, so that a fifth of 900 rows bears them."""
    algorithm = Algorithm(Model.LOGISTIC, Step.AVERAGE, 9, 1000, MILLION // 2, 0, MILLION)
    common = {"algorithm": algorithm, "rounds": 2, "quality": QUALITY}
    return asked(names, **(common | changes))


def entered(spec: TrainingSpec, path: Path, csv: str, sampler: Sampler) -> MeasuredRows:
    """A department's input, made of its table as its node makes it."""
    path.write_text(csv, encoding="utf-8")
    rows = Table(path, SCHEMA)
    try:
        found = Training(spec).prepare_private(BANKS[0], rows, bytes(32), len(spec.sources), sampler)
    finally:
        rows.close()
    assert isinstance(found, MeasuredRows)
    return found
