"""What the commands about a template's matter share: how it is named, its papers, and how a change is told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Tongue
from ledger.errors import BackendError

if TYPE_CHECKING:
    from gateway.statute.papers import Paper
    from ledger.chain.port import Receipt

Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Ref = Annotated[str, typer.Argument(metavar="MATTER", help="A file of papers, or 64 hexadecimal digits.")]
Output = Annotated[Path | None, typer.Option("-o", "--output", help="Write the papers to hand over.")]
Received = Annotated[Path | None, typer.Option("--papers", help="Papers that the other side handed over.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def tell(id: bytes, done: tuple[str, str], receipt: Receipt | None, language: Tongue, *, as_json: bool) -> None:
    """Say what was done, or that nothing was left to do.

    Args:
        done: in Chinese and in English.
    """
    if as_json:
        told = {"matter": id.hex(), "done": done[1], "block": receipt.block_number if receipt else None}
        print(json.dumps(told))
        return
    name = f"0x{id.hex()[:12]}"
    if language is Tongue.ZH:
        print(f"{name}：{done[0]}，" + (f"区块 {receipt.block_number}" if receipt else "此前已办，无需再办"))
    else:
        print(f"{name}: {done[1]}" + (f", block {receipt.block_number}" if receipt else " before; nothing to do"))


def papers_of(ref: str, received: Path | None = None) -> list[Paper]:
    """Read the papers that a command was given: of the other side, and of the matter where a file names it."""
    from gateway.statute.papers import read

    files = [path for path in (received, Path(ref)) if path is not None and (path is received or path.is_file())]
    return [paper for path in files for paper in read(path)]


def hand_over(path: Path | None, papers: Sequence[Paper]) -> None:
    """Write a file of papers, if one was asked for."""
    from gateway.statute import papers as written

    if path is None:
        return
    put(path, written.encode(papers))
    print(f"{path}: papers: {len(papers)}", file=sys.stderr)


def put(path: Path, content: bytes) -> None:
    """Write a file with salts or keys where somebody asked for it, for its owner to read; raises BackendError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
    except OSError as fault:
        raise BackendError(f"{path}: cannot be written: {fault.strerror}") from fault


def moment(time: int) -> str:
    """Write unix seconds as the statute's clock shows them, UTC+8; nothing for zero."""
    from contracts.calendar.dates import ZONE

    return f"{datetime.fromtimestamp(time, ZONE):%Y-%m-%d %H:%M:%S}" if time else ""
