"""``shuxin property``, the living register: applications, entries, seizures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of, papers_in

if TYPE_CHECKING:
    from gateway.property.entering.desk import Desk
    from gateway.property.entering.seizing import Authority
    from ledger.chain.port import Receipt

Directory = Annotated[Path, typer.Option("--dir", help="The registrar's directory: its book, key and streams.")]
Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Code = Annotated[str, typer.Argument(metavar="CODE", help="The application's number.")]
Seizure = Annotated[str, typer.Argument(metavar="CODE", help="The authority's own number of the seizure.")]
Order = Annotated[Path, typer.Option("--order", help="The order as a file; its digest goes on chain, once.")]
Days = Annotated[int, typer.Option("--days", min=1, max=1095, help="At most three years.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def open_(
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="The unit's old code.")],
    config: Config,
    directory: Directory = Path("register"),
    as_json: Json = False,
) -> None:
    """Bring a unit of the past into the living register, by a proof that the contract checks."""
    with _desk(directory, config) as desk:
        tell(as_json, unit, "opened 已启用", desk.open_unit(unit))


def apply(
    file: Annotated[Path, typer.Argument(metavar="ENTRY.toml", help="What is asked for; see docs/property.md.")],
    config: Config,
    directory: Directory = Path("register"),
    as_json: Json = False,
) -> None:
    """Accept an application with complete papers."""
    from gateway.property.entering import entry

    asked = entry.load(file)
    with _desk(directory, config) as desk:
        tell(as_json, asked.code, "accepted 已受理", desk.accept(asked))


def enter(code: Code, config: Config, directory: Directory = Path("register"), as_json: Json = False) -> None:
    """Enter what an application asks for: from then on it has effect."""
    with _desk(directory, config) as desk:
        tell(as_json, code, "entered 已登簿", desk.enter(code))


def withdraw(
    code: Code,
    config: Config,
    request: Annotated[str, typer.Option(help="The applicants' signed request, in words.")],
    directory: Directory = Path("register"),
    as_json: Json = False,
) -> None:
    """Withdraw an application before its entry (article 15)."""
    with _desk(directory, config) as desk:
        tell(as_json, code, "withdrawn 已撤回", desk.withdraw(code, request))


def refuse(
    code: Code,
    config: Config,
    ground: Annotated[int, typer.Option(min=1, max=4, help="Item of article 22.")],
    reason: Annotated[str, typer.Option(help="In words; a digest goes on chain.")],
    directory: Directory = Path("register"),
    as_json: Json = False,
) -> None:
    """Refuse registration (article 22)."""
    with _desk(directory, config) as desk:
        tell(as_json, code, "refused 不予登记", desk.refuse(code, ground, reason))


def seize(
    code: Seizure,
    config: Config,
    unit: Annotated[str, typer.Option("--unit", help="The unit's name on chain, from the registrar.")],
    order: Order,
    days: Days,
    as_json: Json = False,
) -> None:
    """Seize a unit, or queue behind whoever has 查封、轮候查封."""
    from gateway.property.entering.seizing import read_unit

    name = read_unit(unit)
    with _authority(config) as authority:
        receipt = authority.seize(code, name, order, days)
        queued = authority.seizure(code).since == 0
        tell(as_json, code, "queued 轮候" if queued else "seized 已查封", receipt)


def renew(code: Seizure, config: Config, order: Order, days: Days, as_json: Json = False) -> None:
    """Prolong one's own seizure before it ends 续封."""
    with _authority(config) as authority:
        tell(as_json, code, "renewed 已续封", authority.renew(code, order, days))


def lift(code: Seizure, config: Config, order: Order, as_json: Json = False) -> None:
    """Lift one's own seizure 解封."""
    with _authority(config) as authority:
        tell(as_json, code, "lifted 已解封", authority.lift(code, order))


def register(app: typer.Typer) -> None:
    """Add the commands to ``shuxin property``."""
    app.command("open")(open_)
    for command in (apply, enter, withdraw, refuse, seize, renew, lift):
        app.command(command.__name__)(command)


@contextmanager
def _desk(directory: Path, config: Path) -> Iterator[Desk]:
    from gateway.property.book import Book
    from gateway.property.entering.desk import Desk

    with closing(Book(directory)) as book, officer_of(config) as officer:
        yield Desk(book, officer)


@contextmanager
def _authority(config: Path) -> Iterator[Authority]:
    from gateway.property.entering.seizing import Authority

    with officer_of(config) as officer:
        yield Authority(officer, papers_in(officer))


def tell(as_json: bool, code: str, done: str, receipt: Receipt | None) -> None:
    """Say what a command did, or that it was done before."""
    block = receipt.block_number if receipt else None
    if as_json:
        print(json.dumps({"code": code, "done": done, "block": block}, ensure_ascii=False))
    else:
        print(f"{code}: {done}, block {block}" if receipt else f"{code}: nothing to do 无需重复, {done} before")
