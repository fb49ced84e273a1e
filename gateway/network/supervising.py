"""Starting processes on one machine, a whole network's or others beside it, and stopping them again.

Order matters: the builder needs co-signers for its first block, nodes need the builder for everything. Each process
writes to its own log; one that dies is reported, not restarted, because a department's node is that department's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from ledger.errors import BackendError, NotFound

READY_S = 90.0
STOP_S = 10.0
POLL_S = 0.1
_GATEWAY = (sys.executable, "-m", "gateway", "--verbose")


@dataclass(slots=True)
class Program:
    """One process and the line that says it is ready.

    Attributes:
        command: what is run with the arguments.
        environment: all that the process gets of an environment; None for that of this process.
    """

    name: str
    arguments: Sequence[str]
    log: Path
    ready: str
    command: Sequence[str] = _GATEWAY
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        output: IO[bytes]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*self.command, *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**(os.environ if self.environment is None else self.environment), "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        """Tell whether the ready line is in the log; raises BackendError if the process has ended."""
        if self.ready in self.log.read_text(encoding="utf-8", errors="replace"):
            return True
        if self.process is not None and self.process.poll() is not None:
            raise BackendError(f"{self.name} did not start: {self.last_line()}")
        return False

    def last_line(self) -> str:
        lines = [line for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        return lines[-1] if lines else "its log is empty"


def network(directory: Path) -> list[Program]:
    """Return the processes of a network directory in their order; raises NotFound: no network there."""
    if not (directory / "genesis.json").is_file():
        raise NotFound(f"{directory}: no network here; found one with 'shuxin chain init {directory}'")
    logs = directory / "logs"
    programs = [
        Program("chain", ["chain", "serve", str(directory)], logs / "chain.log", "chain: https"),
        Program("relay", ["relay", "serve", str(directory)], logs / "relay.log", "relay: https"),
    ]
    for path in sorted((directory / "parties").glob("*/node.toml")):
        code = path.parent.name
        arguments = ["node", "--config", str(path)]
        programs.append(Program(f"node {code}", arguments, logs / f"{code}.log", f"node {code}: "))
    return programs


class Processes:
    """Processes that belong together; a context manager that stops what it started."""

    def __init__(self, programs: Sequence[Program], say: Callable[[str], None]) -> None:
        self.programs = list(programs)
        self._say = say
        self._fallen: set[str] = set()

    def __enter__(self) -> Self:
        try:
            for program in self.programs:
                program.start()
            self._await_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def check(self) -> None:
        """Report, once each, the processes that have ended; the others go on without them."""
        for program in self.programs:
            process = program.process
            if process is not None and process.poll() is not None and program.name not in self._fallen:
                self._fallen.add(program.name)
                self._say(f"{program.name} ended (code {process.returncode}): {program.last_line()}")

    def stop(self) -> None:
        """Ask every process to end, then make it."""
        running = [program.process for program in self.programs if program.process is not None]
        for process in reversed(running):
            if process.poll() is None:
                process.terminate()
        end = time.monotonic() + STOP_S
        for process in running:
            try:
                process.wait(max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_S)

    def _await_ready(self) -> None:
        waiting, end = list(self.programs), time.monotonic() + READY_S
        while waiting:
            for program in list(waiting):
                if program.is_ready():
                    waiting.remove(program)
                    self._say(f"{program.name} runs (process {program.process.pid if program.process else '?'})")
            if waiting and time.monotonic() > end:
                raise BackendError(f"{waiting[0].name} is not ready after {READY_S:.0f} s: {waiting[0].last_line()}")
            time.sleep(POLL_S)
