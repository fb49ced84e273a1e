"""Following a question to its end: what is said to people, what is written as events, and what Ctrl-C leaves behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Tongue
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from gateway.statistics.events import Emit
    from ledger.canonical import JsonValue

Events = Annotated[
    Path | None, typer.Option("--events", help="Write each step as a JSON line to this file; - for standard error.")
]
INTERRUPTED = 130
"""The exit code of a command that Ctrl-C ended, as shells have it."""


@contextmanager
def following(
    config: Path, events: Path | None, language: Tongue, *, is_silent: bool = False
) -> Iterator[tuple[Callable[[str], None], Emit]]:
    """Give what takes words and what takes events; after Ctrl-C, say how to go on or to cancel."""
    from gateway.statistics.events import Event, Lines, silent

    with ExitStack() as stack:
        write: Emit = silent
        if events is not None:
            opened = None if str(events) == "-" else stack.enter_context(events.open("a", encoding="utf-8"))
            write = Lines(opened or sys.stderr)
        followed: list[str] = []

        def emit(event: Event, **fields: JsonValue) -> None:
            if isinstance(job := fields.get("job"), str):
                followed[:] = [job]
            write(event, **fields)

        try:
            yield (_nothing if is_silent else print), emit
        except KeyboardInterrupt:
            write(Event.INTERRUPTED, job=followed[0] if followed else None)
            print(_left(config, followed).of(language.value), file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None


def _left(config: Path, followed: list[str]) -> Text:
    if not followed:
        return Text("stopped; nothing was asked yet", "已停止；尚未提出任务")
    cancel = f"shuxin job cancel {followed[0]} --config {config}"
    return Text(
        f"stopped waiting; the departments go on with job {followed[0]}\n"
        f"  to go on: run the same command again\n  to cancel it: {cancel}",
        f"已停止等待；各部门仍在执行任务 {followed[0]}\n  继续：重新执行同一命令\n  取消：{cancel}",
    )


def _nothing(text: str) -> None:
    """Say nothing, where only JSON is expected."""
