"""``shuxin`` run in this process, as an officer of the office would, or as anybody with a configuration."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from townspecs import OFFICE

from gateway import command

stretched = cache(hashlib.scrypt)
"""Commands of one process open the same keys again and again; the first stretches the passphrase for all."""


def run(arguments: list[str], clock: Callable[[], float] = time.time) -> int:
    """Run ``shuxin`` in this process and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["shuxin", *arguments])
        patch.setattr(hashlib, "scrypt", stretched)
        with pytest.raises(SystemExit) as ended:
            command.main(clock)
    return int(ended.value.code or 0)


def office(network: Path) -> list[str]:
    return ["--config", str(network / "parties" / OFFICE / "node.toml")]


def say(
    capsys: pytest.CaptureFixture[str], *arguments: object, clock: Callable[[], float] = time.time
) -> tuple[int, str, str]:
    """Run ``shuxin`` and return its exit code and what it said on stdout and stderr, which is never a traceback."""
    code = run([*map(str, arguments)], clock)
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, said.out, said.err


def configuration(network: Path, party: str) -> Path:
    """Return the configuration of a party: a department's node, or the office of an authority without one."""
    home = network / "parties" / party
    node = home / "node.toml"
    return node if node.is_file() else home / "office.toml"


@dataclass(frozen=True, slots=True)
class Shuxin:
    """Commands of one network's parties; a call returns the exit code and all that was said.

    Attributes:
        configurations: by the code of a party; the empty code runs a command without one.
    """

    configurations: Callable[[str], Path]
    capsys: pytest.CaptureFixture[str]
    clock: Callable[[], float] = time.time

    def __call__(self, party: str, *arguments: object) -> tuple[int, str]:
        config = ["--config", str(self.configurations(party))] if party else []
        code, out, err = say(self.capsys, *arguments, *config, clock=self.clock)
        return code, (out + err).strip()
