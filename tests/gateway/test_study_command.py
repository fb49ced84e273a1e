"""``shuxin study``: the jobs a study would ask, the table it prints, and what it refuses before asking."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import office, run
from extracts import CREDIT, Extract
from pooledtables import Pool
from smallnetwork import found_registrars
from townspecs import OFFICE

from gateway.cli.computing.querying import Request
from gateway.statistics.querying import Done, Result
from mpc.spec.moments import MomentsSpec

COMMON = ["--purpose", "survey"]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("network")
    found_registrars(directory)
    return directory


@pytest.fixture
def pool(network: Path, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Tables whose jobs are answered from the owners' own rows, without protocol or chain."""
    folder = network / "parties" / OFFICE / "tables"
    folder.mkdir(exist_ok=True)
    rows = {
        n: [(f"{n}{i:03d}", ("north", "south")[i % 2], 100 * (7 * i * n % 61), i % 17 - 8) for i in range(40)]
        for n in (1, 2, 3)
    }
    pool = Pool(folder, rows, ["1000"])

    def ask(request: Request, sql: str) -> Result:
        request.output.mkdir(parents=True, exist_ok=True)
        return Result(sql, pool.ask(sql), (), ())

    monkeypatch.setattr(Request, "ask", ask)
    return pool


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "permits", "--value", "fee", "--by", "district"], "Welch t"),
        (["regress", "permits", "--y", "fee", "--on", "days", "--where", "days < 5", "--ridge", "1/3"], "coefficient"),
        (["describe", "permits", "--column", "fee", "--by", "district"], "description of fee"),
        (["histogram", "permits", "--by", "fee:10,30"], "quantile 0.5"),
        (["table", "permits", "--rows", "days:0", "--columns", "fee:20,40", "--language", "zh"], "卡方"),
        (["weights", "permits", "--by", "fee:10,30", "--outcome", "district=north,south"], "information value"),
        (["shares", "permits", "--event", "fee:20", "--by", "district"], "difference of shares"),
        (["mean", "permits", "--value", "fee", "--against", "days"], "paired t"),
        (["ranks", "permits", "--value", "fee", "--bounds", "10,30", "--by", "district"], "Mann-Whitney"),
        (["signed-ranks", "permits", "--value", "days", "--bounds", "1.5,4.5"], "Wilcoxon"),
        (["survival", "permits", "--time", "days:0", "--event", "fee:30", "--by", "district"], "log-rank"),
    ],
)
def test_a_study_is_concluded(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["study", *arguments, *COMMON, *office(network), "-o", str(tmp_path / "out")]) == 0
    assert said in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "study.json").read_text())["queries"][0]["sql"].startswith("SELECT")


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    ("arguments", "jobs"),
    [
        (["independence", "permits", "--value", "fee", "--bounds", "10, 30", "--by", "district"], 1),
        (["spearman", "permits", "--one", "days:-3,3", "--other", "fee:30"], 3),
        (["covariance", "permits", "--column", "fee", "--column", "days"], 3),
    ],
)
def test_the_jobs_of_a_study_are_explained_before_anybody_is_asked(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], jobs: int
) -> None:
    assert run(["study", *arguments, *COMMON, *office(network), "-o", str(tmp_path), "--explain", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == jobs


@pytest.mark.usefixtures("pool")
def test_explain_says_how_many_jobs_and_by_which_rule(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = ["study", "covariance", "permits", "--column", "fee", "--column", "days", *COMMON, *office(network)]
    common = [*study, "-o", str(tmp_path), "--explain"]
    assert run([*common, "--jobs", "one", "--json"]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert job["statistic"] == "masked-moments"
    assert "1 job of 2 columns instead of 3" in job["rule"]
    assert run([*common, "--language", "zh"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("不足 3 列")
    assert "任务 3/3" in shown


@pytest.mark.usefixtures("pool")
def test_a_query_that_is_no_matrix_and_one_with_noise_are_not_asked_in_one_job(
    network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["query", "SELECT sum(fee) FROM permits", *COMMON, *office(network), "--explain", "--jobs", "one"]
    assert run(asked) == 2
    assert "--jobs each" in capsys.readouterr().err
    assert run([*asked, "--private", "--recipients", "everybody"]) == 2
    assert "--jobs is of exact figures" in capsys.readouterr().err


@pytest.fixture
def credit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Card holders of a published file, whose steps are answered from the owners' rows; the options to name them."""
    folder = tmp_path / "tables"
    folder.mkdir()
    extract = Extract(folder, *CREDIT)

    def ask(request: Request, spec: MomentsSpec, home: Path) -> Done:
        return Done(extract.opened(spec), bytes(32), (home / "evidence.json", "0" * 64))

    monkeypatch.setattr(Request, "ask_job", ask)
    return ["logistic", "people", "--y", "defaulted", "--on", "limit_bal", "--tables", str(folder)]


def test_a_regression_by_steps_is_explained_asked_and_concluded(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], credit: list[str]
) -> None:
    common = [*COMMON, *office(network), "-o", str(tmp_path / "out")]
    assert run(["study", *credit, *common, "--explain", "--language", "zh"]) == 0
    assert "第一步" in capsys.readouterr().out
    assert run(["study", *credit, *common]) == 0
    shown = capsys.readouterr().out
    assert "converged in" in shown
    assert "step 2" in shown
    document = json.loads((tmp_path / "out" / "study.json").read_text())
    assert [term["term"] for term in document["rows"]] == ["constant", "limit_bal"]
    assert document["queries"][0]["specification"]["statistic"] == "masked-moments"


@pytest.mark.usefixtures("pool")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["correlate", "permits", "--column", "fee", "--column", "fee"], "two different columns"),
        (["compare", "permits", "--value", "fee", "--by", "fee:3"], "expected a declared group"),
        (["spearman", "permits", "--one", "days", "--other", "fee:10"], "expected COLUMN:A,B"),
        (["weights", "permits", "--by", "fee:10", "--outcome", "district"], "two values"),
        (["table", "permits", "--rows", "fee:1", "--columns", "fee:2"], "two different columns"),
        (["signed-ranks", "permits", "--value", "days", "--bounds", "0"], "positive"),
        (["logistic", "permits", "--y", "days", "--on", "fee"], "bound 1"),
        (["poisson", "permits", "--y", "fee", "--on", "days", "--explain"], "whole number"),
        (["logistic", "permits", "--y", "fee", "--on", "fee"], "none of the columns"),
        (["regress", "permits", "--y", "fee", "--on", "fee"], "none of the columns"),
        (["regress", "permits", "--y", "fee", "--on", "days", "--ridge", "much"], "expected a number"),
        (["regress", "permits", "--y", "fee", "--on", "district"], "another type"),
        (["regress", "permits", "--y", "fee", "--on", "days", "--jobs", "two"], "expected one or each"),
        (["regress", "permits", "--y", "fee", "--on", "days", "--where", "days < 5 OR days > 7"], "one range"),
        (["compare", "permits", "--value", "fee", "--by", "permit"], "as a group"),
        (["independence", "permits", "--value", "fee", "--bounds", "30,10", "--by", "district"], "ascending"),
    ],
)
def test_a_study_that_cannot_be_asked_is_refused_in_one_line(
    network: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["study", *arguments, *COMMON, *office(network)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
