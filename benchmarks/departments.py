"""Three departments and what each holds of published files, for ``real_files.py``. Sources: ``data/README.md``.

Without the whole files (SHUXIN_DATA) the extracts in ``data/`` are dealt out, and the housing agency's list is the
parcels that had rent-stabilised units in 2007.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from extracts import ADULT, CREDIT, DIABETES

from mpc.tables.schema import Column, Integer, Schema, Text

DATA = Path(__file__).resolve().parent.parent / "data"
WHOLE = Path(os.environ["SHUXIN_DATA"]) if "SHUXIN_DATA" in os.environ else None
DEPARTMENTS = ("department-1", "department-2", "department-3")
Row = Mapping[str, str]

PERSONS = {
    "adult": ("persons/uci_adult_census_income.csv.gz", *ADULT),
    "credit": ("persons/uci_credit_card_default_taiwan.csv.gz", *CREDIT),
    "diabetes": ("persons/uci_diabetes_130_hospitals.csv.gz", *DIABETES),
}
SALES = {"bbl": Text("[1-5][0-9]{9}"), "borough": Text("[1-5]"), "sale_price": Integer(0, 1 << 32)}
PARCEL = {"bbl": Text("[1-5][0-9]{9}")}
GAP = {"company": Text("[0-9A-Z]{8}"), "gap": Integer(-50_000, 50_000, 2)}
_RENAMED = {"default.payment.next.month": "defaulted"}


@dataclass(frozen=True, slots=True)
class Holding:
    """One department's table. rows: its own, in the order of the schema's columns."""

    party: str
    asset: str
    schema: Schema
    rows: Sequence[tuple[str, ...]]

    @property
    def toml(self) -> str:
        """Declare the asset as ``node.toml`` does."""
        lines = [
            "[[assets]]",
            f'code = "{self.asset}"',
            f'file = "data/{self.asset}.csv"',
            f"rows = {self.schema.rows}",
        ]
        for word, name in (("key", self.schema.key), ("unique", self.schema.unique)):
            lines += [f'{word} = "{name}"'] if name else []
        lines += [f"groups = {json.dumps(self.schema.groups)}"] if self.schema.groups else []
        for name, column in self.schema.columns.items():
            lines += [f"[assets.columns.{name}]", *_declared(column)]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> None:
        with (folder / f"{self.asset}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([tuple(self.schema.columns), *self.rows])


def holdings() -> list[Holding]:
    """Every table of every department."""
    found = [held for name in PERSONS for held in _thirds(name, *_persons(name))]
    sales = list(_rows(DATA / "nyc_sales_5boroughs_2019.csv.gz"))
    found += _thirds("sales", sales, SALES)
    first, second, third = DEPARTMENTS
    found.append(_keyed(first, "sold", SALES, sales, "bbl", groups=("borough",)))
    bills = list(_rows(DATA / "nyc_taxbill_rent_stabilized_units_2007_2021.csv.gz"))
    found.append(_keyed(second, "tax-bill", PARCEL, bills, "bbl", unique="bbl"))
    found.append(_keyed(third, "housing", PARCEL, _housing(bills), "bbl"))
    found += [
        _keyed(party, f"gaps-{year}", GAP, _gaps(year), "company", unique="company")
        for party, year in ((first, "2017"), (third, "2021"))
    ]
    return found


def _persons(name: str) -> tuple[list[Row], Mapping[str, Column]]:
    whole, extract, columns = PERSONS[name]
    return list(_rows(WHOLE / whole if WHOLE else DATA / extract)), columns


def _housing(bills: Sequence[Row]) -> Iterable[Row]:
    if WHOLE is None:
        return [row for row in bills if row["st_2007"]]
    listed = WHOLE / "property" / "nyc_housing_rent_stabilized_buildings_2013.csv.gz"
    return [row for row in _rows(listed) if row["bbl"]]


def _gaps(year: str) -> Iterator[Row]:
    """Companies with a number: public bodies have none."""
    if WHOLE is None:
        with (DATA / "uk_employer_pay_gap_extract.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                if row[f"gap_{year}"]:
                    yield {"company": row["company"], "gap": row[f"gap_{year}"]}
        return
    years = {"2017": "2017_18", "2021": "2021_22"}[year]
    for row in _rows(WHOLE / "enterprises" / f"uk_employer_pay_gap_{years}.csv.gz"):
        if row["companynumber"]:
            yield {"company": row["companynumber"], "gap": row["diffmedianhourlypercent"]}


def _rows(path: Path) -> Iterator[Row]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {_RENAMED.get(name, name.lower()): value for name, value in row.items()}


def _thirds(name: str, rows: Sequence[Row], columns: Mapping[str, Column]) -> list[Holding]:
    groups = tuple(column for column, declared in columns.items() if isinstance(declared, Text) and column != "bbl")
    schema = Schema(columns, groups=groups, rows=len(rows))
    return [
        Holding(party, f"{name}-{n}", schema, [tuple(row[column] for column in columns) for row in rows[n - 1 :: 3]])
        for n, party in enumerate(DEPARTMENTS, 1)
    ]


def _keyed(
    party: str,
    asset: str,
    columns: Mapping[str, Column],
    rows: Iterable[Row],
    key: str,
    unique: str | None = None,
    groups: tuple[str, ...] = (),
) -> Holding:
    own = [tuple(row[column] for column in columns) for row in rows]
    return Holding(party, asset, Schema(columns, unique=unique, key=key, groups=groups, rows=len(own)), own)


def _declared(column: Column) -> list[str]:
    if isinstance(column, Text):
        return ['type = "text"', f"pattern = '{column.pattern}'"]
    scale = [f"scale = {column.scale}"] if column.scale else []
    return ['type = "integer"', f"minimum = {column.low}", f"maximum = {column.high}", *scale]
