"""Queries and studies of published files by real nodes: what they release is what DuckDB and SciPy say of all rows.

Each file is dealt out to departments of one town, over one chain, with the owners' rules and the protocols of a
deployment. Files: ``data/README.md``. Over processes and whole files: ``benchmarks/real_files.py``.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import numpy as np
import pytest
from city import City
from citydesk import Desk
from department import Holding
from extracts import ADULT, CREDIT, DATA, DIABETES, PAY_GAPS, Extract, PayGaps
from pooledtables import Joint
from scipy import stats

from mpc.sql.planning.asking import Telling
from mpc.studies.axes import Classes, Group
from mpc.studies.counts import Contingency
from mpc.studies.means import Compare
from mpc.studies.moments import Correlate

pytestmark = pytest.mark.slow
FILES = {"adult": ADULT, "credit": CREDIT, "diabetes": DIABETES}
Town = tuple[City, dict[str, Joint]]
READMITTED = Group("readmitted", ("<30", ">30", "NO"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Eleven departments: three hold each of the files of persons, two the reports of companies in two years."""
    held: dict[str, Joint] = {"gaps": PayGaps(tmp_path_factory.mktemp("gaps"))}
    held |= {name: Extract(tmp_path_factory.mktemp(name), *file, owners=name) for name, file in FILES.items()}
    found = {party: own for joint in held.values() for party, own in holdings(joint).items()}
    with City(tmp_path_factory.mktemp("town"), found, micro_rho=0) as city:
        yield city, held


def holdings(joint: Joint) -> dict[str, Holding]:
    return {own.party: Holding(own.asset, own.schema, joint.text(own.asset)) for own in joint.tables.owned.values()}


def pooled(name: str, sql: str) -> list[tuple[object, ...]]:
    """Answer a query from the published file itself."""
    file = DATA / (PAY_GAPS if name == "gaps" else FILES[name][0])
    with duckdb.connect() as db:
        db.execute(f"CREATE VIEW people AS SELECT * FROM read_csv('{file}')")
        return db.execute(sql).fetchall()


def test_hours_and_ages_of_adults_by_income(town: Town) -> None:
    city, held = town
    adult = held["adult"]
    assert isinstance(adult, Extract)
    desk, income = Desk(city, adult.tables), Group("income", (">50K", "<=50K"))
    finding = desk.study(Compare("people", "hours_per_week", income))
    hours = [adult.numbers("hours_per_week", income=value) for value in income.values]
    expected = stats.ttest_ind(*hours, equal_var=False)
    assert finding.figures["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    sql = "SELECT income, count(*), sum(age) FROM people WHERE income IN ('>50K', '<=50K') GROUP BY income ORDER BY 1"
    assert list(desk.ask(sql).rows) == pooled("adult", sql)


def test_bills_limits_and_payments_of_card_holders(town: Town) -> None:
    city, held = town
    credit = held["credit"]
    assert isinstance(credit, Extract)
    desk = Desk(city, credit.tables)
    (row,) = desk.study(Correlate("people", ("limit_bal", "bill_amt1", "bill_amt2"))).rows[:1]
    expected = stats.pearsonr(credit.numbers("limit_bal"), credit.numbers("bill_amt1"))
    assert row[2:] == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)
    sql = "SELECT count(*), sum(pay_amt1) FROM people"
    assert list(desk.ask(sql).rows) == pooled("credit", sql)


def test_readmission_and_medicines_of_patients(town: Town) -> None:
    city, held = town
    diabetes = held["diabetes"]
    assert isinstance(diabetes, Extract)
    desk, days = Desk(city, diabetes.tables), Classes("time_in_hospital", ("3", "5"))
    finding = desk.study(Contingency("people", READMITTED, days, where="time_in_hospital < 8"))
    rows = pooled("diabetes", "SELECT readmitted, time_in_hospital FROM people WHERE time_in_hospital < 8")
    table = [[0, 0, 0] for _ in READMITTED.values]
    for group, stay in rows:
        table[READMITTED.values.index(str(group))][int(np.searchsorted([3, 5], int(str(stay)), side="right"))] += 1
    assert finding.figures["p"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    known = "time_in_hospital >= 8 AND gender IN ('Female', 'Male')"
    sql = f"SELECT gender, count(*), sum(num_medications) FROM people WHERE {known} GROUP BY gender ORDER BY gender"
    assert list(desk.ask(sql).rows) == pooled("diabetes", sql)


def test_pay_gaps_of_companies_in_two_years(town: Town) -> None:
    city, held = town
    desk = Desk(city, held["gaps"].tables)
    sql = (
        "SELECT count(*), avg(a.gap), avg(b.gap), corr(a.gap, b.gap) FROM gaps_2017 a JOIN gaps_2021 b USING (company)"
    )
    (found,) = desk.ask(sql, Telling()).rows
    both = "FROM people WHERE gap_2017 IS NOT NULL AND gap_2021 IS NOT NULL"
    (expected,) = pooled("gaps", f"SELECT count(*), avg(gap_2017), avg(gap_2021), corr(gap_2017, gap_2021) {both}")
    assert [float(value) for value in found] == pytest.approx(expected, rel=1e-12)  # type: ignore[arg-type]
    assert found[0] == 260
