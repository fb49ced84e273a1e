"""What a followed question leaves: events with stable names, a way on after Ctrl-C, a data frame with its evidence."""

from __future__ import annotations

import io
import json
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import typer

from gateway.cli.following import INTERRUPTED, following
from gateway.cli.tongue import Tongue
from gateway.statistics.events import Event, Lines
from gateway.statistics.query import frame
from gateway.statistics.querying import Result
from ledger.errors import NotFound
from mpc.sql.answering.rows import Answer

JOB = "ab" * 32
ROWS = (("north", Fraction(12), Fraction(1, 3)), ("south", None, None))
ANSWER = Answer(("district", "n", "mean"), ROWS, (("south",),))
RESULT = Result("SELECT ..", ANSWER, (bytes.fromhex(JOB),), ((Path("answer/job-1/evidence.json"), "cd" * 32),))
NAMES = {
    "query.started", "job.started", "job.proposed", "job.followed", "job.retried", "job.answered-before", "job.state",
    "job.step", "job.released", "job.cancelled", "query.interrupted", "query.answered",
}  # fmt: skip


def test_the_names_of_events_are_those_that_programs_rely_on() -> None:
    assert {event.value for event in Event} == NAMES
    page = (Path(__file__).parents[2] / "docs" / "query.md").read_text(encoding="utf-8")
    assert not [name for name in NAMES if f"`{name}`" not in page]


def test_an_event_is_one_line_of_json() -> None:
    written = io.StringIO()
    Lines(written)(Event.STEP, job=JOB, party="office", step="会话\n", seconds=1.5)
    (line,) = written.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("at") > 0
    assert found == {"event": "job.step", "job": JOB, "party": "office", "step": "会话\n", "seconds": 1.5}


def test_events_go_to_a_file_or_to_standard_error_and_never_between_the_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for events in (tmp_path / "events", Path("-"), None):
        with following(Path("node.toml"), events, Tongue.EN) as (say, emit):
            say("words")
            emit(Event.STARTED, jobs=1)
    said = capsys.readouterr()
    assert said.out == "words\n" * 3
    assert [json.loads(line)["event"] for line in said.err.splitlines()] == ["query.started"]
    assert json.loads((tmp_path / "events").read_text())["jobs"] == 1


@pytest.mark.parametrize(("language", "word"), [(Tongue.EN, "go on: run the same command again"), (Tongue.ZH, "继续")])
def test_ctrl_c_says_how_to_go_on_and_how_to_cancel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], language: Tongue, word: str
) -> None:
    with pytest.raises(typer.Exit) as ended:
        interrupted(tmp_path / "events", language)
    assert ended.value.exit_code == INTERRUPTED
    said = capsys.readouterr().err
    assert word in said
    assert f"shuxin job cancel {JOB} --config node.toml" in said
    last = json.loads((tmp_path / "events").read_text().splitlines()[-1])
    assert (last["event"], last["job"]) == ("query.interrupted", JOB)


def interrupted(events: Path, language: Tongue) -> None:
    with following(Path("node.toml"), events, language) as (_, emit):
        emit(Event.PROPOSED, job=JOB, party="office")
        raise KeyboardInterrupt


def test_ctrl_c_before_anything_was_asked_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit), following(Path("node.toml"), None, Tongue.EN):
        raise KeyboardInterrupt
    assert capsys.readouterr().err == "stopped; nothing was asked yet\n"


def test_an_answer_is_a_data_frame_that_names_its_evidence() -> None:
    pytest.importorskip("pandas")
    found = frame(RESULT)
    assert list(found.columns) == ["district", "n", "mean"]
    assert found["n"][0] == 12
    assert found["mean"][0] == pytest.approx(1 / 3)
    assert found["n"].isna().tolist() == [False, True]
    assert found.attrs["evidence"] == RESULT.json()["evidence"]
    assert found.attrs["evidence"][0]["job"] == "0x" + JOB
    assert found.attrs["withheld"] == [["south"]]


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(NotFound, match=r"pip install 'shuxin\[pandas\]'"):
        frame(RESULT)
