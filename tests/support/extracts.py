"""Extracts of published files (``data/README.md``), their rows dealt out to three departments, and the pooled rows.

Jobs are answered as in ``pooledtables``.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path

from pooledtables import Joint

from mpc.sql import tables
from mpc.tables.schema import Column, Integer, Schema, Text

DATA = Path(__file__).resolve().parents[2] / "data"
ADULT = (
    "uci_adult_extract.csv.gz",
    {
        "age": Integer(16, 99),
        "education": Text(
            "10th|11th|12th|1st-4th|5th-6th|7th-8th|9th|Assoc-acdm|Assoc-voc|Bachelors|Doctorate|HS-grad|Masters|Preschool|"
            "Prof-school|Some-college"
        ),
        "education_num": Integer(1, 16),
        "hours_per_week": Integer(0, 99),
        "sex": Text("Female|Male"),
        "income": Text("<=50K|>50K"),
    },
)
CREDIT = (
    "uci_credit_extract.csv.gz",
    {
        "limit_bal": Integer(0, 1_000_000),
        "sex": Text("1|2"),
        "age": Integer(18, 99),
        "bill_amt1": Integer(-1_000_000, 1_000_000),
        "bill_amt2": Integer(-1_000_000, 1_000_000),
        "pay_amt1": Integer(0, 1_000_000),
        "defaulted": Integer(0, 1),
    },
)
DIABETES = (
    "uci_diabetes_extract.csv.gz",
    {
        "gender": Text("Female|Male|Unknown/Invalid"),
        "discharge_disposition_id": Integer(1, 40),
        "time_in_hospital": Integer(1, 14),
        "num_lab_procedures": Integer(0, 200),
        "num_medications": Integer(0, 100),
        "number_diagnoses": Integer(1, 20),
        "readmitted": Text("<30|>30|NO"),
    },
)
PAY_GAPS = "uk_employer_pay_gap_extract.csv"
_RENAMED = {"default.payment.next.month": "defaulted"}


class Extract(Joint):
    """One file as the joint table ``people`` of three departments, which have every third row each.

    owners: the first part of the departments' names and of their assets' names.
    """

    def __init__(self, home: Path, file: str, columns: Mapping[str, Column], owners: str = "") -> None:
        super().__init__(home)
        with gzip.open(DATA / file, "rt", encoding="utf-8", newline="") as lines:
            read = [
                {_RENAMED.get(name, name.lower()): value for name, value in row.items()}
                for row in csv.DictReader(lines)
            ]
        self.rows = [{name: row[name] for name in columns} for row in read]
        groups = tuple(name for name, column in columns.items() if isinstance(column, Text))
        schema = Schema(columns, groups=groups, rows=len(read))
        for number in (1, 2, 3):
            own = [tuple(row.values()) for row in self.rows[number - 1 :: 3]]
            self._add(f"{owners or 'people'}-{number}", f"{owners or 'department'}-{number}", schema, own)
        parts = ", ".join(f'"{owners or "people"}_{number}"' for number in (1, 2, 3))
        (home / tables.JOINT).write_text(f"version = 1\n[joint]\npeople = [{parts}]\n")
        self.tables = tables.load(home)

    def numbers(self, name: str, **chosen: str) -> list[float]:
        """Return a column of the pooled rows that have the chosen values."""
        return [float(row[name]) for row in self.rows if all(row[key] == value for key, value in chosen.items())]

    def texts(self, name: str) -> list[str]:
        return [row[name] for row in self.rows]


class PayGaps(Joint):
    """Companies' reports of two years at one department each; a company that reported once is in one table only."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        with (DATA / PAY_GAPS).open(encoding="utf-8", newline="") as lines:
            reports = list(csv.DictReader(lines))
        columns = {"company": Text("[0-9A-Z]{8}"), "gap": Integer(-50_000, 50_000, 2)}
        schema = Schema(columns, unique="company", key="company", rows=400)
        for year, party in (("2017", "registry"), ("2021", "statistics")):
            own = [(row["company"], row[f"gap_{year}"]) for row in reports if row[f"gap_{year}"]]
            self._add(f"gaps-{year}", party, schema, own)
        self.tables = tables.load(home)
