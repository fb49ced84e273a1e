"""``shuxin asset``: what a department offers, entered in the catalogue on chain."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.errors import NotFound

if TYPE_CHECKING:
    from gateway.officers import Officer
    from mpc.node.assets import AssetConfig

app = typer.Typer(help="Enter data sets in the catalogue.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="The owner's node configuration.")]


class Sharing(StrEnum):
    """Sharing categories of the Regulation, article 14."""

    UNCONDITIONAL = "unconditional"
    CONDITIONAL = "conditional"
    NOT_SHARED = "not-shared"


class Level(StrEnum):
    """Grades of GB/T 43697."""

    GENERAL = "general"
    IMPORTANT = "important"
    CORE = "core"


@app.callback()
def asset() -> None:
    """Enter data sets in the catalogue."""


@app.command()
def mount(
    code: Annotated[str, typer.Argument(help="The asset's code, as in node.toml.")],
    config: Config,
    item: Annotated[str, typer.Option(help="Item code; one source per item (default: the asset).")] = "",
    category: Annotated[Sharing, typer.Option(help="Whether it may be shared at all.")] = Sharing.CONDITIONAL,
    grade: Annotated[Level, typer.Option(help="How much harm a leak would do.")] = Level.GENERAL,
    description: Annotated[str, typer.Option(help="Described in words; only a digest goes on chain.")] = "",
) -> None:
    """Enter an asset of this department in the catalogue."""
    from contracts.catalogue.rules import Category, Grade

    _, of_department = _offered(config, code)
    with of_department as officer:
        kind, level = Category[category.name], Grade[grade.name]
        receipt = officer.mount(code, item or f"item-{code}", kind, level, description)
    done = f"in block {receipt.block_number}" if receipt else "before; nothing to do"
    print(f"{code}: mounted by {officer.party} {done}")


@app.command()
def check(config: Config) -> None:
    """Read every table against its declaration, as a job would; nothing leaves this machine."""
    from mpc.node import config as node_config
    from mpc.tables import Table

    assets = node_config.load(config).assets
    if not assets:
        raise NotFound(f"{config}: no [[assets]] are declared")
    for asset in assets.values():
        with closing(Table(asset.file, asset.schema)) as table:
            print(f"{asset.code}: {table.rows} rows, as declared")


@app.command()
def publish(
    code: Annotated[str, typer.Argument(help="The asset's code, as in node.toml.")],
    config: Config,
) -> None:
    """Publish the table as it is now: its row count, which everybody may then read, and a salted root over its rows."""
    asset, of_department = _offered(config, code)
    with of_department as officer:
        edition, receipt = officer.publish(asset)
    done = f"in block {receipt.block_number}" if receipt else "before; nothing to do"
    print(f"{code}: {edition.rows} rows published by {officer.party} {done}")


def _offered(config: Path, code: str) -> tuple[AssetConfig, closing[Officer]]:
    """Find an asset of this department, and connect its officer."""
    from gateway.officers import Officer
    from mpc.node import config as node_config

    read = node_config.load(config)
    if code not in read.assets:
        raise NotFound(f"{config}: no asset {code!r} here; it declares {', '.join(read.assets) or 'none'}")
    return read.assets[code], closing(Officer(read))
