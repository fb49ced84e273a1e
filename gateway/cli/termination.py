"""``shuxin termination``: what must come before an owner ends a service with ``shuxin authorization revoke``."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.proceeding import Code, Config, Json, Words, proceedings, tell

app = typer.Typer(help="End a service: cause, consultation, filing.", no_args_is_help=True)


@app.command()
def announce(code: Code, config: Config, words: Words, as_json: Json = False) -> None:
    """Tell the grantee, as owner, that the service is to end, and why."""
    with proceedings(config, code) as case:
        tell(code, "end announced", case.announce_end(words.encode()), as_json=as_json)


@app.command()
def answer(
    code: Code,
    config: Config,
    words: Words,
    agrees: Annotated[bool, typer.Option("--agree/--oppose", help="Whether the service may end.")],
    as_json: Json = False,
) -> None:
    """Say, as grantee, whether the service may end; if not, it goes on until a dispute is decided for the owner."""
    with proceedings(config, code) as case:
        receipt = case.answer_end(words.encode(), agrees=agrees)
        tell(code, "end agreed to" if agrees else "end opposed", receipt, as_json=as_json)


@app.command()
def file(code: Code, config: Config, as_json: Json = False) -> None:
    """File, as authority, an end that was agreed on or decided; the owner may revoke then."""
    with proceedings(config, code) as case:
        tell(code, "end filed", case.file_end(), as_json=as_json)
