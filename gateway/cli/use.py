"""``shuxin use``: the use ledger of an authorization, and the right to inspect it."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.proceeding import Code, Config, Json, Paper, paper, proceedings, tell

app = typer.Typer(help="Record uses; inspect records.", no_args_is_help=True)
Number = Annotated[int, typer.Option(min=1, help="Which record, counted from 1.")]


class What(StrEnum):
    """Kinds of records."""

    SCENARIO = "scenario"
    PROCESS = "process"
    EFFECT = "effect"
    STORAGE = "storage"
    DESTRUCTION = "destruction"


@app.command()
def record(
    code: Code,
    config: Config,
    file: Paper,
    kind: Annotated[What, typer.Option(help="What the record is about.")],
    store: Annotated[str, typer.Option(help="Name of the store that keeps it.")],
    years: Annotated[int, typer.Option(min=1, max=100, help="How long it is kept; at least 3.")] = 3,
    as_json: Json = False,
) -> None:
    """Enter, as grantee, a record of how the data were used."""
    from contracts.uses.rules import YEAR, Kind

    with proceedings(config, code) as case:
        until = int(time.time()) + years * YEAR + YEAR // 366  # a day more: blocks are later than this command
        tell(code, "use recorded", case.record_use(Kind[kind.name], paper(file), store, until), as_json=as_json)


@app.command()
def inspect(code: Code, config: Config, number: Number, as_json: Json = False) -> None:
    """Ask, as owner or authority, to see a record."""
    with proceedings(config, code) as case:
        tell(code, f"record {number} asked for", case.inspect(number), as_json=as_json)


@app.command()
def give(
    code: Code,
    config: Config,
    number: Number,
    inspector: Annotated[str, typer.Option(help="The party it was shown to.")],
    as_json: Json = False,
) -> None:
    """State, as grantee, that a record was shown to who had asked."""
    with proceedings(config, code) as case:
        tell(code, f"record {number} shown to {inspector}", case.give(number, inspector), as_json=as_json)
