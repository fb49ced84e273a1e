"""``shuxin property title``, ``search`` and ``queries``: who holds a unit, and who asked."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Language, Tongue
from ledger.errors import BackendError

if TYPE_CHECKING:
    from gateway.property.titles.answer import Network

Directory = Annotated[Path, typer.Option("--dir", help="The registrar's directory: its book, key and streams.")]
Config = Annotated[
    Path | None, typer.Option("--config", help="The registrar's node configuration; without it only the past.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def title(
    purpose: Annotated[
        str, typer.Option(help="own, transaction, dispute, intention or duty; recorded with the query.")
    ],
    asker: Annotated[str, typer.Option(help="Who asks; recorded as a salted commitment.")],
    unit: Annotated[str | None, typer.Argument(metavar="UNIT", help="Its old code, or its name on chain.")] = None,
    code: Annotated[str | None, typer.Option("--code", help="Instead of UNIT: a part of one old code.")] = None,
    paper: Annotated[
        Path | None, typer.Option("--paper", help="What shows the interest: contract, claim or letter.")
    ] = None,
    at_block: Annotated[int | None, typer.Option("--at-block", help="The title after this block.")] = None,
    at_date: Annotated[str | None, typer.Option("--at-date", help="The title at the end of this day.")] = None,
    proof: Annotated[Path | None, typer.Option("--proof", help="Write the proof here, for `shuxin verify`.")] = None,
    config: Config = None,
    directory: Directory = Path("register"),
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Say who holds a unit, what stands against it, and how it came to that, with a proof of all of it."""
    from gateway.property.titles import asking
    from gateway.property.titles.answer import Registrar
    from gateway.property.titles.finding import by_part

    if (unit is None) == (code is None):
        raise typer.BadParameter("name UNIT or give --code, not both")
    if at_block is not None and at_date is not None:
        raise typer.BadParameter("--at-block or --at-date, not both")
    if proof is not None and config is None:
        raise typer.BadParameter("--proof needs --config: only the chain proves")
    asked = asking.question(purpose, asker, paper)
    at = _day(at_date) if at_date is not None else at_block
    with Registrar(directory, _network(config)) as registrar:
        wanted = unit if unit is not None else by_part(registrar.book, code or "").code
        answer = registrar.title(wanted, asked, at, provable=proof is not None)
    if proof is not None:
        _write(proof, answer.proof)
    if as_json:
        print(json.dumps(answer.json(), ensure_ascii=False))
        return
    from gateway.property.titles.showing import show_title

    show_title(answer, language)


def search(
    part: Annotated[str, typer.Argument(help="A part of an old code.")],
    directory: Directory = Path("register"),
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many to show.")] = 20,
    as_json: Json = False,
) -> None:
    """Find units by a part of their old code."""
    from gateway.property.titles.answer import Registrar
    from gateway.property.titles.finding import codes_with

    with Registrar(directory) as registrar:
        codes = codes_with(registrar.book, part, limit)
    print(json.dumps(codes, ensure_ascii=False) if as_json else "\n".join(codes) or f"no unit with {part!r}")


def queries(
    unit: Annotated[str | None, typer.Option("--unit", help="Only those about this unit, by its old code.")] = None,
    record: Annotated[int | None, typer.Option("--record", min=0, help="Write the record of this query.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where the record goes.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many to show.")] = 100,
    directory: Directory = Path("register"),
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """List who asked for which title and for what, refused ones too; the newest first."""
    from gateway.property.titles.answer import Registrar
    from gateway.property.titles.asking import QueryBook

    if (record is None) != (output is None):
        raise typer.BadParameter("--record and --output go together")
    with Registrar(directory) as registrar:
        book = QueryBook(registrar.book)
        if record is not None and output is not None:
            _write(output, book.one(record).record)
            return
        found = book.listed(unit, limit)
    if as_json:
        print(json.dumps([one.json() for one in found], ensure_ascii=False))
        return
    from gateway.property.titles.showing import show_queries

    show_queries(found, language)


def register(app: typer.Typer) -> None:
    """Add the commands to ``shuxin property``."""
    for command in (title, search, queries):
        app.command(command.__name__)(command)


def _network(config: Path | None) -> Network | None:
    if config is None:
        return None
    from gateway.property.titles.answer import network_of
    from mpc.node import config as node_config

    return network_of(node_config.load(config))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(f"expected a day like 2019-01-31, got {text!r}") from exc


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as fault:
        raise BackendError(f"{path}: cannot be written: {fault.strerror}; the query is recorded") from fault
