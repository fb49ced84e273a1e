"""``shuxin region``: which regions there are and who sits where, as Governance decides; the limits that hold there."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from gateway.cli.adopting import Config, Key, adopting, tell_turn
from gateway.cli.officer import officer_of
from gateway.cli.proceeding import Json
from gateway.cli.tongue import Language, Tongue

app = typer.Typer(help="Regions: set them by quorum, place parties, show the limits.", no_args_is_help=True)


@app.command("set")
def set_(
    region: Annotated[str, typer.Argument(help="The region's code, the jurisdiction of its rule set.")],
    config: Config,
    above: Annotated[str, typer.Option(help="The region it lies in.")] = "national",
    key: Key = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Say that there is a region: every member of Governance runs this until the quorum is there."""
    what = f"地区 {region}，隶属 {above}" if language is Tongue.ZH else f"region {region} in {above}"
    with adopting(config, key) as member:
        tell_turn(what, member.set_region(region, above), language)


@app.command()
def place(
    party: Annotated[str, typer.Argument(help="The party's code.")],
    region: Annotated[str, typer.Argument(help="Where it sits from now on.")],
    config: Config,
    key: Key = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Say where a party sits: every member of Governance runs this until the quorum is there."""
    what = f"{party} 位于 {region}" if language is Tongue.ZH else f"{party} sits in {region}"
    with adopting(config, key) as member:
        tell_turn(what, member.place(party, region), language)


@app.command()
def show(
    party: Annotated[str, typer.Argument(help="The party's code.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Read by proof where a party sits and how long the limits of the statute last there."""
    from gateway.statute.sharing import seats

    with officer_of(config) as officer:
        found = seats.seat_of(officer, party)
    if as_json:
        limits = {code: limit.amount for code, limit in found.limits.items()}
        print(json.dumps({"party": party, "way_up": [id.hex() for id in found.way_up], "limits": limits}))
        return
    depth = len(found.way_up) - 1
    print(f"{party}：国家级以下第 {depth} 级" if language is Tongue.ZH else f"{party}: {depth} levels below the nation")
    for code, limit in found.limits.items():
        print(f"  {code}: {limit.amount} ({found.units[code].say(language.value)})")
