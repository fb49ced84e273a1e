"""``shuxin use``: the use ledger of an authorization, and the right to inspect it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.present import now
from gateway.cli.proceeding import Code, Config, Json, Paper, proceedings, words_of
from gateway.cli.telling import tell
from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

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
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Enter, as grantee, a record of how the data were used."""
    from contracts.uses.rules import YEAR, Kind

    content = words_of(file)
    with proceedings(config, code) as case:
        until = now() + years * YEAR + YEAR // 366  # a day more: blocks are later than this command
        receipt = case.record_use(Kind[kind.name], content, store, until)
        done = Text("use recorded", "已登记使用记录")
        tell(code, done, receipt, language, as_json=as_json, paper=case.paper("record-use", content))


@app.command()
def inspect(code: Code, config: Config, number: Number, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Ask, as owner or authority, to see a record."""
    with proceedings(config, code) as case:
        done = Text(f"record {number} asked for", f"已要求查阅第 {number} 条记录")
        then = Text(
            f"next, the requester shows it: shuxin use give {code} --number {number} --inspector ...",
            f"下一步，由申请方出示：shuxin use give {code} --number {number} --inspector ...",
        )
        tell(code, done, case.inspect(number), language, as_json=as_json, then=then)


@app.command()
def give(
    code: Code,
    config: Config,
    number: Number,
    inspector: Annotated[str, typer.Option(help="The party it was shown to.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """State, as grantee, that a record was shown to who had asked."""
    with proceedings(config, code) as case:
        done = Text(f"record {number} shown to {inspector}", f"已向 {inspector} 出示第 {number} 条记录")
        tell(code, done, case.give(number, inspector), language, as_json=as_json)
