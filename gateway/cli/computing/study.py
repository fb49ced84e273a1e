"""``shuxin study``: tests, correlations, regressions and survival curves over departments' tables."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.computing import fitting
from gateway.cli.computing.fitting import Dialogue
from gateway.cli.computing.querying import AsJson, InJobs, jobs_named
from gateway.cli.computing.studying import Study, command
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from mpc.studies.axes import Classes, Group
    from mpc.studies.generalised import Generalised

app = typer.Typer(help="Tests, correlations, regressions, survival over departments' tables.", no_args_is_help=True)
Table = Annotated[str, typer.Argument(help="A table that three or more owners hold together, as queries name it.")]
Where = Annotated[str, typer.Option("--where", help="A condition as in SQL.")]
By = Annotated[str, typer.Option("--by", help="The declared group column; COLUMN=A,B for only these values.")]
Columns = Annotated[list[str], typer.Option("--column", help="A number column; repeat.")]
Value = Annotated[str, typer.Option(help="A number column.")]
Bounds = Annotated[str, typer.Option(help="Upper ends of all classes but the last: 100,1000,10000.")]
LISTED = {
    Tongue.EN: ("study", "needs", "gives", "jobs", "equals that of"),
    Tongue.ZH: ("研究", "需要", "给出", "任务数", "精确性"),
}
AXIS = "A group (district, district=east,west) or classes of a number (fee:50,100)."
Response = Annotated[str, typer.Option("--y", help="The column that is explained.")]
Explaining = Annotated[list[str], typer.Option("--on", help="A column that explains it; repeat.")]
Event = Annotated[str, typer.Option(help="COLUMN=YES,NO of a group, or COLUMN:BOUND of a number (from it on: yes).")]


@app.callback()
def study() -> None:
    """Tests, correlations, regressions, survival over departments' tables."""


@app.command("list")
def listed(language: Language = Tongue.EN, as_json: AsJson = False) -> None:
    """Say what each study needs and gives."""
    from rich.console import Console
    from rich.table import Table as Grid

    from mpc.studies.catalogue import ENTRIES

    if as_json:
        print(json.dumps([entry.json() for entry in ENTRIES], ensure_ascii=False))
        return
    grid = Grid(*LISTED[language])
    for entry in ENTRIES:
        texts = [text.of(language.value) for text in (entry.needs, entry.gives, entry.exact)]
        grid.add_row(entry.name, *texts[:2], entry.jobs, texts[2])
    Console().print(grid)


@command(app)
def describe(
    table: Table, column: Columns, by: Annotated[str, typer.Option(help="A declared group column.")] = "",
    where: Where = "",
) -> Study:  # fmt: skip
    """Describe columns: count, mean, variance, and a 95% interval of the mean; by group if one is named."""
    from mpc.studies.means import Describe

    return Describe(table, tuple(dict.fromkeys(column)), by, where)


@command(app)
def histogram(table: Table, by: Annotated[str, typer.Option(help=AXIS)], where: Where = "") -> Study:
    """Count rows by class or group, and say in which classes the quartiles lie."""
    from mpc.studies import axes
    from mpc.studies.counts import Histogram

    return Histogram(table, axes.read(by), where)


@command(app, "table")
def contingency(
    table: Table, rows: Annotated[str, typer.Option(help=AXIS)], columns: Annotated[str, typer.Option(help=AXIS)],
    where: Where = "",
) -> Study:  # fmt: skip
    """Count two columns against each other, with margins and chi-square."""
    from mpc.studies import axes
    from mpc.studies.counts import Contingency

    return Contingency(table, axes.read(rows), axes.read(columns), where)


@command(app)
def independence(table: Table, value: Value, bounds: Bounds, by: By, where: Where = "") -> Study:
    """Test classes of a value and groups for independence by chi-square."""
    from mpc.studies.counts import Contingency

    return Contingency(table, _group(by), _classes(value, bounds), where)


@command(app)
def weights(table: Table, by: Annotated[str, typer.Option(help=AXIS)], outcome: Event, where: Where = "") -> Study:
    """Weigh the evidence of each class for an outcome (WOE), with the information value (IV)."""
    from mpc.studies import axes
    from mpc.studies.counts import Weights

    return Weights(table, axes.read(by), axes.read(outcome), where)


@command(app)
def shares(table: Table, event: Event, by: Annotated[str, typer.Option(help=AXIS)], where: Where = "") -> Study:
    """Compare shares: Wilson's limits in each group, and a z-test of two groups."""
    from mpc.studies import axes
    from mpc.studies.counts import Shares

    return Shares(table, axes.read(event), axes.read(by), where)


@command(app)
def compare(
    table: Table, value: Value, by: By,
    equal: Annotated[bool, typer.Option("--equal-variances", help="Student's t-test instead of Welch's.")] = False,
    where: Where = "",
) -> Study:  # fmt: skip
    """Compare the means of groups: Welch's t-test for two of them, analysis of variance for more."""
    from mpc.studies.means import Compare

    return Compare(table, value, _group(by), where, equal)


