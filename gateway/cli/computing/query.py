"""``shuxin query``: SQL over departments' tables, explained or answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.computing import noise
from gateway.cli.computing.noise import Extremes, MicroRho, Private, Recipients, Steps, Under, Weights
from gateway.cli.computing.querying import (
    Additive,
    Align,
    AsJson,
    Codes,
    Config,
    Contributors,
    Deadline,
    Delta,
    Engine,
    Epsilon,
    Explain,
    Folder,
    InJobs,
    Minimum,
    Output,
    Purpose,
    Request,
    Told,
    jobs_named,
    telling,
)
from gateway.cli.following import Events
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from mpc.sql.answering.rows import Answer

WORDS = {
    Tongue.EN: {
        "withheld": "withheld: {groups}",
        "whole": "the whole",
        "files": "files: {files}",
        "invented": "INVENTED figures: no department was asked; the rows are in {home}",
    },
    Tongue.ZH: {
        "withheld": "未公开:{groups}",
        "whole": "全部",
        "files": "文件:{files}",
        "invented": "以上为虚构数值:未向任何部门查询;虚构的行在 {home}",
    },
}
_EXPLAIN = "EXPLAIN "


def run(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the tables that are described here.")],
    purpose: Purpose,
    config: Config,
    output: Output = Path("answer"),
    explain: Explain = False,
    sample: Annotated[
        int,
        typer.Option("--sample", min=0, max=100_000, help="Answer from so many invented rows a table; asks nobody."),
    ] = 0,
    tables: Folder = None,
    code: Codes = None,
    minimum: Minimum = 10,
    contributors: Contributors = 3,
    epsilon_milli: Epsilon = 100,
    delta_log2: Delta = -40,
    additive: Additive = "okamoto-uchiyama",
    jobs: InJobs = "",
    align: Align = False,
    told: Told = None,
    engine: Engine = False,
    deadline: Deadline = 600,
    private: Private = False,
    micro_rho: MicroRho = None,
    recipients: Recipients = "",
    steps: Steps = 0,
    extremes: Extremes = "",
    under_key: Under = "",
    weight: Weights = None,
    events: Events = None,
    language: Language = Tongue.EN,
    as_json: AsJson = False,
) -> None:
    """Answer a SQL query over departments' tables; nobody's rows leave their department."""
    request = Request(
        purpose, config, output, tables, code, minimum, contributors, epsilon_milli, delta_log2, deadline, language,
        as_json,
        noise.choices(
            private=private, costs=micro_rho, recipients=recipients, steps=steps, extremes=extremes, under=under_key,
            weights=weight,
        ),
        events,
        additive,
        jobs_named(jobs),
        telling(align=align, told=told),
        engine,
    )  # fmt: skip
    text = sql.strip()
    if text[: len(_EXPLAIN)].upper() == _EXPLAIN:
        explain, text = True, text[len(_EXPLAIN) :]
    if explain:
        request.explain(text)
    elif sample:
        found = request.rehearse(text, sample)
        if as_json:
            stated = [[known and known.json() for known in row] for row in found.uncertainties]
            document = {"invented": True, "rows": found.records(), **({"uncertainties": stated} if stated else {})}
            print(json.dumps(document, ensure_ascii=False))
        else:
            _show(found, language)
            print(WORDS[language]["invented"].format(home=output / "sample"))
    else:
        result = request.ask(text)
        if as_json:
            print(json.dumps(result.json(), ensure_ascii=False))
        else:
            _show(result.answer, language)
            if result.withheld_for is not None:
                print(result.withheld_for.of(language.value))
            files = [str(output / "answer.json"), *(str(path) for path, _ in result.evidence)]
            print(WORDS[language]["files"].format(files=", ".join(files)))


def _show(answer: Answer, language: Tongue) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*answer.columns)
    for row in noise.texts(answer, language):
        table.add_row(*row)
    Console().print(table)
    for line in noise.notes(answer, language):
        print(line)
    words = WORDS[language]
    if answer.withheld:
        groups = ", ".join("/".join(labels) or words["whole"] for labels in answer.withheld)
        print(words["withheld"].format(groups=groups))
