"""A department's table that no run can use is refused as its node reads it, by place and never by value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import measuredtown
import numpy as np
import pytest
from noisytown import SCHEMA as PRIVATE
from noisytown import noisy, people
from trainingtown import BANKS, asked
from trainingtown import SCHEMA as EXACT
from trainingtown import table as loans
from verticalrehearsal import two
from verticaltown import BANK, PERSONS, persons, regression, schema, table

from ledger.errors import InvalidRecord
from mpc.inputs import Input
from mpc.kinds.registry import kind_of
from mpc.node.assets import AssetConfig
from mpc.node.attempts import preparing
from mpc.spec.training import TrainingSpec
from mpc.spec.vertical import VerticalSpec
from mpc.tables.schema import Schema
from mpc.tables.table import Table


@dataclass(frozen=True)
class Run:
    """What one department brings to a run. number: a column of numbers in its table."""

    spec: TrainingSpec | VerticalSpec
    party: str
    schema: Schema
    csv: str
    number: str
    noise: bool = False

    def brought(self, path: Path, csv: str) -> Input:
        path.write_text(csv, encoding="utf-8")
        kind = kind_of(self.spec)
        with closing(Table(path, self.schema)) as rows:
            if self.noise:
                return kind.prepare_private(self.party, rows, bytes(32), len(self.spec.sources), lambda scale: 0)
            return kind.prepare(self.party, rows)


RUNS = {
    "rounds": Run(asked(), BANKS[0], EXACT, loans(0), "debt"),
    "rounds with noise": Run(noisy(), BANKS[0], PRIVATE, people(0), "debt", noise=True),
    "rounds that are measured": Run(
        measuredtown.measured(), BANKS[0], measuredtown.SCHEMA, people(0), "debt", noise=True
    ),
    "trees over columns": Run(two(), BANK, schema(BANK), table(BANK, persons()), "age"),
    "regression over columns": Run(regression(), BANK, schema(BANK), table(BANK, persons()), "age"),
}


def cell(column: str, value: str) -> Callable[[str], str]:
    """Put another value in the third row's cell."""

    def change(csv: str) -> str:
        head, *lines = csv.splitlines()
        cells = lines[2].split(",")
        cells[head.split(",").index(column)] = value
        lines[2] = ",".join(cells)
        return "\n".join([head, *lines, ""])

    return change


def renamed(column: str) -> Callable[[str], str]:
    def change(csv: str) -> str:
        head, rest = csv.split("\n", 1)
        return "\n".join([head.replace(column, "called_otherwise"), rest])

    return change


CASES: dict[str, tuple[Callable[[Run], Callable[[str], str]], str]] = {
    "no rows": (lambda run: lambda csv: csv.splitlines()[0] + "\n", "no rows, 1..{most} declared"),
    "nothing at all": (lambda run: lambda csv: "", "the file is empty"),
    "a null": (lambda run: cell(run.number, ""), "line 4: column '{number}' is empty"),
    "not a number": (lambda run: cell(run.number, "nan"), "line 4: column '{number}' is not a number"),
    "an unseen class": (lambda run: cell("late", "2"), "line 4: column 'late'"),
    "a column is missing": (lambda run: renamed(run.number), "line 1: column '{number}' is missing"),
    "a label of another name": (lambda run: renamed("late"), "line 1: column 'late' is missing"),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_table_as_it_is_declared_is_brought_to_the_run(tmp_path: Path, name: str) -> None:
    run = RUNS[name]
    assert run.brought(tmp_path / "own.csv", run.csv).json()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", RUNS)
def test_a_table_that_no_run_can_use_is_refused_by_column_and_line(tmp_path: Path, name: str, case: str) -> None:
    """It is the reading before a job commits to anything, and that of `shuxin asset check`."""
    run, (change, said) = RUNS[name], CASES[case]
    said, path = said.format(most=run.schema.rows, number=run.number), tmp_path / "own.csv"
    with pytest.raises(InvalidRecord) as refused:
        run.brought(path, change(run)(run.csv))
    assert said in str(refused.value)
    (fault,) = preparing.faults([AssetConfig("own", path, run.schema)])
    assert fault.startswith("asset own: ")
    assert said in fault


def test_a_regression_over_labels_of_one_class_is_refused_by_column(tmp_path: Path) -> None:
    run = RUNS["regression over columns"]
    csv = table(BANK, {**persons(), "late": np.zeros(PERSONS, dtype=int)})
    with pytest.raises(InvalidRecord, match="late: all values are equal"):
        run.brought(tmp_path / "own.csv", csv)


@pytest.mark.parametrize("name", [name for name, run in RUNS.items() if isinstance(run.spec, TrainingSpec)])
def test_labels_of_one_class_at_one_of_several_departments_are_no_fault_of_its_table(tmp_path: Path, name: str) -> None:
    run = RUNS[name]
    head, *lines = run.csv.splitlines()
    place = head.split(",").index("late")
    rows = [[*cells[:place], "0", *cells[place + 1 :]] for cells in (line.split(",") for line in lines)]
    assert run.brought(tmp_path / "own.csv", "\n".join([head, *(",".join(row) for row in rows), ""])).json()
