"""``shuxin property receipt``: that something was entered, proven for whoever it concerns, as a file and as a page."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from contracts.evidence.register.act import Act
    from contracts.evidence.register.receipt import Receipt
    from mpc.node.config import NodeConfig

TITLE, RESTRICTION = "--title-entry", "--restriction-entry"


def receipt(
    config: Annotated[Path, typer.Option("--config", help="This department's node configuration.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The receipt goes into this file.")],
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="The application's number.")] = None,
    unit: Annotated[
        str | None, typer.Option("--unit", help="Instead: a unit by its old code, or by its name on chain.")
    ] = None,
    title: Annotated[int | None, typer.Option(TITLE, min=1, help="Which entry of its title.")] = None,
    restriction: Annotated[int | None, typer.Option(RESTRICTION, min=1, help="Which entry of a restriction.")] = None,
    directory: Annotated[Path, typer.Option("--dir", help="The registrar's directory: its book.")] = Path("register"),
    page: Annotated[Path | None, typer.Option("--page", help="And for printing into this HTML file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove that something was entered; `shuxin verify` reads the file, and the codes of its page.

    Either an application by its number, or any entry about a unit, the newest if none is named.
    """
    from gateway.property.certificates.files import write_text
    from gateway.property.certificates.printing import receipt_page
    from mpc.node import config as node_config
    from mpc.node.node import read_trust
    from mpc.node.whole import write_whole

    if (code is None) == (unit is None):
        raise typer.BadParameter("expected the application's number or --unit 请给出受理编号或 --unit")
    if (title, restriction) != (None, None) and (unit is None or None not in (title, restriction)):
        raise typer.BadParameter(f"{TITLE} or {RESTRICTION} goes with --unit, one of them 二者择一并须给出 --unit")
    node = node_config.load(config)
    if code is not None:
        made: Receipt | Act = _of_application(code, node, directory)
        told: dict[str, str | int | None] = {"application": code}
    else:
        act = made = _of_unit(str(unit), title, restriction, node, directory)
        told = {"unit": act.history.entity.hex(), "contract": act.history.contract, "n": act.n}
    encoded = made.encode()
    write_whole(output, encoded)
    if page is not None:
        write_text(page, receipt_page(encoded, read_trust(node.trust)))
    files = {"file": str(output), "page": str(page) if page else None}
    said = f"{code or unit}: {output}{f', {page}' if page else ''}"
    print(json.dumps({**told, **files}, ensure_ascii=False) if as_json else said)


def _of_application(code: str, node: NodeConfig, directory: Path) -> Receipt:
    from gateway.property.book import Book
    from gateway.property.certificates.proving import reading
    from gateway.property.certificates.receipting import receipt_of

    with closing(Book(directory)) as book, reading(node) as (chain, view):
        return receipt_of(code, node.party, book, chain, view)


def _of_unit(unit: str, title: int | None, restriction: int | None, node: NodeConfig, directory: Path) -> Act:
    from contracts.addresses import RESTRICTIONS, TITLES
    from gateway.network.naming import names_of
    from gateway.property.certificates.proving import reading
    from gateway.property.certificates.receipting import act_of
    from gateway.property.titles.finding import name_of
    from gateway.statute.matter import DIRECTORY
    from gateway.statute.papers import Papers

    id = name_of(directory, unit)
    contract = TITLES if title is not None else RESTRICTIONS if restriction is not None else None
    papers = Papers(node.state / DIRECTORY)
    with reading(node) as (chain, view):
        return act_of(id, contract, title or restriction, chain, view, names_of(node).known, papers)
