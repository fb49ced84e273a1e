"""``shuxin property``: registers that exist, and the titles in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.property import case, certificate, outage, receipt, registering, revising
from gateway.cli.property import title as title_commands
from ledger.errors import BackendError

app = typer.Typer(help="Registers of titles: import, enter, query by proof, cases, certificates.", no_args_is_help=True)
registering.register(app)
revising.register(app)
title_commands.register(app)
app.add_typer(case.app, name="case")
app.add_typer(outage.app, name="outage")
app.add_typer(certificate.app, name="certificate")
app.command("receipt")(receipt.receipt)

Directory = Annotated[Path, typer.Option("--dir", help="The registrar's directory: its book, key and streams.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="CSV in UTF-8, also as .csv.gz.")],
    profile: Annotated[str, typer.Option(help="nyc, taiwan, uk, kingcounty, or the path of a profile of your own.")],
    registrar: Annotated[str, typer.Option(help="Whose register it is: begins the names of its streams.")],
    report: Annotated[Path, typer.Option(help="Where the report goes: what became of each row.")],
    directory: Directory = Path("register"),
    as_of: Annotated[str | None, typer.Option(help="Rows of a later day are rejected; today if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Import a register: every row ends in one bucket, its past becomes a stream. Repeating it changes nothing."""
    from gateway.property.imports import importing
    from gateway.property.imports.profile import load

    latest = _day(as_of) if as_of else datetime.now(UTC).date()
    with _progress() as tell:
        made = importing.run(file, load(profile), directory, registrar, latest, tell)
    try:
        report.write_text(json.dumps(made.report.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    except OSError as fault:
        raise BackendError(f"{report}: cannot be written: {fault.strerror}; the import itself is done") from fault
    if as_json:
        print(json.dumps({**made.report.as_json(), "again": made.again}, ensure_ascii=False))
        return
    from gateway.property.imports.tables import show_import

    show_import(made)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(f"expected a day like 2019-01-31, got {text!r}") from exc


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """Show what is done on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _phase, _count: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}: {task.completed:,.0f} rows"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks = {}

        def tell(phase: str, count: int) -> None:
            if phase not in tasks:
                tasks[phase] = bar.add_task(phase, total=None)
            bar.update(tasks[phase], advance=count)

        yield tell
