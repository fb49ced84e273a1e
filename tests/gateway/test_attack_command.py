"""``shuxin attack`` on a live network of processes: nothing succeeds that must not, and the network goes on."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from joinabletown import allow_a_join, found_joinable
from townspecs import OFFICE, REGISTRARS

from contracts.evidence.verify import examine
from gateway.attacks import suite
from gateway.attacks.attack import Outcome, Verdict
from gateway.attacks.narration import Narrator
from gateway.attacks.scene import Scene
from gateway.network.supervising import Processes, network
from gateway.statute.officers import Officer
from gateway.statute.sharing.answering import Case
from mpc.node import config as node_config
from mpc.node.node import read_trust


class Deaf(Narrator):
    """Hears everything and says nothing."""

    def __init__(self) -> None:
        super().__init__("en", quiet=True, err=io.StringIO())


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("attacked")
    found_joinable(directory)
    with Processes(network(directory), lambda _: None):
        allow_a_join(directory)
        yield directory


def attack(town: Path, *names: str) -> dict[str, Outcome]:
    told = Deaf()
    scene = Scene(town, told.say, OFFICE)
    return {outcome.attack.name: outcome for outcome in suite.run(scene, suite.choose(names), told)}


@pytest.mark.slow
@pytest.mark.timeout(900)  # twenty jobs of processes that wait for blocks: three minutes on two free cores
def test_every_attack_on_a_live_town_is_stopped_by_its_own_defence_or_is_a_stated_limit(town: Path) -> None:
    outcomes = attack(town)
    assert list(outcomes) == [attack.name for attack in suite.ATTACKS]
    tries = [one for outcome in outcomes.values() for one in outcome.tries]
    assert all(one.verdict in (Verdict.STOPPED, Verdict.STATED) for one in tries), [
        (one.what.en, one.line) for one in tries if one.verdict not in (Verdict.STOPPED, Verdict.STATED)
    ]
    assert all(":" in one.place for one in tries if one.verdict is Verdict.STOPPED)  # file and line of who said no
    stated = {name for name, outcome in outcomes.items() if outcome.verdict is Verdict.STATED}
    assert stated == {"averaging", "collusion", "colluding-bits", "invented-ids", "pooled-join"}
    assert suite.exit_code(list(outcomes.values())) == 0

    # the network goes on, and the suite may be run again: what was answered is answered in the same words
    again = attack(town, "tracker", "small-sets", "one-officer")
    assert [o.verdict for o in again.values()] == [Verdict.STOPPED] * 3
    lines = [[one.line for one in found["small-sets"].tries] for found in (outcomes, again)]
    assert lines[0] == lines[1]


@pytest.mark.slow
def test_the_command_prints_one_document_and_ends_with_zero(town: Path) -> None:
    command = [sys.executable, "-m", "gateway", "attack", str(town), "--office", OFFICE, "--json"]
    done = subprocess.run([*command, "--only", "rewrite"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["failed"], document["exit"]) == (False, 0)
    (found,) = document["attacks"]
    assert (found["attack"], found["verdict"], found["setting"]) == ("rewrite", "stopped", "live")
    assert all(one["line"] and one["stopped_by"].startswith("ledger/proofs/headers.py:") for one in found["tries"])
    assert found["title"]["zh"] == "运营者改写已封印的区块"


@pytest.mark.slow
def test_a_refusal_on_another_ground_is_inconclusive_and_ends_with_three(town: Path) -> None:
    """The owner takes back what it had granted: every question is refused, and no attack is shown to be stopped."""
    attack(town, "small-sets")
    owner = node_config.load(town / "parties" / REGISTRARS[0] / "node.toml")
    with closing(Officer(owner)) as officer:
        granted = Case(officer, f"{OFFICE}/attack-trial/sales-1")
        granted.suspend("for this test")
        try:
            told = Deaf()
            scene = Scene(town, told.say, OFFICE)
            found = list(suite.run(scene, suite.choose(["lying-coordinator", "threshold-pair"]), told))
        finally:
            granted.resume()
    assert suite.exit_code(found) == suite.UNDECIDED
    lies = [one for one in found[0].tries if "no operation" not in one.what.en]  # that one may be refused for itself
    assert len(lies) == 3
    assert {one.verdict for one in lies} == {Verdict.INCONCLUSIVE}
    assert all("suspended" in one.line and "expected: " in one.line for one in lies)
    [pair] = found[1].tries  # without an ordinary answer from before it has nothing to begin with
    assert pair.verdict in (Verdict.SKIPPED, Verdict.INCONCLUSIVE)


@pytest.mark.slow
def test_a_released_result_says_by_command_that_its_data_are_objected_to_and_then_corrected(town: Path) -> None:
    """Who holds the evidence learns it from the chain; the evidence itself still verifies as what it was."""
    attack(town, "small-sets")
    trust = read_trust(town / "trust.json")
    released = sorted((town / "parties" / OFFICE / "state" / "jobs").glob("*/evidence.json"))
    questions = {path: examine(path.read_bytes(), trust).agreement.question for path in released}
    evidence = next(path for path in released if "sales-1" in {s.asset for s in questions[path].sources})

    def shuxin(party: str, *arguments: object) -> tuple[int, str]:
        config = town / "parties" / party / "node.toml"
        command = [sys.executable, "-m", "gateway", *map(str, arguments), "--config", str(config)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout + done.stderr

    marks = ("objection", "marks", evidence)
    code, said = shuxin(OFFICE, *marks)
    assert (code, "sales-1: clear" in said) == (0, True)
    case = (f"{OFFICE}/attack-trial/sales-1", "prices")
    code, said = shuxin(OFFICE, "objection", "raise", *case, "--words", "a price is missing", "--language", "zh")
    assert (code, "已提出校核申请，区块" in said) == (0, True), said
    for party in (OFFICE, REGISTRARS[1]):  # it follows from the chain, so everybody is told the same
        code, said = shuxin(party, *marks, "--language", "zh")
        assert (code, "sales-1：异议处理中" in said) == (3, True), said
    assert "sales-2：无异议" in said
    code, said = shuxin(REGISTRARS[0], "objection", "answer", *case, "--corrected", "--words", "it was added")
    assert (code, "corrected, block" in said) == (0, True), said
    code, said = shuxin(OFFICE, *marks, "--json")
    found = json.loads(said)
    assert (code, found["sales-1"], found["sales-2"]) == (3, "corrected since", "clear")
    verify = [sys.executable, "-m", "gateway", "verify", str(evidence), "--trust", str(town / "trust.json")]
    assert subprocess.run(verify, capture_output=True, timeout=120, check=False).returncode == 0
