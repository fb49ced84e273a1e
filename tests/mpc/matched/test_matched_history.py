"""Matched rows beside other questions about the same owners' rows: what an owner's audit refuses, in both orders."""

from __future__ import annotations

from dataclasses import replace

import pytest
import specs

from ledger.errors import NotAuthorized
from mpc.disclosure.before import precedent
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.spec.job import JobSpec
from mpc.spec.matched import MatchedSpec
from mpc.spec.parts import Amount, Interval, OneOf

OF = specs.matched()
"""Rows of the bureau from an age on, of which the court has fines or pleas, and revenue and works have the key."""


def sums(asset: str, column: str, edges: tuple[int, ...] = (), filters: tuple[object, ...] = ()) -> JobSpec:
    sources = (specs.source("owner", asset), *(specs.source(f"other-{n}", f"else-{n}") for n in (1, 2)))
    outputs = ("count", "histogram") if edges else ("count", "sum")
    asked = specs.sums(edges=())
    return replace(asked, sources=sources, filters=filters, value=Amount(column, 1 << 32), edges=edges, outputs=outputs)


def answered(spec: JobSpec, outcome: Outcome = Outcome.OPENED) -> list[Answer]:
    found = specs.cells(spec, [source.asset for source in spec.sources])
    return [Answer(cell.region, cell.base, outcome, cell.quantities) for cell in found]


def ask(spec: JobSpec, before: list[Answer]) -> None:
    require_answerable(before, specs.cells(spec, [source.asset for source in spec.sources]))


def with_filters(place: int, *filters: object) -> MatchedSpec:
    sides = list(OF.sides)
    sides[place] = replace(sides[place], filters=filters)  # type: ignore[arg-type]
    return replace(OF, sides=tuple(sides))


@pytest.mark.parametrize("outcome", Outcome)
def test_the_same_join_under_another_condition_is_refused_whatever_became_of_the_first(outcome: Outcome) -> None:
    """Two conditions one row apart would tell whether that row is matched, and its values."""
    ask(OF, answered(OF))
    for other in (with_filters(1, OneOf("kind", ("fine",))), with_filters(0, Interval("age", 31, None)),
                  with_filters(1), with_filters(3, Interval("floors", 2, None))):  # fmt: skip
        with pytest.raises(NotAuthorized):
            ask(other, answered(OF, outcome))
        with pytest.raises(NotAuthorized):
            ask(OF, answered(other, outcome))


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize(
    "other",
    [
        sums("revenue-2019", "tax"),
        sums("revenue-2019", "tax", (0, 500)),
        sums("court-2019", "costs", filters=(OneOf("kind", ("fine", "plea")),)),
        sums("bureau-2019", "pay"),
    ],
    ids=["sums of a column", "classes of it", "rows by a condition of it", "the first owner's rows"],
)
def test_figures_of_all_rows_of_an_owner_by_what_was_matched_are_refused_in_both_orders(
    other: JobSpec, outcome: Outcome
) -> None:
    """All rows that satisfy a condition less the matched ones may be one."""
    for first, then in ((OF, other), (other, OF)):
        with pytest.raises(NotAuthorized):
            ask(then, answered(first, outcome))


def test_without_that_rule_the_difference_is_the_row_that_satisfies_the_condition_and_is_not_matched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the court's 151 fines and pleas, 150 of them matched, and others who know their own part of the sum."""
    monkeypatch.setattr(precedent, "require_aligned_apart", lambda *_: None)
    costs = {f"k{n}": n % 37 for n in range(151)}
    first = replace(OF.sides[1], columns=(replace(OF.sides[0].columns[0], name="costs"),))
    asked = replace(OF, sides=(OF.sides[0], first, *OF.sides[2:]))
    ask(sums("court-2019", "costs", filters=(OneOf("kind", ("fine", "plea")),)), answered(asked))
    of_all, matched = sum(costs.values()), sum(costs[f"k{n}"] for n in range(150))
    assert of_all - matched == costs["k150"]


def test_figures_of_other_columns_and_of_others_rows_may_stand_beside_them() -> None:
    for other in (sums("court-2019", "costs"), sums("revenue-2019", "age"), sums("elsewhere", "tax")):
        ask(OF, answered(other))
        ask(other, answered(OF))


def test_further_columns_are_refused_and_fewer_are_not() -> None:
    ask(specs.matched(counted=True), answered(OF))
    more = replace(OF.sides[0], columns=(*OF.sides[0].columns, replace(OF.sides[0].columns[0], name="bonus")))
    with pytest.raises(NotAuthorized):
        ask(replace(OF, sides=(more, *OF.sides[1:])), answered(OF))


def test_aligned_rows_of_the_same_owners_are_the_same_join() -> None:
    """Rows that were matched under a condition are not aligned without it, whatever the kind of job."""
    parties = ("bureau", "court", "treasury")
    plain = specs.aligned()
    sides = tuple(replace(specs.matched().sides[0], source=side.source, columns=side.columns, filters=())
                  for side in plain.sides)  # fmt: skip
    same = MatchedSpec("market-audit", "audit-office", sides, parties, 5000, 10)
    ask(same, answered(plain))
    first = replace(sides[0], filters=(Interval("age", 30, None),))
    with pytest.raises(NotAuthorized):
        ask(replace(same, sides=(first, *sides[1:])), answered(plain))
