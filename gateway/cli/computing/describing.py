"""``shuxin table describe``, ``list`` and ``sample``: what departments tell each other of their tables, for queries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord, NotFound

if TYPE_CHECKING:
    from mpc.sql.tables import JointTable, OwnedTable

LISTED = {
    Tongue.EN: ("table", "owners", "columns", "key", "groups"),
    Tongue.ZH: ("表", "提供部门", "字段", "标识", "分组"),
}
UNKNOWN = {Tongue.EN: "(values not public)", Tongue.ZH: "（取值未公开）"}
"""In the place of a group's values: a query has to list them itself."""


def describe(
    code: Annotated[str, typer.Argument(help="The asset, as node.toml declares it.")],
    config: Annotated[Path, typer.Option("--config", help="The configuration of the department that owns it.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to hand to who may ask: NAME.table.toml.")],
    values: Annotated[
        list[str] | None, typer.Option("--values", help="GROUP=a,b,c: public values of a group column; repeat.")
    ] = None,
) -> None:
    """Describe a table to those who may ask about it: columns with their bounds, key and groups; no row is read."""
    from mpc.node import config as node_config
    from mpc.sql import tables

    read = node_config.load(config)
    if code not in read.assets:
        raise NotFound(f"{config}: no asset {code}; there are {', '.join(sorted(read.assets)) or 'none'}")
    if not output.name.endswith(tables.SUFFIX):
        raise InvalidRecord(f"{output}: the name must end in {tables.SUFFIX}")
    asset = read.assets[code]
    noised = None if asset.privacy is None or asset.privacy.is_exact else asset.privacy
    public = dict(noised.groups) if noised else {}
    for pair in values or []:
        name, _, listed = pair.partition("=")
        if name not in asset.schema.groups or not listed:
            raise InvalidRecord(f"--values {pair}: expected GROUP=a,b,c with a group that node.toml declares")
        public[name] = tuple(sorted(set(listed.split(","))))
    described = tables.describe(read.party, code, asset.schema, public, noised, engine=read.engine is not None)
    output.write_text(described, encoding="utf-8")
    print(output)


def list_tables(
    config: Annotated[Path, typer.Option("--config", help="The configuration of the department that asks.")],
    tables: Annotated[
        Path | None, typer.Option("--tables", help="Descriptions of tables (default: tables/ beside terms/).")
    ] = None,
    language: Language = Tongue.EN,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the tables that queries can name, with their columns, keys and groups."""
    from rich.console import Console
    from rich.table import Table

    from gateway.statistics.querying import described
    from mpc.node import config as node_config

    found = described(node_config.load(config), tables)
    named: list[OwnedTable | JointTable] = [*found.owned.values(), *found.joint.values()]
    if as_json:
        print(json.dumps([_document(table) for table in named], ensure_ascii=False))
        return
    shown = Table()
    for head in LISTED[language]:
        shown.add_column(head, overflow="fold")
    for table in named:
        values = {name: ", ".join(public) or UNKNOWN[language] for name, public in table.groups.items()}
        groups = "; ".join(f"{name}: {public}" for name, public in values.items())
        shown.add_row(table.name, "\n".join(table.owners), ", ".join(table.columns), table.key or "-", groups or "-")
    Console().print(shown)


def sample(
    config: Annotated[Path, typer.Option("--config", help="The configuration of the department that asks.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Directory for the files, one a table.")],
    names: Annotated[list[str] | None, typer.Argument(metavar="TABLE", help="Tables; without any, all.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=1, max=100_000, help="Rows of each table.")] = 200,
    tables: Annotated[
        Path | None, typer.Option("--tables", help="Descriptions of tables (default: tables/ beside terms/).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Invent rows of described tables, as CSV: their form and bounds, none of their data. Nobody is asked."""
    from gateway.statistics.querying import described
    from mpc.node import config as node_config
    from mpc.sql.samples import Sampler

    known = described(node_config.load(config), tables).owned
    if missing := sorted(set(names or []) - set(known)):
        raise NotFound(f"no description of {missing[0]}; there are {', '.join(sorted(known)) or 'none'}")
    output.mkdir(parents=True, exist_ok=True)
    sampler, written = Sampler(rows), dict[str, str]()
    for name in sorted(names or known):
        path = output / f"{known[name].asset}.csv"
        sampler.write(known[name], path)
        written[name] = str(path)
    print(json.dumps({"invented": True, "files": written}) if as_json else "\n".join(written.values()))


def _document(table: OwnedTable | JointTable) -> dict[str, object]:
    groups = {name: list(values) for name, values in table.groups.items()}
    return {
        "name": table.name,
        "owners": list(table.owners),
        "columns": sorted(table.columns),
        "key": table.key,
        "groups": groups,
        "noised_only": any(part.privacy is not None for part in table.parts),
    }
