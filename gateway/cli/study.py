"""``shuxin study``: tests, correlations and regressions over departments' tables."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.querying import (
    AsJson,
    Codes,
    Config,
    Contributors,
    Deadline,
    Explain,
    Folder,
    Minimum,
    Output,
    Purpose,
    Request,
)
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from mpc.inference.studies import Cell, Finding, Study

app = typer.Typer(help="Tests, correlations and regressions over departments' tables.", no_args_is_help=True)
Table = Annotated[str, typer.Argument(help="A table that three or more owners hold together, as queries name it.")]
Where = Annotated[str, typer.Option("--where", help="A condition as in SQL.")]
By = Annotated[str, typer.Option("--by", help="The declared group column.")]
WITHHELD = {Tongue.EN: "withheld and left out: {groups}", Tongue.ZH: "未公开,已略去:{groups}"}


@app.callback()
def study() -> None:
    """Tests, correlations and regressions over departments' tables."""


@app.command()
def compare(
    table: Table, value: Annotated[str, typer.Option(help="The column whose means are compared.")], by: By,
    purpose: Purpose, config: Config, where: Where = "", output: Output = Path("study"), explain: Explain = False,
    tables: Folder = None, code: Codes = None, minimum: Minimum = 10, contributors: Contributors = 3,
    deadline: Deadline = 600, language: Language = Tongue.EN, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Compare the means of groups: Welch's t-test for two of them, analysis of variance for more."""
    from mpc.inference.studies import Compare

    request = _request(purpose, config, output, tables, code, minimum, contributors, deadline, language, as_json)
    _run(Compare(table, value, by, where), request, explain=explain)


@app.command()
def independence(
    table: Table, value: Annotated[str, typer.Option(help="The number column that is put into classes.")], by: By,
    bounds: Annotated[str, typer.Option(help="Upper ends of all classes but the last: 100,1000,10000.")],
    purpose: Purpose, config: Config, where: Where = "", output: Output = Path("study"), explain: Explain = False,
    tables: Folder = None, code: Codes = None, minimum: Minimum = 10, contributors: Contributors = 3,
    deadline: Deadline = 600, language: Language = Tongue.EN, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Test classes of a value and groups for independence by chi-square; of two groups also weight of evidence."""
    from mpc.inference.studies import Independence

    request = _request(purpose, config, output, tables, code, minimum, contributors, deadline, language, as_json)
    _run(Independence(table, value, tuple(bounds.replace(" ", "").split(",")), by, where), request, explain=explain)


@app.command()
def correlate(
    table: Table, column: Annotated[list[str], typer.Option("--column", help="A number column; two or more.")],
    purpose: Purpose, config: Config, where: Where = "", output: Output = Path("study"), explain: Explain = False,
    tables: Folder = None, code: Codes = None, minimum: Minimum = 10, contributors: Contributors = 3,
    deadline: Deadline = 600, language: Language = Tongue.EN, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Correlate every pair of columns (Pearson), with p values."""
    from mpc.inference.studies import Correlate

    if len(set(column)) < 2:
        raise InvalidRecord("study: two different columns at least: repeat --column")
    request = _request(purpose, config, output, tables, code, minimum, contributors, deadline, language, as_json)
    _run(Correlate(table, tuple(dict.fromkeys(column)), where), request, explain=explain)


@app.command()
def regress(
    table: Table, y: Annotated[str, typer.Option("--y", help="The column that is explained.")],
    on: Annotated[list[str], typer.Option("--on", help="A column that explains it; repeat.")],
    purpose: Purpose, config: Config,
    ridge: Annotated[str, typer.Option(help="Penalty of a ridge, in squared units of the columns; 0 for none.")] = "0",
    where: Where = "", output: Output = Path("study"), explain: Explain = False, tables: Folder = None,
    code: Codes = None, minimum: Minimum = 10, contributors: Contributors = 3, deadline: Deadline = 600,
    language: Language = Tongue.EN, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Fit a linear model by least squares, with standard errors, inflation of variances and F; or a ridge."""
    from mpc.inference.studies import Regress

    try:
        penalty = Fraction(ridge[:40])
    except (ValueError, ZeroDivisionError) as fault:
        raise InvalidRecord(f"--ridge {ridge}: expected a number") from fault
    if penalty < 0 or y in on:
        raise InvalidRecord("study: a penalty of at least 0, and y none of the columns that explain it")
    request = _request(purpose, config, output, tables, code, minimum, contributors, deadline, language, as_json)
    _run(Regress(table, y, tuple(dict.fromkeys(on)), penalty, where), request, explain=explain)


def _request(
    purpose: str, config: Path, output: Path, tables: Path | None, code: list[str] | None, minimum: int,
    contributors: int, deadline: int, language: Tongue, as_json: bool,
) -> Request:  # fmt: skip
    return Request(
        purpose, config, output, tables, code, minimum, contributors, 100, -40, deadline, language, as_json
    )


def _run(study: Study, request: Request, *, explain: bool) -> None:
    if explain:
        request.explain(study.sql)
        return
    result = request.ask(study.sql)
    found = study.conclude(result.answer)
    document = {**found.json(), "query": result.json()}
    path = request.output / "study.json"
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if request.as_json:
        print(json.dumps(document, ensure_ascii=False))
    else:
        _show(found, request.language)
        print(path)


def _show(found: Finding, language: Tongue) -> None:
    from rich.console import Console
    from rich.table import Table as Grid

    grid = Grid(*found.heads, title=found.title)
    for row in found.rows:
        grid.add_row(*map(_cell, row))
    Console().print(grid)
    for note in found.notes:
        print(note)
    if found.withheld:
        print(WITHHELD[language].format(groups=", ".join(found.withheld)))


def _cell(value: Cell) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
