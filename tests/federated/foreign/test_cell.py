"""An app of others improves a model in its cell; one that reaches out, or returns what it may not, is refused."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from foreignapps import app

from federated.foreign import fab
from federated.foreign.cell import Cell
from federated.foreign.outputs import AppFault
from federated.foreign.walls import Limits

SENT = {"coef": np.zeros((1, 2)), "intercept": np.zeros(1)}
LIMITS = Limits(memory=1 << 30, processor_s=20)


def rows() -> str:
    drawn = np.random.default_rng(1)
    columns = drawn.normal(size=(200, 2))
    labels = drawn.random(200) < 1 / (1 + np.exp(-(2 * columns[:, 0] - columns[:, 1])))
    lines = (f"{a!r},{b!r},{int(y)}\n" for (a, b), y in zip(columns.tolist(), labels, strict=True))
    return "x,z,y\n" + "".join(lines)


ROWS = rows()


def trained(home: Path, misbehave: str = "pass", *, deadline_s: float = 60.0, limits: Limits = LIMITS, **more: str):
    cell = Cell(fab.read(app(misbehave, **more)), home, limits)
    return cell.train(SENT, ROWS, {"server-round": 1}, deadline_s)


def test_an_ordinary_app_of_others_improves_the_model_and_leaves_nothing_behind(tmp_path):
    found = trained(tmp_path)
    assert found["coef"][0, 0] > 0.5 > 0 > found["coef"][0, 1]
    assert list(found) == ["coef", "intercept"]
    assert list(tmp_path.iterdir()) == []


CONNECT = "import socket; socket.create_connection(('127.0.0.1', {port}))"


def test_an_app_that_connects_is_refused_and_nobody_is_reached(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.0)
        with pytest.raises(AppFault, match="it asked for a network") as refused:
            trained(tmp_path, CONNECT.format(port=listener.getsockname()[1]))
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert refused.value.ground == "app: network"


@pytest.mark.parametrize(
    ("misbehave", "ground"),
    [
        ("open({secret!r}).read()", "file"),
        ("import os; os.chmod({secret!r}, 0o777)", "process"),
        ("np.ones(1 << 28)", "memory"),
        ("arrays['coef'] = Array(rows)", "size"),
        ("arrays['coef'] = Array(np.array([[np.nan, 0.0]]))", "number"),
        ("raise ValueError(rows[0])", "raised"),
        ("import os\nfor reply in range(3, 9):\n    os.write(reply, bytes(1_000_000))", "size"),
    ],
)
def test_an_app_that_reaches_out_or_returns_too_much_is_refused(tmp_path, misbehave, ground):
    secret = tmp_path / "key"
    secret.write_text("the node's key")
    secret.chmod(0o600)
    with pytest.raises(AppFault) as refused:
        trained(tmp_path / "cells", misbehave.format(secret=str(secret)))
    assert refused.value.ground == f"app: {ground}", refused.value
    assert secret.stat().st_mode & 0o777 == 0o600
    assert not any(sign in str(refused.value) for sign in ("0.34", "key", "elsewhere"))


WITHOUT_WALLS = (
    "-c",
    "import sys, pathlib, federated.foreign.inside as inside\n"
    "inside.enclose = lambda *_: None\n"
    "inside.main(pathlib.Path(sys.argv[1]))",
)


def test_without_walls_an_app_hands_over_the_nodes_key(tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(b"of the node")
    stealing = f"arrays['intercept'] = Array(np.array([float(open({str(tmp_path / 'key')!r}, 'rb').read(1)[0])]))"
    with pytest.raises(AppFault, match="a file that is not its own"):
        trained(tmp_path / "cells", stealing)
    monkeypatch.setattr("federated.foreign.cell.INSIDE", WITHOUT_WALLS)
    assert trained(tmp_path / "cells", stealing)["intercept"][0] == ord("o")


def test_an_app_that_hides_a_row_in_its_numbers_is_not_found_which_is_why_its_code_is_read_first(tmp_path):
    first = [float(cell) for cell in ROWS.splitlines()[1].split(",")[:2]]
    assert trained(tmp_path, "arrays['coef'] = Array(columns[:1])")["coef"].tolist() == [first]


ATTEMPTS = (
    "open('/etc/passwd')",
    "open('/proc/self/environ')",
    "open('/proc/1/status')",
    "open(context.node_config['data'], 'a')",
    "open(context.node_config['data'] + 'x', 'w')",
    "__import__('os').listdir('/')",
    "__import__('os').listdir({home!r})",
    "__import__('os').symlink('/etc', context.node_config['data'] + 'y')",
    "__import__('os').unlink(context.node_config['data'])",
    "__import__('os').utime(context.node_config['data'])",
    "__import__('os').truncate(context.node_config['data'], 0)",
    "__import__('os').kill({pid}, 0)",
    "__import__('os').setpriority(0, {pid}, 5)",
    "__import__('os').fork()",
    "__import__('os').execv('/bin/true', ['true'])",
    "__import__('subprocess').run(['/bin/true'])",
    "__import__('multiprocessing').Process(target=print).start()",
    "__import__('resource').prlimit({pid}, 7, (1, 1))",
    "__import__('socket').socket(__import__('socket').AF_UNIX)",
    "__import__('socket').socket(__import__('socket').AF_NETLINK, 3)",
    "__import__('socket').socketpair()",
    "__import__('socket').gethostbyname('example.org')",
    "__import__('os').environ['SHUXIN_PASSPHRASE']",
    "next(iter(context.state))",
    "__import__('os').write(__import__('os').memfd_create('m'), b'x')",
    "[].__iter__() if __import__('ctypes').CDLL(None).syscall(425, 8, bytes(120)) >= 0 else [][0]",
    "[].__iter__() if __import__('ctypes').CDLL(None).unshare(0x10000000) >= 0 else [][0]",
    "[].__iter__() if __import__('ctypes').CDLL(None).ptrace(16, {pid}, 0, 0) >= 0 else [][0]",
)


def attempted(home: Path, listed: Sequence[str]) -> str:
    """Have an app try all, and return the first one that worked."""
    attempts = [attempt.format(home=str(Path.home()), pid=os.getpid()) for attempt in listed]
    tried = f"""worked = []
