"""What a question about matched rows may ask of an owner's table, what its cell is, and what verifiers read of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import specs

from contracts.evidence.figures import computed, minimum
from contracts.evidence.questions import aligned, matched, question
from ledger import canonical
from ledger.errors import InvalidRecord, NotAuthorized, NotFound, VerificationError
from mpc.engine.shares import Ring, combine
from mpc.kinds.bounds import BOUNDS, KEY
from mpc.kinds.registry import kind_of
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.protocols.matched import office
from mpc.spec import reader as spec_reader
from mpc.spec.matched import MatchedSpec
from mpc.spec.parts import Interval
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

ASKED = specs.matched()
PAY = Schema(
    {"id": Text("[a-z0-9]+"), "pay": Integer(0, 9999), "age": Integer(0, 120)}, unique="id", key="id", rows=5000
)


def grounds(schema: Schema, spec: MatchedSpec = ASKED) -> list[str]:
    return [ground for ground, _ in faults(spec, "bureau", schema, NoiseLimits())]


def column(name: str = "pay", **changes: object) -> Schema:
    return replace(PAY, columns={**PAY.columns, name: replace(PAY.columns[name], **changes)})


def filtered(*filters: Interval) -> MatchedSpec:
    return replace(ASKED, sides=(replace(ASKED.sides[0], filters=filters), *ASKED.sides[1:]))


def test_a_question_within_the_declaration_has_no_fault() -> None:
    assert grounds(PAY) == []
    assert grounds(column(low=1, high=9998)) == []
    assert grounds(column(nullable=True), filtered(Interval("pay", None, None))) == []


@pytest.mark.parametrize(
    ("schema", "ground"),
    [
        (replace(PAY, unique=None), KEY),
        (replace(PAY, key=None), KEY),
        (replace(PAY, key=None, unique=None, columns={**PAY.columns, "id": Integer(0, 9)}), KEY),
        (replace(PAY, rows=5001), BOUNDS),
        (column(low=-1), BOUNDS),
        (column(high=10_000), BOUNDS),
        (column(high=FEW_VALUES - 2), BOUNDS),
        (column(nullable=True), BOUNDS),
        (replace(PAY, columns={**PAY.columns, "age": Text("[a-z]+")}), BOUNDS),
    ],
    ids=["repeat", "other key", "a number", "more rows", "lower", "higher", "a class", "may be empty", "filtered text"],
)
def test_specifications_that_an_owner_refuses_and_their_neighbour(schema: Schema, ground: str) -> None:
    assert grounds(PAY) == []
    assert set(grounds(schema)) == {ground}


def test_a_key_cannot_be_filtered_by() -> None:
    number = replace(PAY, columns={**PAY.columns, "id": Text("[0-9]+")})
    chosen = replace(ASKED.sides[0], filters=(replace(specs.matched().sides[1].filters[0], column="id"),))
    assert KEY in grounds(number, replace(ASKED, sides=(chosen, *ASKED.sides[1:])))


def test_only_rows_that_the_own_filters_choose_are_brought(tmp_path: Path) -> None:
    path = tmp_path / "pay.csv"
    path.write_text("id,pay,age\na,1,29\nb,2,30\nc,3,99\n")
    with closing(Table(path, PAY)) as table:
        found = kind_of(ASKED).prepare("bureau", table)
    assert found.json() == {"b": ["2"], "c": ["3"]}
    assert kind_of(ASKED).read_input("bureau", found.json()) == found
    for wrong in ([], {"a": "1"}, {"a": [1]}):
        with pytest.raises(InvalidRecord):
            kind_of(ASKED).read_input("bureau", wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("spec", [ASKED, specs.matched(counted=True)])
def test_a_specification_is_read_back(spec: MatchedSpec) -> None:
    assert spec_reader.parse(canonical.encode(spec.json())) == spec


@pytest.mark.parametrize(
    "change",
    [{"told": []}, {"engines": ["bureau", "court"]}, {"engines": ["works", "revenue", "bureau"]}, {"sides": []},
     {"engines": ["bureau", "court", "stranger"]}, {"recipient": "court"}, {"minimum": 0}, {"rows": "0"}],
)  # fmt: skip
def test_other_questions_are_none(change: dict[str, object]) -> None:
    document = ASKED.json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        spec_reader.from_json({**document, **change})  # type: ignore[dict-item]


def test_who_computes_who_provides_and_a_stranger() -> None:
    kind = kind_of(ASKED)
    roles = [kind.role(party) for party in ("bureau", "court", "revenue", "works", "audit-office")]
    assert roles == ["engine", "provider", "engine", "engine", "recipient"]
    assert kind.learners == ()
    with pytest.raises(NotFound):
        kind.role("stranger")


def test_the_cell_names_every_condition_at_its_owner() -> None:
    (cell,) = specs.cells(ASKED, [source.asset for source in ASKED.sources])
    names = [name for name, _ in cell.region.sides]
    assert {"row.age", "in:court-2019.kind"} <= set(names)
    assert {"choice of bureau-2019.age", "choice of court-2019.kind"} <= set(cell.quantities)
    with pytest.raises(NotAuthorized):
        specs.cells(ASKED, ["bureau-2019", "court-2019"])


def test_opened_shares_mean_for_verifiers_what_the_recipient_reads() -> None:
    read = question.read(ASKED.json())
    numbers = [150, 70_000, -300, 10**9, -(10**5), 10**12]
    pieces = [b"".join(part) for part in zip(*(_pieces(number) for number in numbers), strict=True)]
    assert combine(pieces, Ring.FM128) == computed.combined(pieces, 32) == numbers
    assert matched.scalars(read.terms) == ASKED.terms.scalars == len(numbers)
    assert aligned.least_rows(read.terms, read.minimum) == ASKED.terms.least_rows
    document = office.document(office.open_figures(ASKED.terms, numbers))
    assert matched.release(read.terms, numbers) == document
    minimum.require_minimum(read, document)
    with pytest.raises(VerificationError, match="smaller"):
        minimum.require_minimum(read, {"cells": [{"group": "*", "rows": str(ASKED.terms.least_rows - 1)}]})
    with pytest.raises(VerificationError, match="more rows"):
        matched.release(read.terms, [5001, *numbers[1:]])
    with pytest.raises(VerificationError, match="residues"):
        computed.combined([bytes(16) + b"\1" + pieces[0][17:], *pieces[1:]], 32)


@pytest.mark.parametrize("change", [{"sides": []}, {"engines": []}, {"rows": 5}, {"sides": [{"party": "court"}] * 3}])
def test_a_malformed_matching_is_no_question(change: dict[str, object]) -> None:
    document = ASKED.json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord):
        question.read({**document, **change})  # type: ignore[dict-item]


def _pieces(number: int) -> list[bytes]:
    residues = [(5 << 100) + 7, 11, (number - 18 - (5 << 100)) % (1 << 128)]
    written = [residue.to_bytes(16, "little") for residue in residues]
    return [written[place] + written[(place + 1) % 3] for place in range(3)]
