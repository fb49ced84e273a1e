"""``shuxin`` run in this process, as an officer of the office would, or as anybody with a configuration."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from townspecs import OFFICE

from gateway import command


def run(arguments: list[str], clock: Callable[[], float] = time.time) -> int:
    """Run ``shuxin`` in this process and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["shuxin", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main(clock)
    return int(ended.value.code or 0)


def office(network: Path) -> list[str]:
    return ["--config", str(network / "parties" / OFFICE / "node.toml")]


@dataclass(frozen=True, slots=True)
class Shuxin:
    """Commands of one network's parties; a call returns the exit code and what was said, on stderr if anything.

    Attributes:
        configurations: by the code of a party; the empty code runs a command without one.
    """

    configurations: Callable[[str], Path]
    capsys: pytest.CaptureFixture[str]
    clock: Callable[[], float] = time.time

    def __call__(self, party: str, *arguments: object) -> tuple[int, str]:
        config = ["--config", str(self.configurations(party))] if party else []
        code = run([*map(str, arguments), *config], self.clock)
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        return code, (said.err or said.out).strip()
