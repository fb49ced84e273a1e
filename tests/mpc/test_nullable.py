"""Empty values: a row without one counts for no figure of its column, and a difference of counts singles nobody out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from specs import cells, join, sums

from ledger import canonical
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.kinds.bounds import BOUNDS
from mpc.kinds.registry import kind_of
from mpc.node.guarding import limits
from mpc.node.guarding.limits import NoiseLimits
from mpc.privacy.truncation import Cuts
from mpc.spec import reader as spec_reader
from mpc.spec.parts import Amount, Interval, OneOf
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import KeyRow, Table

COLUMNS = {
    "key": Text("[0-9]{4}", nullable=True),
    "fee": Integer(0, 100, nullable=True),
    "area": Integer(0, 99, nullable=True),
    "year": Integer(2000, 2030),
}
SCHEMA = Schema(COLUMNS, key="key", rows=100_000)
ROWS = "key,fee,area,year\n0001,5,,2001\n0001,,7,2001\n,9,8,2002\n0002,,,2002\n,,4,2003\n"
KNOWN_FEE, KNOWN_AREA = Interval("fee", None, None), Interval("area", None, None)
COUNT = replace(sums(edges=()), filters=(), value=Amount("year", 2030), outputs=("count",))
FEES = replace(COUNT, filters=(KNOWN_FEE,), value=Amount("fee", 100), outputs=("count", "sum"))
AREAS = replace(FEES, filters=(KNOWN_AREA,), value=Amount("area", 99))


@pytest.fixture
def rows(tmp_path: Path) -> Table:
    path = tmp_path / "t.csv"
    path.write_text(ROWS)
    return Table(path, SCHEMA)


def outcomes(spec):
    found = cells(spec, [source.asset for source in spec.sources])
    return [Answer(cell.region, cell.base, Outcome.OPENED) for cell in found]


def judge(history, spec, schema=SCHEMA):
    asked = cells(spec, [source.asset for source in spec.sources])
    require_answerable(history, asked, limits.domain(spec, "sales-1", schema))


def test_an_empty_value_is_in_no_range_and_in_no_list(rows: Table) -> None:
    assert list(rows.values(["fee"], [KNOWN_FEE])) == [5, 9]
    assert list(rows.values(["year"], [Interval("fee", None, 6)])) == [2001]
    assert list(rows.values(["year"], [OneOf("key", ("0001",))])) == [2001, 2001]
    assert list(rows.values(["year"], [])) == [2001, 2001, 2002, 2002, 2003]


def test_a_product_needs_both_values(rows: Table) -> None:
    assert list(rows.values(["area", "fee"], [KNOWN_AREA, KNOWN_FEE])) == [72]


def test_a_row_without_a_key_joins_nothing_and_two_such_rows_do_not_join_each_other(rows: Table) -> None:
    assert rows.keys("key", []) == ["0001", "0002"]
    assert rows.by_key("key", None, ["year"], []) == [
        KeyRow("0001", "", 2, (4002,)),
        KeyRow("0002", "", 1, (2002,)),
    ]


def test_rows_without_a_key_do_not_repeat_a_unique_one(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("key,fee,area,year\n,1,1,2001\n,1,1,2001\n0001,1,1,2001\n")
    assert Table(path, replace(SCHEMA, unique="key")).rows == 3
    path.write_text("key,fee,area,year\n,1,1,2001\n0001,1,1,2001\n0001,1,1,2001\n")
    with pytest.raises(InvalidRecord, match="line 4: column 'key': the key stands in an earlier line"):
        Table(path, replace(SCHEMA, unique="key"))


def test_a_column_that_is_not_declared_nullable_still_refuses_the_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("key,fee,area,year\n0001,1,1,\n")
    with pytest.raises(InvalidRecord, match="line 2: column 'year' is empty"):
        Table(path, SCHEMA)


def test_a_figure_of_a_nullable_column_says_in_its_question_that_empty_rows_are_left_out() -> None:
    node = NoiseLimits()
    assert not list(limits.faults(FEES, "registrar-1", SCHEMA, node))
    assert not list(limits.faults(replace(FEES, filters=(Interval("fee", 3, None),)), "registrar-1", SCHEMA, node))
    for filters in ((), (KNOWN_AREA,)):
        ((ground, said),) = limits.faults(replace(FEES, filters=filters), "registrar-1", SCHEMA, node)
        assert (ground, "fee may be empty" in said) == (BOUNDS, True)


def test_a_sum_over_a_join_says_so_too() -> None:
    held = Schema({"bbl": Text("[0-9]+"), "fee": Integer(0, 9, nullable=True)}, key="bbl", rows=1 << 17)
    asked = replace(join(grouped=False), filters=(), sums=(Amount("fee", 9),))
    ((ground, said),) = limits.faults(asked, "finance", held, NoiseLimits())
    assert (ground, "fee may be empty" in said) == (BOUNDS, True)
    assert not list(limits.faults(replace(asked, filters=(KNOWN_FEE,)), "finance", held, NoiseLimits()))


def test_the_filter_has_one_written_form() -> None:
    written = canonical.encode(FEES.json())
    assert b'{"column":"fee","is":"known"}' in written
    assert spec_reader.parse(written) == FEES
    for other in (b'"is":"unknown"', b'"below":"3","is":"known"', b'"is":true'):
        with pytest.raises(InvalidRecord):
            spec_reader.parse(written.replace(b'"is":"known"', other))
    with pytest.raises(InvalidRecord, match="bounds neither side"):
        spec_reader.parse(written.replace(b',"is":"known"', b""))


def test_if_a_question_did_not_say_so_a_difference_of_two_counts_would_be_the_few_rows_without_a_value(
    rows: Table,
) -> None:
    assert len(rows.values(["year"], COUNT.filters)) - len(rows.values(["year"], FEES.filters)) == 3
    unmarked = replace(FEES, filters=())  # the same question, with nothing in it that leaves rows out
    judge(outcomes(COUNT), unmarked)  # ... is about the same rows to the audit: it would be answered


def test_counts_of_all_rows_beside_counts_of_those_with_a_value_are_refused_in_either_order() -> None:
    for first, then in ((COUNT, FEES), (FEES, COUNT)):
        with pytest.raises(NotAuthorized, match="disclosure"):
            judge(outcomes(first), then)


def test_two_columns_with_empty_values_of_their_own_may_both_be_asked() -> None:
    judge(outcomes(FEES), AREAS)
    filled = Schema({name: replace(column, nullable=False) for name, column in COLUMNS.items()}, rows=100_000)
    with pytest.raises(NotAuthorized, match="disclosure"):  # without empty values both are the same rows
        judge(outcomes(FEES), AREAS, filled)


def test_rows_with_both_values_beside_rows_with_one_are_refused() -> None:
    both = replace(FEES, filters=(KNOWN_AREA, KNOWN_FEE))
    for history, asked in ((FEES, both), (both, FEES)):
        with pytest.raises(NotAuthorized, match="disclosure"):
            judge(outcomes(history), asked)


def test_the_region_of_a_known_value_survives_the_journal() -> None:
    from mpc.disclosure import region

    (cell,) = cells(FEES, [source.asset for source in FEES.sources])
    assert region.read(cell.region.json()) == cell.region


def test_declarations_that_empty_values_would_break_are_refused() -> None:
    with pytest.raises(InvalidRecord, match="is a group"):
        Schema({"key": Text("x"), "district": Text("a|b", nullable=True)}, groups=("district",))


def test_private_truncation_frames_an_empty_value_apart_from_every_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("key,fee,area,year\n0001,1,,2001\n0001,,1,2001\n")
    table = Table(path, SCHEMA)
    assert len(table.kept("year", Cuts("key", None, 5, 5, b"k" * 32), [])) == 2


def test_an_owners_own_part_counts_only_rows_with_a_value(rows: Table) -> None:
    data = kind_of(replace(FEES, value=Amount("fee", 100))).prepare("registrar-1", rows)
    assert data.values == {"count": 2, "sum": 14}
