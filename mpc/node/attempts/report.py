"""What a node says about a job while it runs: one JSON line per step, in the job's directory and in the log.

Steps, parties and durations only: no data, no cell, no key.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mpc.node.whole import write_whole

_LOG = logging.getLogger(__name__)


class Report:
    """One node's progress file for one job."""

    def __init__(self, directory: Path, party: str, job: bytes) -> None:
        self.directory = directory / job.hex()
        self.directory.mkdir(parents=True, exist_ok=True)
        self._party, self._job = party, job
        self._path = self.directory / "progress.jsonl"

    def say(self, step: str, **details: str | int | float) -> None:
        """Write one line."""
        line = {"at": round(time.time(), 3), "party": self._party, "step": step, **details}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        _LOG.info("job %s: %s %s", self._job.hex()[:8], step, details or "")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step; it is reported when it ends well."""
        start = time.monotonic()
        yield
        self.say(name, seconds=round(time.monotonic() - start, 3))

    def write(self, name: str, data: bytes) -> Path:
        """Put a finished file beside the progress, whole or not at all."""
        target = self.directory / name
        write_whole(target, data)
        return target
