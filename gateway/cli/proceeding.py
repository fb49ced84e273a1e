"""What the commands about a case share: its officer, words or a file, and how a change is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of
from ledger.errors import NotFound
from ledger.files import read_bounded

if TYPE_CHECKING:
    from gateway.statute.proceedings import Proceedings
    from ledger.chain import Receipt

LIMIT = 64 << 20
"""Bytes of a file whose digest goes on chain."""

Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Code = Annotated[str, typer.Argument(help="The authorization's code, by default <grantee>/<purpose>/<asset>.")]
Name = Annotated[str, typer.Argument(help="A name for this matter, unlike others of the case.")]
Words = Annotated[str, typer.Option("--words", help="An unsalted digest goes on chain: short words can be guessed.")]
Paper = Annotated[Path, typer.Option("--file", help="A file; its digest goes on chain.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def proceedings(config: Path, code: str) -> Iterator[Proceedings]:
    """Open an officer's connection for one command."""
    from gateway.statute.proceedings import Proceedings

    with officer_of(config) as officer:
        yield Proceedings(officer, code)


def paper(path: Path) -> bytes:
    """Read a file that a digest goes on chain of; raises NotFound, InvalidRecord for one beyond LIMIT."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    return read_bounded(path, LIMIT)


def tell(code: str, done: str, receipt: Receipt | None, *, as_json: bool = False) -> None:
    """Say what was done, or that nothing was left to do."""
    if as_json:
        print(json.dumps({"code": code, "done": done, "block": receipt.block_number if receipt else None}))
    else:
        print(f"{code}: {done}, block {receipt.block_number}" if receipt else f"{code}: {done} before; nothing to do")
