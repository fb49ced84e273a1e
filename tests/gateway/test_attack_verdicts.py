"""The verdicts of ``shuxin attack``: a try counts as stopped only if the line that is there to stop it said no."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway.attacks import defence, suite
from gateway.attacks.asking import answers
from gateway.attacks.asking.answers import Answer, closed, grounds, unanswered, without_base
from gateway.attacks.asking.questions import _not_both
from gateway.attacks.asking.repeating import unchanged
from gateway.attacks.attack import (
    NOTHING,
    Attack,
    Outcome,
    Setting,
    Try,
    Verdict,
    as_stated,
    failed,
    inconclusive,
    refused,
    skipped,
    stopped,
)
from gateway.attacks.defence import GATE, ISOLATES, RECORD, ROOT, Defence
from gateway.attacks.narration import Narrator
from gateway.attacks.scene import Scene
from ledger.errors import BackendError, NotFound
from mpc.protocols.words import Text

DEFENCES = {name: found for name, found in vars(defence).items() if isinstance(found, Defence)}
WHAT = Text("a question", "一个提问")
OPENED = Answer(b"", "released", {"cells": {"count": "12"}})
WITHHELD = Answer(b"", "released", {"cells": {}, "withheld": ["count"]})
ISOLATING = Answer(b"", f"job refused by x: disclosure [own log of x: disclosure: together {ISOLATES.words}]")
OTHERWISE = [
    Answer(b"", "job aborted by x: timeout: join-rows"),
    Answer(b"", "the job did not finish in time: proposed, and waits for x; run the command again"),
    Answer(b"", "the chain refuses to propose: job: authorization expired"),
    Answer(b"", "network: chain: Connection refused"),
    Answer(b"", "job refused by x: disclosure [own log of x: disclosure: version]"),
]


@pytest.mark.parametrize("name", DEFENCES)
def test_every_defence_stands_where_it_is_said_to_stand(name: str) -> None:
    found = DEFENCES[name]
    file, _, number = found.place.partition(":")
    line = (ROOT / file).read_text(encoding="utf-8").splitlines()[int(number) - 1]
    assert (found.source or found.words) in line


def test_a_defence_that_is_nowhere_has_no_line() -> None:
    assert Defence("words of nobody", "mpc/vector.py").place == "mpc/vector.py"
    assert Defence("words of nobody", "no/such/file.py").place == "no/such/file.py"


@pytest.mark.parametrize("answer", OTHERWISE, ids=lambda answer: answer.line[:30])
def test_a_timeout_or_a_refusal_on_another_ground_stops_no_attack(answer: Answer) -> None:
    for found in (closed(WHAT, answer, "count"), closed(WHAT, answer, "count", gate=GATE)):
        assert found.verdict is Verdict.INCONCLUSIVE
    for found in (unanswered(WHAT, answer, ISOLATES), unchanged(WHAT, OPENED, answer), refused(WHAT, answer.line)):
        assert found.verdict is Verdict.INCONCLUSIVE
    assert "expected: " in unanswered(WHAT, answer, ISOLATES).line
    assert without_base(answer).verdict is Verdict.SKIPPED


def test_the_right_refusal_stops_an_attack_and_names_its_line() -> None:
    for found in (closed(WHAT, ISOLATING, "count"), unanswered(WHAT, ISOLATING, GATE, ISOLATES)):
        assert found.verdict is Verdict.STOPPED
        assert found.place.startswith("mpc/disclosure/before/precedent.py:")


def test_an_answer_that_opens_the_cell_is_a_failure() -> None:
    assert closed(WHAT, OPENED, "count", gate=GATE).verdict is Verdict.FAILED
    assert closed(WHAT, OPENED, "bin0", "count").verdict is Verdict.FAILED
    for answer in (OPENED, WITHHELD):  # a question that must be refused
        assert unanswered(WHAT, answer, ISOLATES).verdict is Verdict.FAILED


def test_a_withheld_cell_counts_where_a_gate_is_expected_and_is_in_the_answer() -> None:
    assert closed(WHAT, WITHHELD, "count", gate=GATE).verdict is Verdict.STOPPED
    assert closed(WHAT, WITHHELD, "count").verdict is Verdict.INCONCLUSIVE  # an answer where a refusal was expected
    assert closed(WHAT, WITHHELD, "bin0", gate=GATE).verdict is Verdict.INCONCLUSIVE  # no such cell in the answer


@pytest.mark.parametrize(
    ("cells", "withheld", "verdict"),
    [
        ({"count": "22", "bin1": "20"}, ["bin0"], Verdict.FAILED),
        ({"bin1": "20"}, ["bin0", "count"], Verdict.STOPPED),
        ({}, [], Verdict.INCONCLUSIVE),
    ],
)
def test_a_whole_beside_all_but_its_hidden_part_is_a_failure(
    cells: dict[str, str], withheld: list[str], verdict: Verdict
) -> None:
    assert _not_both(Answer(b"", "", {"cells": cells, "withheld": withheld})).verdict is verdict


def test_a_second_answer_with_other_figures_is_a_failure() -> None:
    other = Answer(b"", "released", {"cells": {"count": "13"}})
    assert [unchanged(WHAT, OPENED, again).verdict for again in (OPENED, other)] == [Verdict.STOPPED, Verdict.FAILED]


# outcomes


def attack(*tries: Try, breaks: bool = False) -> Attack:
    def run(_scene: Scene) -> Iterator[Try]:
        yield from tries
        if breaks:
            raise BackendError("network: the relay does not answer")

    return Attack("x", WHAT, WHAT, Setting.LIVE, NOTHING, ("x",), run)


def outcome(*tries: Try) -> Outcome:
    return Outcome(attack(*tries), tries)


STOPPED, STATED = stopped(WHAT, "no", GATE), as_stated(WHAT, "yes")


def test_the_gravest_try_is_the_verdict_and_decides_the_exit_code() -> None:
    good = outcome(STOPPED, STATED)
    doubtful = [outcome(STOPPED, skipped(WHAT, "b")), outcome(inconclusive(WHAT, "b"), STATED), outcome()]
    bad = outcome(STATED, failed(WHAT, "b"), skipped(WHAT, "b"))
    assert [found.verdict for found in (good, *doubtful, bad)] == [
        Verdict.STATED,
        Verdict.SKIPPED,
        Verdict.INCONCLUSIVE,
        Verdict.SKIPPED,
        Verdict.FAILED,
    ]
    assert suite.exit_code([good]) == 0
    assert [suite.exit_code([good, found]) for found in doubtful] == [3, 3, 3]
    assert suite.exit_code([good, *doubtful, bad]) == 1


def narrated(language: str, *attacks: Attack) -> tuple[str, list[Outcome]]:
    out = io.StringIO()
    narrator = Narrator("zh" if language == "zh" else "en", out=out, err=io.StringIO())
    outcomes = list(suite.run(None, attacks, narrator))  # type: ignore[arg-type]
    narrator.conclude(outcomes)
    return out.getvalue(), outcomes


def test_an_error_of_the_network_ends_its_attack_without_a_verdict_and_the_next_one_begins() -> None:
    text, (first, second) = narrated("en", attack(STOPPED, breaks=True), attack(STATED))
    assert [one.verdict for one in first.tries] == [Verdict.STOPPED, Verdict.INCONCLUSIVE]
    assert "BackendError: network: the relay does not answer" in text
    assert second.verdict is Verdict.STATED


def test_what_is_told_has_place_verdict_line_and_source_in_both_languages() -> None:
    english, _ = narrated("en", attack(STOPPED), attack(STATED))
    assert "[1/2] x (live): a question" in english
    assert f"  stopped: a question\n      no\n      stopped by {GATE.place}\n" in english
    assert "1 stopped, 1 succeeded as stated, 0 not tried, 0 inconclusive, 0 FAILED" in english
    chinese, _ = narrated("zh", attack(STOPPED), attack(STATED))
    assert f"  已阻止: 一个提问\n      no\n      阻止于 {GATE.place}\n" in chinese
    assert "合计: 1 已阻止" in chinese


def test_who_reads_the_document_hears_no_outcome_twice() -> None:
    out, err = io.StringIO(), io.StringIO()
    narrator = Narrator("en", quiet=True, out=out, err=err)
    list(suite.run(None, [attack(STOPPED)], narrator))  # type: ignore[arg-type]
    narrator.say("asking")
    assert out.getvalue() == ""
    assert err.getvalue() == "[1/1] x: asking\n"


def test_an_unknown_attack_and_a_directory_without_network_are_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no attack 'none'; there are tracker"):
        suite.choose(["none"])
    with pytest.raises(NotFound, match="no network here"):
        Scene(tmp_path, lambda _: None)


def test_rehearsals_need_no_network() -> None:
    quick = [found for found in suite.ATTACKS if found.setting is Setting.REHEARSAL]
    _, outcomes = narrated("en", *quick)
    tries = {(found.attack.name, one.verdict) for found in outcomes for one in found.tries}
    assert {verdict for _, verdict in tries} == {Verdict.STOPPED, Verdict.STATED}
    names = {found.name for found in quick}
    assert names == {"lying-relay", "averaging", "collusion", "colluding-bits", "invented-ids", "pooled-join"}
    assert {name for name, verdict in tries if verdict is Verdict.STATED} == names - {"lying-relay"}
    assert {name for name, verdict in tries if verdict is Verdict.STOPPED} == names - {"colluding-bits"}


# whose refusal


def said(home: Path, job: bytes, *lines: str) -> None:
    path = home / "state" / "jobs" / job.hex() / "progress.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps({"step": "refused", "reason": line}) + "\n" for line in lines))


def test_the_refusal_of_the_attackers_own_node_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "OWNERS_WAIT_S", 0.0)
    nodes = {code: SimpleNamespace(state=tmp_path / code / "state") for code in ("office", "owner", "other")}
    line, job, both = "job refused by office: job: record", b"\1" * 32, b"\2" * 32
    said(tmp_path / "office", job, RECORD.words)
    found = line + grounds(nodes, "office", job, line)  # type: ignore[arg-type]
    assert found == line + answers.NOBODY
    assert refused(WHAT, found, RECORD).verdict is Verdict.INCONCLUSIVE
    for code in ("office", "owner", "other"):
        said(tmp_path / code, both, f"{RECORD.words}, says {code}")
    found = line + grounds(nodes, "office", both, line)  # type: ignore[arg-type]
    assert found.endswith(f"[own log of owner: {RECORD.words}, says owner]")
    assert refused(WHAT, found, RECORD).verdict is Verdict.STOPPED
    named = grounds(nodes, "office", both, "job refused by other: job: record")  # type: ignore[arg-type]
    assert named.endswith("says other]")
