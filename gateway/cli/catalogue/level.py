"""``shuxin level``: up to which grade of columns a department may be a recipient, as Governance decides."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gateway.cli.adopting import Config, Key, adopting, tell_turn
from gateway.cli.officer import officer_of
from gateway.cli.proceeding import Json
from gateway.cli.tongue import Language, Tongue

app = typer.Typer(help="Levels of recipients: set them by quorum, show them.", no_args_is_help=True)
Party = Annotated[str, typer.Argument(help="The recipient's code.")]


@app.command("set")
def set_(
    party: Party,
    level: Annotated[int, typer.Argument(min=1, max=4, help="The highest grade it may have, 1 to 4.")],
    config: Config,
    key: Key = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Register a level: every member of Governance runs this with the same level until the quorum is there."""
    what = f"{party}：接收方等级 {level}" if language is Tongue.ZH else f"{party}: level {level}"
    with adopting(config, key) as member:
        tell_turn(what, member.set_level(party, level), language)


@app.command()
def show(party: Party, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read a recipient's level by proof; 1, the lowest, unless another is registered."""
    from contracts.grades.client import decode_level, level_fact
    from contracts.parties.client import party_id

    id = party_id(party)
    with officer_of(config) as officer:
        level = decode_level(id, officer.proven(level_fact(id)))
    if as_json:
        print(json.dumps({"party": party, "level": level}))
    elif language is Tongue.ZH:
        print(f"{party}：接收方等级 {level}，可接收至 {level} 级字段")
    else:
        print(f"{party}: level {level}, may receive columns up to grade {level}")