for number, attempt in enumerate({attempts!r}):
    try:
        eval(attempt)
        worked.append(number)
    except (Exception, SystemExit):
        continue
arrays["intercept"] = Array(np.array([float(len(worked) and 1 + worked[0])]))"""
    first = int(trained(home, tried)["intercept"][0])
    return listed[first - 1] if first else ""


def test_whatever_an_app_tries_in_its_cell_fails(tmp_path, monkeypatch):
    monkeypatch.setenv("SHUXIN_PASSPHRASE", "of the node")
    assert not attempted(tmp_path, ATTEMPTS)


WITHOUT_SCOPES = (
    "import sys, pathlib, federated.foreign.inside as inside, federated.foreign.walls as walls\n"
    "walls._SCOPES = 0\n{more}\n"
    "inside.main(pathlib.Path(sys.argv[1]))"
)
FORMER = "walls._OWNED = (90, 91, 92); walls._DENIED = {w: c for w, c in walls._DENIED.items() if 129 not in c}"
QUEUED = (
    "[].__iter__() if __import__('ctypes').CDLL(None)"
    ".syscall(129, {pid}, 0, bytes(8) + b'\\xff' * 4 + bytes(116)) >= 0 else [][0]"
)
OWNER = "__import__('fcntl').fcntl(__import__('os').pipe()[0], 8, {pid})"


def test_an_app_signals_nobody_on_a_kernel_whose_landlock_says_nothing_of_signals(tmp_path, monkeypatch):
    monkeypatch.setattr("federated.foreign.cell.INSIDE", ("-c", WITHOUT_SCOPES.format(more="")))
    assert not attempted(tmp_path, (QUEUED, OWNER))


@pytest.mark.parametrize("attempt", [QUEUED, OWNER])
def test_without_those_two_calls_denied_it_does(tmp_path, monkeypatch, attempt):
    monkeypatch.setattr("federated.foreign.cell.INSIDE", ("-c", WITHOUT_SCOPES.format(more=FORMER)))
    assert attempted(tmp_path, (attempt,)) == attempt


def test_an_app_that_hangs_is_killed_at_the_deadline(tmp_path):
    with pytest.raises(AppFault, match="did not answer in time"):
        trained(tmp_path, "import time; time.sleep(600)", deadline_s=6.0)
    assert list(tmp_path.iterdir()) == []


def test_an_app_that_computes_without_end_uses_up_its_processor_time(tmp_path):
    with pytest.raises(AppFault, match="more processor time than it may"):
        trained(tmp_path, "while True: pass", limits=Limits(memory=1 << 30, processor_s=2))
