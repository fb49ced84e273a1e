"""Registers that exist are read row by row: chains equal to an independent computation, rejects with their reasons."""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import duckdb
import pytest

from gateway.property.book import Book
from gateway.property.imports import importing
from gateway.property.imports.profile import load
from gateway.property.imports.sorting import Bucket

ROOT = Path(__file__).parents[3]
SALES_2019 = ROOT / "data" / "nyc_sales_5boroughs_2019.csv.gz"
LARGER = Path(os.environ.get("SHUXIN_DATA", "shared-data")) / "property"
TODAY = date(2026, 11, 22)


def run(file: Path, directory: Path) -> importing.Imported:
    return importing.run(file, load("nyc"), directory, "city", TODAY)


CHAINS = """
WITH numbered AS (SELECT *, row_number() OVER () AS line FROM read_csv('{file}', all_varchar=true, header=true)),
once AS (SELECT * FROM numbered QUALIFY row_number() OVER (PARTITION BY {columns} ORDER BY line) = 1),
priced AS (SELECT *, sale_price::BIGINT AS price FROM once WHERE sale_price::BIGINT >= 1000),
deeds AS (SELECT borough, sale_date, sale_price FROM priced GROUP BY ALL HAVING count(DISTINCT bbl) > 1),
steps AS (SELECT * FROM priced ANTI JOIN deeds USING (borough, sale_date, sale_price))
SELECT bbl, string_agg(sale_date || ' ' || price, ',' ORDER BY sale_date, line) FROM steps
WHERE coalesce(building_class_category, '') NOT LIKE '%COOP%' GROUP BY bbl
"""


def chains_by_duckdb(file: Path) -> dict[str, str]:
    """Compute the chains of everything but co-operatives independently."""
    header = duckdb.sql(f"SELECT * FROM read_csv('{file}', all_varchar=true, header=true) LIMIT 0").columns
    columns = ", ".join(f'"{name}"' for name in header)
    return dict(duckdb.sql(CHAINS.format(file=file, columns=columns)).fetchall())


def chains_of_book(directory: Path) -> dict[str, str]:
    book = Book(directory)
    with book.database.transaction() as db:
        steps = db.execute("SELECT unit, day, record FROM steps ORDER BY n").fetchall()
    chains: dict[str, list[str]] = {}
    for unit, day, record in steps:
        told = json.loads(record)
        if "COOP" not in told["description"]["use"]:
            chains.setdefault(unit.split("/", 1)[1], []).append(f"{day} {told['price']}")
    return {unit: ",".join(chain) for unit, chain in chains.items()}


@pytest.mark.slow
def test_the_chains_of_five_boroughs_are_those_of_an_independent_computation(tmp_path: Path) -> None:
    made = run(SALES_2019, tmp_path / "city")
    assert made.report.rows == 83_920
    assert made.report.buckets == {
        "rejected": 0, "duplicate": 86, "zero price": 26_321, "token price": 1_271, "multi-parcel deed": 9_867,
        "step": 46_375,
    }  # fmt: skip
    assert chains_of_book(tmp_path / "city") == chains_by_duckdb(SALES_2019)


@pytest.mark.slow
@pytest.mark.skipif(not LARGER.is_dir(), reason="SHUXIN_DATA names no directory with property/")
def test_the_chains_of_twelve_years_are_those_of_an_independent_computation(tmp_path: Path) -> None:
    file = LARGER / "nyc_sales_bronx_statenisland_2012_2024.csv.gz"
    made = run(file, tmp_path / "bronx")
    assert (made.report.rows, made.report.deeds) == (98_682, 2_723)
    assert made.report.buckets == {
        "rejected": 0, "duplicate": 472, "zero price": 30_421, "token price": 1_702, "multi-parcel deed": 6_251,
        "step": 59_836,
    }  # fmt: skip
    assert chains_of_book(tmp_path / "bronx") == chains_by_duckdb(file)


@pytest.mark.parametrize(
    ("profile", "file", "rows", "rejects"),
    [
        ("taiwan", "taiwan_lvr_2020_extract.csv", 106, [(83, "day in the future: 2030-11-04")]),
        ("uk", "uk_price_paid_tyneside_2022_extract.csv", 106, []),
        ("kingcounty", "king_county_house_sales_extract.csv", 109, []),
    ],
)
def test_extracts_of_registers_of_other_countries_are_read(
    tmp_path: Path, profile: str, file: str, rows: int, rejects: list[tuple[int, str]]
) -> None:
    made = importing.run(ROOT / "data" / file, load(profile), tmp_path / "own", "own", TODAY)
    assert (made.report.rows, made.report.buckets[Bucket.STEP]) == (rows, rows - len(rejects))
    assert made.report.rejects == rejects


@pytest.mark.skipif(not LARGER.is_dir(), reason="SHUXIN_DATA names no directory with property/")
@pytest.mark.parametrize(
    ("profile", "file", "rows", "steps", "rejects"),
    [
        ("taiwan", "taiwan_lvr_2020_transactions.csv.gz", 8_918, 8_902, [(6835, "day in the future: 2030-11-04")]),
        ("taiwan", "taiwan_lvr_taipei_2020.csv.gz", 8_841, 8_839, []),
        ("uk", "uk_price_paid_tyneside_2022.csv.gz", 6_311, 6_310, []),
        ("kingcounty", "king_county_house_sales_2014_2015.csv.gz", 21_613, 21_613, []),
    ],
)
def test_registers_of_other_countries_are_read(
    tmp_path: Path, profile: str, file: str, rows: int, steps: int, rejects: list[tuple[int, str]]
) -> None:
    made = importing.run(LARGER / file, load(profile), tmp_path / "own", "own", TODAY)
    assert (made.report.rows, made.report.buckets[Bucket.STEP]) == (rows, steps)
    assert made.report.rejects == rejects
