"""``shuxin asset``: what a department offers, stated, agreed to by its head, and entered in the catalogue on chain."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import head_of, officer_of
from ledger.errors import Conflict, NotFound

if TYPE_CHECKING:
    from contracts.entries.statement import Statement
    from ledger.chain import Receipt
    from mpc.node.config import NodeConfig

app = typer.Typer(help="Enter data sets in the catalogue.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="The owner's node configuration.")]
Code = Annotated[str, typer.Argument(help="The asset's code, as in node.toml.")]
Entry = Annotated[Path, typer.Option("--entry", help="What the catalogue shall say; 'shuxin asset draft' begins it.")]


@app.callback()
def asset() -> None:
    """Enter data sets in the catalogue."""


@app.command()
def draft(
    code: Code,
    config: Config,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to fill in.")],
    name: Annotated[str, typer.Option(help="What the data set is called.")] = "",
    frequency: Annotated[str, typer.Option(help="How often it is updated.")] = "",
    condition: Annotated[str, typer.Option(help="The condition it is shared on; the file may name more.")] = "",
    assessment: Annotated[str, typer.Option(help="What both assessments found, of secrets and of persons.")] = "",
    grade: Annotated[int, typer.Option(min=1, max=4, help="Of every column, until the file says otherwise.")] = 4,
) -> None:
    """Begin the entry of an asset: every element of article 13, every column at the strictest grade."""
    from contracts.entries.statement import template

    read = _read(config, code)
    if output.exists():
        raise Conflict(f"{output}: is there already; fill it in, or name another file")
    asset = read.assets[code]
    words = {
        "name": name,
        "items": ", ".join(sorted(asset.schema.columns)),
        "format": asset.file.suffix.removeprefix("."),
        "frequency": frequency,
        "method": "joint computation",
        "secrecy_assessment": assessment,
        "personal_assessment": assessment,
    }
    output.write_text(template(asset.schema.columns, words, condition, grade), encoding="utf-8")
    print(f"complete {output}; then the head of the sharing body of {read.party} runs")
    print(f"  shuxin asset agree {code} --entry {output} --config {config}")


@app.command()
def agree(code: Code, config: Config, entry: Entry) -> None:
    """Agree, as head of the sharing body, to exactly this entry."""
    read = _read(config, code)
    statement = _statement(read, code, entry)
    with head_of(read) as head:
        _explain(statement)
        _tell(code, f"agreed to by the head of {read.party}", head.agree_to_entry(statement))


@app.command()
def mount(
    code: Code,
    config: Config,
    entry: Entry,
    item: Annotated[str, typer.Option(help="Item code; one source per item (default: the asset).")] = "",
) -> None:
    """Enter an asset of this department in the catalogue, or put another entry in force for it."""
    from gateway.statute.entering import Entering
    from gateway.statute.officers import AwaitingHead

    read = _read(config, code)
    statement = _statement(read, code, entry)
    with officer_of(read) as officer:
        try:
            receipt = Entering(officer).mount(statement, item or f"item-{code}")
        except AwaitingHead:
            print(f"{code}: drafted; next, the head of the sharing body of {read.party} runs")
            print(f"  shuxin asset agree {code} --entry {entry} --config {config}")
            print("then repeat this command")
            return
        _tell(code, f"mounted by {officer.party}", receipt)


@app.command()
def source(
    item: Annotated[str, typer.Argument(help="The item's code.")],
    config: Config,
) -> None:
    """Say whether an item is shared already, so that nobody collects it again (article 19)."""
    from gateway.statute.entering import supplier

    with officer_of(config) as officer:
        found = supplier(officer, item)
    if not found:
        print(f"{item}: nobody supplies it by sharing")
        return
    print(f"{item}: shared already as asset {found.hex()}; ask for it, do not collect it again (article 19, R07)")


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
def publish(code: Code, config: Config) -> None:
    """Publish the table as it is now: its row count, which everybody may then read, and a salted root over its rows."""
    from gateway.statute.entering import Entering

    read = _read(config, code)
    with officer_of(read) as officer:
        edition, receipt = Entering(officer).publish(read.assets[code])
        _tell(code, f"{edition.rows} rows published by {officer.party}", receipt)


def _statement(read: NodeConfig, code: str, entry: Path) -> Statement:
    from gateway.statute import entering

    return entering.salted(read.entries, entering.read(entry, read.assets[code]))


def _explain(statement: Statement) -> None:
    """Say what the head agrees to."""
    words = (*statement.texts.items(), *(("law", statement.law),) * bool(statement.law))
    for name, text in (*words, *(("condition", text) for text in statement.conditions)):
        print(f"  {name.replace('_', ' ')}: {text}")
    sharing = statement.category.name.lower().replace("_", " ")
    print(f"  sharing: {sharing}; grade {statement.grade.name.lower()}; secrecy {statement.secrecy.name.lower()}")
    for column in statement.columns:
        print(f"  column {column.name}: grade {column.grade}, personal information: {column.personal.name.lower()}")


def _read(config: Path, code: str) -> NodeConfig:
    from mpc.node import config as node_config

    read = node_config.load(config)
    if code not in read.assets:
        raise NotFound(f"{config}: no asset {code!r} here; it declares {', '.join(read.assets) or 'none'}")
    return read


def _tell(code: str, done: str, receipt: Receipt | None) -> None:
    print(f"{code}: {done} " + (f"in block {receipt.block_number}" if receipt else "before; nothing to do"))
