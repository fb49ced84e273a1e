"""``shuxin inbox`` and ``shuxin alerts`` over a served chain: in both languages, as JSON, and as a calendar's file."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import icalendar
import pytest
from commandline import say
from mounting import enter
from smallnetwork import found_offices
from townspecs import OFFICE

from contracts.parties.client import party_id
from gateway.network.connecting import officer_chain
from gateway.network.serving import serve_chain
from ledger.chain.port import Operation
from ledger.hashing import keccak256
from mpc.node import config as node_config

OWNER = "registrar-1"
CITY = """version = 1
[rule_set]
jurisdiction = "example-city"
title = { zh = "某市办法", en = "Measures of a city" }
instrument = "Order No. 1"
source = "invented for a test"
in_force = 2026-01-01
articles = 30
[[limit]]
code = "answer-conditional"
rule = "R10"
article = "12"
start = { zh = "收到申请", en = "the request is received" }
at_most = %d
unit = "working"
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(say, capsys)


@pytest.mark.slow
def test_an_officer_s_morning(run: Run, tmp_path: Path) -> None:
    """A limit waits for its second officer: both departments look, one has something to do."""
    found_offices(tmp_path / "net", OFFICE)
    home = tmp_path / "net" / "parties"
    owner, office = (home / code / "node.toml" for code in (OWNER, OFFICE))
    with serve_chain(tmp_path / "net"):
        code, out, _ = run("inbox", "--config", owner)
        assert code == 0
        assert out.startswith(f"{OWNER}: 0 waiting, as of block ")
        enter(node_config.load(owner), "sales-1")
        run("budget", "limit", "sales-1", "--micro-rho", 1000, "--config", owner)
        _, out, _ = run("inbox", "--config", owner)
        assert "a second officer confirms a privacy limit: sales-1" in out
        assert "no time limit" in out
        _, out, _ = run("inbox", "--config", owner, "--language", "zh", "--role", "officer")
        assert "第二名经办人确认隐私预算上限: sales-1" in out
        assert " 0 waiting" in run("inbox", "--config", owner, "--role", "node")[1]
        assert " 0 waiting" in run("inbox", "--config", office)[1]

        chain = officer_chain(node_config.load(office), "approver")
        expires = chain.head().timestamp + 3600
        args = (keccak256(b"p"), keccak256(b"action"), expires)
        assert chain.submit(Operation("Governance", "propose", args, bytes(32))).accepted
        chain.close()
        file = tmp_path / "due.ics"
        _, out, err = run("inbox", "--config", office, "--json", "--ics", file)
        (waiting,) = json.loads(out)["waiting"]
        assert (waiting["step"], waiting["duties"], waiting["due"]) == ("vote", ["approver"], expires)
        assert err == f"{file}: deadlines: 1\n"
        (event,) = icalendar.Calendar.from_ical(file.read_bytes()).events
        assert event.decoded("DTEND").timestamp() == expires
        assert party_id(OFFICE).hex() not in event["UID"]
        code, _, err = run("inbox", "--config", office, "--ics", tmp_path / "none" / "due.ics")
        assert (code, err) == (1, f"shuxin: {tmp_path}/none/due.ics: cannot be written: No such file or directory\n")

        assert " 0 as of block " in f" {run('alerts', '--config', owner)[1]}"
        for _ in range(3):
            assert run("budget", "confirm", "sales-1", "--micro-rho", 999, "--config", owner)[0] == 1
        _, english, _ = run("alerts", "--config", office)
        assert "refused repeatedly: registrar-1" in english
        assert "短期内多次被拒: registrar-1" in run("alerts", "--config", office, "--language", "zh")[1]
        block = int(english.split("as of block ")[1].split("\n")[0])
        one = run("alerts", "--config", office, "--json", "--block", block)[1]
        assert one == run("alerts", "--config", owner, "--json", "--block", block)[1]
        rules = tmp_path / "city.toml"
        rules.write_text(CITY % 5, encoding="utf-8")
        replayed = ("rules", "replay", rules, "--config", owner, "--from-block")
        assert ": 0 acts, 0 would have been late, 0 refused\n" in run(*replayed, 1)[1]
        assert "0 个行为" in run(*replayed, 1, "--language", "zh")[1]
        assert json.loads(run(*replayed, 1, "--to-block", 2, "--json")[1])["findings"] == []
        assert "the chain has blocks 1 to" in run(*replayed, 10**6)[2]
        rules.write_text(CITY % 11, encoding="utf-8")
        assert "looser than national: 10, got 11" in run(*replayed, 1)[2]
        assert run("stop-all", "--reason", "drill", "--config", owner) == (0, "0 suspended, 0 not\n", "")
        assert run("stop-all", "--reason", "drill", "--key", "deputy", "--config", owner)[0] == 0
        assert (
            "key nobody: there is none" in run("stop-all", "--reason", "drill", "--key", "nobody", "--config", owner)[2]
        )
        assert run("stop-all", "--config", owner)[0] == 2
        code, _, err = run("stop-all", "--resume", "--config", owner)
        assert (code, err) == (2, f"shuxin: {home / OWNER / 'state' / 'stopped.json'}: nothing is stopped from here\n")
        code, _, err = run("alerts", "--config", owner, "--block", 10**6)
        assert code == 2
        assert "the chain has blocks 1 to" in err
