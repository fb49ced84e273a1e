"""Aligned rows beside other questions about the same owners' rows: what an owner's audit refuses, in both orders."""

from __future__ import annotations

from dataclasses import replace

import pytest
import specs

from ledger.errors import NotAuthorized
from mpc.disclosure.before import precedent
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.protocols.join.layout import Column
from mpc.spec.aligned import AlignedSpec
from mpc.spec.job import JobSpec
from mpc.spec.parts import Amount, Interval

OF = specs.aligned()
"""Rows of the bureau, of which court and treasury have the key too."""


def sums(asset: str, column: str, edges: tuple[int, ...] = ()) -> JobSpec:
    """Sums of a column over all rows of one owner, added to those of two others."""
    sources = (specs.source("owner", asset), *(specs.source(f"other-{n}", f"else-{n}") for n in (1, 2)))
    outputs = ("count", "histogram") if edges else ("count", "sum")
    asked = specs.sums(edges=())
    return replace(asked, sources=sources, filters=(), value=Amount(column, 1 << 32), edges=edges, outputs=outputs)


def answered(spec: JobSpec, outcome: Outcome = Outcome.OPENED) -> list[Answer]:
    found = specs.cells(spec, [source.asset for source in spec.sources])
    return [Answer(cell.region, cell.base, outcome, cell.quantities) for cell in found]


def ask(spec: JobSpec, before: list[Answer]) -> None:
    require_answerable(before, specs.cells(spec, [source.asset for source in spec.sources]))


def with_columns(*columns: str) -> AlignedSpec:
    first = replace(OF.sides[0], columns=tuple(Column(name, 0, 9999) for name in columns))
    return replace(OF, sides=(first, *OF.sides[1:]))


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize(("asset", "column"), [("pay-2019", "pay"), ("fines-2019", "fines"), ("tax-2019", "tax")])
def test_sums_of_all_rows_beside_sums_of_the_aligned_ones_are_refused_in_both_orders(
    asset: str, column: str, outcome: Outcome
) -> None:
    """Their difference is of the rows that are not aligned, and may be of one: whichever owner it is."""
    for first, then in ((OF, sums(asset, column)), (sums(asset, column), OF)):
        with pytest.raises(NotAuthorized):
            ask(then, answered(first, outcome))


def test_without_that_rule_the_difference_is_the_row_that_is_not_aligned(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the court's 101 rows, 100 of them aligned, and others who know their own part of the sum of all."""
    monkeypatch.setattr(precedent, "require_aligned_apart", lambda *_: None)
    fines = {f"k{n}": n % 37 for n in range(101)}
    ask(sums("fines-2019", "fines"), answered(OF))
    of_all, aligned = sum(fines.values()), sum(fines[f"k{n}"] for n in range(100))
    assert of_all - aligned == fines["k100"]


def test_classes_of_all_rows_by_an_aligned_column_are_refused_in_both_orders() -> None:
    for first, then in ((OF, sums("tax-2019", "tax", (0, 500))), (sums("tax-2019", "tax", (0, 500)), OF)):
        with pytest.raises(NotAuthorized):
            ask(then, answered(first))


def test_sums_of_other_columns_and_of_others_rows_may_stand_beside_them() -> None:
    for other in (sums("fines-2019", "fees"), sums("elsewhere", "fines")):
        ask(OF, answered(other))
        ask(other, answered(OF))
    counting = specs.aligned(counted=True)
    ask(counting, answered(sums("fines-2019", "fines")))


def test_other_columns_of_the_same_aligned_rows_are_refused() -> None:
    """Each further column of one owner is an equation about every column of the others, and ten rows bear one."""
    for outcome in Outcome:
        with pytest.raises(NotAuthorized):
            ask(with_columns("bonus"), answered(OF, outcome))
        with pytest.raises(NotAuthorized):
            ask(with_columns("bonus", "pay"), answered(OF, outcome))


def test_the_same_columns_fewer_of_them_and_the_number_of_rows_may_be_asked_again() -> None:
    before = answered(with_columns("bonus", "pay"))
    for spec in (with_columns("bonus", "pay"), with_columns("pay"), specs.aligned(counted=True)):
        ask(spec, before)
    ask(OF, answered(specs.aligned(counted=True)))


def test_a_filter_changes_nothing_of_it() -> None:
    chosen = replace(sums("fines-2019", "fines"), filters=(Interval("year", 2019, None),))
    with pytest.raises(NotAuthorized):
        ask(chosen, answered(OF))
