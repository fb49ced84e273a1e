"""``shuxin dispute``: negotiate about a case, take it step by step higher, settle or decide it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.proceeding import Code, Config, Json, Name, Words, proceedings, tell

app = typer.Typer(help="Disputes between the two parties of a case.", no_args_is_help=True)


class Step(StrEnum):
    """Steps above negotiation."""

    AUTHORITY = "authority"
    COMMON = "common"
    GOVERNMENT = "government"


@app.command("open")
def open_(
    code: Code,
    name: Name,
    config: Config,
    words: Words,
    about_end: Annotated[bool, typer.Option("--about-end", help="About the announced end.")] = False,
    as_json: Json = False,
) -> None:
    """Begin to negotiate with the other party of a case; only what is about an end can end the service."""
    with proceedings(config, code) as case:
        receipt = case.dispute(name, words.encode(), about_end=about_end)
        tell(f"{code} {name}", "dispute opened", receipt, as_json=as_json)


@app.command()
def escalate(
    code: Code,
    name: Name,
    config: Config,
    words: Words,
    to: Annotated[Step, typer.Option(help="The next step: no step is skipped.")],
    as_json: Json = False,
) -> None:
    """Bring a dispute before the respondent's authority, then the common superior, then the government."""
    from contracts.disputes.rules import Rung

    with proceedings(config, code) as case:
        receipt = case.escalate(name, words.encode(), Rung[to.name])
        tell(f"{code} {name}", f"taken to step {Rung(case.disputed(name).step).name.lower()}", receipt, as_json=as_json)


@app.command()
def settle(code: Code, name: Name, config: Config, words: Words, as_json: Json = False) -> None:
    """Sign a settlement; it holds when the other party has signed the same words."""
    with proceedings(config, code) as case:
        tell(f"{code} {name}", "settlement signed", case.settle(name, words.encode()), as_json=as_json)


@app.command()
def decide(
    code: Code,
    name: Name,
    config: Config,
    words: Words,
    winner: Annotated[str, typer.Option(help="The party whose claim is upheld.")],
    as_json: Json = False,
) -> None:
    """Decide a dispute that is before this authority."""
    with proceedings(config, code) as case:
        tell(f"{code} {name}", f"decided for {winner}", case.decide(name, winner, words.encode()), as_json=as_json)


@app.command()
def show(code: Code, name: Name, config: Config, as_json: Json = False) -> None:
    """Read a dispute by proof."""
    from contracts.disputes.rules import Rung

    with proceedings(config, code) as case:
        found = case.disputed(name)
    step = Rung(found.step).name.lower() if found.step else ""
    if as_json:
        print(json.dumps({"code": code, "name": name, "state": found.state.name.lower(), "step": step}))
    else:
        print(f"{code} {name}: {found.state.name.lower()}{', step ' + step if step else ''}")
