"""``shuxin query``: SQL over departments' tables, explained or answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Tongue
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from gateway.statistics.querying import Result, Wanted

WORDS = {
    Tongue.EN: {
        "withheld": "withheld, too few rows or owners: {groups}",
        "whole": "the whole",
        "files": "files: {files}",
    },
    Tongue.ZH: {"withheld": "未公开(行数或所有方过少):{groups}", "whole": "全部", "files": "文件:{files}"},
}


def run(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the tables that are described here.")],
    purpose: Annotated[str, typer.Option(help="The code of the purpose; that of every authorization.")],
    config: Annotated[Path, typer.Option("--config", help="The configuration of the department that asks.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where answer and evidence go.")] = Path("answer"),
    explain: Annotated[bool, typer.Option("--explain", help="Only say how it would be answered; asks nobody.")] = False,
    tables: Annotated[
        Path | None, typer.Option("--tables", help="Descriptions of tables (default: tables/ beside terms/).")
    ] = None,
    code: Annotated[
        list[str] | None, typer.Option("--code", help="ASSET=CODE of an authorization with another code; repeat.")
    ] = None,
    minimum: Annotated[int, typer.Option(help="Rows below which a cell stays closed; the owners' own.")] = 10,
    contributors: Annotated[int, typer.Option(help="Owners below which a cell stays closed; the owners' own.")] = 3,
    epsilon_milli: Annotated[int, typer.Option(help="Noise on what the lister of a join sees, in thousandths.")] = 100,
    delta_log2: Annotated[int, typer.Option(help="Where that noise is cut off: delta = 2^this.")] = -40,
    deadline: Annotated[int, typer.Option(min=60, max=604800, help="Seconds until a job is given up.")] = 600,
    language: Annotated[Tongue, typer.Option("--language", help="Of what is printed.")] = Tongue.EN,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Answer a SQL query over departments' tables; nobody's rows leave their department."""
    from gateway.statistics import explaining, querying
    from mpc.node import config as node_config
    from mpc.sql.refusal import Unanswerable

    read = node_config.load(config)
    wanted = _wanted(purpose, code or [], minimum, contributors, epsilon_milli, delta_log2)
    is_explained = explain or sql.lstrip()[:8].upper() == "EXPLAIN "
    text = sql.lstrip()[8:] if sql.lstrip()[:8].upper() == "EXPLAIN " else sql
    try:
        planned = querying.plan(text, read, wanted, tables)
    except Unanswerable as refused:
        raise InvalidRecord(refused.text(language.value)) from refused
    if is_explained:
        found = explaining.explain(planned)
        if as_json:
            print(json.dumps([job.json(language.value) for job in found], ensure_ascii=False))
        else:
            print("\n".join(explaining.lines(found, language.value)))
        return
    say = _silent if as_json else print
    result = querying.run(text, planned, read, output, deadline_s=deadline, say=say)
    _show(result, output, language, as_json=as_json)


def _wanted(
    purpose: str, codes: list[str], minimum: int, contributors: int, epsilon_milli: int, delta_log2: int
) -> Wanted:
    from gateway.statistics.querying import Wanted

    pairs = dict(pair.partition("=")[::2] for pair in codes)
    if not all(pairs.values()):
        raise InvalidRecord("--code: expected ASSET=CODE")
    return Wanted(purpose, pairs, minimum, contributors, epsilon_milli, delta_log2)


def _show(result: Result, output: Path, language: Tongue, *, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    if as_json:
        print(json.dumps(result.json(), ensure_ascii=False))
        return
    table = Table(*result.answer.columns)
    for record in result.answer.records():
        table.add_row(*("-" if value is None else str(value) for value in record.values()))
    Console().print(table)
    words = WORDS[language]
    if result.answer.withheld:
        groups = ", ".join("/".join(labels) or words["whole"] for labels in result.answer.withheld)
        print(words["withheld"].format(groups=groups))
    print(words["files"].format(files=", ".join([str(output / "answer.json"), *(str(p) for p, _ in result.evidence)])))


def _silent(text: str) -> None:
    """Say nothing, where only JSON is expected."""
