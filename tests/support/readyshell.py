"""A shell whose ``shuxin`` and ``python`` are forked from one process that has imported the program already.

A page of commands is then as cheap as what its commands do: a start of the program alone takes a second of the
processor. Each call is a process of its own, with the directory, environment, files and exit code that it would have.

    python tests/support/readyshell.py SOCKET       waits for calls, until its standard input ends
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parents[2]
CALL = """\
#!{python} -ISu
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as door:
    door.connect({door!r})
    words = [{name!r}, *sys.argv[1:]]
    socket.send_fds(door, [json.dumps([words, os.getcwd(), dict(os.environ)]).encode() + b"\\n"], [0, 1, 2])
    sys.exit(int(door.recv(16) or b"70"))
"""
LONGEST = 1 << 20
USED = ("contracts", "gateway.network", "gateway.property", "gateway.statistics", "gateway.statute", "ledger", "mpc")
"""What is imported beforehand, with all that it imports; a command imports the rest by itself."""


class ReadyShell:
    """Runs shell lines; a context manager that stops what it started."""

    def __init__(self, directory: Path) -> None:
        self.bin, self._door = directory / "bin", directory / "door"
        self.bin.mkdir(parents=True)
        for name in ("shuxin", "python"):
            call = self.bin / name
            call.write_text(CALL.format(python=sys.executable, door=str(self._door), name=name))
            call.chmod(0o755)
        self._environment = {
            **os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1", "COLUMNS": "200",
        }  # fmt: skip

    def __enter__(self) -> Self:
        self._ready = subprocess.Popen(
            [sys.executable, __file__, str(self._door)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._environment,
        )  # fmt: skip
        assert self._ready.stdout is not None
        assert self._ready.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        assert self._ready.stdin is not None
        self._ready.stdin.close()
        self._ready.wait(30)

    def run(self, lines: str, at: Path, timeout_s: float = 1200) -> subprocess.CompletedProcess[str]:
        """Run lines of bash, which stop at the first that fails."""
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", lines], cwd=at, env=self._environment, timeout=timeout_s,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def start(self, words: Sequence[str], at: Path, log: Path) -> subprocess.Popen[bytes]:
        """Start ``shuxin`` with words that make it stay, as a process of its own that whoever started it ends."""
        with log.open("wb") as said:
            command = [sys.executable, "-m", "gateway", *words]
            return subprocess.Popen(command, cwd=at, env=self._environment, stdout=said, stderr=said)


def serve(door: str) -> None:
    """Fork for every call; end with the standard input, so that no such process outlives its shell."""
    for package in map(importlib.import_module, USED):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    importlib.import_module("gateway.command")
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(door)
    listener.listen(64)
    print("ready", flush=True)
    threading.Thread(target=lambda: (os.read(0, 1), os._exit(0)), daemon=True).start()
    while True:
        caller, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            if os.fork() == 0:
                answer(caller)
            os._exit(0)
        caller.close()
        os.wait()


def answer(caller: socket.socket) -> None:
    """Be the program that was called, then tell its exit code."""
    told, files, _, _ = socket.recv_fds(caller, LONGEST, 3)
    while not told.endswith(b"\n"):
        told += caller.recv(LONGEST)
    words, directory, environment = json.loads(told)
    for number, file in enumerate(files):
        os.dup2(file, number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)  # a thread of the parent may be reading the old one
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    code = 70
    try:
        code = called(words)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    caller.sendall(str(code).encode())
    os._exit(0)


def called(words: Sequence[str]) -> int:
    """Run ``shuxin`` with its words, or Python with a program from its standard input."""
    sys.argv = list(words)
    try:
        if words[0] == "python":
            exec(compile(sys.stdin.read(), "<page>", "exec"), {"__name__": "__main__"})
            return 0
        from gateway import command

        command.main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
