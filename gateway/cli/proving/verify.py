"""``shuxin verify``: evidence and a trust file in, a verdict and its exit code out; nothing else is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.tongue import Language, Tongue


def run(
    evidence: Annotated[
        Path, typer.Argument(help="Evidence, a title's, record's or voucher's proof, a certificate, receipt or codes.")
    ],
    trust: Annotated[Path, typer.Option("--trust", help="The trust file, obtained out of band.")],
    record: Annotated[Path | None, typer.Option("--record", help="The record that a stream proof is about.")] = None,
    status: Annotated[
        Path | None, typer.Option("--status", help="How a certificate stands, from anybody who follows the chain.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    language: Language = Tongue.EN,
) -> None:
    """Verify evidence or a proof offline: exit 0 if every step holds, 1 if one fails, 2 if a file is unreadable."""
    from contracts.evidence import program

    beside = program.Beside(record, status)
    raise typer.Exit(program.run(evidence, trust, beside, as_json=as_json, language=language.value))
