"""A town whose departments train a model together: real nodes, real chain, rows that follow a known rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from city import City
from department import Department, Holding

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure, Evidence
from contracts.evidence.collect import collect
from federated.runs import linear
from federated.runs.service import RunTrainer
from mpc.node.attempts.attempt import Finished
from mpc.spec.parts import Source
from mpc.spec.training import MILLION, Algorithm, Bounded, Model, Step, TrainingSpec
from mpc.tables.schema import Integer, Schema

OFFICE = "audit-office"
BANKS = ("bank-a", "bank-b", "bank-c", "bank-d")
FEATURES = (Bounded("income", 0, 100_000), Bounded("debt", -500, 500))
LABEL = Bounded("late", 0, 1)
ROWS = 900
APP = bytes(range(32))


def table(seed: int, rows: int = ROWS) -> str:
    """Rows of one department: who owes much and earns little pays late."""
    drawn = np.random.default_rng(seed)
    income, debt = drawn.integers(0, 100_001, rows), drawn.integers(-500, 501, rows)
    late = drawn.random(rows) < 1 / (1 + np.exp(-(debt / 200 - (income - 50_000) / 30_000)))
    lines = (f"{i},{d},{int(y)}\n" for i, d, y in zip(income, debt, late, strict=True))
    return "income,debt,late\n" + "".join(lines)


SCHEMA = Schema({column.column: Integer(column.least, column.most) for column in (*FEATURES, LABEL)}, rows=1000)


def holdings(names: tuple[str, ...] = BANKS, **tables: str) -> Mapping[str, Holding]:
    """Tables of departments; ``tables`` replaces those of single ones, by name with _ for -."""
    return {
        name: Holding(f"loans-{name}", SCHEMA, tables.get(name.replace("-", "_"), table(seed)))
        for seed, name in enumerate(names)
    }


def asked(names: tuple[str, ...] = BANKS, **changes: object) -> TrainingSpec:
    spec = TrainingSpec(
        purpose="credit-scoring",
        recipient=OFFICE,
        sources=tuple(Source(name, f"loans-{name}", bytes(32)) for name in names),
        algorithm=Algorithm(Model.LOGISTIC, Step.AVERAGE, 9, 1000, MILLION // 2, 0, MILLION),
        features=FEATURES,
        label=LABEL,
        rounds=3,
        rows=1000,
        least_rows=100,
        minimum=10,
        contributors=max(3, len(names) - 1),
        clip=1024,
        norm=100 * MILLION,
        round_s=20,
        seed=7,
    )
    return replace(spec, **changes)  # type: ignore[arg-type]


class TrainingTown(City):
    """A city each of whose nodes computes training runs."""

    def __init__(self, directory: Path, found: Mapping[str, Holding] | None = None, **changes: object) -> None:
        super().__init__(directory, found or holdings(), **changes)  # type: ignore[arg-type]
        self.trainers = {code: RunTrainer() for code in self.departments}

    def places(self, **further: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """What every node works with beside the usual; by code."""
        return {code: {"trainer": trainer} | dict(further.get(code, {})) for code, trainer in self.trainers.items()}


def rounds_of(department: Department, job: bytes, attempt: int = 1) -> Path:
    """Where an office keeps a run's stream."""
    return department.home / "state" / "jobs" / job.hex() / f"rounds-{attempt}"


def gathered(town: City, job: bytes, finished: Finished) -> Evidence:
    """The evidence of a released run."""
    release, mandate, office = finished.release, finished.mandate, town[OFFICE]
    sources = [source.authorization for source in mandate.owners]
    members = [identifier(party) for party in mandate.parties]
    disclosure = Disclosure(release.document, release.salt, release.openings)
    return collect(office.view, office.chain, job, sources, members, finished.envelope, disclosure)


def plainly(spec: TrainingSpec, found: Mapping[str, Holding]) -> linear.Fit:
    """The model that the rounds give without nodes, messages or masks: words added up."""
    sites = [linear.site(spec, _rows(holding.csv)) for _, holding in sorted(found.items())]
    layout, fit = linear.layout(spec, len(sites)), linear.begin(spec)
    for wave in range(1, spec.waves + 1):
        words = [layout.words(linear.vector(spec, site, fit, wave)) for site in sites]
        fit = linear.advance(spec, fit, layout.floats(np.sum(words, axis=0, dtype=np.uint64)), wave)
    return fit


def _rows(csv: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array([[float(cell) for cell in line.split(",")] for line in csv.splitlines()[1:]])


class Notary:
    """A chain that takes every anchor."""

    def read(self, _contract: str, _method: str, _stream: bytes) -> tuple[object, ...]:
        return (0, bytes(32), bytes(32))

    def submit(self, _call: object, *, timeout_s: float) -> object:
        assert timeout_s > 0
        return SimpleNamespace(accepted=True)
