"""``shuxin node --check`` finds what a node cannot start with, by name, and says so of nothing else."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from commandline import say
from smallnetwork import found_registrars

from gateway.network.checking import findings
from gateway.network.founding import utc_now
from gateway.network.serving import serve_chain, serve_relay
from ledger.crypto import tls
from ledger.crypto.keys import FileKeyStore
from mpc.node import config as node_config
from mpc.node.node import open_keys

OWNER = "registrar-1"
HERE = (
    "passphrase", "key agent", "key statement", "key seal", "other keys", "certificate", "certificate of chain",
    "certificate of relay", "parties' certificates", "trust file", "table sales-1",
)  # fmt: skip
THERE = ("chain", "keys on chain", "agent on chain", "relay")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("founded")
    found_registrars(directory)
    return directory


@pytest.fixture
def home(founded: Path, tmp_path: Path) -> Path:
    shutil.copytree(founded, tmp_path / "net")
    return tmp_path / "net" / "parties" / OWNER


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Run:
    return partial(say, capsys, "node", "--check", "--config", home / "node.toml")


def faults(home: Path, *, later: timedelta = timedelta(), online: bool = False) -> dict[str, str]:
    found = findings(node_config.load(home / "node.toml"), utc_now() + later, online=online)
    return {one.name: one.said for one in found if not one.holds}


def test_each_thing_is_one_line_and_none_is_at_fault(run: Run) -> None:
    code, out, err = run("--offline")
    assert (code, err) == (0, "")
    *lines, last = out.splitlines()
    assert tuple(line.removeprefix("ok    ").partition(":")[0] for line in lines) == HERE
    assert last == f"node {OWNER}: {len(HERE)} looked at, 0 at fault"


def test_what_is_for_a_check_alone_is_refused_without_one(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    for option in ("--offline", "--json"):
        assert say(capsys, "node", "--config", home / "node.toml", option)[0] == 2


def _others_may_read(home: Path) -> None:
    (home / "keys" / "agent.key").chmod(0o640)


def _an_officers_may_be_read(home: Path) -> None:
    (home / "keys" / "officer.key").chmod(0o604)


def _another_passphrase(home: Path) -> None:
    (home / "passphrase").write_text("another")


def _no_key(home: Path) -> None:
    (home / "keys" / "seal.key").unlink()


def _another_certificate(home: Path) -> None:
    (home / "tls" / "tls.crt").write_bytes((home.parent / "registrar-2" / "tls" / "tls.crt").read_bytes())


def _a_row_too_much(home: Path) -> None:
    with (home / "data" / "sales.csv").open("a") as file:
        file.write("x,9,-1\n")


def _no_trust(home: Path) -> None:
    (home.parents[1] / "trust.json").write_text("{}")


def _damaged(home: Path) -> None:
    path = home / "state" / "journal.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(20000));")
    path.write_bytes(path.read_bytes()[:4096] + b"x" * 4096)


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (_others_may_read, {"key agent": "mode 0640"}),
        (_an_officers_may_be_read, {"other keys": "mode 0604"}),
        (_another_passphrase, dict.fromkeys(("key agent", "key statement", "key seal"), "wrong passphrase")),
        (_no_key, {"key seal": "no such file"}),
        (_another_certificate, {"certificate": "do not fit"}),
        (_a_row_too_much, {"table sales-1": "sales.csv: line"}),
        (_no_trust, {"trust file": ""}),
        (_damaged, {"state journal.sqlite": "damaged"}),
    ],
)
def test_what_will_not_do_is_named_and_the_rest_looked_at(
    home: Path, harm: Callable[[Path], None], found: dict[str, str]
) -> None:
    harm(home)
    said = faults(home)
    assert said.keys() == found.keys()
    assert all(words in said[name] for name, words in found.items())


def test_a_certificate_is_held_against_the_time(home: Path) -> None:
    lasting = {"certificate", "certificate of chain", "certificate of relay", "parties' certificates"}
    assert faults(home, later=tls.VALIDITY - timedelta(days=1)) == {}
    assert faults(home, later=tls.VALIDITY + timedelta(days=1)).keys() == lasting
    assert faults(home, later=-timedelta(days=2)).keys() == lasting


def test_a_state_that_is_whole_is_said_to_be(home: Path, run: Run) -> None:
    with closing(sqlite3.connect(home / "state" / "journal.sqlite")) as database:
        database.execute("CREATE TABLE t(x)")
    assert "ok    state journal.sqlite: whole" in run("--offline")[1]


def test_where_nobody_answers_the_rest_is_looked_at(run: Run) -> None:
    code, out, _ = run("--json")
    told = json.loads(out)
    assert (code, told["party"], told["faults"]) == (1, OWNER, len(THERE))
    assert tuple(one["name"] for one in told["findings"]) == HERE + THERE
    assert [one["holds"] for one in told["findings"]] == [True] * len(HERE) + [False] * len(THERE)


@pytest.fixture
def served(home: Path) -> Iterator[Path]:
    with serve_chain(home.parents[1]), serve_relay(home.parents[1]):
        yield home


@pytest.mark.slow
def test_a_network_that_runs_is_reached_and_has_this_nodes_keys(served: Path, run: Run) -> None:
    code, out, _ = run()
    assert code == 0, out
    assert out.endswith(f"{len(HERE + THERE)} looked at, 0 at fault\n")
    assert not (served / "state" / "belief.sqlite").exists()  # nothing of the node's is written
    for name in ("agent", "statement"):
        (served / "keys" / f"{name}.key").unlink()
    store = node_store(served)
    store.create("agent", "secp256k1")
    store.create("statement", "ed25519")
    said = faults(served, online=True)
    assert said.keys() == {"keys on chain", "agent on chain"}
    assert said["keys on chain"] == "epoch 1: the chain has another statement"
    assert "not enrolled" in said["agent on chain"]
    assert "chain" in faults(served, later=timedelta(minutes=5), online=True)  # a head that is not fresh


def node_store(home: Path) -> FileKeyStore:
    return open_keys(node_config.load(home / "node.toml"))
