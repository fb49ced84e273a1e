"""``shuxin breach``: an authority finds a breach of articles 39 to 41; the accused corrects it; the case is closed."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gateway.cli.matter import moment
from gateway.cli.officer import officer_of
from gateway.cli.proceeding import Config, Json, Words
from gateway.cli.telling import tell
from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

app = typer.Typer(help="Breaches: find, correct, close.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="A name for the finding, the same for all.")]

STATES = {"unknown": "无", "found": "已认定", "corrected": "已整改", "closed": "已办结", "lifted": "已撤销"}


@app.command()
def find(
    name: Name,
    config: Config,
    words: Words,
    party: Annotated[str, typer.Option(help="Who is found in breach.")],
    item: Annotated[str, typer.Option(help="The item of article 39, 40 or 41, e.g. '39(4)'.")],
    rule: Annotated[str, typer.Option(help="The rule it belongs to, e.g. R10; see 'shuxin rules check'.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Calendar days for its correction.")],
    about: Annotated[str, typer.Option(help="Code of the case or asset it is about.")] = "",
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Find a breach, as authority, and order it corrected."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        due = int(officer.clock()) + days * 86_400
        receipt = Duties(officer).find(name, party, item, rule, about, words, due)
        done = Text(f"{item} found against {party}", f"认定 {party} 存在 {item} 情形")
        tell(name, done, receipt, language, as_json=as_json)


@app.command()
def correct(name: Name, config: Config, words: Words, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Report, as the accused, what was done."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        receipt = Duties(officer).correct(name, words)
        tell(name, Text("correction reported", "已报告整改"), receipt, language, as_json=as_json)


@app.command()
def close(
    name: Name,
    config: Config,
    words: Words,
    lifted: Annotated[bool, typer.Option("--lifted", help="The finding did not hold.")] = False,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """End the case, as the authority that found it."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        receipt = Duties(officer).close(name, words, is_lifted=lifted)
        done = Text("lifted", "已撤销") if lifted else Text("closed", "已办结")
        tell(name, done, receipt, language, as_json=as_json)


@app.command()
def show(name: Name, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read a breach by proof."""
    from contracts.regulation.rule_set import breach_text
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        found = Duties(officer).breach(name)
    state, item = found.state.name.lower(), breach_text(found.item)
    if as_json:
        rule = f"R{found.rule:02}" if found.rule else None
        due = moment(found.due) or None
        print(json.dumps({"name": name, "state": state, "item": item or None, "rule": rule, "due": due}))
    elif language is Tongue.ZH:
        print(f"{name}：{STATES[state]}" + (f"，{item}，整改截止 {moment(found.due)}" if item else ""))
    else:
        print(f"{name}: {state}" + (f", {item}, to be corrected by {moment(found.due)}" if item else ""))
