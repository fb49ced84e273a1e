"""``shuxin property divide``, ``merge`` and ``correct``: files of entries, foreseen first and entered on demand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.present import now

if TYPE_CHECKING:
    from gateway.property.entering.draft import Asked
    from gateway.property.entering.revising import Revision, Told

File = Annotated[Path, typer.Option("--file", help="CSV in UTF-8, a row a part or a correction; see docs/property.md.")]
Config = Annotated[Path, typer.Option("--config", help="The registrar's node configuration.")]
Directory = Annotated[Path, typer.Option("--dir", help="The registrar's directory: its book, key and streams.")]
Enter = Annotated[bool, typer.Option("--enter", help="Enter what would not be refused; without it nothing is changed.")]
Skipping = Annotated[bool, typer.Option("--skip-refused", help="Enter the others although some would be refused.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
VERDICTS = {
    "ready": "would be entered 可登簿",
    "refused": "refused 不可登簿",
    "done": "entered before 此前已登簿",
    "entered": "entered 已登簿",
}


def divide(
    file: File, config: Config, directory: Directory = Path("register"), enter: Enter = False,
    skip_refused: Skipping = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Divide units into several with the same holders 分割."""
    from gateway.property.entering import sheet

    _revise(sheet.divisions(file), config, directory, enter, skip_refused, as_json)


def merge(
    file: File, config: Config, directory: Directory = Path("register"), enter: Enter = False,
    skip_refused: Skipping = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Merge units of the same holders into one 合并."""
    from gateway.property.entering import sheet

    _revise(sheet.mergers(file), config, directory, enter, skip_refused, as_json)


def correct(
    file: File, config: Config, directory: Directory = Path("register"), enter: Enter = False,
    skip_refused: Skipping = False, as_json: Json = False,
) -> None:  # fmt: skip
    """Correct entries of the registrar's own motion, each with its reason; nothing is erased 批量更正."""
    from gateway.property.entering import sheet

    _revise(sheet.corrections(file), config, directory, enter, skip_refused, as_json)


def register(app: typer.Typer) -> None:
    """Add the commands to ``shuxin property``."""
    for command in (divide, merge, correct):
        app.command(command.__name__)(command)


def _revise(
    asked: Sequence[Asked], config: Path, directory: Path, enter: bool, skip_refused: bool, as_json: bool
) -> None:
    from gateway.property.entering.revising import Verdict

    with _revision(config, directory) as revision:
        told = {one.line: one for one in revision.foresee(asked)}
        refused = [line for line, one in told.items() if one.verdict is Verdict.REFUSED]
        is_entering = enter and (skip_refused or not refused)
        say = _silent if as_json else _say
        for line in refused if is_entering else told:
            say(told[line])
        if is_entering:
            for one in revision.enter(entry for entry in asked if entry.line not in refused):
                say(one)
                told[one.line] = one
    _close(list(told.values()), enter=enter, is_entering=is_entering, as_json=as_json)
    if any(one.verdict is Verdict.REFUSED for one in told.values()):
        raise typer.Exit(1)


@contextmanager
def _revision(config: Path, directory: Path) -> Iterator[Revision]:
    from gateway.property.book import Book
    from gateway.property.entering.revising import Revision
    from gateway.statute.officers import Officer
    from mpc.node import config as node_config

    book = Book(directory)
    try:
        officer = Officer(node_config.load(config))
        try:
            yield Revision(book, officer, now())
        finally:
            officer.close()
    finally:
        book.close()


def _say(one: Told) -> None:
    more = f": {one.reason}" if one.reason else f", block {one.block}" if one.block is not None else ""
    print(f"line {one.line}  {one.unit}  {VERDICTS[one.verdict]}{more}", flush=True)


def _silent(_: Told) -> None:
    """Say nothing yet: one JSON object comes at the end."""


def _close(told: Sequence[Told], *, enter: bool, is_entering: bool, as_json: bool) -> None:
    counts = Counter(str(one.verdict) for one in told)
    if as_json:
        print(json.dumps({"entering": is_entering, "counts": counts, "rows": [asdict(one) for one in told]},
                         ensure_ascii=False))  # fmt: skip
        return
    print("; ".join(f"{VERDICTS[name]}: {count}" for name, count in counts.items()))
    if not enter:
        print("a dry run: nothing was changed; add --enter 试运行,未作改动;登簿请加 --enter")
    elif not is_entering:
        print("nothing was entered: mend the file, or add --skip-refused 未登簿:请更正文件或加 --skip-refused")
