"""``shuxin material``: what was handed in once is registered, found, and relied on instead of being asked for again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.matter import Config, Json, moment, put, tell
from gateway.cli.officer import officer_of
from gateway.cli.present import now
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from contracts.materials.rules import Material
    from contracts.materials.slip import Card, Sheet
    from gateway.statute.templates.materials import Materials

app = typer.Typer(help="Materials handed in once: register, find, rely on, withdraw.", no_args_is_help=True)

CardFile = Annotated[Path, typer.Argument(metavar="CARD", help="The card of whose material it is.")]
SheetFile = Annotated[Path, typer.Argument(metavar="MATERIAL", help="The keeper's sheet of the material.")]
Out = Annotated[Path, typer.Option("-o", "--output", help="Where the file goes.")]
File = Annotated[Path, typer.Option("--file", help="The material itself; a salted digest goes on chain.")]
Kind = Annotated[str, typer.Option("--kind", help="Code of the kind, e.g. business-licence.")]
Purpose = Annotated[str, typer.Option("--purpose", help="Code of what it is needed for.")]


@app.command()
def card(
    subject: Annotated[str, typer.Argument(help="Whose materials: a name and number, in words.")],
    output: Out,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Make a card, once for a person or company; it is theirs, and shown wherever something is handed in."""
    from contracts import slip
    from contracts.materials.slip import Card

    made = Card(subject, slip.fresh_salt())
    put(output, slip.encode(made))
    if as_json:
        print(json.dumps({"subject": subject, "file": str(output)}, ensure_ascii=False))
    else:
        print(f"{output}：{subject} 的材料卡" if language is Tongue.ZH else f"{output}: the card of {subject}")


@app.command()
def register(
    card: CardFile,
    kind: Kind,
    file: File,
    purposes: Annotated[str, typer.Option(help="What others may rely on it for: codes, separated by commas.")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="How long.")],
    output: Out,
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Register what was handed in here; refused if another department has it in force already."""
    from contracts import slip
    from gateway.statute.papers import FILE_LIMIT
    from ledger.files import digest_bounded

    codes = tuple(code.strip() for code in purposes.split(",") if code.strip())
    slip.require_code("purposes", **{code: code for code in codes})
    with _materials(config) as materials:
        sheet, receipt = materials.register(_card(card), kind, digest_bounded(file, FILE_LIMIT), codes, days)
        put(output, slip.encode(sheet))
        tell(sheet.material, (f"{kind} 已登记", f"{kind} registered"), receipt, language, as_json=as_json)


@app.command()
def find(
    card: CardFile,
    kind: Kind,
    purpose: Purpose,
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say whether it need not be asked for: exit 0 if another department's may be relied on, else 3."""
    from gateway.network.naming import names_of
    from mpc.node import config as node_config

    id = _card(card).name(kind)
    with _materials(config) as materials:
        found, is_there = materials.read(id), materials.is_reusable(id, purpose)
    keeper = names_of(node_config.load(config)).say(found.keeper) if found.version else ""
    if as_json:
        told = {"material": id.hex(), "ask": not is_there, "keeper": keeper or None, "kind": kind, "purpose": purpose}
        print(json.dumps(told, ensure_ascii=False))
    elif language is Tongue.ZH:
        kept, none = f"{keeper} 已有，不得重复收取（第19条）", "没有可用于此目的的已收材料，可以收取"
        print(f"{kind}：{kept if is_there else none}")
    else:
        kept = f"kept by {keeper}; do not ask for it again (article 19)"
        print(f"{kind}: {kept if is_there else 'none that may be relied on for this; ask for it'}")
    raise typer.Exit(0 if is_there else 3)


@app.command()
def rely(
    material: SheetFile,
    file: File,
    purpose: Purpose,
    matter: Annotated[str, typer.Option(help="The case it is needed for, in words; a salted digest goes on chain.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Rely on a material that another department keeps; the reuse is recorded."""
    from gateway.statute.papers import FILE_LIMIT
    from ledger.files import digest_bounded

    with _materials(config) as materials:
        sheet = _sheet(material)
        receipt = materials.rely(sheet, digest_bounded(file, FILE_LIMIT), purpose, matter)
        tell(sheet.material, ("复用已记录", "reuse recorded"), receipt, language, as_json=as_json)


@app.command()
def withdraw(
    material: SheetFile,
    reason: Annotated[str, typer.Option(help="In words; a salted digest goes on chain.")],
    config: Config,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Say, as keeper, that nobody may rely on it any more."""
    with _materials(config) as materials:
        sheet = _sheet(material)
        receipt = materials.withdraw(sheet, reason)
        tell(sheet.material, ("材料已撤回", "withdrawn"), receipt, language, as_json=as_json)


@app.command()
def show(material: SheetFile, config: Config, language: Language = Tongue.EN, as_json: Json = False) -> None:
    """Say by proof how a material stands and who relied on it: exit 3 if nobody may any more."""
    from gateway.network.naming import names_of
    from mpc.node import config as node_config

    names, sheet = names_of(node_config.load(config)), _sheet(material)
    with _materials(config) as materials:
        found, reuses = materials.read(sheet.material), materials.reuses(sheet.material)
    is_valid = found.content == sheet.content and found.is_valid(now())
    uses = [(names.say(use.party), names.say(use.purpose), use.time) for use in reuses]
    if as_json:
        told = {
            "material": sheet.material.hex(), "kind": sheet.kind, "keeper": names.say(found.keeper),
            "version": found.version, "in_force": is_valid, "valid_until": found.valid_until,
            "reuses": [dict(zip(("party", "purpose", "time"), use, strict=True)) for use in uses],
        }  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
    else:
        print(_line(sheet, found, language, is_valid=is_valid))
        for party, purpose, at in uses:
            print(f"  {moment(at)}  {party}: {purpose}")
    raise typer.Exit(0 if is_valid else 3)


@contextmanager
def _materials(config: Path) -> Iterator[Materials]:
    from gateway.statute.templates.materials import Materials

    with officer_of(config) as officer:
        yield Materials(officer)


def _card(path: Path) -> Card:
    from contracts import slip
    from contracts.materials.slip import Card

    return slip.load(Card, path)


def _sheet(path: Path) -> Sheet:
    from contracts import slip
    from contracts.materials.slip import Sheet

    return slip.load(Sheet, path)


def _line(sheet: Sheet, found: Material, language: Tongue, *, is_valid: bool) -> str:
    end = moment(found.valid_until)
    if language is Tongue.ZH:
        state = f"可复用，至 {end}" if is_valid else "已撤回" if found.withdrawn else f"已失效或已更新（{end}）"
        return f"{sheet.keeper} 保管的 {sheet.kind}：{state}"
    state = f"may be relied on until {end}" if is_valid else "WITHDRAWN" if found.withdrawn else f"OVER ({end})"
    return f"{sheet.kind} kept by {sheet.keeper}: {state}"