@command(app)
def mean(
    table: Table, value: Value,
    against: Annotated[str, typer.Option(help="A number, or another column of the same rows (paired).")] = "0",
    where: Where = "",
) -> Study:  # fmt: skip
    """Test one mean against a number, or two columns of the same rows against each other (paired t-test)."""
    from mpc.studies.means import OneMean, Paired

    try:
        number = Fraction(against[:40])
    except (ValueError, ZeroDivisionError):
        return Paired(table, value, against, where)
    return OneMean(table, value, number, where)


@command(app)
def ranks(table: Table, value: Value, bounds: Bounds, by: By, where: Where = "") -> Study:
    """Compare groups by ranks over classes: Mann-Whitney U for two of them, Kruskal-Wallis for more."""
    from mpc.studies.ranks import Ranks

    return Ranks(table, _classes(value, bounds), _group(by), where)


@command(app)
def spearman(
    table: Table, one: Annotated[str, typer.Option(help="Classes of a number: fee:50,100.")],
    other: Annotated[str, typer.Option(help="Classes of another number.")], where: Where = "",
) -> Study:  # fmt: skip
    """Correlate the ranks of two columns over classes (Spearman)."""
    from mpc.studies.ranks import RankCorrelation

    return RankCorrelation(table, _classes(*_split(one)), _classes(*_split(other)), where)


@command(app, "signed-ranks")
def signed_ranks(
    table: Table, value: Value,
    bounds: Annotated[str, typer.Option(help="Of absolute differences; no value on one: 0.5,10.5.")],
    where: Where = "",
) -> Study:  # fmt: skip
    """Test whether differences lie symmetrically about zero (Wilcoxon's signed ranks)."""
    from mpc.studies.ranks import SignedRanks

    return SignedRanks(table, value, _classes(value, bounds).bounds, where)


@command(app)
def correlate(table: Table, column: Columns, jobs: InJobs = "", where: Where = "") -> Study:
    """Correlate every pair of columns (Pearson), with p values."""
    from mpc.studies.moments import Correlate

    return Correlate(table, tuple(dict.fromkeys(column)), where, jobs_named(jobs))


@command(app)
def covariance(table: Table, column: Columns, jobs: InJobs = "", where: Where = "") -> Study:
    """Give the means and the matrix of covariances of several columns."""
    from mpc.studies.moments import Covariances

    return Covariances(table, tuple(dict.fromkeys(column)), where, jobs_named(jobs))


@command(app)
def regress(
    table: Table, y: Response, on: Explaining,
    ridge: Annotated[str, typer.Option(help="Penalty of a ridge, in squared units of the columns; 0 for none.")] = "0",
    jobs: InJobs = "", where: Where = "",
) -> Study:  # fmt: skip
    """Fit a linear model by least squares, with standard errors, inflation of variances and F; or a ridge."""
    from mpc.studies.moments import Regress

    try:
        penalty = Fraction(ridge[:40])
    except (ValueError, ZeroDivisionError) as fault:
        raise InvalidRecord(f"--ridge {ridge}: expected a number") from fault
    if penalty < 0 or y in on:
        raise InvalidRecord("study: a penalty of at least 0, and y none of the columns that explain it")
    return Regress(table, y, tuple(dict.fromkeys(on)), penalty, where, jobs_named(jobs))


@command(app, run=fitting.answer)
def logistic(table: Table, y: Response, on: Explaining, where: Where = "") -> Dialogue:
    """Fit a logistic regression of a column of 0 and 1, step by step: coefficients, errors, z, p, deviance."""
    return _generalised("logistic", table, y, on, where)


@command(app, run=fitting.answer)
def poisson(table: Table, y: Response, on: Explaining, where: Where = "") -> Dialogue:
    """Fit a Poisson regression of a column of counts, step by step: coefficients, errors, z, p, deviance."""
    return _generalised("poisson", table, y, on, where)


@command(app)
def survival(
    table: Table, time: Annotated[str, typer.Option(help="Intervals of a time: days:30,60,90.")], event: Event,
    by: Annotated[str, typer.Option(help="A declared group column.")] = "", where: Where = "",
) -> Study:  # fmt: skip
    """Draw Kaplan-Meier curves over intervals of time, and compare groups by the log-rank test."""
    from mpc.studies import axes
    from mpc.studies.survival import Survival

    return Survival(table, _classes(*_split(time)), axes.read(event), _group(by) if by else None, where)


def _generalised(family: str, table: str, y: str, on: list[str], where: str) -> Generalised:
    from mpc.spec.moments import Family
    from mpc.studies.generalised import Generalised

    return Generalised(Family(family), table, y, tuple(dict.fromkeys(on)), where)


def _classes(column: str, bounds: str) -> Classes:
    from mpc.studies import axes

    found = axes.read(f"{column}:{bounds}")
    assert isinstance(found, axes.Classes)
    return found


def _split(text: str) -> tuple[str, str]:
    column, _, bounds = text.partition(":")
    return column, bounds


def _group(text: str) -> Group:
    from mpc.studies import axes

    found = axes.read(text)
    if not isinstance(found, axes.Group):
        raise InvalidRecord(f"--by {text}: expected a declared group")
    return found
