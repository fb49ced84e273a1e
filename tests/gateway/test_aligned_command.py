"""``shuxin query`` and ``study`` with ``--align`` or ``--engine``: explained, rehearsed and refused, nobody asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from alignedpool import AlignedPool
from commandline import office, run
from smallnetwork import found_registrars
from townspecs import OFFICE

SQL = "SELECT corr(hours, visits), count(*) FROM pays JOIN care_visits USING (id)"
COUNT = "SELECT count(*) FROM pays JOIN care_visits USING (id)"
ROWS = "pays JOIN care_visits USING (id) JOIN taxes USING (id)"
SECRET = f"SELECT corr(hours, visits), count(*) FROM {ROWS} WHERE band < 7"
"""Pay and visits of those whom the revenue office has in a band, which it tells nobody."""


class WithEngines(AlignedPool):
    _engines = True


@pytest.fixture(scope="module")
def engines(common: list[str]) -> list[str]:
    """The same options, with descriptions that say that owners have engines."""
    return [*common, "--tables", str(Path(common[common.index("--config") + 1]).parents[2] / "engines")]


@pytest.fixture(scope="module")
def common(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options of every command here, with the departments' descriptions."""
    directory = tmp_path_factory.mktemp("network")
    found_registrars(directory)
    folder = directory / "parties" / OFFICE / "tables"
    folder.mkdir()
    AlignedPool(folder)
    (directory / "engines").mkdir()
    WithEngines(directory / "engines")
    return ["--purpose", "survey", *office(directory)]


def test_explaining_names_the_owners_that_are_told(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", SQL, "--align", "--explain", *common]) == 0
    assert "health, labour are told which of their keys all owners hold" in capsys.readouterr().out
    assert run(["query", COUNT, "--align", "--told", "labour", "--explain", "--json", *common]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert job["specification"]["told"] == ["labour"]
    assert any("common" in line for line in job["learned"])


def test_without_the_flag_the_refusal_names_it(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["query", SQL, "--explain", *common]) == 2
    assert "every owner then learns which keys all hold; instead: --align" in capsys.readouterr().err
    assert run(["query", COUNT, "--told", "labour", "--explain", *common]) == 2
    assert "beside --align" in capsys.readouterr().err


def test_the_flag_stands_beside_no_noise(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    private = ["--private", "--micro-rho", "count=1", "--recipients", "everybody"]
    assert run(["query", COUNT, "--align", *private, "--explain", "--language", "zh", *common]) == 2
    assert "被告知的标识没有噪声" in capsys.readouterr().err


def test_a_study_over_two_owners_columns_is_one_job(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    columns = ["--column", "p.hours", "--column", "v.visits"]
    study = ["study", "correlate", "pays p JOIN care_visits v USING (id)", *columns, "--explain", "--json", *common]
    assert run([*study, "--align"]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert job["statistic"] == "aligned"
    assert run(study) == 2
    assert "instead: --align" in capsys.readouterr().err


def test_a_paired_test_of_two_owners_columns_is_one_job(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    study = ["study", "mean", "pays p JOIN care_visits v USING (id)", "--value", "p.hours", "--against", "v.visits"]
    assert run([*study, "--align", "--explain", "--json", *common]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert job["statistic"] == "aligned"


def test_a_fit_by_steps_is_refused_over_a_join(common: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    fit = ["study", "logistic", "pays p JOIN care_visits v USING (id)", "--y", "p.hours", "--on", "v.visits"]
    assert run([*fit, "--align", "--explain", *common]) == 2
    assert "over a joint table, not over a join" in capsys.readouterr().err


def test_a_sample_shows_the_form_of_an_answer(
    common: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["query", SQL, "--align", "--sample", "300", "--json", "-o", str(tmp_path), *common]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["invented"] is True
    assert list(found["rows"][0]) == ["corr(hours, visits)", "count(*)"]


def test_with_engines_a_condition_of_a_third_owner_is_explained_and_rehearsed(
    engines: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["query", SECRET, "--engine", "--explain", "--json", *engines]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert job["specification"]["engines"] == ["health", "labour", "revenue"]
    assert any("one bit" in line for line in job["learned"])
    assert run(["query", SECRET, "--engine", "--explain", "--language", "zh", *engines]) == 0
    assert "无人得知哪些行匹配" in capsys.readouterr().out
    assert run(["query", SECRET, "--engine", "--sample", "300", "--json", "-o", str(tmp_path), *engines]) == 0
    assert json.loads(capsys.readouterr().out)["invented"] is True


def test_without_engines_the_flag_is_refused_with_what_can_be_asked(
    common: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["query", SECRET, "--engine", "--explain", *common]) == 2
    told = capsys.readouterr().err
    assert "an engine at three of them (docs/spu.md)" in told
    assert "--align" in told
    assert run(["query", COUNT, "--engine", "--align", "--explain", *common]) == 2
    assert "one of them" in capsys.readouterr().err


def test_a_study_takes_the_flag_too(engines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    fit = ["--y", "hours", "--on", "visits", "--where", "band < 7"]
    assert run(["study", "regress", ROWS, *fit, "--engine", "--explain", "--json", *engines]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert job["statistic"] == "matched"
