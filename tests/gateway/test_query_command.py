"""``shuxin query`` and ``shuxin table describe|list`` on a founded network: described, explained, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import office, run
from smallnetwork import found_registrars
from townspecs import OFFICE, REGISTRARS

from contracts.authorizations.terms import identifier
from gateway.statistics import explaining, querying
from mpc.node import config as node_config
from mpc.sql import tables
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.schema import Integer, Schema, Text

SQL = "SELECT count(*) AS sales, avg(price) FROM market WHERE price >= 1000"
WANTED = querying.Wanted("market-audit", {}, minimum=10, contributors=3, epsilon_milli=100, delta_log2=-40)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("network")
    found_registrars(directory)
    folder = directory / "parties" / OFFICE / "tables"
    folder.mkdir()
    for n, code in enumerate(REGISTRARS, 1):
        arguments = ["table", "describe", f"sales-{n}", "-o", str(folder / f"sales-{n}.table.toml")]
        assert run([*arguments, "--config", str(directory / "parties" / code / "node.toml")]) == 0
    (folder / "joint.toml").write_text('version = 1\n[joint]\nmarket = ["sales_1", "sales_2", "sales_3"]\n')
    return directory


def test_what_owners_describe_is_what_the_analyst_lists(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert run(["table", "list", "--json", *office(network)]) == 0
    found = {table["name"]: table for table in json.loads(capsys.readouterr().out)}
    assert found["market"]["owners"] == list(REGISTRARS)
    assert found["sales_1"]["columns"] == ["bbl", "borough", "price"]


def test_a_group_whose_values_are_not_public_is_listed_as_such_in_both_languages(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = Schema({"ward": Text("[a-z?]+"), "fee": Integer(0, 100)}, groups=("ward",), rows=10)
    (tmp_path / "visits.table.toml").write_text(tables.describe("registrar-1", "visits", schema, {}))
    for language, words in (("en", ("owners", "(values not public)")), ("zh", ("提供部门", "取值未公开"))):
        assert run(["table", "list", "--tables", str(tmp_path), "--language", language, *office(network)]) == 0
        told = "".join(capsys.readouterr().out.split())
        assert all("".join(word.split()) in told for word in words), language


def test_a_table_that_is_not_declared_cannot_be_described(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(network / "parties" / REGISTRARS[0] / "node.toml")]
    assert run(["table", "describe", "sales-9", "-o", str(tmp_path / "x.table.toml"), *config]) == 2
    assert "no asset sales-9; there are sales-1" in capsys.readouterr().err
    assert run(["table", "describe", "sales-1", "-o", str(tmp_path / "x.toml"), *config]) == 2
    arguments = ["table", "describe", "sales-1", "-o", str(tmp_path / "x.table.toml"), "--values", "borough=1,2"]
    assert run([*arguments, *config]) == 2
    assert "a group that node.toml declares" in capsys.readouterr().err


@pytest.mark.parametrize("written", [["--explain", SQL], ["EXPLAIN " + SQL]])
def test_explaining_asks_nobody_and_names_jobs_columns_and_leakage(
    network: Path, capsys: pytest.CaptureFixture[str], written: list[str]
) -> None:
    assert run(["query", *written, "--purpose", "market-audit", "--json", *office(network)]) == 0
    (job,) = json.loads(capsys.readouterr().out)
    assert job["statistic"] == "masked-sums"
    assert {party["party"]: party["columns"] for party in job["parties"]} == {
        **{code: ["price"] for code in REGISTRARS},
        OFFICE: [],
    }
    assert job["micro_rho"] == 0
    assert any("each cell" in line for line in job["learned"])
    assert job["specification"]["sources"][0]["authorization"] == (
        "0x" + identifier(f"{OFFICE}/market-audit/sales-1").hex()
    )
    assert not (network / "parties" / OFFICE / "state" / "specifications").exists()


def test_a_sample_shows_the_form_of_an_answer_and_says_that_it_is_invented(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["query", SQL, "--purpose", "market-audit", "--sample", "200", "-o", str(tmp_path)]
    assert run([*arguments, *office(network)]) == 0
    assert "INVENTED" in capsys.readouterr().out
    assert run([*arguments, "--json", *office(network)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["invented"] is True
    assert 500 < found["rows"][0]["sales"] <= 600
    assert sorted(path.name for path in (tmp_path / "sample").iterdir()) == [f"sales-{n}.csv" for n in (1, 2, 3)]
    assert not (network / "parties" / OFFICE / "state" / "specifications").exists()


def test_rows_are_invented_of_described_tables_and_of_no_other(
    network: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["table", "sample", "-o", str(tmp_path), "--rows", "30", *office(network)]
    assert run([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert sorted(found["files"]) == ["sales_1", "sales_2", "sales_3"]
    tables = [network / "parties" / code / "data" / "sales.csv" for code in REGISTRARS]
    real = {line for table in tables for line in table.read_text().split()}
    invented = (tmp_path / "sales-1.csv").read_text().split()
    assert invented[0] == "bbl,borough,price"
    assert len(invented) == 31
    assert not set(invented[1:]) & real
    assert run([*arguments, "taxes"]) == 2
    assert "no description of taxes; there are sales_1" in capsys.readouterr().err


def test_the_explanation_reads_in_both_languages(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for language, word in (("en", "masked sums over the rows of"), ("zh", "掩码求和")):
        arguments = ["query", "--explain", SQL, "--purpose", "market-audit", "--language", language]
        assert run([*arguments, *office(network)]) == 0
        assert word in capsys.readouterr().out


def test_a_refusal_is_one_line_in_the_language_asked_for(network: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["query", "SELECT max(price) FROM market", "--purpose", "market-audit", "--language", "zh"]
    assert run([*arguments, *office(network)]) == 2
    said = capsys.readouterr().err
    assert Reason.EXTREME.value.why.zh in said
    assert said.count("\n") == 1


def test_the_language_of_the_environment_holds_for_queries_and_names_roles(
    network: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["query", SQL, "--purpose", "market-audit", "--explain", *office(network)]
    assert run(arguments) == 0
    assert "(owner) reads" in capsys.readouterr().out
    monkeypatch.setenv("SHUXIN_LANGUAGE", "zh")
    assert run(arguments) == 0
    assert "(数据提供方)读取" in capsys.readouterr().out


def test_an_authorization_may_have_another_code(network: Path) -> None:
    config = node_config.load(network / "parties" / OFFICE / "node.toml")
    other = querying.Wanted("market-audit", {"sales-2": "office/special"}, 10, 3, 100, -40)
    (spec,) = querying.plan(SQL, config, other).jobs
    assert spec.sources[1].authorization == identifier("office/special")


def test_most_bytes_are_those_of_the_declared_schedule(network: Path) -> None:
    config = node_config.load(network / "parties" / OFFICE / "node.toml")
    (found,) = explaining.explain(querying.plan(SQL, config, WANTED))
    sent = {share.party: share.most_bytes for share in found.shares}
    assert len({sent[code] for code in REGISTRARS[1:]}) <= 2
    assert 1000 < min(sent.values()) <= max(sent.values()) < 100_000
    (wider,) = explaining.explain(querying.plan(SQL.replace("avg", "stddev"), config, WANTED))
    assert wider.most_bytes > found.most_bytes


def test_without_descriptions_there_is_no_table(network: Path, tmp_path: Path) -> None:
    config = node_config.load(network / "parties" / OFFICE / "node.toml")
    with pytest.raises(Unanswerable, match="no such table"):
        querying.plan(SQL, config, WANTED, tmp_path)
