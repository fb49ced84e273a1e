"""What a published version of a table tells: an ordinary asset's row count, a private one's declared bound."""

from dataclasses import replace
from pathlib import Path

import pytest
from privatespecs import DECLARED
from townspecs import SALES, sales_csv

from gateway.statistics.publishing import Editions, fresh, read_edition
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.node.assets import AssetConfig

SALT = b"\x07" * 32
ROWS = [(f"1{n:09d}", "1", 100 + n) for n in range(12)]


def asset(directory: Path, rows: list[tuple[str, str, int]], *, is_private: bool) -> AssetConfig:
    path = directory / f"sales-{len(rows)}.csv"
    path.write_text(sales_csv(rows), encoding="utf-8")
    ordinary = AssetConfig("sales", path, SALES)
    return replace(ordinary, period=DECLARED.period, privacy=DECLARED) if is_private else ordinary


def test_an_ordinary_asset_publishes_its_row_count(tmp_path: Path) -> None:
    assert read_edition(asset(tmp_path, ROWS, is_private=False), SALT).rows == len(ROWS)
    assert read_edition(asset(tmp_path, ROWS[:-1], is_private=False), SALT).rows == len(ROWS) - 1


def test_an_asset_declared_private_publishes_its_declared_bound_instead_of_its_row_count(tmp_path: Path) -> None:
    """Else two versions would show exactly whether one unit came between them, which is what noise hides."""
    with_unit = read_edition(asset(tmp_path, ROWS, is_private=True), SALT)
    without = read_edition(asset(tmp_path, ROWS[:-1], is_private=True), SALT)
    assert with_unit.rows == without.rows == SALES.rows
    # the root still tells the two apart for whoever is shown table and salt, and hides under a salt of its own
    assert with_unit.commitment != without.commitment
    assert fresh(asset(tmp_path, ROWS, is_private=True)).commitment != with_unit.commitment


def test_what_is_kept_of_a_private_edition_holds_no_row_count(tmp_path: Path) -> None:
    editions = Editions(tmp_path, "sales")
    edition = read_edition(asset(tmp_path, ROWS, is_private=True), SALT)
    editions.keep(edition)
    (path,) = (tmp_path / "published" / "sales").iterdir()
    kept = canonical.decode(path.read_bytes())
    assert isinstance(kept, dict)
    assert kept["rows"] == str(SALES.rows)
    assert editions.salt(edition.commitment) == SALT
    assert editions.salt(b"\1" * 32) != SALT  # of a version that is not kept: a fresh one


def test_a_damaged_record_of_an_edition_is_refused(tmp_path: Path) -> None:
    editions = Editions(tmp_path, "sales")
    edition = read_edition(asset(tmp_path, ROWS, is_private=True), SALT)
    editions.keep(edition)
    (path,) = (tmp_path / "published" / "sales").iterdir()
    path.write_bytes(b'{"rows":"1"}')
    with pytest.raises(InvalidRecord):
        editions.salt(edition.commitment)
