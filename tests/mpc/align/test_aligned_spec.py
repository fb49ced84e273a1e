"""What a question about aligned rows may ask of an owner's table, and what no such question is."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import specs

from ledger import canonical
from ledger.errors import InvalidRecord, NotFound
from mpc.kinds.bounds import BOUNDS, KEY
from mpc.kinds.registry import kind_of
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.spec import reader as spec_reader
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

ASKED = specs.aligned()
PAY = Schema({"id": Text("[a-z0-9]+"), "pay": Integer(0, 9999)}, unique="id", key="id", rows=5000)


def grounds(schema: Schema, spec=ASKED) -> list[str]:
    return [ground for ground, _ in faults(spec, "bureau", schema, NoiseLimits())]


def column(**changes: object) -> Schema:
    return replace(PAY, columns={**PAY.columns, "pay": replace(PAY.columns["pay"], **changes)})


def test_a_question_within_the_declaration_has_no_fault() -> None:
    assert grounds(PAY) == []
    assert grounds(column(low=1, high=9998)) == []


@pytest.mark.parametrize(
    ("schema", "ground"),
    [
        (replace(PAY, unique=None), KEY),
        (replace(PAY, key=None), KEY),
        (replace(PAY, rows=5001), BOUNDS),
        (column(low=-1), BOUNDS),
        (column(high=10_000), BOUNDS),
        (column(high=FEW_VALUES - 2), BOUNDS),
        (column(nullable=True), BOUNDS),
        (replace(PAY, columns={**PAY.columns, "pay": Text("[a-z]+")}), BOUNDS),
    ],
    ids=["keys may repeat", "another key", "more rows", "lower", "higher", "a class", "may be empty", "a text"],
)
def test_what_the_declaration_does_not_carry_is_refused(schema: Schema, ground: str) -> None:
    assert grounds(schema) == [ground]


def test_a_count_asks_nothing_of_columns_and_still_for_unique_keys() -> None:
    counted = specs.aligned(counted=True, told=("court",))
    assert grounds(column(nullable=True), counted) == []
    assert grounds(replace(PAY, unique=None), counted) == [KEY]


def test_a_key_that_repeats_is_refused_where_the_table_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pay.csv"
    path.write_text("id,pay\na,1\nb,2\na,3\n")
    with closing(Table(path, replace(PAY, unique=None))) as table, pytest.raises(InvalidRecord, match="one to one"):
        kind_of(ASKED).prepare("bureau", table)


def test_input_is_written_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "pay.csv"
    path.write_text("id,pay\na,1\nb,2\n")
    with closing(Table(path, PAY)) as table:
        found = kind_of(ASKED).prepare("bureau", table)
    assert found.json() == {"a": ["1"], "b": ["2"]}
    assert kind_of(ASKED).read_input("bureau", found.json()) == found
    for wrong in ([], {"a": "1"}, {"a": [1]}):
        with pytest.raises(InvalidRecord):
            kind_of(ASKED).read_input("bureau", wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", [ASKED, specs.aligned(counted=True, told=("bureau", "treasury"))])
def test_a_specification_is_read_back(spec) -> None:
    assert spec_reader.parse(canonical.encode(spec.json())) == spec


@pytest.mark.parametrize(
    "change",
    [{"filters": []}, {"told": []}, {"told": ["court"]}, {"told": ["court", "bureau", "treasury"]}, {"sides": []},
     {"recipient": "court"}, {"minimum": 0}, {"privacy": {}}],
)  # fmt: skip
def test_other_questions_are_none(change: dict[str, object]) -> None:
    document = ASKED.json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        spec_reader.from_json({**document, **change})  # type: ignore[dict-item]


def test_sides_are_in_the_order_of_their_parties_so_that_a_question_has_one_form() -> None:
    with pytest.raises(InvalidRecord, match="sorted"):
        replace(ASKED, sides=ASKED.sides[::-1])


def test_a_stranger_has_no_role_and_an_owner_that_is_not_told_matches() -> None:
    kind = kind_of(specs.aligned(counted=True, told=("bureau", "treasury")))
    assert [kind.role(p) for p in ("bureau", "court", "treasury", "audit-office")] == [
        "named", "matcher", "named", "recipient"
    ]  # fmt: skip
    with pytest.raises(NotFound):
        kind.role("stranger")
