"""The engine at one party: a child process in its own environment, asked over a pipe, ended with its use.

The child is given no key, no table and no file: shares and addresses on this machine only. Every wait is bounded: an
engine whose peers are gone is killed, and the attempt ends. One engine serves one attempt.
"""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ledger.errors import BackendError
from mpc.engine import framing
from mpc.engine.environment import Environment
from mpc.engine.framing import FrameFault, Message
from mpc.engine.shares import PARTIES, Ring

MAX_ANSWER = 1 << 16
"""Shares of results have 32 bytes at most."""
_BOOT = """
import runpy, sys, types
package = types.ModuleType("mpc")
package.__path__ = [sys.argv[1]]
sys.modules["mpc"] = package
runpy.run_module("mpc.engine.program", run_name="__main__")
"""
"""Makes this package importable without the folder that it lies in, which may hold another numpy."""


class Engine:
    """One party's engine. Not safe for threads: one request at a time."""

    def __init__(self, child: subprocess.Popen[bytes], log: IO[bytes], wait_s: float) -> None:
        self._child, self._log, self._wait_s = child, log, wait_s

    def link(self, rank: int, addresses: Sequence[str], ring: Ring) -> None:
        """Meet the other two parties, each at an address on this machine; ``addresses[rank]`` is the own one."""
        if not 0 <= rank < PARTIES or len(addresses) != PARTIES:
            raise ValueError("an engine is one of three parties")
        wait_s = max(1, int(self._wait_s))
        about = {"do": "link", "rank": rank, "addresses": list(addresses), "ring": ring.name, "wait_s": wait_s}
        self._ask(Message(about))

    def take(self, name: str, share: bytes) -> None:
        """Hand over this party's share of a column."""
        self._ask(Message({"do": "take", "name": name}, (share,)))

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], numbers: Mapping[str, int]) -> None:
        """Have all three parties run a computation of ``mpc.engine.program`` on what they hold."""
        about = {"do": "run", "name": name, "inputs": list(inputs), "outputs": list(outputs)}
        self._ask(Message({**about, "numbers": dict(numbers)}))

    def give(self, name: str) -> bytes:
        """Fetch this party's share of a result."""
        return self._ask(Message({"do": "give", "name": name})).blobs[0]

    def _ask(self, message: Message) -> Message:
        stdin, stdout = self._child.stdin, self._child.stdout
        assert stdin is not None
        assert stdout is not None
        watch = threading.Timer(self._wait_s, self._child.kill)
        watch.start()
        try:
            framing.write(stdin, message)  # type: ignore[arg-type]
            answer = framing.read(stdout, most=MAX_ANSWER)  # type: ignore[arg-type]
        except FrameFault as fault:
            raise BackendError(f"{fault}: {self._last_words()}") from fault
        finally:
            watch.cancel()
        if "fault" in answer.header:
            raise BackendError(f"engine: {answer.header['fault']}")
        return answer

    def _last_words(self) -> str:
        """The end of what the process has printed: the library's own words, which hold no values."""
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return lines[-1][:200] if lines else f"no answer within {self._wait_s:.0f} s"


@contextmanager
def started(environment: Environment, *, wait_s: float) -> Iterator[Engine]:
    """Start an engine and end it.

    Args:
        wait_s: the longest wait for one answer; also how long it waits for its peers.

    Raises:
        BackendError: it does not start, or another version of it does.
    """
    package = Path(__file__).resolve().parent.parent
    with tempfile.TemporaryFile() as log, tempfile.TemporaryDirectory() as folder:
        try:
            child = subprocess.Popen(
                [str(environment.python), "-I", "-c", _BOOT, str(package)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder,
                env={"PATH": "/usr/bin:/bin", "HOME": folder, "TMPDIR": folder},
            )
        except OSError as fault:
            raise BackendError(f"engine: {environment.python} does not start") from fault
        engine = Engine(child, log, wait_s)
        try:
            _greet(engine, child, environment, wait_s)
            yield engine
        finally:
            child.kill()
            child.communicate()


def _greet(engine: Engine, child: subprocess.Popen[bytes], environment: Environment, wait_s: float) -> None:
    assert child.stdout is not None
    watch = threading.Timer(wait_s, child.kill)
    watch.start()
    try:
        hello = framing.read(child.stdout, most=MAX_ANSWER)  # type: ignore[arg-type]
    except FrameFault as fault:
        raise BackendError(f"{fault}: {engine._last_words()}") from fault
    finally:
        watch.cancel()
    if hello.header != {"spu": environment.version, "protocol": "ABY3"}:
        raise BackendError(f"engine: {environment.directory} starts as {dict(hello.header)}")
