"""``shuxin audit``: a department opens its record of a job to one auditor; the auditor replays it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.tongue import Language, Tongue
from ledger.errors import InvalidRecord

app = typer.Typer(help="Open a department's record of a job to an auditor, and check one.", no_args_is_help=True)
Config = Annotated[Path, typer.Option("--config", help="This party's node configuration.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

OPENED = {
    "en": "{path}: {party}'s record of job {job}, attempt {attempt}, sealed for {auditor} ({size} bytes). "
    "It shows {auditor} this department's input to the job.",
    "zh": "{path}:{party} 关于任务 {job} 第 {attempt} 次尝试的记录,已为 {auditor} 封装({size} 字节)。"
    "{auditor} 将看到本部门对该任务的输入。",
}


@app.callback()
def audit() -> None:
    """Open a department's record of a job to an auditor, and check one."""


@app.command("open")
def open_(
    job: Annotated[str, typer.Argument(help="The job's id: 64 hex digits.")],
    to: Annotated[str, typer.Option("--to", help="The auditor's party code; the file opens under its key alone.")],
    config: Config,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the file goes.")],
    attempt: Annotated[int | None, typer.Option(min=1, help="Which attempt; the last one kept by default.")] = None,
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Seal what this department's node kept of a job for an auditor. It contains this department's input."""
    from gateway.statistics import auditing
    from mpc.node import config as node_config

    sealed = auditing.open_audit(node_config.load(config), _id(job), attempt, to, output)
    at = sealed.address
    told = {"path": str(sealed.path), "party": at.party, "job": at.job.hex(), "attempt": at.attempt}
    told |= {"auditor": at.auditor, "size": sealed.size}
    print(json.dumps(told, ensure_ascii=False) if as_json else OPENED[language.value].format(**told))


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="The file a department sealed for this party.")],
    evidence: Annotated[Path, typer.Option("--evidence", help="The job's evidence, the recipient's copy.")],
    trust: Annotated[Path, typer.Option("--trust", help="The trust file, obtained out of band.")],
    config: Config,
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Replay a department's part: exit 0 if every byte is reproduced, 1 if not, 2 if a file cannot be used."""
    from gateway.statistics import auditing
    from ledger import canonical
    from mpc.node import config as node_config

    with _progress() as progress:
        verdict = auditing.check_audit(node_config.load(config), file, evidence, trust, progress)
    if as_json:
        print(canonical.encode(verdict.json(language.value)).decode())
    else:
        print("\n".join(verdict.lines(language.value)))
    raise typer.Exit(verdict.exit_code)


def _id(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 32:
        raise InvalidRecord("job: expected an id of 64 hex digits")
    return found


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar a step on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _step, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True), transient=True) as bar:

        def show(step: str, done: int, total: int) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=total)
            bar.update(tasks[step], completed=done)

        yield show
