"""``shuxin listing``: credit red and black lists (信用红黑名单), with objection and repair."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.adopting import Config as MemberConfig
from gateway.cli.adopting import Key, adopting, tell_turn
from gateway.cli.matter import Config, Json, moment, put, tell
from gateway.cli.officer import officer_of
from gateway.cli.present import now
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from contracts.listings.sheet import Sheet
    from contracts.listings.terms import Listing
    from gateway.statute.templates.listings import Listings

app = typer.Typer(help="Credit red and black lists, with objection and repair.", no_args_is_help=True)

SheetFile = Annotated[Path, typer.Argument(metavar="LISTING", help="The listing's sheet.")]
Words = Annotated[str, typer.Option("--words", help="In words; a salted digest goes on chain.")]

STATES = {
    "announced": ("已告知，未公布", "announced, not published"),
    "in force": ("有效", "IN FORCE"),
    "silent": ("异议逾期未答复，暂停效力", "NOT IN FORCE: an objection waits beyond its due date"),
    "over": ("期限届满", "over: its term has ended"),
    "withdrawn": ("已撤销", "withdrawn"),
    "repaired": ("已修复移出", "repaired"),
}


class What(StrEnum):
    """What a subject pleads."""

    OBJECTION = "objection"
    REPAIR = "repair"


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(help="The list's terms (TOML).")],
    config: MemberConfig,
    key: Key = "approver",
    language: Language = Tongue.EN,
) -> None:
    """Set a list's keeper and terms: every member of Governance runs this on the same file."""
    from contracts.listings.notice import load

    found = load(file)
    with adopting(config, key) as member:
        tell_turn(str(file), member.adopt_list(found.call), language)


@app.command()
def announce(
    list: Annotated[str, typer.Argument(help="The list's code.")],
    subject: Annotated[str, typer.Option(help="Who is to be listed: a name and number.")],
    article: Annotated[str, typer.Option(help="The article it rests on.")],
    ground: Annotated[str, typer.Option(help="What was found.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How long, from publication.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the sheet goes.")],
    voice: Annotated[Path, typer.Option(help="Where the subject's voice goes: for the subject and nobody else.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Announce a listing, as keeper: give sheet and voice to the subject, who may object from now on."""
    from contracts import slip

    with _listings(config) as listings:
        sheet, drawn = listings.draft(list, subject, article, ground, days)
        receipt = listings.announce(sheet, drawn)
        put(output, slip.encode(sheet))
        put(voice, slip.encode(drawn))
        tell(sheet.id, ("已告知", "announced"), receipt, language, as_json=as_json)


@app.command()
def publish(sheet: SheetFile, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Publish a listing after the time to object, with every objection answered."""
    with _listings(config) as listings:
        found = _sheet(sheet)
        tell(found.id, ("已公布", "published"), listings.publish(found), language, as_json=as_json)


@app.command()
def plead(
    voice: Annotated[Path, typer.Argument(help="The voice that came with the notice.")],
    kind: Annotated[What, typer.Option(help="It is wrong, or what it was for has been made good.")],
    words: Words,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the signed plea goes.")],
    number: Annotated[int, typer.Option(min=2, help="Which change of the listing: `show` says it.")] = 2,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Sign a plea, as the subject, without a network; any other department passes it on."""
    from contracts import slip
    from contracts.listings.sheet import PleaSheet, Voice

    known = slip.load(Voice, voice)
    put(output, slip.encode(PleaSheet(known.listing, number, kind.value, words, slip.fresh_salt()).sign(known)))
    if as_json:
        print(json.dumps({"listing": known.listing.hex(), "plea": kind.value, "number": number}))
    elif language is Tongue.ZH:
        print(f"{output}：已签署，请交除列入部门外的任一部门提交")
    else:
        print(f"{output}: signed; give it to any department but the keeper of the list")


@app.command("pass-on")
def pass_on(
    plea: Annotated[Path, typer.Argument(help="The signed plea.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Pass a subject's plea on, as any department but the keeper."""
    from contracts import slip
    from contracts.listings.sheet import PleaSheet

    found = slip.load(PleaSheet, plea)
    with _listings(config) as listings:
        tell(found.listing, ("已提交", "passed on"), listings.plead(found), language, as_json=as_json)


@app.command()
def answer(
    sheet: SheetFile,
    granted: Annotated[bool, typer.Option("--granted/--rejected", help="A plea that is granted ends the listing.")],
    words: Words,
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Answer the plea that waits, as keeper."""
    with _listings(config) as listings:
        found = _sheet(sheet)
        receipt = listings.answer(found, words, is_granted=granted)
        done = ("申请成立，列入终止", "granted; the listing has ended") if granted else ("不予支持", "rejected")
        tell(found.id, done, receipt, language, as_json=as_json)


@app.command()
def withdraw(
    sheet: SheetFile, words: Words, config: Config, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """End a listing that should not be, as keeper, without being asked."""
    with _listings(config) as listings:
        found = _sheet(sheet)
        tell(found.id, ("已撤销", "withdrawn"), listings.withdraw(found, words), language, as_json=as_json)


@app.command()
def show(sheet: SheetFile, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Say by proof how a listing stands: exit 0 if it is in force, else 3."""
    found = _sheet(sheet)
    with _listings(config) as listings:
        listing, terms, number = listings.read(found), listings.terms(found.list), listings.next_number(found)
    state = _state(listing, now())
    if as_json:
        told = {
            "listing": found.id.hex(), "list": found.list, "colour": {1: "red", 2: "black"}[terms.colour],
            "state": state, "in_force": state == "in force", "hearing": listing.hearing,
            "valid_until": listing.valid_until or None, "plea": listing.plea.name.lower(), "due": listing.due or None,
            "next_number": number,
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(_line(found, listing, state, number, language))
    raise typer.Exit(0 if state == "in force" else 3)


@contextmanager
def _listings(config: Path) -> Iterator[Listings]:
    from gateway.statute.templates.listings import Listings

    with officer_of(config) as officer:
        yield Listings(officer)


def _sheet(path: Path) -> Sheet:
    from contracts import slip
    from contracts.listings.sheet import Sheet

    return slip.load(Sheet, path)


def _state(listing: Listing, now: int) -> str:
    from contracts.listings.terms import ListingState

    if listing.state is not ListingState.PUBLISHED:
        return listing.state.name.lower()
    if listing.is_in_force(now):
        return "in force"
    return "silent" if listing.is_standing(now) else "over"


def _line(sheet: Sheet, listing: Listing, state: str, number: int, language: Tongue) -> str:
    is_zh = language is Tongue.ZH
    parts = [f"{sheet.list} {sheet.subject}{'：' if is_zh else ': '}{STATES[state][0 if is_zh else 1]}"]
    if state == "announced":
        parts.append(("可异议至 " if is_zh else "objections until ") + moment(listing.hearing))
    if listing.valid_until:
        parts.append(("期限至 " if is_zh else "term until ") + moment(listing.valid_until))
    if listing.plea:
        kind = {"OBJECTION": "异议", "REPAIR": "修复申请"}[listing.plea.name] if is_zh else listing.plea.name.lower()
        parts.append((f"{kind}待答复，期限 " if is_zh else f"{kind} waits for an answer until ") + moment(listing.due))
    elif state in ("announced", "in force"):
        parts.append(f"现在提出的申请为第 {number} 次变更" if is_zh else f"a plea now is change {number}")
    return ("；" if is_zh else "; ").join(parts)
