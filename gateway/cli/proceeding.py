"""What the commands about a case share: the options, and the officer's connection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.officer import officer_of

if TYPE_CHECKING:
    from gateway.statute.sharing.proceedings import Proceedings

Config = Annotated[Path, typer.Option("--config", help="This department's node configuration.")]
Code = Annotated[str, typer.Argument(help="The authorization's code, by default <grantee>/<purpose>/<asset>.")]
Name = Annotated[str, typer.Argument(help="A name for this matter, unlike others of the case.")]
Words = Annotated[str, typer.Option("--words", help="In words; a salted digest goes on chain.")]
Paper = Annotated[Path, typer.Option("--file", help="A file; its salted digest goes on chain.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def proceedings(config: Path, code: str) -> Iterator[Proceedings]:
    """Open an officer's connection for one command."""
    from gateway.statute.sharing.proceedings import Proceedings

    with officer_of(config) as officer:
        yield Proceedings(officer, code)


def words_of(file: Path) -> str:
    """Return what an act commits to of a file; raises NotFound, InvalidRecord."""
    from gateway.statute import papers

    return papers.words_of(file)
