"""A small network of processes that are lost, killed, moved and brought back as the operator's page says.

It is founded by ``shuxin chain init``; its processes are those of ``shuxin up``, each started alone, so that one may be
ended while the others go on. Lines of a page run as they stand, with what stands for a value (``0xOLD``) given.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest
from pageblocks import ROOT, blocks
from readyshell import ReadyShell
from smallnetwork import free_ports

from gateway.network.connecting import reading_chain
from gateway.network.supervising import Program, network
from ledger.errors import TrustError
from mpc.node import config as node_config

PAGE = ROOT / "docs/operator.md"
VALIDATORS = 5
BRINGS_S = 120.0
asked_for = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not os.environ.get("SHUXIN_WALK"), reason="SHUXIN_WALK=1 carries out the drills"),
]


class Drills:
    """The network, up; a context manager that stops it."""

    def __init__(self, directory: Path) -> None:
        self.home = directory / "drills"
        self.home.mkdir()
        self.programs = dict[str, Program]()
        self._shell = ReadyShell(directory / "shell")

    def __enter__(self) -> Self:
        self._shell.__enter__()
        ports = free_ports()
        where = f"--chain-port {ports.chain} --relay-port {ports.relay}"
        self.run(f"shuxin chain init net --validators {VALIDATORS} --trial-calendar {where}")
        self.programs = {program.name: program for program in network(self.home / "net")}
        self.start(*self.programs)
        self.await_blocks(1)
        return self

    def __exit__(self, *_: object) -> None:
        for name in reversed(self.programs):
            self.end(name)
        self._shell.__exit__()

    def department(self, n: int) -> Path:
        return self.home / f"net/parties/department-{n}"

    def start(self, *names: str) -> None:
        """Start processes and wait until each says that it runs."""
        for name in names:
            self.programs[name].start()
        for name in names:
            self.until(self.programs[name].is_ready, name)

    def end(self, name: str, *, kill: bool = False) -> None:
        """End a process as systemd does, or as a crash does."""
        process = self.programs[name].process
        if process is not None and process.poll() is None:
            (process.kill if kill else process.terminate)()
            process.wait(30)

    def run(self, lines: str, at: Path | None = None, *, code: int = 0) -> str:
        """Run lines of a shell; what they print, also on standard error."""
        done = self._shell.run(lines, at or self.home, timeout_s=300)
        assert done.returncode == code, f"exit code {done.returncode}\n{lines}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def faults(self, n: int, *, code: int = 0) -> dict[str, str]:
        """What ``shuxin node --check`` finds at fault at a department, by name."""
        told = json.loads(self.run("shuxin node --check --json --config node.toml", self.department(n), code=code))
        return {one["name"]: one["said"] for one in told["findings"] if not one["holds"]}

    def is_well(self, n: int) -> bool:
        """Whether it finds nothing."""
        return "FAULT" not in self.run("shuxin node --check --config node.toml || true", self.department(n))

    def lines(self, section: str, **given: str) -> list[str]:
        """The calls of a section of the operator's page, with its placeholders replaced."""
        text = "".join(block.text for block in blocks(PAGE) if block.section == section and block.language == "bash")
        assert text, section
        for name, value in given.items():
            assert name in text, (section, name)
            text = text.replace(name, value)
        return [line for line in text.splitlines() if line.startswith("shuxin")]

    def head(self, n: int = 1) -> int:
        """The newest block's number, as a department is told it."""
        with closing(reading_chain(node_config.load(self.department(n) / "node.toml"))) as chain:
            return chain.head().number

    def await_blocks(self, more: int) -> int:
        """Wait until so many blocks were made that were not there before."""

        def is_there() -> bool:
            try:
                return self.head() >= goal
            except TrustError:
                return False

        goal = self._last() + more
        self.until(is_there, f"block {goal}")
        return goal

    def seals(self, n: int) -> tuple[str, list[str]]:
        """A department's own address among the validators, empty if it is not one, and all of them."""
        told = json.loads(self.run("shuxin validator show --json --config node.toml", self.department(n)))
        return told["own"] or "", told["validators"]

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + BRINGS_S
        while not is_so():
            assert time.monotonic() < end, f"{what}: not within {BRINGS_S:.0f} s"
            threading.Event().wait(0.2)

    def _last(self) -> int:
        try:
            return self.head()
        except TrustError:
            return 0
