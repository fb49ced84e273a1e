"""``shuxin property case``: one window, several departments, one clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of, papers_in
from gateway.cli.present import now
from gateway.cli.property.registering import tell
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from gateway.property.cases.template import Template
    from gateway.property.cases.window import Told, Window

app = typer.Typer(help="Cases in one window: papers once, signatures in parallel, one clock.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="CODE", help="The case's code, the same for all departments.")]
Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Reason = Annotated[str, typer.Option("--reason", help="In words; a digest goes on chain.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command()
def templates(
    template: Annotated[str | None, typer.Argument(metavar="TEMPLATE", help="One of them, or a file.")] = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """List the kinds of cases that come with the program, or show one: papers, steps, clock."""
    from gateway.property.cases.casetables import show_template, show_templates
    from gateway.property.cases.template import shipped

    found = [_template(name) for name in ([template] if template else shipped())]
    if as_json:
        print(json.dumps([_template_json(one) for one in found], ensure_ascii=False))
    elif template:
        show_template(found[0], language is Tongue.ZH)
    else:
        show_templates(found, language is Tongue.ZH)


@app.command()
def define(
    template: Annotated[str, typer.Argument(metavar="TEMPLATE", help="A template, its file, or a code for your own.")],
    config: Config,
    party: Annotated[
        list[str] | None, typer.Option("--party", help="DEPARTMENT=CODE: which party is a department; may be repeated.")
    ] = None,
    departments: Annotated[str | None, typer.Option(help="Without template: comma-separated codes of parties.")] = None,
    minutes: Annotated[int | None, typer.Option(min=1, max=527_040, help="The time for the whole.")] = None,
    working_days: Annotated[int | None, typer.Option(min=1, max=250, help="Or in working days.")] = None,
    as_json: Json = False,
) -> None:
    """Say, as the authority and once, who signs a kind of case and in which time."""
    from contracts.cases.rules import ClockUnit
    from gateway.property.cases.template import find

    found, given = find(template), departments or minutes or working_days
    if found and given:
        raise typer.BadParameter(f"{template} says departments and time itself")
    if found:
        names, amount, unit = list(found.parties(_named(party or []))), found.amount, found.unit
    else:
        if departments is None or (minutes is None) == (working_days is None) or party:
            raise typer.BadParameter("no such template; or give --departments and --minutes or --working-days")
        amount, unit = (minutes * 60, ClockUnit.SECONDS) if minutes else (working_days or 0, ClockUnit.WORKING_DAYS)
        names = [name.strip() for name in departments.split(",")]
    with _window(config) as window:
        code = found.code if found else template
        tell(as_json, code, "defined 已定义", window.define(code, names, amount, unit))


@app.command("open")
def open_(
    code: Code,
    template: Annotated[str, typer.Option(help="What kind of case it is: a template, its file, or a code.")],
    papers: Annotated[
        list[Path], typer.Option("--paper", help="A paper handed in, in the template's order; may be repeated.")
    ],
    config: Config,
    as_json: Json = False,
) -> None:
    """Begin a case with all of its papers."""
    from gateway.property.cases.template import find

    found = find(template)
    if found:
        found.check_papers(len(papers))
    with _window(config) as window:
        tell(as_json, code, "opened 已受理", window.open(code, found.code if found else template, papers))


@app.command()
def sign(
    code: Code,
    config: Config,
    document: Annotated[
        list[Path] | None, typer.Option("--document", help="What it issues: an approval, a paid bill; may be repeated.")
    ] = None,
    entry: Annotated[
        list[str] | None, typer.Option("--entry", help="Instead: the application of an entry; may be repeated.")
    ] = None,
    registrar: Annotated[str, typer.Option(help="Whose entries they are, as at the import.")] = "",
    template: Annotated[str, typer.Option(help="Check against this template's steps ...")] = "",
    department: Annotated[str, typer.Option("--as", help="... of this department.")] = "",
    as_json: Json = False,
) -> None:
    """Sign for this department: with documents, or with entries in the register."""
    from gateway.property.cases.entered import Entries

    if bool(document) == bool(entry) or bool(entry) != bool(registrar):
        raise typer.BadParameter("give --document, or --entry with --registrar")
    if bool(template) != bool(department):
        raise typer.BadParameter("give --template and --as together")
    types = _template(template).work(department, len(document or [])) if template else ()
    with _window(config) as window:
        if entry:
            receipt = window.sign_entries(code, Entries(registrar, tuple(entry)), types)
        else:
            receipt = window.sign(code, document or [])
        tell(as_json, code, "signed 已签署", receipt)


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
    entry: Annotated[
        list[str] | None, typer.Option("--entry", help="An entry that a department signed for; all, in order.")
    ] = None,
    registrar: Annotated[str, typer.Option(help="Whose entries they are.")] = "",
    as_json: Json = False,
) -> None:
    """Say where each minute of a case went, from proven events."""
    from gateway.property.cases.entered import Entries

    if bool(entry) != bool(registrar):
        raise typer.BadParameter("give --entry with --registrar")
    entries = Entries(registrar, tuple(entry)) if entry else None
    with _window(config) as window:
        told = window.told(code, now(), name or (), entries)
    if as_json:
        print(json.dumps(_json(code, told), ensure_ascii=False))
        return
    from gateway.property.cases.casetables import show_case

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
        "entries": [
            {"code": one.code, "registration": one.registration.name.lower(), "seconds": one.seconds}
            for one in told.entries
        ],
    }


def _template_json(found: Template) -> dict[str, object]:
    return {
        "code": found.code,
        "title": dict(zip(("zh", "en"), found.title, strict=True)),
        "source": found.source,
        "clock": {"amount": found.amount, "unit": found.unit.name.lower()},
        "papers": [paper.code for paper in found.papers],
        "steps": [
            {
                "code": step.code,
                "department": step.department,
                "title": dict(zip(("zh", "en"), step.title, strict=True)),
                "registration": step.registration.name.lower() if step.registration else None,
            }
            for step in found.steps
        ],
    }


def _template(name: str) -> Template:
    from gateway.property.cases.template import find, shipped

    found = find(name)
    if found is None:
        raise typer.BadParameter(f"no template {name!r}; there are {', '.join(shipped())}, or the path of a .toml file")
    return found


def _named(pairs: list[str]) -> dict[str, str]:
    """Read DEPARTMENT=CODE."""
    split = [pair.partition("=") for pair in pairs]
    for department, equals, code in split:
        if not (department and equals and code):
            raise typer.BadParameter("--party: expected DEPARTMENT=CODE, for example housing=housing-bureau")
    return {department: code for department, _, code in split}


@contextmanager
def _window(config: Path) -> Iterator[Window]:
    from gateway.property.cases.window import Window

    with officer_of(config) as officer:
        yield Window(officer, papers_in(officer))
