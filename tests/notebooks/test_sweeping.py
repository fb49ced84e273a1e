"""What a kernel's town leaves behind when the kernel is killed: nothing."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import sweeping

KERNEL = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
import sweeping
if sys.argv[3] == "swept":
    sweeping.sweep_after_us(Path(sys.argv[2]))
print("up", flush=True)
sys.stdin.read()
"""


def killed(directory: Path, way: str, number: int) -> None:
    """Be a kernel that has a directory, and end it by a signal."""
    (directory / "keys").mkdir(parents=True)
    place = str(Path(sweeping.__file__).parent)
    command = [sys.executable, "-c", KERNEL, place, str(directory), way]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as kernel:
        assert kernel.stdout is not None
        assert kernel.stdout.readline() == b"up\n"
        assert not is_gone(directory, 10)  # not before its time
        kernel.send_signal(number)
        assert kernel.wait(60) == -number


def is_gone(directory: Path, looks: int = 1200) -> bool:
    return any(threading.Event().wait(0.05) or not directory.exists() for _ in range(looks))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_kernel_that_is_killed_leaves_no_directory(tmp_path: Path, number: int) -> None:
    killed(tmp_path / "town-x", "swept", number)
    assert is_gone(tmp_path / "town-x")


def test_without_the_sweeper_it_stays(tmp_path: Path) -> None:
    killed(tmp_path / "town-x", "left", signal.SIGTERM)
    assert (tmp_path / "town-x" / "keys").is_dir()
