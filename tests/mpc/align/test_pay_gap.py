"""Two departments' reports of the pay gap of the same companies, four years apart: means and correlation."""

import csv
import gzip
import os
import warnings
from decimal import Decimal
from pathlib import Path

import pytest

from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.protocols.align.moments import Rows
from mpc.protocols.align.office import Figures
from mpc.protocols.align.rehearsal import rehearse
from mpc.protocols.align.terms import AlignedTerms, Member
from mpc.protocols.join.layout import Column

EXTRACT = Path(__file__).parents[3] / "data" / "uk_employer_pay_gap_extract.csv"
REPORTS = Path(os.environ.get("SHUXIN_DATA", "shared-data")) / "enterprises"
"""The full files; ``data/README.md`` says where they come from."""
SCALE = 100
LOW, HIGH = -50_000, 50_000

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)


def aligned(first: Rows, second: Rows) -> Figures:
    members = (
        Member("registry", 10_000, True, (Column("gap-2017", LOW, HIGH),)),
        Member("statistics", 10_000, True, (Column("gap-2021", LOW, HIGH),)),
    )
    found = rehearse(AlignedTerms(members, 10, encryption=TINY), {"registry": first, "statistics": second})
    assert found.released.figures is not None
    return found.released.figures


def scaled(text: str) -> tuple[int]:
    return (int(Decimal(text) * SCALE),)


def correlation(found: Figures) -> float:
    (x, y), n = found.sums.values(), found.rows
    xx, xy, yy = found.products.values()
    return (n * xy - x * y) / ((n * xx - x * x) * (n * yy - y * y)) ** 0.5


def test_an_extract_gives_what_the_pooled_rows_give() -> None:
    with EXTRACT.open() as file:
        reports = list(csv.DictReader(file))
    first = {r["company"]: scaled(r["gap_2017"]) for r in reports if r["gap_2017"]}
    second = {r["company"]: scaled(r["gap_2021"]) for r in reports if r["gap_2021"]}
    found = aligned(first, second)
    pairs = [(first[key][0], second[key][0]) for key in first.keys() & second.keys()]
    assert found.rows == len(pairs) == 260
    assert list(found.sums.values()) == [sum(x for x, _ in pairs), sum(y for _, y in pairs)]
    assert found.products["gap-2017", "gap-2021"] == sum(x * y for x, y in pairs)
    assert len(first) > 260 < len(second)


@pytest.mark.slow
@pytest.mark.skipif(not REPORTS.is_dir(), reason="SHUXIN_DATA names no directory with enterprises/")
def test_the_whole_reports_give_the_known_means_and_correlation() -> None:
    found = aligned(report("2017_18"), report("2021_22"))
    assert found.rows == 7126
    assert [round(total / SCALE / found.rows, 4) for total in found.sums.values()] == [12.4296, 11.9171]
    assert round(correlation(found), 4) == 0.6518


def report(years: str) -> Rows:
    with gzip.open(REPORTS / f"uk_employer_pay_gap_{years}.csv.gz", "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["CompanyNumber"]]
    return {row["CompanyNumber"]: scaled(row["DiffMedianHourlyPercent"]) for row in rows}
