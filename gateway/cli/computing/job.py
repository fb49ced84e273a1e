"""``shuxin job``: ask for a joint statistic and wait for its evidence, or look what one would let out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.following import Events, following
from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord
from mpc.protocols.words import Text

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
    events: Events = None,
    language: Language = Tongue.EN,
) -> None:
    """Propose the job on chain, follow it, and collect release.json and evidence.json."""
    from gateway.statistics.asking import ask, collect
    from mpc.node import config as node_config

    read = node_config.load(config)
    with following(config, events, language) as (say, emit):
        found = ask(read, spec, deadline, say=say, nonce=again, emit=emit, hint="; --again WORD insists")
        for path in collect(read, found, output, deadline, say=say, emit=emit):
            print(path)


@app.command()
def cancel(
    job: Annotated[str, typer.Argument(help="The job's id, as the command that asked has told it.")],
    config: Annotated[Path, typer.Option("--config", help="The node configuration of a department that takes part.")],
    events: Events = None,
    language: Language = Tongue.EN,
) -> None:
    """End a job of which nothing was opened yet; its departments stop, and the chain says who ended it."""
    from gateway.statistics.cancelling import cancel as end
    from mpc.node import config as node_config

    if not re.fullmatch(r"(0x)?[0-9a-f]{64}", job):
        raise InvalidRecord("job cancel: expected the job's id, 64 hex digits")
    with following(config, events, language) as (say, emit):
        is_ended = end(node_config.load(config), bytes.fromhex(job.removeprefix("0x")), emit=emit)
        told = Text(f"job {job}: cancelled", f"任务 {job}：已取消")
        over = Text(f"job {job}: it had ended without an answer", f"任务 {job}：此前已结束，未公布结果")
        say((told if is_ended else over).of(language.value))


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
