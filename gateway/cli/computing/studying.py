"""How a study becomes a command: its own options and those of every query; explained, or asked and answered."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import typer

from gateway.cli.computing.querying import (
    Align,
    AsJson,
    Codes,
    Config,
    Contributors,
    Deadline,
    Engine,
    Explain,
    Folder,
    Minimum,
    Output,
    Purpose,
    Request,
    Told,
    telling,
)
from gateway.cli.following import Events
from gateway.cli.tongue import Language, Tongue
from ledger.canonical import JsonValue

if TYPE_CHECKING:
    from gateway.statistics.querying import Result
    from mpc.sql.answering.rows import Answer
    from mpc.sql.planning.jobs import Jobs
    from mpc.studies.study import Cell, Finding

WITHHELD = {Tongue.EN: "withheld and left out: {groups}", Tongue.ZH: "未公开,已略去:{groups}"}
QUERY = {Tongue.EN: "query {number} of {all}", Tongue.ZH: "第 {number} 个查询,共 {all} 个"}


class Study(Protocol):
    """What a command needs of a study (``mpc.studies.study``), without the mathematics being loaded."""

    @property
    def queries(self) -> tuple[str, ...]: ...
    @property
    def jobs(self) -> Jobs | None: ...

    def conclude(self, answers: Sequence[Answer]) -> Finding: ...


S = TypeVar("S")
Run = Callable[[S, Request, bool], None]
"""Answer a study, or with True explain it."""


def answer(study: Study, request: Request, explain: bool) -> None:
    """Ask the queries of a study and show what they say; or explain them."""
    request = replace(request, jobs=study.jobs)
    if explain:
        request.explain(*study.queries)
        return
    results = ask_queries(study.queries, request)
    show(study.conclude([result.answer for result in results]), [result.json() for result in results], request)


def command(
    app: typer.Typer, name: str | None = None, run: Run[Any] = answer
) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    """Make a command of a function that makes a study: it takes the function's options and those of every query."""

    def decorate(build: Callable[..., Any]) -> Callable[..., None]:
        own, common = (inspect.signature(one, eval_str=True).parameters for one in (build, _request))
        options = [part.replace(kind=inspect.Parameter.KEYWORD_ONLY) for part in (*own.values(), *common.values())]

        def called(**given: Any) -> None:
            request, explain = _request(**{key: given.pop(key) for key in common})
            run(build(**given), request, explain)

        called.__doc__, called.__name__ = build.__doc__, build.__name__
        called.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
        called.__annotations__ = {part.name: part.annotation for part in options}
        return app.command(name)(called)

    return decorate


def _request(
    purpose: Purpose, config: Config, output: Output = Path("study"), explain: Explain = False,
    tables: Folder = None, code: Codes = None, minimum: Minimum = 10, contributors: Contributors = 3,
    align: Align = False, told: Told = None, engine: Engine = False,
    deadline: Deadline = 600, events: Events = None, language: Language = Tongue.EN, as_json: AsJson = False,
) -> tuple[Request, bool]:  # fmt: skip
    """Gather the options of every query; the defaults are those of ``shuxin query``."""
    request = Request(
        purpose, config, output, tables, code, minimum, contributors, 100, -40, deadline, language, as_json,
        events=events, telling=telling(align=align, told=told), engine=engine,
    )  # fmt: skip
    return request, explain


def ask_queries(queries: Sequence[str], request: Request) -> list[Result]:
    """Ask query after query; the same command goes on where it was, since what is answered is not asked again."""
    if len(queries) == 1:
        return [request.ask(queries[0])]
    found = []
    for number, sql in enumerate(queries, 1):
        if not request.as_json:
            print(QUERY[request.language].format(number=number, all=len(queries)))
        found.append(replace(request, output=request.output / f"query-{number}").ask(sql))
    return found


def show(found: Finding, asked: Sequence[Mapping[str, JsonValue]], request: Request) -> None:
    """Write ``study.json``, and print the finding. asked: what was asked for it, with the evidence."""
    document = {**found.json(), "queries": list(asked)}
    request.output.mkdir(parents=True, exist_ok=True)
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

    from mpc.studies.heads import head

    grid = Grid(*(head(name, language.value) for name in found.heads), title=found.title.of(language.value))
    for row in found.rows:
        grid.add_row(*map(_cell, row))
    Console().print(grid)
    for note in found.notes:
        print(note.of(language.value))
    if found.withheld:
        print(WITHHELD[language].format(groups=", ".join(found.withheld)))


def _cell(value: Cell) -> str:
    return "-" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
