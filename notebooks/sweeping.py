"""A directory goes with the process that made it, also where that process is killed and can clear nothing itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

_PIPES: list[subprocess.Popen[bytes]] = []
"""Held open as long as this process lives."""


def sweep_after_us(directory: Path) -> None:
    """Have a shell remove a directory once this process is gone, killed too: JupyterLab gives kernels five seconds.

    It waits at the end of a pipe that only this process holds open, in a session of its own and nobody's child, so that
    what ends a kernel with its children leaves it.
    """
    lines = 'exec 3<&0; { cat <&3 && rm -rf -- "$0"; } >/dev/null 2>&1 &'  # a shell's jobs have no standard input
    sweeper = subprocess.Popen(["sh", "-c", lines, str(directory)], stdin=subprocess.PIPE, start_new_session=True)
    sweeper.wait()  # the shell in front; what it left behind waits
    _PIPES.append(sweeper)
