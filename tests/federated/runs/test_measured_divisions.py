"""What a measured run's division of the rows bears, and what it leaves beside other exact answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from measuredtown import QUALITY, SCHEMA, measured
from noisytown import PERIOD, people
from trainingtown import asked

from ledger.errors import NotAuthorized
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.membership import WIDTH
from mpc.disclosure.region import Cell, Region
from mpc.kinds.models.measured import sides
from mpc.kinds.models.training import Training
from mpc.node.guarding.limits import domain
from mpc.privacy.held import FIFTH, is_held_out
from mpc.spec.parts import Interval
from mpc.spec.training import Algorithm, Bounded, Model, Step, TrainingSpec
from mpc.tables.schema import Integer
from mpc.tables.table import Table

SPEC = measured()
PLAIN = replace(SPEC, quality=None)
ASSETS = [source.asset for source in SPEC.sources]
PLAIN_RIDGE = replace(asked(), algorithm=replace(SPEC.algorithm, model=Model.RIDGE), label=Bounded("debt2", 0, 99))


def answered(*specs: TrainingSpec) -> list[Answer]:
    cells = [cell for spec in specs for cell in Training(spec).cells(ASSETS)]
    return [Answer(cell.region, cell.base, Outcome.OPENED, cell.quantities) for cell in cells]


def of_person(column: str, period: str) -> TrainingSpec:
    return replace(SPEC, quality=replace(QUALITY, unit=column, period=period))


def table(directory: Path, csv: str) -> Table:
    (directory / "own.csv").write_text(csv, encoding="utf-8")
    return Table(directory / "own.csv", SCHEMA)


def test_the_fifth_bears_all_figures_of_the_run_or_nothing_is_opened(tmp_path: Path) -> None:
    def fit(csv: str, spec: TrainingSpec = SPEC) -> dict[str, bool]:
        own = table(tmp_path, csv)
        try:
            return {name: min(slacks) >= 0 for name, slacks in Training(spec).slacks(own).items()}
        finally:
            own.close()

    names = ["*", "late=0", "late=1", "held", "held late=0", "held late=1"]
    assert fit(people(0)) == dict.fromkeys(names, True)
    assert not fit(people(0, 500))["held"]
    assert fit(people(0, 500), PLAIN)["*"]
    longer = replace(SPEC, rounds=8)
    assert fit(people(0), longer)["*"]
    assert not fit(people(0), longer)["held"]


def test_few_persons_with_many_rows_are_no_fifth(tmp_path: Path) -> None:
    head, *lines = people(0).splitlines()
    few = [f"{line.rsplit(',', 1)[0]},p{n % 30}" for n, line in enumerate(lines)]
    held = [n for n in range(30) if is_held_out(f"p{n}", PERIOD, FIFTH)]
    assert 0 < len(held) < SPEC.minimum
    own = table(tmp_path, "\n".join([head, *few]) + "\n")
    try:
        slacks = Training(SPEC).slacks(own)
        chosen = {name: len(own.row_digests(bytes(32), of)) for name, of in Training(SPEC).selections("bank-a").items()}
    finally:
        own.close()
    assert min(slacks["held"]) < 0
    assert chosen["*"] + chosen["held"] == 900 * WIDTH
    assert chosen["held late=0"] + chosen["held late=1"] == chosen["held"]


def of_persons(count: int, column: str, value: str, other: str) -> str:
    """Of the fifth ``value`` in 40 rows of so many persons alone, ``other`` in the rest; the other side as it was."""
    head, *lines = people(0).splitlines()
    place, rows = head.split(",").index(column), [line.split(",") for line in lines]
    held = [row for row in rows if is_held_out(row[-1], PERIOD, FIFTH)]
    names = sorted({row[-1] for row in held})[:count]
    rest = sorted({row[-1] for row in held} - {*names})
    for n, row in enumerate(held):
        row[place] = value if n < 40 else other
        row[-1] = names[n % count] if n < 40 else rest[n % len(rest)]
    return "\n".join([head, *map(",".join, rows)]) + "\n"


@pytest.mark.parametrize(("column", "value", "other", "cell"), [
    ("late", "1", "0", "held late=1"), ("late", "0", "1", "held late=0"), ("income", "7", "8", "held"),
])  # fmt: skip
def test_a_class_of_the_fifth_and_what_differs_in_a_column_are_of_as_many_persons_as_the_minimum(
    tmp_path: Path, column: str, value: str, other: str, cell: str
) -> None:
    def passes(persons: int) -> bool:
        own = table(tmp_path, of_persons(persons, column, value, other))
        try:
            slacks = Training(SPEC).slacks(own)
        finally:
            own.close()
        assert min(slacks["*"]) >= 0
        return min(slacks[cell]) >= 0

    assert SPEC.minimum == 10
    assert [passes(persons) for persons in (1, 9, 10)] == [False, False, True]


def test_the_same_division_again_and_all_rows_after_it_are_answerable() -> None:
    require_answerable([], Training(SPEC).cells(ASSETS))
    again = replace(SPEC, rounds=3, algorithm=Algorithm(Model.RIDGE, Step.AVERAGE, 1, 1000, 1000, 0, 0))
    for later in (SPEC, again, PLAIN):
        require_answerable(answered(SPEC), Training(later).cells(ASSETS))
    require_answerable(answered(SPEC, PLAIN), Training(again).cells(ASSETS))


@pytest.mark.parametrize(("before", "after"), [
    (PLAIN, SPEC), (SPEC, of_person("person", "2018")), (SPEC, of_person("household", PERIOD)),
    (of_person("person", "2018"), SPEC),
])  # fmt: skip
def test_rows_answered_whole_are_not_divided_later_nor_divided_otherwise(
    before: TrainingSpec, after: TrainingSpec
) -> None:
    with pytest.raises(NotAuthorized, match="isolate"):
        require_answerable(answered(before), Training(after).cells(ASSETS))


def test_a_part_of_the_rows_by_a_filter_does_not_meet_a_division_in_either_order() -> None:
    whole = Region.of({"asset": frozenset(ASSETS)})
    parts = [Interval("row.income", None, 5), Interval("row.income", 5, None)]
    bins = [Cell(str(n), whole.narrowed([part]), whole) for n, part in enumerate(parts)]
    told = [Answer(cell.region, cell.base, Outcome.OPENED) for cell in bins]
    with pytest.raises(NotAuthorized, match="isolate"):
        require_answerable(told, Training(SPEC).cells(ASSETS))
    with pytest.raises(NotAuthorized, match="isolate"):
        require_answerable(answered(SPEC), bins)
    require_answerable(told, Training(PLAIN_RIDGE).cells(ASSETS))


@pytest.mark.parametrize("label", [Integer(0, 2), Integer(0, 1, nullable=True)])
def test_an_owner_that_widens_its_label_after_a_division_answers_alone_and_every_other_owner_refuses(
    label: Integer,
) -> None:
    """The audit supposes rows where the schema of the day says: each node judges by its own, one refusal ends a job."""
    whole, part = Region.of({"asset": frozenset(ASSETS)}), Interval("row.income", None, 5)
    cells = [Cell("*", whole.narrowed([part]), whole.narrowed([part]), ("sum of income",))]
    wider = replace(SCHEMA, columns={**SCHEMA.columns, "late": label})
    require_answerable(answered(SPEC), cells, domain(SPEC, ASSETS[0], wider))
    for other in ASSETS[1:]:
        with pytest.raises(NotAuthorized, match="isolate"):
            require_answerable(answered(SPEC), cells, domain(SPEC, other, SCHEMA))


def test_without_the_sides_as_regions_a_division_and_a_range_leave_one_person() -> None:
    """Were a division noted as all rows, sums over two ranges that part the rows would pass beside it."""
    whole = Region.of({"asset": frozenset(ASSETS)})
    ranges = [Interval("row.number", None, 1), Interval("row.number", 1, None)]
    told = [Answer(whole.narrowed([one]), whole, Outcome.OPENED) for one in ranges]
    require_answerable(told, [Cell("*", whole, whole)])
    with pytest.raises(NotAuthorized, match="isolate"):
        require_answerable(told, [Cell("*", whole.narrowed([side.side]), whole) for side in sides(QUALITY)])

    rows = [(int(line.split(",")[1]), line.rsplit(",", 1)[1]) for line in people(0).splitlines()[1:]]
    _, (debt, victim), *_ = (row for row in rows if is_held_out(row[1], PERIOD, FIFTH))
    number = {who: 0 if is_held_out(who, PERIOD, FIFTH) and who != victim else 1 for _, who in rows}
    first = sum(own for own, who in rows if number[who] == 0)
    fitted = sum(own for own, who in rows if not is_held_out(who, PERIOD, FIFTH))
    assert sum(own for own, _ in rows) - fitted - first == debt
