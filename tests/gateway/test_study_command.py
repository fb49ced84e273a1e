"""``shuxin study``: the jobs a study would ask, the table it prints, and what it refuses before asking."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import office, run
from pooledtables import Pool
from smallnetwork import found_registrars
from townspecs import OFFICE

from gateway.cli.querying import Request
from gateway.statistics.querying import Result

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
    ("arguments", "jobs", "said"),
    [
        (["compare", "permits", "--value", "fee", "--by", "district"], 1, "Welch t"),
        (["independence", "permits", "--value", "fee", "--bounds", "10, 30", "--by", "district"], 1, "chi-square"),
        (["correlate", "permits", "--column", "fee", "--column", "days"], 3, "correlation over 120 rows"),
        (["regress", "permits", "--y", "fee", "--on", "days", "--where", "days < 45 OR days < 45"], 0, ""),
        (["regress", "permits", "--y", "fee", "--on", "days", "--where", "days < 45"], 3, "R squared"),
        (["regress", "permits", "--y", "fee", "--on", "days", "--ridge", "1/3"], 3, "coefficient"),
        (["covariance", "permits", "--column", "fee", "--column", "days"], 3, "covariances over 120 rows"),
        (["describe", "permits", "--column", "fee", "--by", "district"], 1, "description of fee"),
        (["histogram", "permits", "--by", "fee:10,30"], 1, "quantile 0.5"),
        (["table", "permits", "--rows", "days:0", "--columns", "fee:20,40", "--language", "zh"], 2, "卡方"),
        (["weights", "permits", "--by", "fee:10,30", "--outcome", "district=north,south"], 1, "information value"),
        (["shares", "permits", "--event", "fee:20", "--by", "district"], 1, "difference of shares"),
        (["mean", "permits", "--value", "fee", "--against", "10"], 1, "difference"),
        (["mean", "permits", "--value", "fee", "--against", "days"], 3, "paired t"),
        (["ranks", "permits", "--value", "fee", "--bounds", "10,30", "--by", "district"], 1, "Mann-Whitney"),
        (["spearman", "permits", "--one", "days:-3,3", "--other", "fee:30"], 3, "Spearman"),
        (["signed-ranks", "permits", "--value", "days", "--bounds", "1.5,4.5"], 1, "Wilcoxon"),
        (["survival", "permits", "--time", "days:0", "--event", "fee:30", "--by", "district"], 2, "log-rank"),
    ],
)
def test_a_study_is_explained_and_concluded(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], jobs: int, said: str
) -> None:
    common = [*COMMON, *office(network), "-o", str(tmp_path / "out")]
    code = run(["study", *arguments, *common, "--explain", "--json"])
    if not jobs:
        assert code == 2
        assert "one range of numbers" in capsys.readouterr().err
        return
    assert len(json.loads(capsys.readouterr().out)) == jobs
    assert run(["study", *arguments, *common]) == 0
    assert said in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "study.json").read_text())["queries"][0]["sql"].startswith("SELECT")


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
        (["regress", "permits", "--y", "fee", "--on", "fee"], "none of the columns"),
        (["regress", "permits", "--y", "fee", "--on", "days", "--ridge", "much"], "expected a number"),
        (["regress", "permits", "--y", "fee", "--on", "district"], "another type"),
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
