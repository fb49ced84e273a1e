"""What a person reads at the end: both answers as tables, and who learned what, from the evidence's own ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from contracts.evidence import bundle, statement
from contracts.evidence.statement import Statement
from new_york.cast import BOROUGHS, EDGES

Document = Mapping[str, Any]
WITHHELD = "withheld"
_HOW = {"exact": "", "padded": " (padded)", "noised": " (with noise)"}


def show(document: Document, evidence: Sequence[Path], console: Console) -> None:
    """Print the tables and, for each evidence file, one line a party."""
    console.print(_market(document["horizontal"]), _rent(document["join"]))
    for path in evidence:
        console.print(_learned(path))


def learned(found: Statement) -> dict[str, list[str]]:
    """Say for each party, and for the relay, what the protocol let it learn beside its own input."""
    leakage: Any = found.leakage
    # holder and lister are owners too
    parties = {
        member.party: {member.role} if member.role == "recipient" else {member.role, "owner"}
        for member in found.members
    }
    parties["relay"] = {"courier"}
    return {
        party: [entry["learns"]["en"] + _HOW[entry["basis"]] for entry in leakage["leakage"] if entry["role"] in roles]
        for party, roles in parties.items()
    }


def _market(market: Document) -> Table:
    table = Table(title="Sales of 2019 over five registrars", title_justify="left")
    table.add_column("price")
    table.add_column("sales", justify="right")
    for low, high, count in zip(EDGES, [*EDGES[1:], None], market["histogram"], strict=True):
        table.add_row(f"{low:,} to {high:,}" if high else f"{low:,} and more", _figure(count))
    table.add_section()
    for name in ("count", "sum", "mean", "variance"):
        table.add_row(name, _figure(market[name]))
    return table


def _rent(rent: Document) -> Table:
    table = Table(title="Sales of rent-stabilised parcels", title_justify="left")
    table.add_column("borough")
    for name in ("sales", "parcels", "total price"):
        table.add_column(name, justify="right")
    for cell in rent["cells"]:
        figures = (cell["sales"], cell["parcels"], cell["total_price"])
        table.add_row(BOROUGHS[str(cell["borough"])], *map(_figure, figures))
    for borough in rent["suppressed"]:
        table.add_row(BOROUGHS[str(borough)], *[WITHHELD] * 3)
    return table


def _learned(path: Path) -> Table:
    found = learned(statement.parse(bundle.parse(path.read_bytes()).envelope.payload))
    table = Table.grid(padding=(0, 2))
    table.title, table.title_justify = f"\n{path.stem}: who learned what, beside its own input", "left"
    for what, parties in groupby(found, key=found.__getitem__):
        table.add_row(escape("\n".join(parties)), escape("; ".join(what)))
    return table


def _figure(value: float | None) -> str:
    return WITHHELD if value is None else f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"
