"""Keys under a declared rule: what one rule merges, what none does, and what a join of two rules would miss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from ledger.errors import InvalidRecord
from mpc.forms import Form
from mpc.schema import Schema, Text
from mpc.spec_parts import OneOf
from mpc.tables import Table

MERGED = [
    (Form.NFKC_STRIP, "Ａ１２３", "A123"),  # full-width letters and digits
    (Form.NFKC_STRIP, " 00123\u3000", "00123"),  # an ideographic space; leading zeros stay
    (Form.NFKC_STRIP, "e\u0301", "é"),  # composed
    (Form.NFKC_STRIP, "①", "1"),
    (Form.NFKC_STRIP_LOWER, "Ａbc", "abc"),
    (Form.EXACT, " Ａ", " Ａ"),
]
LOOK_ALIKE = [
    ("A", "\u0391"),  # Greek Alpha
    ("a", "\u0430"),  # Cyrillic a
    ("O1", "01"),
    ("臺", "台"),
    ("00123", "123"),
    ("1", "l"),
]
OWNER = Schema({"key": Text("[0-9a-z]{1,8}", form=Form.NFKC_STRIP_LOWER)}, key="key")


@pytest.mark.parametrize(("form", "written", "meant"), MERGED)
def test_a_rule_brings_texts_into_one_form_and_leaves_that_form_alone(form: Form, written: str, meant: str) -> None:
    assert form.of(written) == meant
    assert form.of(meant) == meant


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize(("one", "other"), LOOK_ALIKE)
def test_look_alikes_are_merged_under_no_rule(form: Form, one: str, other: str) -> None:
    assert form.of(one) != form.of(other)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_keys_are_compared_in_the_declared_form(tmp_path: Path, name: str) -> None:
    table = read(tmp_path / name, ["００12", "0012 ", "AB", "ab", "ａＢ"])
    assert table.keys("key", []) == ["0012", "ab"]
    assert [row.rows for row in table.by_key("key", None, [], [])] == [2, 3]
    assert len(table.keys("key", [OneOf("key", ("ab",))])) == 1


def test_without_a_rule_a_full_width_digit_breaks_the_pattern(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match="line 2: column 'key' does not match"):
        read(tmp_path / "t.csv", ["００12"], replace(OWNER, columns={"key": Text("[0-9a-z]{1,8}")}))


def test_two_writings_of_one_key_repeat_a_unique_key(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match="line 3: column 'key': the key stands in an earlier line"):
        read(tmp_path / "t.csv", ["ab", "ＡＢ"], replace(OWNER, unique="key"))


def test_a_look_alike_is_named_by_its_line_where_the_pattern_excludes_it(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord) as refused:
        read(tmp_path / "t.csv", ["ab", "\u0430b"])
    assert "line 3: column 'key' does not match the declared pattern" in str(refused.value)
    assert "\u0430" not in str(refused.value)


def test_a_fault_in_a_parquet_file_is_named_by_its_row(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match=r"row 3: column 'key'"):
        read(tmp_path / "t.parquet", ["ab", "cd", "-", "-"])
    with pytest.raises(InvalidRecord, match=r"row 2: column 'key': the key stands"):
        read(tmp_path / "t.parquet", ["ab", "ab"], replace(OWNER, unique="key"))


def read(path: Path, keys: list[str], schema: Schema = OWNER) -> Table:
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.table({"key": keys}), path)
    else:
        path.write_text("key\n" + "".join(f'"{key}"\n' for key in keys))
    return Table(path, schema)
