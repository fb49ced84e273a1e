"""``shuxin`` run in this process, as an officer of the office would."""

from __future__ import annotations

from pathlib import Path

import pytest
from townspecs import OFFICE

from gateway import command


def run(arguments: list[str]) -> int:
    """Run ``shuxin`` in this process and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["shuxin", *arguments])
        with pytest.raises(SystemExit) as ended:
            command.main()
    return int(ended.value.code or 0)


def office(network: Path) -> list[str]:
    return ["--config", str(network / "parties" / OFFICE / "node.toml")]
