"""The runs of an earlier report, so that a part of it can be measured anew on the same machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from measuring import running


def take_over(report: Path, folder: Path, size: str, machine: Mapping[str, str]) -> None:
    """Put the runs of a report where runs are kept, but for those that are there already.

    A report of another size, or of another machine, says nothing about this one: nothing of it is taken.
    """
    if not report.is_file():
        return
    found = json.loads(report.read_text(encoding="utf-8"))
    if (found["size"], found["machine"]) != (size, dict(machine)):
        return
    for run in map(running.read, found["runs"]):
        if run.ended and not (folder / f"{run.program}.json").is_file():
            running.keep(folder, run)
