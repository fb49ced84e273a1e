"""``shuxin query --private``: explained with errors and charges, rehearsed with noise, refused without its choices."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import office, run
from privatespecs import DECLARED
from smallnetwork import found_registrars
from townspecs import OFFICE, REGISTRARS, SALES

from contracts.budgets.record import Mode, Pot
from gateway.cli.computing import noise
from gateway.cli.tongue import Tongue
from gateway.statistics import expecting, querying
from gateway.statistics.budgets import Estimate
from gateway.statistics.query import frame
from ledger.errors import InvalidRecord
from mpc.node import config as node_config
from mpc.privacy import release
from mpc.privacy.budget import Charge
from mpc.spec.job import SumsSpec
from mpc.sql import tables
from mpc.sql.noise.declared import Choices

WIDE = replace(DECLARED, bounds={"price": (0, 500_000)}, groups={"borough": ("1", "2")})
SQL = "SELECT borough, count(*) AS sales, avg(price) FROM market GROUP BY borough ORDER BY 1"
COSTS = ["--micro-rho", "count=50000", "--micro-rho", "sum=200000"]
TERMS = ["--private", "--recipients", "everybody"]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("network")
    found_registrars(directory)
    folder = directory / "parties" / OFFICE / "tables"
    folder.mkdir()
    schema = replace(SALES, key=None)
    for n, code in enumerate(REGISTRARS, 1):
        (folder / f"sales-{n}.table.toml").write_text(tables.describe(code, f"sales-{n}", schema, {}, WIDE))
    (folder / "joint.toml").write_text('version = 1\n[joint]\nmarket = ["sales_1", "sales_2", "sales_3"]\n')
    return directory


def query(network: Path, *words: str, sql: str = SQL) -> list[str]:
    return ["query", sql, "--purpose", "market-audit", *words, *office(network)]


def test_explaining_tells_errors_and_charges_before_anybody_is_asked(
    network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(query(network, *TERMS, *COSTS, "--explain", "--json")) == 0
    found = json.loads(capsys.readouterr().out)
    (job,) = found["jobs"]
    assert job["micro_rho"] == 250_000
    assert any("noise" in line for line in job["learned"])
    told = {line["figure"]: line for line in found["expected_error"]}
    assert told["rows, 1"]["within_95"] == pytest.approx(1.959964 * told["rows, 1"]["standard_deviation"])
    assert told["avg(price)"]["standard_deviation_times_rows"] > told["sum of price, 1"]["standard_deviation"]
    assert found["charges"] == []
    assert found["budget_unknown"]  # no chain runs here


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("expected error, if all owners take part", "what is left is unknown")),
        ("zh", ("预期误差", "剩余预算未知")),
    ],
)
def test_the_expectation_reads_in_both_languages(
    network: Path, capsys: pytest.CaptureFixture[str], language: str, words: tuple[str, str]
) -> None:
    sql = "SELECT median(price), stddev(price), max(price) FROM market"
    more = ["--micro-rho", "squares=9000", "--micro-rho", "histogram=9000", "--steps", "64", "--extremes", "0.01"]
    assert run(query(network, *TERMS, *COSTS, *more, "--explain", "--language", language, sql=sql)) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in words)
    assert "percentile_disc(price, 0.99)" in said


def test_a_rehearsal_shows_figures_with_what_holds_them(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = query(network, *TERMS, *COSTS, "--sample", "300", "-o", str(tmp_path))
    assert run([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for row, stated in zip(found["rows"], found["uncertainties"], strict=True):
        assert stated[0] is None
        assert stated[1]["low"] < row["sales"] < stated[1]["high"]
    assert run(arguments) == 0
    said = capsys.readouterr().out
    assert " to " in said
    assert noise.WORDS[Tongue.EN]["intervals"] in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (TERMS, "count, sum"),
        ([*TERMS, *COSTS[:2]], "count, sum"),
        ([*TERMS, *COSTS, "--micro-rho", "squares=1"], "count, sum"),
        (["--private", *COSTS], "name the class of recipients"),
        (COSTS, "belong to --private"),
        ([*TERMS, "--micro-rho", "count"], "expected FAMILY=N"),
        ([*TERMS, "--micro-rho", "count=-1"], "expected FAMILY=N"),
        ([*TERMS, *COSTS, "--extremes", "half"], "expected a share"),
        ([*TERMS, *COSTS, "--extremes", "0.7"], "between 0 and 1/2"),
        ([], "answers with noise only; instead: --private"),
    ],
)
def test_a_term_that_is_missing_or_wrong_is_one_line(
    network: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert run(query(network, *words, "--explain")) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_the_files_of_an_answer_carry_the_errors(network: Path, tmp_path: Path) -> None:
    config = node_config.load(network / "parties" / OFFICE / "node.toml")
    asked = Choices({"count": 50_000, "sum": 200_000}, "everybody")
    wanted = querying.Wanted("market-audit", {}, 10, 3, 100, -40, asked)
    plan = querying.plan(SQL, config, wanted)
    answer = querying.rehearse(plan, querying.described(config, None), tmp_path, 300)
    querying._write_rows(tmp_path / "answer.csv", answer)
    header, *rows = csv.reader((tmp_path / "answer.csv").read_text().splitlines())
    assert header == ["borough", "sales", "sales low", "sales high", "avg(price)", "avg(price) low", "avg(price) high"]
    assert all(float(row[2]) < float(row[1]) < float(row[3]) for row in rows)
    written = querying.Result(SQL, answer, (), ()).json()
    assert len(written["uncertainties"]) == len(rows) == 2  # type: ignore[arg-type]
    pytest.importorskip("pandas")
    assert frame(querying.Result(SQL, answer, (), ())).attrs["uncertainties"] == written["uncertainties"]


def test_a_node_tells_of_its_figures_what_the_forecast_tells(network: Path, tmp_path: Path) -> None:
    """The deviations of ``figures.json`` are read back by the names of the cells."""
    config = node_config.load(network / "parties" / OFFICE / "node.toml")
    wanted = querying.Wanted("market-audit", {}, 10, 3, 100, -40, Choices({"count": 50_000}, "everybody"))
    (job,) = querying.plan("SELECT count(*) FROM market", config, wanted).jobs
    assert isinstance(job, SumsSpec)
    path = tmp_path / "figures.json"
    path.write_text(json.dumps(release.figures(job, 3, {"count": 17})))
    assert querying._deviations(path) == pytest.approx(
        {"count": release.estimate(job, 3).expected[0].deviation}, rel=1e-5
    )
    path.write_text("{}")
    with pytest.raises(InvalidRecord, match="expected figures"):
        querying._deviations(path)


def test_what_the_jobs_of_a_query_take_from_one_pot_adds_up(network: Path) -> None:
    """Two jobs of 30 each do not fit a pot of 50, though either does."""
    line = Estimate(Charge("registrar-1", "sales-1", Mode.PRIVATE, 30, 0, "2017"), "2017", Pot(limit=50))
    (charged,) = expecting._charged([(line,), (line,)])
    assert (charged.micro_rho, charged.left, charged.fits) == (60, 50, False)
    assert expecting._charged([(line,)])[0].fits
