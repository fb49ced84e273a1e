"""``shuxin query``: SQL over departments' tables, explained or answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.querying import (
    AsJson,
    Codes,
    Config,
    Contributors,
    Deadline,
    Delta,
    Epsilon,
    Explain,
    Folder,
    Language,
    Minimum,
    Output,
    Purpose,
    Request,
)
from gateway.cli.tongue import Tongue

if TYPE_CHECKING:
    from gateway.statistics.querying import Result

WORDS = {
    Tongue.EN: {
        "withheld": "withheld, too few rows or owners: {groups}",
        "whole": "the whole",
        "files": "files: {files}",
    },
    Tongue.ZH: {"withheld": "未公开(行数或所有方过少):{groups}", "whole": "全部", "files": "文件:{files}"},
}
_EXPLAIN = "EXPLAIN "


def run(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the tables that are described here.")],
    purpose: Purpose,
    config: Config,
    output: Output = Path("answer"),
    explain: Explain = False,
    tables: Folder = None,
    code: Codes = None,
    minimum: Minimum = 10,
    contributors: Contributors = 3,
    epsilon_milli: Epsilon = 100,
    delta_log2: Delta = -40,
    deadline: Deadline = 600,
    language: Language = Tongue.EN,
    as_json: AsJson = False,
) -> None:
    """Answer a SQL query over departments' tables; nobody's rows leave their department."""
    request = Request(
        purpose, config, output, tables, code, minimum, contributors, epsilon_milli, delta_log2, deadline, language,
        as_json,
    )  # fmt: skip
    text = sql.strip()
    if text[: len(_EXPLAIN)].upper() == _EXPLAIN:
        explain, text = True, text[len(_EXPLAIN) :]
    if explain:
        request.explain(text)
    else:
        _show(request.ask(text), output, language, as_json=as_json)


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
