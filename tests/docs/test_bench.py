"""``scripts/bench``: every program is known, a run goes on where it was, and no figure passes for more than was run."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from measuring import __main__ as command  # noqa: E402 - found by the line above
from measuring import earlier, page, plots, running  # noqa: E402 - found by the line above
from measuring.profiles import profiles  # noqa: E402
from measuring.programs import PARTS, PROGRAMS, Figure, Kind, Program, programs  # noqa: E402
from measuring.running import Run  # noqa: E402

BY_NAME = {program.name: program for program in PROGRAMS}
STREAMS = """                                      wall         CPU
streams, durable                     480,000     500,000  salted leaves/s of 1,000,000
streams, durable and anchored        345,000     360,000  (required 300,000)
ratio to pymerkle 9.1 (required 5)
"""
SUMS = """     rows   plain s  masked s  ratio  cpu ns/value/party  peak MB
   10,000    0.0020    0.0050   2.50                31.0       90
  100,000    0.0200    0.0400   2.00                30.0      120
1,000,000    0.2000    0.4200   2.10                30.0      240
"""


def ran(name: str, output: str) -> tuple[Program, Run]:
    return BY_NAME[name], Run(name, (), 0, 1.0, 1.0, (0.5, 0.7), output)


def program(folder: Path, text: str) -> Path:
    file = folder / "measure.py"
    file.write_text(text)
    return file


def test_every_program_of_benchmarks_is_run_or_named_as_a_part() -> None:
    folder = ROOT / "benchmarks"
    there = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert there == set(BY_NAME) | set(PARTS)
    assert {program.name for program in programs(folder)} == set(BY_NAME)
    assert len(BY_NAME) == len(PROGRAMS)


def test_a_program_that_the_table_does_not_know_is_run_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "further.py").write_text("print(1)")
    assert programs(tmp_path)[-1] == Program("further", quick=None)


def test_ratios_rates_and_points_are_read_from_what_a_program_prints() -> None:
    streams, sums = (list(BY_NAME[name].figures(text)) for name, text in (("streams", STREAMS), ("masked_sums", SUMS)))
    assert [(one.kind, one.value) for one in streams] == [(Kind.RATIO, 9.1), (Kind.RATE, 345_000)]
    assert [one.value for one in sums if one.kind is Kind.RATIO] == [2.0]
    points = [(one.size, one.value) for one in sums if one.kind is Kind.POINT]
    assert points == [(10_000, 0.005), (100_000, 0.04), (1_000_000, 0.42)]
    assert list(BY_NAME["streams"].figures("something else")) == []


def test_a_run_that_ended_is_kept_and_one_that_was_stopped_is_not(tmp_path: Path) -> None:
    ended = running.run(program(tmp_path, "print('ratio 2')"), ["--x"], 30)
    running.keep(tmp_path, ended)
    assert (ended.code, ended.output) == (0, "ratio 2\n")
    assert running.kept(tmp_path, "measure", ["--x"]) == ended
    assert running.kept(tmp_path, "measure", ["--y"]) is None
    stopped = running.run(program(tmp_path, "print('so far', flush=True)\nimport time\ntime.sleep(60)"), [], 3.0)
    running.keep(tmp_path, stopped)
    assert (stopped.code, stopped.output) == (None, "so far\n")
    assert running.kept(tmp_path, "measure", []) is None


ENDS = "import time\ntry:\n    print('so far', flush=True)\n    time.sleep(60)\nfinally:\n    print('ended')"
STAYS = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('so far', flush=True)\ntime.sleep(60)"


@pytest.mark.parametrize(("text", "ending_s", "output"), [(ENDS, 60.0, "so far\nended\n"), (STAYS, 1.0, "so far\n")])
def test_a_program_that_is_stopped_may_end_what_it_started_and_is_killed_if_it_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, ending_s: float, output: str
) -> None:
    monkeypatch.setattr(running, "ENDING_S", ending_s)
    stopped = running.run(program(tmp_path, text), [], 3.0)
    assert (stopped.code, stopped.output) == (None, output)


def report(folder: Path, size: str, machine: dict[str, str], *runs: Run) -> Path:
    file = folder / "benchmarks.json"
    file.write_text(json.dumps({"size": size, "machine": machine, "runs": [asdict(run) for run in runs]}))
    return file


def test_the_runs_of_an_earlier_report_stand_in_the_next_one(tmp_path: Path) -> None:
    (_, ended), machine = ran("streams", STREAMS), {"cores": "2"}
    stopped, newer = Run("join", (), None, 1.0, 1.0, (0.0, 0.0), ""), ran("masked_sums", "newer")[1]
    kept = tmp_path / "full"
    running.keep(kept, newer)
    before = report(tmp_path, "full", machine, ended, stopped, ran("masked_sums", SUMS)[1])
    earlier.take_over(before, kept, "full", machine)
    assert running.kept(kept, "streams", ()) == ended
    assert running.kept(kept, "masked_sums", ()) == newer  # what was measured here counts
    assert not (kept / "join.json").exists()  # it never ended


@pytest.mark.parametrize(("size", "cores"), [("quick", "2"), ("full", "4")])
def test_a_report_of_another_size_or_machine_is_not_taken_over(tmp_path: Path, size: str, cores: str) -> None:
    before = report(tmp_path, "full", {"cores": "2"}, ran("streams", STREAMS)[1])
    earlier.take_over(before, tmp_path / size, size, {"cores": cores})
    assert not (tmp_path / size).exists()
    earlier.take_over(tmp_path / "none.json", tmp_path / size, size, {})  # there need be no report


def test_a_chosen_list_is_run_within_its_time_and_the_rest_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "benchmarks").mkdir()
    for name in ("streams", "join"):
        (tmp_path / "benchmarks" / f"{name}.py").write_text(f"print({STREAMS!r})")
    monkeypatch.setattr(command, "BENCHMARKS", tmp_path / "benchmarks")
    where = ["--out", str(tmp_path / "out"), "--docs", str(tmp_path / "docs")]
    assert command.main([*where, "--only", "streams", "--within", "5"]) == 0
    assert command.main([*where, "--only", "join", "--within", "0"]) == 0
    told = json.loads((tmp_path / "docs" / "benchmarks.json").read_text())
    assert [run["program"] for run in told["runs"]] == ["streams"]
    assert (told["missing"]["join"], told["missing"]["gate"]) == ("no time was left", "not asked for")
    assert "| pymerkle: leaves a second | 9.10 | more |" in (tmp_path / "docs" / "benchmarks.md").read_text()


def test_a_profile_that_was_not_run_whole_is_called_extrapolated() -> None:
    (part,) = profiles({"wuhan-day registrations": 100.0, "wuhan-day cases": 40.0})
    (whole,) = profiles({"wuhan-day registrations": 100.0, "wuhan-day cases": 1000.0})
    assert (part.needed_s, part.is_extrapolated, whole.is_extrapolated) == (50.0, True, False)
    assert "extrapolated from 4.00% of it" in part.sentence()
    assert "extrapolated" not in whole.sentence()
    (records,) = profiles({"leaves, durable and anchored": 345_000.0})
    assert records.is_extrapolated
    assert profiles({}) == []


def test_the_page_shows_machine_ratios_what_is_missing_and_the_output_itself(tmp_path: Path) -> None:
    measured = [ran("streams", STREAMS), ran("masked_sums", SUMS)]
    figures = [figure for done, run in measured for figure in done.figures(run.output)]
    pictures = plots.draw(figures, tmp_path)
    assert set(pictures) == {"ratios", "growth"}
    text = page.page(measured, {"boosting": "SHUXIN_DATA"}, {"cores": "2"}, "quick", pictures)
    assert "| pymerkle: leaves a second | 9.10 | more |" in text
    assert "quzhou-day" in text
    assert "not run: SHUXIN_DATA" in text
    assert "required 300,000" in text
    assert "load average 0.5 to 0.7" in text


def test_what_draws_nothing_leaves_no_picture(tmp_path: Path) -> None:
    assert plots.draw([Figure(Kind.RATE, "only a rate", 3.0)], tmp_path) == {}


@pytest.mark.parametrize("name", ["streams", "wuhan_day", "statute_load"])
def test_what_the_profiles_rest_on_is_printed_by_its_program(name: str) -> None:
    source = (ROOT / "benchmarks" / f"{name}.py").read_text(encoding="utf-8")
    words = {
        "streams": "streams, durable and anchored",
        "wuhan_day": "registrations a second",
        "statute_load": "tx/s wall",
    }
    assert words[name] in source
