"""Running a program of ``benchmarks/`` within a bound of time, and keeping what it printed, in one file a program.

A program whose file says that it ended, with the same words, is not run again, so a run that was interrupted goes on.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from measuring.programs import Needs, Program

ROOT = Path(__file__).resolve().parents[2]
ENDING_S = 60.0
"""How long a program that is stopped may take to end what it started."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. code: the exit code, None if it was stopped at its bound. load: of the machine, before and after."""

    program: str
    words: tuple[str, ...]
    code: int | None
    wall_s: float
    processor_s: float
    load: tuple[float, float]
    output: str

    @property
    def ended(self) -> bool:
        return self.code is not None


def run(program: Path, words: Sequence[str], limit_s: float) -> Run:
    """Run a program to its end or to its bound, at which it is stopped with all that it started."""
    before, start, used = os.getloadavg()[0], time.monotonic(), _used()
    with subprocess.Popen(
        [sys.executable, str(program), *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        cwd=ROOT, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=limit_s)
            code: int | None = process.returncode
        except subprocess.TimeoutExpired:
            output, code = _stopped(process), None
    wall, processor = time.monotonic() - start, _used() - used
    load = (round(before, 1), round(os.getloadavg()[0], 1))
    told = output.replace(str(ROOT), ".").replace(tempfile.gettempdir(), "TMP")
    return Run(program.stem, tuple(words), code, round(wall, 1), round(processor, 1), load, told)


def _stopped(process: subprocess.Popen[str]) -> str:
    """Interrupt a program, which ends what it started in sessions of their own; kill it if that takes too long."""
    os.killpg(process.pid, signal.SIGINT)
    try:
        told, _ = process.communicate(timeout=ENDING_S)
        return told.partition("Traceback (most recent call last)")[0]  # of the interrupt
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0]


def kept(folder: Path, program: str, words: Sequence[str]) -> Run | None:
    """Return the run that is on disk, if it ended and was of the same words."""
    file = folder / f"{program}.json"
    if not file.is_file():
        return None
    was = read(json.loads(file.read_text(encoding="utf-8")))
    return was if was.ended and was.words == tuple(words) else None


def read(found: dict[str, Any]) -> Run:
    """Read a run from the JSON that ``keep`` and the report write."""
    return Run(**{**found, "words": tuple(found["words"]), "load": tuple(found["load"])})


def keep(folder: Path, done: Run) -> None:
    """Write a run, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f"{done.program}.json.new"
    scratch.write_text(json.dumps(asdict(done), indent=1), encoding="utf-8")
    scratch.replace(folder / f"{done.program}.json")


def lacking(program: Program) -> str:
    """Say what a program needs that is not here; nothing if it can run."""
    there = {
        Needs.NOTHING: True,
        Needs.DATA: bool(os.environ.get("SHUXIN_DATA")),
        Needs.ENGINE: (ROOT / ".spu").is_dir(),
        Needs.DEMO: (ROOT / "out" / "results.json").is_file(),
    }
    return "" if there[program.needs] else program.needs.value


def machine() -> dict[str, str]:
    """Describe the machine, without its name."""
    models = [line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")]
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": str(os.cpu_count()),
        "memory": f"{memory / 2**20:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines() if Path(path).is_file() else []


def _used() -> float:
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime
