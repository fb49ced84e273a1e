"""Tables are read before a job needs them: by ``shuxin asset check``, and by a node that starts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from commandline import run, say
from townspecs import SALES, sales_csv

from ledger.errors import InvalidRecord
from mpc.node import config
from mpc.node.assets import AssetConfig
from mpc.node.attempts import preparing

CONFIG = """
party = "finance"
state = "state"
terms = "terms"

[chain]
url = "http://127.0.0.1:8545"
trust = "trust.json"
parties = "parties"

[keys]
directory = "keys"
passphrase_file = "passphrase"
tls = "tls"
"""
ASSET = """
[[assets]]
code = "sales-{0}"
file = "sales-{0}.csv"
rows = 20

[assets.columns.fee]
type = "integer"
minimum = 0
maximum = 100
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "node.toml").write_text(CONFIG + "".join(map(ASSET.format, (1, 2))))
    for number in (1, 2):
        (tmp_path / f"sales-{number}.csv").write_text("fee\n" + "7\n" * 10 * number)
    return tmp_path


def check(home: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    return say(capsys, "asset", "check", "--config", home / "node.toml")


def test_tables_that_keep_their_declarations_are_named_with_their_rows(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(home, capsys) == (0, "sales-1: 10 rows, as declared\nsales-2: 20 rows, as declared\n", "")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("fee\n7\n101\n", "sales-2.csv: line 3: column 'fee' is outside the declared 0..100"),
        ("fee\n" + "7\n" * 21, "21 rows, 1..20 declared"),
        (None, "sales-2.csv: no such file"),
    ],
)
def test_a_table_that_breaks_its_declaration_is_named_with_its_line(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
    said: str,
) -> None:
    table = home / "sales-2.csv"
    table.unlink() if content is None else table.write_text(content)
    code, _, err = check(home, capsys)
    assert code > 0
    assert said in err
    assert len(err.splitlines()) == 1


def test_a_configuration_without_tables_is_told_apart_from_good_ones(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "node.toml").write_text(CONFIG)
    code, _, err = check(home, capsys)
    assert code > 0
    assert "no [[assets]] are declared" in err


def test_a_starting_node_says_which_tables_no_job_could_use(tmp_path: Path) -> None:
    good, bad = AssetConfig("good", tmp_path / "good.csv", SALES), AssetConfig("bad", tmp_path / "bad.csv", SALES)
    good.file.write_text(sales_csv([("1000000001", "1", 5)]))
    bad.file.write_text(sales_csv([("1000000001", "1", -5)]))
    gone = AssetConfig("gone", tmp_path / "gone.csv", SALES)
    said = list(preparing.faults([good, bad, gone]))
    assert [text.split(":")[0] for text in said] == ["asset bad", "asset gone"]
    assert "line 2: column 'price'" in said[0]


SOURCE = """
[[assets]]
code = "permits-{0}"
rows = 20

[assets.source]
url = "sqlite:///registry.db"
table = "{1}"

[assets.columns.fee]
type = "integer"
minimum = 0
maximum = 100
nullable = true
"""


def test_a_database_is_read_by_snapshot_and_checked_as_of_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "node.toml").write_text(CONFIG + SOURCE.format(1, "permits"))
    config = ["--config", str(tmp_path / "node.toml")]
    with sqlite3.connect(tmp_path / "registry.db") as db:
        db.execute("CREATE TABLE permits (fee INTEGER)")
        db.execute("INSERT INTO permits VALUES (7), (NULL)")
    assert run(["asset", "check", *config]) > 0
    assert "no snapshot was taken yet; run: shuxin asset snapshot permits-1" in capsys.readouterr().err
    assert run(["asset", "snapshot", "permits-1", *config]) == 0
    assert "permits-1: 2 rows as of " in capsys.readouterr().out
    assert run(["asset", "check", *config]) == 0
    assert "permits-1: 2 rows, as declared (20" in capsys.readouterr().out
    assert [path.name for path in (tmp_path / "state").rglob("*.parquet")] == ["permits-1.parquet"]


def test_a_file_has_no_snapshots(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["asset", "snapshot", "sales-1", "--config", str(home / "node.toml")]) == 2
    assert "only a [assets.source] has snapshots" in capsys.readouterr().err


def test_one_table_of_a_database_has_one_code(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(CONFIG + SOURCE.format(1, "permits") + SOURCE.format(2, "permits"))
    with pytest.raises(InvalidRecord, match="assets permits-1 and permits-2: one code"):
        config.load(tmp_path / "node.toml")
    (tmp_path / "node.toml").write_text(CONFIG + SOURCE.format(1, "permits") + SOURCE.format(2, "fees"))
    assert set(config.load(tmp_path / "node.toml").assets) == {"permits-1", "permits-2"}
