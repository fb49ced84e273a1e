"""Keys under a declared rule: what one rule merges, what none does, and what a join of two rules would miss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow
import pytest
from pooledtables import ASKING
from pyarrow import parquet
from specs import join

from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.kinds.bounds import KEY
from mpc.node.guarding import limits
from mpc.node.guarding.limits import NoiseLimits
from mpc.spec import reader as spec_reader
from mpc.spec.parts import OneOf
from mpc.sql import tables
from mpc.sql.planning import plan as planning
from mpc.sql.reading import text as reading
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.forms import Form
from mpc.tables.schema import Schema, Text
from mpc.tables.table import Table

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


def test_under_two_rules_the_same_keys_would_silently_not_meet(tmp_path: Path) -> None:
    loose = replace(OWNER, columns={"key": Text(".{1,8}")})
    (tmp_path / "other").mkdir()
    other = read(tmp_path / "other" / "t.csv", ["００12", "ＡＢ"])
    assert not set(read(tmp_path / "t.csv", ["００12", "ＡＢ"], loose).keys("key", [])) & set(other.keys("key", []))
    assert read(tmp_path / "t.csv", ["0012", "ab "]).keys("key", []) == other.keys("key", [])


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


def test_a_join_names_its_form_and_an_owner_with_another_one_refuses() -> None:
    wanted = replace(join(grouped=False), form=Form.NFKC_STRIP)
    assert spec_reader.parse(canonical.encode(wanted.json())) == wanted
    assert "form" not in join().json()
    for form, refusals in ((Form.NFKC_STRIP, 0), (Form.NFKC_STRIP_LOWER, 1), (Form.EXACT, 1)):
        schema = Schema({"bbl": Text("[0-9]+", form=form)}, unique="bbl", key="bbl", rows=1 << 17)
        found = list(limits.faults(wanted, "tax", schema, NoiseLimits()))
        assert [ground for ground, _ in found] == [KEY] * refusals
    formed = Schema({"bbl": Text("[0-9]+", form=Form.NFKC_STRIP)}, unique="bbl", key="bbl", rows=1 << 17)
    ((ground, said),) = limits.faults(join(grouped=False), "tax", formed, NoiseLimits())
    assert (ground, "is compared as nfkc-strip, not exact" in said) == (KEY, True)


def test_a_query_that_joins_two_forms_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    for number, form in ((1, Form.EXACT), (2, Form.NFKC_STRIP), (3, Form.NFKC_STRIP)):
        schema = Schema({"bbl": Text("[0-9]+", form=form)}, unique="bbl", key="bbl", rows=9)
        (tmp_path / f"{number}{tables.SUFFIX}").write_text(tables.describe(f"d-{number}", f"t-{number}", schema, {}))
    known = tables.load(tmp_path)
    with pytest.raises(Unanswerable) as refused:
        reading.read("SELECT count(*) FROM t_1 JOIN t_2 USING (bbl)", known)
    assert refused.value.reason is Reason.KEY_FORMS
    (job,) = planning.plan(reading.read("SELECT count(*) FROM t_2 JOIN t_3 USING (bbl)", known), ASKING).jobs
    assert job.form is Form.NFKC_STRIP


def read(path: Path, keys: list[str], schema: Schema = OWNER) -> Table:
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.table({"key": keys}), path)
    else:
        path.write_text("key\n" + "".join(f'"{key}"\n' for key in keys))
    return Table(path, schema)
