"""``shuxin revision``: a catalogue entry is brought up to date, handed over, reviewed and published (article 17)."""

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

app = typer.Typer(help="Keep catalogue entries up to date, in time.", no_args_is_help=True)
Asset = Annotated[str, typer.Argument(help="The asset's code.")]

STATES = {"none": "无", "outdated": "待更新", "handed_over": "待审核", "published": "已发布"}


@app.command()
def notice(
    asset: Asset,
    config: Config,
    words: Words,
    changed: Annotated[str, typer.Option(help="When it changed, e.g. 2026-03-05T10:00:00+08:00.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """State, as owner or authority, that a change made the entry outdated; the limit runs from then."""
    from contracts.calendar.dates import moment_of
    from gateway.statute.sharing.duties import Duties

    at = moment_of(changed)
    with officer_of(config) as officer:
        duties = Duties(officer)
        receipt, due = duties.notice(asset, words, at), moment(duties.revision(asset).due)
        tell(asset, Text(f"outdated; update due {due}", f"待更新，截止 {due}"), receipt, language, as_json=as_json)


@app.command()
def extend(asset: Asset, config: Config, words: Words, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Give the owner more time, once, as authority."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        receipt = Duties(officer).extend(asset, words)
        tell(asset, Text("update extended", "已延长更新期限"), receipt, language, as_json=as_json)


@app.command("hand-over")
def hand_over(
    asset: Asset,
    config: Config,
    authority: Annotated[str, typer.Option(help="The party that reviews and publishes.")],
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Hand the entry now in force, put there by 'shuxin asset mount', to the authority."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        receipt = Duties(officer).hand_over(asset, authority)
        tell(asset, Text(f"handed over to {authority}", f"已报送 {authority}"), receipt, language, as_json=as_json)


@app.command()
def publish(asset: Asset, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Publish, as the authority, what was handed over."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        tell(asset, Text("published", "已发布"), Duties(officer).publish(asset), language, as_json=as_json)


@app.command("give-back")
def give_back(
    asset: Asset, config: Config, words: Words, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Give it back, as the authority, with what review found."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        receipt = Duties(officer).give_back(asset, words)
        tell(asset, Text("given back", "已退回"), receipt, language, as_json=as_json)


@app.command()
def show(asset: Asset, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Read by proof where the revision of an entry is, and until when somebody has to act."""
    from gateway.statute.sharing.duties import Duties

    with officer_of(config) as officer:
        found = Duties(officer).revision(asset)
    state = found.state.name.lower()
    due = moment(found.due) if state in ("outdated", "handed_over") else ""
    if as_json:
        print(json.dumps({"asset": asset, "state": state, "due": due or None, "extended": found.extended}))
    elif language is Tongue.ZH:
        print(f"{asset}：{STATES[state]}" + (f"，截止 {due}" if due else ""))
    else:
        print(f"{asset}: {state.replace('_', ' ')}" + (f", due {due}" if due else ""))
