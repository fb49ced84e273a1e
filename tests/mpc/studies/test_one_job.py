"""A matrix of moments in one job: the same finding to the last digit, chosen by rule; a refusal names the other way."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest
from extracts import CREDIT, Extract
from longley import CERTIFIED, LONGLEY
from pooledtables import Joint, Pool

from ledger.errors import InvalidRecord
from mpc.inference.linear import least_squares
from mpc.spec.job import SumsSpec
from mpc.spec.moments import MAX_COLUMNS, MomentsSpec
from mpc.sql import tables
from mpc.sql.planning.jobs import Jobs
from mpc.sql.refusal import Reason, Unanswerable
from mpc.studies.moments import Correlate, Covariances, Regress, moments, moments_sql
from mpc.studies.study import Study
from mpc.tables.schema import Integer, Schema

NUMBERS = ("age", "limit_bal", "bill_amt2", "pay_amt1")
"""Not in the order of a specification."""
STUDIES = [
    Correlate("people", NUMBERS),
    Covariances("people", NUMBERS, "age >= 30"),
    Regress("people", "pay_amt1", ("limit_bal", "age"), where="bill_amt1 < 400000"),
    Regress("people", "pay_amt1", ("limit_bal", "age"), Fraction(7, 2)),
]
MATRIX = "SELECT covar_pop(age, limit_bal), covar_samp(limit_bal, pay_amt1), corr(pay_amt1, age)"
PAIRS = "SELECT corr(age, limit_bal), corr(limit_bal, pay_amt1)"


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return Extract(Path(tmp_path_factory.mktemp("credit")), *CREDIT)


@pytest.mark.parametrize("study", STUDIES)
def test_one_job_and_each_give_the_same_finding_to_the_last_digit(credit: Extract, study: Study) -> None:
    (sql,) = study.queries
    one, each = (credit.ask(sql, jobs=jobs) for jobs in Jobs)
    assert one == each
    assert study.conclude([one]) == study.conclude([each])


@pytest.mark.parametrize("study", STUDIES)
def test_three_columns_or_more_are_one_job_where_nothing_is_said(credit: Extract, study: Study) -> None:
    plan, each = credit.plan(study.queries[0]), credit.plan(study.queries[0], Jobs.EACH)
    size = len({column for value in plan.values for column in value})
    assert [type(job) for job in plan.jobs] == [MomentsSpec]
    assert [type(job) for job in each.jobs] == [SumsSpec] * (size + size * (size - 1) // 2)
    assert plan.rule is not None
    assert f"1 job of {size} columns instead of {len(each.jobs)}" in plan.rule.en
    assert f"{(size + 1) * (size + 2) * 5 - 10} own rows" in plan.rule.en
    assert plan.rule.zh != plan.rule.en


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        (f"{MATRIX} FROM people", None),
        (f"{MATRIX}, count(*), avg(age), stddev_pop(age) FROM people WHERE age < 60", None),
        ("SELECT corr(age, limit_bal) FROM people", None),
        (f"{PAIRS} FROM people", "does not ask for age * pay_amt1"),
        (f"{MATRIX}, sum(bill_amt1) FROM people", "does not ask for age * bill_amt1"),
        (f"SELECT sex, {MATRIX[7:]} FROM people GROUP BY sex", "without groups"),
        ("SELECT sum(age) FROM people", "two columns at least"),
        ("SELECT count(*), avg(age), avg(limit_bal) FROM people", "does not ask for age * limit_bal"),
        ("SELECT corr(age, defaulted) FROM people", "defaulted has fewer than 16 values"),
        (f"{MATRIX} FROM people WHERE age BETWEEN 30 AND 40", "age has fewer than 16 values"),
    ],
)
def test_one_job_is_for_whole_matrices_and_others_are_refused_with_the_other_way(
    credit: Extract, sql: str, why: str | None
) -> None:
    if why is None:
        assert len(credit.plan(sql, Jobs.ONE).jobs) == 1
        assert credit.ask(sql, jobs=Jobs.ONE) == credit.ask(sql, jobs=Jobs.EACH)
        return
    with pytest.raises(Unanswerable, match=re.escape(why)) as refused:
        credit.plan(sql, Jobs.ONE)
    assert refused.value.reason is Reason.ONE_JOB
    assert "--jobs each" in refused.value.text("en")
    assert "--jobs each" in refused.value.text("zh")
    assert credit.plan(sql).jobs == credit.plan(sql, Jobs.EACH).jobs, "by itself nobody asks for more than the query"


class Numbers(Joint):
    """Columns of numbers at three owners, which declare so many rows, and of the first column a bound."""

    def __init__(self, home: Path, columns: dict[str, tuple[int, str]], rows: int, bound: int) -> None:
        """columns: the scale and the values of each, separated by spaces."""
        super().__init__(home)
        bounds = dict.fromkeys(columns, 10**6) | {next(iter(columns)): bound}
        declared = {name: Integer(-bounds[name], bounds[name], scale) for name, (scale, _) in columns.items()}
        schema = Schema(declared, rows=rows)
        pooled = list(zip(*(values.split() for _, values in columns.values()), strict=True))
        for number in (1, 2, 3):
            self._add(f"numbers-{number}", f"department-{number}", schema, pooled[number - 1 :: 3])
        (home / tables.JOINT).write_text('version = 1\n[joint]\nnumbers = ["numbers_1", "numbers_2", "numbers_3"]\n')
        self.tables = tables.load(home)


def test_longley_through_one_job_has_the_certified_coefficients_and_errors(tmp_path: Path) -> None:
    pool = Numbers(tmp_path, {name: (int(name == "x1"), line) for name, line in LONGLEY.items()}, 1000, 10**6)
    (sql,) = Covariances("numbers", tuple(LONGLEY)).queries
    assert [type(job) for job in pool.plan(sql).jobs] == [MomentsSpec]
    found = moments(tuple(LONGLEY), pool.ask(sql))
    assert found == moments(tuple(LONGLEY), pool.ask(sql, jobs=Jobs.EACH))
    for term, (value, error) in zip(least_squares(found, "y").terms, CERTIFIED, strict=True):
        assert term.value == pytest.approx(value, rel=1e-13)
        assert term.error == pytest.approx(error, rel=1e-13)


@pytest.mark.parametrize(
    ("columns", "rows", "bound", "why"),
    [
        (3, 80, 100, "80 rows at most, and 90 are needed"),
        (3, 90, (1 << 40) + 1, "bounds up to"),
        (MAX_COLUMNS + 1, 10_000, 100, f"{MAX_COLUMNS} columns at most"),
    ],
)
def test_what_declarations_do_not_admit_goes_to_separate_jobs_and_says_why(
    tmp_path: Path, columns: int, rows: int, bound: int, why: str
) -> None:
    names = [f"c{place}" for place in range(columns)]
    pool = Numbers(tmp_path, {name: (0, "1 2 3") for name in names}, rows, bound)
    sql = f"SELECT {', '.join(moments_sql(names))} FROM numbers"
    with pytest.raises(Unanswerable, match=why):
        pool.plan(sql, Jobs.ONE)
    plan = pool.plan(sql)
    assert len(plan.jobs) == columns + columns * (columns - 1) // 2
    assert plan.rule is not None
    assert why in plan.rule.en


def test_a_withheld_matrix_says_how_many_own_rows_one_job_needs_and_names_the_other_way(credit: Extract) -> None:
    closed = ["count", *(f"product-{i}-{j}" for i in range(5) for j in range(i, 5))]
    answer = credit.ask(STUDIES[0].queries[0], closed)
    assert answer.withheld == ((),)
    with pytest.raises(InvalidRecord, match=r"fewer than 140 own rows .* --jobs each"):
        STUDIES[0].conclude([answer])


def test_a_join_is_no_matrix(tmp_path: Path) -> None:
    rows = {number: [(f"{number}{place:03d}", "north", 100, 1) for place in range(5)] for number in (1, 2, 3)}
    pool = Pool(tmp_path, rows, ["1000"])
    with pytest.raises(Unanswerable, match="--jobs each"):
        pool.plan("SELECT sum(fee) FROM permits_1 JOIN listed USING (permit)", Jobs.ONE)
