"""Moments in one job and sums in several, asked of the same owner: neither way opens what the other one hides."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from openingowner import Owner

from ledger.errors import NotAuthorized
from mpc.disclosure import drawn
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Answer, Outcome
from mpc.kinds.registry import kind_of
from mpc.spec.job import JobSpec, SumsSpec
from mpc.spec.moments import MomentsSpec
from mpc.spec.parts import Amount, Interval, Predicate, Source

SOURCES = tuple(Source(f"registrar-{n}", f"permits-{n}", bytes(32)) for n in (1, 2, 3))
AMOUNTS = tuple(Amount(name, 1000) for name in ("area", "fee", "income"))
ALL_BUT_FEW: tuple[Predicate, ...] = (Interval("area", None, 990),)


def one(*filters: Predicate, columns: tuple[Amount, ...] = AMOUNTS) -> MomentsSpec:
    return MomentsSpec("survey", "office", SOURCES, filters, columns, 1000, 10, 3)


def each(*filters: Predicate) -> list[SumsSpec]:
    """The jobs that a study asks otherwise: moments of every column, and the sum of every product."""
    sample = SumsSpec("survey", "office", SOURCES, filters, AMOUNTS[0], 1000, (), ("count", "variance"), 10, 3)
    columns = [replace(sample, value=amount) for amount in AMOUNTS]
    pairs = [Amount(a.column, 10**6, b.column) for a, b in combinations(AMOUNTS, 2)]
    return [*columns, *(replace(sample, value=pair, outputs=("sum",)) for pair in pairs)]


def answers(*specs: JobSpec) -> list[Answer]:
    """What an owner remembers of jobs that were opened."""
    cells = [cell for spec in specs for cell in kind_of(spec).cells([s.asset for s in spec.sources])]
    return [Answer(cell.region, cell.base, Outcome.OPENED, cell.quantities) for cell in cells]


def audited(history: list[Answer], spec: JobSpec) -> None:
    require_answerable(history, kind_of(spec).cells([source.asset for source in spec.sources]))


def test_the_same_rows_may_be_asked_both_ways_since_the_figures_are_the_same() -> None:
    for spec in each():
        audited(answers(one()), spec)
    audited(answers(*each()), one())
    quantities = {name for spec in each() for answer in answers(spec) for name in answer.quantities}
    (matrix,) = answers(one())
    assert {name for name in matrix.quantities if not name.endswith("figures")} >= quantities
    assert drawn.drawn([(found.region, found.quantities) for found in [matrix, *answers(*each())]]) == 9


@pytest.mark.parametrize("place", range(6))
def test_after_one_job_no_sum_over_all_rows_but_few_isolates_those(place: int) -> None:
    with pytest.raises(NotAuthorized, match="isolate rows"):
        audited(answers(one()), each(*ALL_BUT_FEW)[place])
    with pytest.raises(NotAuthorized, match="isolate rows"):
        audited(answers(one(*ALL_BUT_FEW)), each()[place])


def test_after_separate_jobs_one_job_over_all_rows_but_few_is_refused() -> None:
    for spec in each():
        with pytest.raises(NotAuthorized, match="isolate rows"):
            audited(answers(spec), one(*ALL_BUT_FEW))
        with pytest.raises(NotAuthorized, match="isolate rows"):
            audited(answers(replace(spec, filters=ALL_BUT_FEW)), one())


def test_other_rows_altogether_may_be_asked_the_other_way() -> None:
    for spec in each(Interval("area", 500, None)):
        audited(answers(one(Interval("area", None, 500))), spec)


def test_what_was_asked_each_by_itself_counts_among_the_figures_of_a_later_matrix(tmp_path: Path) -> None:
    """Three columns draw nine figures, so 90 own rows bear them; sums of another column beside them do not fit."""
    bearing, beside = Owner(tmp_path / "one", 90), Owner(tmp_path / "two", 90)
    for spec in each():
        assert "count" in bearing.ask(spec)
    assert "count" in bearing.ask(one())
    assert "count" in beside.ask(replace(each()[0], value=Amount("weight", 1000)))
    assert "count" not in beside.ask(one())
    bearing.journal.close()
    beside.journal.close()


def test_a_matrix_that_was_withheld_may_be_asked_each_by_itself_of_exactly_its_rows(tmp_path: Path) -> None:
    owner = Owner(tmp_path, 89)
    assert owner.ask(one()) == set()
    assert all("count" in owner.ask(spec) for spec in each())
    assert owner.ask(one()) == set()
    owner.journal.close()


def test_two_matrices_that_share_columns_draw_their_figures_each(tmp_path: Path) -> None:
    owner = Owner(tmp_path, 139)
    assert "count" in owner.ask(one())
    assert owner.ask(one(columns=AMOUNTS[:2])) == set(), "nine and five figures"
    owner.journal.close()
