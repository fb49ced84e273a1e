"""``shuxin attack`` on a live network of processes: nothing succeeds that must not, and the network goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from smallnetwork import found_offices
from townspecs import OFFICE, REGISTRARS

from gateway.attacks import suite
from gateway.attacks.attack import Attack, Outcome, Setting, Try, Verdict, as_stated, failed, skipped, stopped
from gateway.attacks.scene import Scene
from gateway.supervising import Network
from ledger.errors import NotFound

SECOND = "second-office"
QUICK = ("lying-relay", "averaging", "collusion", "colluding-bits", "pooled-join")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("attacked")
    found_offices(directory, OFFICE, SECOND, validators=(OFFICE, SECOND, REGISTRARS[0]))
    with Network(directory, lambda _: None):
        yield directory


def attack(town: Path, *names: str) -> dict[str, Outcome]:
    scene = Scene(town, lambda _: None, OFFICE)
    outcomes = list(suite.run(scene, suite.choose(names), lambda _: None))
    return {outcome.attack.name: outcome for outcome in outcomes}


@pytest.mark.slow
def test_every_attack_on_a_live_town_is_stopped_or_a_stated_limit(town: Path) -> None:
    outcomes = attack(town)
    tries = {(name, one.what): one for name, outcome in outcomes.items() for one in outcome.tries}
    assert {one for one in tries.values() if one.verdict is Verdict.FAILED} == set()
    assert {name for (name, _), one in tries.items() if one.verdict is Verdict.SKIPPED} == {
        "join-differencing",  # no pair of tables can be joined here
        "probing",
    }
    stated = {name for name, outcome in outcomes.items() if outcome.verdict is Verdict.STATED}
    assert stated == {"averaging", "collusion", "colluding-bits", "pooled-join"}
    grounds = {
        "differencing": "disclosure",
        "two-recipients": "disclosure",
        "threshold-pair": "disclosure",
        "tracker": "disclosure",
        "small-sets": "withheld",
        "repeated": "the same figures",
        "lying-coordinator": "job: ",
        "beyond-authorization": "authorization",
        "double-release": "refused by the chain: job",
        "replay": "late: its session has ended",
        "flood": "too large",
        "lying-rpc": "stale",
        "rewrite": "expected 3 seals, got 1",
    }
    for name, words in grounds.items():
        assert any(words in one.line for one in outcomes[name].tries), [one.line for one in outcomes[name].tries]

    # the network goes on, and the suite may be run again: what was answered is answered in the same words
    again = attack(town, "tracker", "small-sets")
    assert [o.verdict for o in again.values()] == [Verdict.STOPPED, Verdict.STOPPED]
    lines = [[one.line for one in found["small-sets"].tries] for found in (outcomes, again)]
    assert lines[0] == lines[1]


@pytest.mark.slow
def test_the_command_prints_one_document_and_ends_with_zero(town: Path) -> None:
    command = [sys.executable, "-m", "gateway", "attack", str(town), "--office", OFFICE, "--json"]
    done = subprocess.run([*command, "--only", "rewrite"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["failed"] is False
    (found,) = document["attacks"]
    assert (found["attack"], found["verdict"], found["setting"]) == ("rewrite", "stopped", "live")
    assert all(one["line"] for one in found["tries"])


# without a network


def outcome(*tries: Try) -> Outcome:
    return Outcome(Attack("x", "x", "x", Setting.LIVE, "nothing", ("x",), lambda _: iter(())), tries)


def test_one_success_that_must_not_be_is_the_verdict_and_the_exit_code() -> None:
    good = outcome(stopped("a", "b"), as_stated("a", "b"), skipped("a", "b"))
    bad = outcome(as_stated("a", "b"), failed("a", "b"), stopped("a", "b"))
    assert (good.verdict, bad.verdict, outcome().verdict) == (Verdict.STATED, Verdict.FAILED, Verdict.SKIPPED)
    assert (suite.exit_code([good, outcome()]), suite.exit_code([good, bad])) == (0, 1)


def test_an_unknown_attack_and_a_directory_without_network_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no attack 'none'; there are tracker"):
        suite.choose(["none"])
    with pytest.raises(NotFound, match="no network here"):
        Scene(tmp_path, lambda _: None)


def test_rehearsals_need_no_network(tmp_path: Path) -> None:
    found = [
        (attack.name, one.verdict)
        for attack in suite.choose(QUICK)
        for one in attack.run(None)  # type: ignore[arg-type]
    ]
    assert Verdict.FAILED not in {verdict for _, verdict in found}
    assert ("collusion", Verdict.STOPPED) in found
    assert {name for name, verdict in found if verdict is Verdict.STATED} == set(QUICK) - {"lying-relay"}
