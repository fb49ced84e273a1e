"""A cell: one message of a run handed to an app of others, in a process of its own that ends with the reply.

The process gets a folder with the bundle, the rows and the message, no environment beyond a few fixed words, and no
open file; behind its walls (``walls``) it can read that folder and Python's, and write nothing but its reply. It is
killed at the deadline. Nothing is kept from one message to the next: an app finds no state of its own.

Reasons hold fixed words alone, because whatever an app says may be a row. It does NOT prove to anybody else that this
app ran: a department's word stands for that. Trust: this machine's kernel and account.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from federated.courier.message import FIXED, MAX_HEADER, frame, unframe
from federated.foreign import outputs
from federated.foreign.fab import Bundle
from federated.foreign.outputs import AppFault, Arrays
from federated.foreign.walls import Limits, require
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

INSIDE = ("-m", "federated.foreign.inside")
LIMITS = Limits(memory=2 << 30, processor_s=60)
_REASONS = {
    "file": "it opened a file that is not its own",
    "files": "it opened more files than it may",
    "memory": "it needed more memory than it may have",
    "network": "it asked for a network",
    "process": "it asked for what no app may do: another process, or other rights",
    "raised": "it failed",
    "reply": "it returned no message with one record of arrays",
    "walls": "this machine could not put up the walls around it",
}
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Cell:
    """What runs an app's messages. home: where folders of messages are made, and removed."""

    bundle: Bundle
    home: Path
    limits: Limits = LIMITS

    def train(
        self, sent: Arrays, data: str, config: dict[str, JsonValue], deadline_s: float
    ) -> dict[str, NDArray[np.float64]]:
        """Have the app improve arrays on rows, and return them.

        Args:
            data: rows as CSV with a line of names. config: what the message says beside the arrays.

        Raises:
            AppFault: it returned what it may not, nothing, or not in time. BackendError: this machine has no walls.
        """
        require()
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.home, prefix="cell-") as name:
            folder = Path(name)
            (folder / "app.fab").write_bytes(self.bundle.content)
            (folder / "data.csv").write_text(data, encoding="utf-8")
            (folder / "request").write_bytes(self._request(sent, config))
            reply, status = _run(folder, deadline_s, 2 * (FIXED + MAX_HEADER) + 8 * sum(a.size for a in sent.values()))
        returned = _arrays(reply, status)
        outputs.require_like(sent, returned)
        return returned

    def _request(self, sent: Arrays, config: dict[str, JsonValue]) -> bytes:
        header: dict[str, JsonValue] = {
            "arrays": outputs.listed(sent),
            "client": self.bundle.client,
            "config": config,
            "memory": str(self.limits.memory),
            "processor_s": self.limits.processor_s,
            "settings": dict(self.bundle.settings),
        }
        return frame(header, outputs.packed(sent))


def _run(folder: Path, deadline_s: float, most: int) -> tuple[bytes, int]:
    """Run the process and return what it wrote, and its status; raises AppFault."""
    process = subprocess.Popen(
        [sys.executable, "-B", "-P", "-s", *INSIDE, str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=_surroundings(folder),
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        with process.stdout as output:
            return _read(output.fileno(), time.monotonic() + deadline_s, most), process.wait(deadline_s)
    except subprocess.TimeoutExpired as late:
        raise AppFault("time", "it did not end in time") from late
    finally:
        process.kill()
        process.wait()


def _surroundings(folder: Path) -> dict[str, str]:
    """Return all that the process gets of an environment: nothing of this one but where Python's packages lie."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    quiet = {"FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1", "FLWR_HOME": str(folder)}
    found = {"HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return found | threads | quiet


def _read(output: int, until: float, most: int) -> bytes:
    parts, size = list[bytes](), 0
    with selectors.DefaultSelector() as waiting:
        waiting.register(output, selectors.EVENT_READ)
        while True:
            if not waiting.select(max(until - time.monotonic(), 0.0)):
                raise AppFault("time", "it did not answer in time")
            part = os.read(output, _CHUNK)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
            if size > most:
                raise AppFault("size", "it returned more than it was sent")


def _arrays(reply: bytes, status: int) -> dict[str, NDArray[np.float64]]:
    if status in (-signal.SIGXCPU, -signal.SIGKILL):
        raise AppFault("time", "it used more processor time than it may")
    if status:
        raise AppFault("died", "its process died")
    try:
        header, body = unframe(reply)
        if set(header) != {"arrays", "fault"}:
            raise InvalidRecord("app: a reply of a cell expected")
        word = header["fault"]
        if isinstance(word, str) and word in _REASONS:
            raise AppFault(word, _REASONS[word])
        return outputs.unpacked(header["arrays"], body)
    except InvalidRecord as fault:
        raise AppFault("reply", _REASONS["reply"]) from fault
