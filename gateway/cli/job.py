"""``shuxin job``: ask for a joint statistic and wait for its evidence, or look what one would let out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.tongue import Language, Tongue

app = typer.Typer(help="Run a specification of a statistic; preview what would leave a node.", no_args_is_help=True)


@app.callback()
def job() -> None:
    """Ask for joint statistics."""


@app.command()
def run(
    spec: Annotated[Path, typer.Argument(help="The job specification (JSON).")],
    config: Annotated[Path, typer.Option("--config", help="The requester's node configuration.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where release and evidence go.")],
    again: Annotated[str, typer.Option(help="A word that makes this another job with the same question.")] = "",
    deadline: Annotated[int, typer.Option(min=60, max=604800, help="Seconds until the job is given up.")] = 600,
) -> None:
    """Propose the job on chain, follow it, and collect release.json and evidence.json."""
    from gateway.statistics.asking import ask, collect
    from mpc.node import config as node_config

    read = node_config.load(config)
    found = ask(read, spec, deadline, say=print, nonce=again)
    for path in collect(read, found, output, deadline, say=print):
        print(path)


@app.command()
def preview(
    spec: Annotated[Path, typer.Argument(help="The job specification (JSON).")],
    config: Annotated[Path, typer.Option("--config", help="The configuration of the node that would take part.")],
    language: Language = Tongue.EN,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what would leave this node for a job, and who would learn what; no table is opened and nothing is sent."""
    from gateway.statistics import previewing
    from gateway.statistics.asking import read_specification
    from mpc.node import config as node_config

    found = previewing.preview(read_specification(spec), node_config.load(config).party, language.value)
    print(json.dumps(found.json(), ensure_ascii=False) if as_json else "\n".join(found.lines(language.value)))
