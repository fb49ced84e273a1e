"""``shuxin property case``: one window, several departments, one clock."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of
from gateway.cli.registering import tell

if TYPE_CHECKING:
    from gateway.property.window import Told, Window

app = typer.Typer(help="Cases in one window: papers once, signatures in parallel, one clock.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="CODE", help="The case's code, the same for all departments.")]
Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Reason = Annotated[str, typer.Option("--reason", help="In words; a digest goes on chain.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def define(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A code for this kind of case.")],
    departments: Annotated[str, typer.Option(help="Comma-separated codes of the parties that sign.")],
    config: Config,
    minutes: Annotated[int | None, typer.Option(min=1, max=527_040, help="The time for the whole.")] = None,
    working_days: Annotated[int | None, typer.Option(min=1, max=250, help="Or in working days.")] = None,
    as_json: Json = False,
) -> None:
    """Say, as the authority and once, who signs a kind of case and in which time."""
    from contracts.cases.rules import ClockUnit

    if (minutes is None) == (working_days is None):
        raise typer.BadParameter("give --minutes or --working-days")
    amount, unit = (minutes * 60, ClockUnit.SECONDS) if minutes else (working_days or 0, ClockUnit.WORKING_DAYS)
    names = [name.strip() for name in departments.split(",")]
    with _window(config) as window:
        tell(as_json, template, "defined 已定义", window.define(template, names, amount, unit))


@app.command("open")
def open_(
    code: Code,
    template: Annotated[str, typer.Option(help="What kind of case it is.")],
    papers: Annotated[list[Path], typer.Option("--paper", help="A paper that was handed in; may be repeated.")],
    config: Config,
    as_json: Json = False,
) -> None:
    """Begin a case with all of its papers."""
    with _window(config) as window:
        tell(as_json, code, "opened 已受理", window.open(code, template, papers))


@app.command()
def sign(
    code: Code,
    document: Annotated[Path, typer.Option(help="What this department issues: an approval, a paid bill.")],
    config: Config,
    as_json: Json = False,
) -> None:
    """Sign for this department."""
    with _window(config) as window:
        tell(as_json, code, "signed 已签署", window.sign(code, document))


@app.command()
def refuse(code: Code, reason: Reason, config: Config, as_json: Json = False) -> None:
    """Say no for this department; ends the case."""
    with _window(config) as window:
        tell(as_json, code, "refused 不予办理", window.refuse(code, reason))


@app.command()
def close(
    code: Code,
    certificate: Annotated[Path, typer.Option(help="What the applicants get.")],
    config: Config,
    as_json: Json = False,
) -> None:
    """Hand out the certificate, after every department has signed."""
    with _window(config) as window:
        tell(as_json, code, "closed 已办结", window.close(code, certificate))


@app.command()
def withdraw(code: Code, reason: Reason, config: Config, as_json: Json = False) -> None:
    """Take a case back at the applicants' wish."""
    with _window(config) as window:
        tell(as_json, code, "withdrawn 已撤回", window.withdraw(code, reason))


@app.command()
def replay(
    code: Code,
    config: Config,
    name: Annotated[list[str] | None, typer.Option("--name", help="Code of a department, to show it by name.")] = None,
    as_json: Json = False,
) -> None:
    """Say where each minute of a case went, from proven events."""
    with _window(config) as window:
        told = window.told(code, int(time.time()), name or ())
    if as_json:
        print(json.dumps(_json(code, told), ensure_ascii=False))
        return
    from gateway.property.tables import show_case

    show_case(code, told)


def _json(code: str, told: Told) -> dict[str, object]:
    found = told.replay
    return {
        "code": code,
        "state": found.state.name.lower(),
        "opened": found.opened,
        "due": found.due,
        "late": found.is_late,
        "seconds": found.total,
        "window_seconds": found.waiting,
        "departments": [
            {"party": told.name(one.party), "seconds": one.seconds, "late": one.late} for one in found.spent
        ],
    }


@contextmanager
def _window(config: Path) -> Iterator[Window]:
    from gateway.property.window import Window

    with officer_of(config) as officer:
        yield Window(officer)
