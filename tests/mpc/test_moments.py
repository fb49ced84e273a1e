"""Masked moments: the document, rows' working figures, what owners refuse or withhold, what verifiers restate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Context, Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
from openingowner import Owner

from contracts.evidence.questions import question
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc import working
from mpc.disclosure import drawn
from mpc.disclosure.region import Region, Span
from mpc.disclosure.tables.sensitivity import Percent, Sensitivity
from mpc.kinds.kind import Loosest
from mpc.kinds.matrices.cells import schema
from mpc.kinds.registry import kind_of
from mpc.node.guarding.limits import NoiseLimits
from mpc.spec import reader as spec_reader
from mpc.spec.moments import Family, MomentsSpec, Step
from mpc.spec.parts import Amount, Interval, Source
from mpc.spec.sums import SumsSpec
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table
from mpc.working import BITS, totals

OWNERS = ("registrar-1", "registrar-2", "registrar-3")
X, Z = Amount("area", 1000), Amount("fee", 10**6)
LOGISTIC = Step(Family.LOGISTIC, Amount("granted", 1), ("-0.5", "0.002", "-0.000001"))
POISSON = Step(Family.POISSON, Amount("visits", 100), ("1.5", "0.0005", "0.0000002"))
SCHEMA = Schema(
    {
        "key": Text("[0-9]{4}"),
        "area": Integer(0, 1000),
        "fee": Integer(0, 10**6, 2),
        "granted": Integer(0, 1),
        "visits": Integer(0, 100),
        "class": Integer(0, 15),
        "rank": Integer(0, 14),
    },
    unique="key",
    rows=1000,
)
LOOSEST: Loosest = NoiseLimits()


def moments(step: Step | None = None) -> MomentsSpec:
    sources = tuple(Source(owner, f"permits-{n}", bytes(32)) for n, owner in enumerate(OWNERS, 1))
    return MomentsSpec("market-audit", "audit-office", sources, (), (X, Z), 1000, 10, 3, step)


SPECS = [
    moments(),
    moments(LOGISTIC),
    moments(POISSON),
    replace(moments(LOGISTIC), filters=(Interval("area", 10, None),), prime_group="sm2"),
]


@pytest.mark.parametrize("spec", SPECS)
def test_a_specification_reads_back_and_verifiers_restate_its_terms(spec: MomentsSpec) -> None:
    assert spec_reader.parse(canonical.encode(spec.json())) == spec
    asked, kind = question.read(spec.json()), kind_of(spec)
    assert canonical.encode(dict(asked.terms)) == canonical.encode(dict(kind.terms()))
    assert asked.cells == schema(spec).names
    assert dict(asked.follows) == dict(kind.follows())
    assert int(asked.operations) == int(kind.operations())


@pytest.mark.parametrize(
    "change",
    [
        {"columns": (Z, X)},
        {"columns": (X, X)},
        {"columns": ()},
        {"columns": tuple(Amount(f"c{n:02}", 10) for n in range(21))},
        {"columns": (Amount("area", 1000, "fee"),)},
        {"columns": (Amount("area", 1 << 41),)},
        {"rows": 0},
        {"contributors": 2},
        {"sources": (Source("registrar-1", "permits-1", bytes(32)),)},
        {"step": replace(LOGISTIC, coefficients=("0", "0"))},
        {"step": replace(POISSON, response=X), "columns": (X, Z)},
    ],
)
def test_a_specification_out_of_bounds_is_refused(change: Mapping[str, object]) -> None:
    with pytest.raises(InvalidRecord, match="spec"):
        replace(moments(), **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["-0", "01", "1.", ".5", "1.50", "1e3", "9" * 19, "0." + "1" * 19, "NaN", ""])
def test_a_coefficient_that_is_no_exact_decimal_in_its_shortest_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord, match="coefficients"):
        replace(LOGISTIC, coefficients=(text, "0", "0"))


def test_totals_that_could_pass_the_modulus_are_refused() -> None:
    spec = replace(moments(LOGISTIC), columns=(Amount("area", 1 << 40), Amount("fee", 1 << 40)), rows=1 << 40)
    with pytest.raises(InvalidRecord, match="overflow"):
        schema(spec)


def drawn_rows(rows: int) -> tuple[list[np.ndarray], np.ndarray, np.ndarray]:
    chance = np.random.default_rng(5)
    columns = [chance.integers(0, 1001, rows), chance.integers(0, 10**6 + 1, rows)]
    return columns, chance.integers(0, 2, rows), chance.integers(0, 101, rows)


def test_plain_moments_are_exact() -> None:
    columns, _, _ = drawn_rows(300)
    x, z = (list(map(int, column)) for column in columns)
    assert totals(None, columns) == {
        "product-0-1": sum(x),
        "product-0-2": sum(z),
        "product-1-1": sum(a * a for a in x),
        "product-1-2": sum(a * b for a, b in zip(x, z, strict=True)),
        "product-2-2": sum(b * b for b in z),
    }


@pytest.mark.parametrize("step", [LOGISTIC, POISSON])
def test_a_step_has_the_weights_scores_and_deviance_of_the_model(step: Step) -> None:
    columns, granted, visits = drawn_rows(300)
    y = granted if step is LOGISTIC else visits
    design = np.column_stack([np.ones(300), *columns])
    eta = design @ np.array([float(c) for c in step.coefficients])
    if step is LOGISTIC:
        mean = 1 / (1 + np.exp(-eta))
        weight, deviance = mean * (1 - mean), -2 * np.log(np.where(y == 1, mean, 1 - mean)).sum()
    else:
        mean = weight = np.exp(eta)
        deviance = 2 * (np.where(y > 0, y * np.log(np.maximum(y, 1) / mean), 0) - (y - mean)).sum()
    found = {name: total / 2**BITS for name, total in totals(step, columns, y).items()}
    squares, scores = design.T @ (design * weight[:, None]), design.T @ (y - mean)
    assert [found[f"weight-{i}-{j}"] for i in range(3) for j in range(i, 3)] == pytest.approx(
        [squares[i, j] for i in range(3) for j in range(i, 3)], rel=1e-8
    )
    assert [found[f"score-{i}"] for i in range(3)] == pytest.approx(scores.tolist(), rel=1e-8)
    assert found["deviance"] == pytest.approx(deviance, rel=1e-8)


def test_extreme_coefficients_stay_within_the_declared_bounds_and_no_rows_give_zeros() -> None:
    columns, granted, visits = drawn_rows(50)
    for step, y in ((LOGISTIC, granted), (POISSON, visits)):
        for sign in ("", "-"):
            extreme = replace(step, coefficients=("0", f"{sign}123456789012345678", "0"))
            schema(moments(extreme)).vector({"count": 50, **_classes(step, y), **totals(extreme, columns, y)})
        empty = [column[:0] for column in columns]
        assert set(totals(step, empty, y[:0]).values()) == {0}


def _classes(step: Step, y: np.ndarray) -> dict[str, int]:
    return {f"bin{value}": int((y == value).sum()) for value in (0, 1)} if step.family is Family.LOGISTIC else {}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (moments(), ""),
        (moments(LOGISTIC), ""),
        (moments(POISSON), ""),
        (replace(moments(), columns=(Amount("class", 15),)), ""),
        (replace(moments(), columns=(Amount("rank", 14),)), "fewer than 16 values"),
        (replace(moments(), columns=(Amount("granted", 1),)), "fewer than 16 values"),
        (replace(moments(), filters=(Interval("area", 5, 10),)), "fewer than 16 values"),
        (replace(moments(), columns=(Amount("area", 10),)), "less than"),
        (replace(moments(), columns=(Amount("key", 10),)), "not declared as an integer"),
        (replace(moments(), rows=10), "less than"),
        (moments(replace(LOGISTIC, response=Amount("visits", 1))), "not declared as 0 or 1"),
        (moments(replace(POISSON, response=Amount("rank", 14))), "fewer than 16 values"),
        (replace(moments(), columns=(X,), step=replace(POISSON, response=Z, coefficients=("0", "0"))), "whole number"),
    ],
)
def test_what_the_declaration_does_not_bear_is_refused_before_a_row_is_read(spec: MomentsSpec, said: str) -> None:
    faults = [text for _, text in kind_of(spec).faults("registrar-1", SCHEMA, None, LOOSEST)]
    assert bool(faults) == bool(said)
    assert said in "; ".join(faults)


def test_coefficients_that_make_a_threshold_of_a_column_are_refused() -> None:
    steep = replace(LOGISTIC, coefficients=("0", "0.009", "0"))
    spec = moments(steep)
    assert any("vary by more" in text for _, text in kind_of(spec).faults("registrar-1", SCHEMA, None, LOOSEST))
    narrowed = replace(spec, filters=(Interval("area", 100, 900),))
    assert not list(kind_of(narrowed).faults("registrar-1", SCHEMA, None, LOOSEST))


def test_without_that_rule_one_step_counts_the_rows_of_one_value() -> None:
    """Attack 32, the sharp way: a weight of 1/4 at the value that is asked about, and of nothing beside it."""
    columns, granted, _ = drawn_rows(300)
    value = int(columns[0][0])
    sharp = replace(LOGISTIC, coefficients=(str(-60 * value), "60", "0"))
    weight = totals(sharp, columns, granted)["weight-0-0"]
    assert round(4 * weight / 2**BITS) == int((columns[0] == value).sum()) < 10


def test_a_step_that_weighs_few_rows_withholds_the_cell(table: Table) -> None:
    """Eight of 300 rows have an area at all; at a steep coefficient they have nearly all of the weight."""
    for slope, is_withheld in (("0.01", False), ("1", True)):
        step = replace(POISSON, coefficients=("0", slope))
        slack = kind_of(replace(moments(), columns=(X,), step=step)).slacks(table)["count"][-1]
        assert (slack < 0) == is_withheld


def test_an_asset_with_rules_against_dominance_answers_no_products() -> None:
    ruled = replace(SCHEMA, sensitivity=Sensitivity(None, (Percent(10),)))
    assert any("no products" in text for _, text in kind_of(moments()).faults("registrar-1", ruled, None, LOOSEST))


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    """300 rows; area is 0 but in nine of them, fee always varies."""
    rows = [f"{n:04},{n if n < 9 else 0},{n}.25,{n % 2},{n % 50},{n % 16},3" for n in range(300)]
    path = tmp_path / "permits.csv"
    path.write_text("key,area,fee,granted,visits,class,rank\n" + "\n".join(rows) + "\n")
    found = Table(path, SCHEMA)
    yield found
    found.close()


def test_a_column_in_which_few_rows_differ_withholds_the_cell(table: Table) -> None:
    """Eight rows of area differ from 0; with a minimum of eight they would do."""
    only = {"columns": (X,)}
    assert min(kind_of(replace(moments(), **only)).slacks(table)["count"]) == 8 - 10
    assert min(kind_of(replace(moments(), **only, minimum=8)).slacks(table)["count"]) == 0
    assert min(kind_of(replace(moments(), columns=(Z,))).slacks(table)["count"]) > 0


def test_a_product_with_a_column_in_which_few_rows_differ_withholds_its_sum_in_masked_sums_too(table: Table) -> None:
    """Of one row that has an area, the sum of areas and that of area times fee would tell the fee."""
    sources = moments().sources
    asked = SumsSpec(
        "market-audit", "audit-office", sources, (), Amount("area", 10**9, "fee"), 1000, (), ("sum",), 10, 3
    )
    assert min(kind_of(asked).slacks(table)["count"]) == 8 - 10
    assert min(kind_of(replace(asked, minimum=8)).slacks(table)["count"]) == 0
    assert min(kind_of(replace(asked, value=Amount("fee", 10**9, "visits"))).slacks(table)["count"]) > 0
    nobody = replace(asked, filters=(Interval("area", 500, None),))
    assert min(kind_of(nobody).slacks(table)["count"]) == 0
    assert not kind_of(replace(asked, value=Amount("area", 10**9))).slacks(table)


def test_a_class_of_the_response_is_judged_by_itself(table: Table) -> None:
    step = replace(LOGISTIC, coefficients=("0", "0"))
    found = kind_of(replace(moments(), columns=(X,), step=step)).slacks(table)
    assert [min(found[name]) for name in ("bin0", "bin1")] == [4 - 10, 4 - 10]


def test_figures_need_ten_own_rows_each(table: Table) -> None:
    few = replace(moments(), columns=(Z,), filters=(Interval("visits", 0, 2),))
    assert kind_of(few).slacks(table)["count"][-1] == 12 - 20
    assert kind_of(replace(few, filters=(Interval("visits", 0, 4),))).slacks(table)["count"][-1] == 24 - 20


def steps(count: int) -> Sequence[MomentsSpec]:
    return [moments(replace(LOGISTIC, coefficients=("0", "0", str(n)))) for n in range(count)]


def test_all_steps_together_draw_no_more_figures_than_a_tenth_of_an_owners_rows(tmp_path: Path) -> None:
    """Attack 32: each step alone would pass; ten figures a step, so 310 rows bear three."""
    owner = Owner(tmp_path, 310)
    answers = [owner.ask(spec) for spec in steps(4)]
    assert [("count" in opened) for opened in answers] == [True, True, True, False]
    assert "count" in owner.ask(steps(1)[0]), "what was answered before may be answered again"
    owner.journal.close()


def test_the_same_figures_of_overlapping_rows_are_counted_each(tmp_path: Path) -> None:
    """Nearly the same rows, chosen in four ways that the audit lets stand side by side, are forty equations."""
    owner = Owner(tmp_path, 310)
    ranges = [Interval(name, 0, 12) for name in ("class", "rank", "visits", "fee")]
    answers = [owner.ask(replace(moments(LOGISTIC), filters=(chosen,))) for chosen in ranges]
    assert [("count" in opened) for opened in answers] == [True, True, True, False]
    owner.journal.close()


def test_figures_are_counted_once_however_often_and_beside_other_sums() -> None:
    here, there = (Region.of({"row.a": Span(low, None)}) for low in (0, 1))
    one, two = drawn.mark(10, b"\1" * 32), drawn.mark(5, b"\2" * 32)
    assert drawn.drawn([(here, ("sum of a", one)), (here, ("sum of a", one))]) == 10
    assert drawn.drawn([(here, ("sum of a", one)), (there, ("sum of a", one))]) == 20
    assert drawn.drawn([(here, ("sum of a", one)), (here, ("sum of a", two))]) == 15
    assert drawn.drawn([(here, ("sum of a", one)), (here, ("sum of b",)), (here, ("sum of a",))]) == 11


def straddling(at: Decimal) -> tuple[MomentsSpec, int]:
    """A step whose weights, all alike to nine digits, pass a multiple and a half of 2^-32 where area is ``at``.

    Returns it with the number of such multiples below.
    """
    with localcontext(Context(prec=60)):
        below = int(Decimal("0.196611933241481852536") * 2**BITS)  # of eta = 1
        mean = (1 + (1 - 4 * (below + Decimal("0.5")) / 2**BITS).sqrt()) / 2
        slope = Decimal("0.000000000005")
        start = ((mean / (1 - mean)).ln() - at * slope).quantize(Decimal(10) ** -18)
    step = replace(LOGISTIC, coefficients=(f"{start:f}".rstrip("0"), f"{slope:f}"))
    return replace(moments(), step=step, columns=(X,)), below


def beyond(rows: Sequence[int], at: str) -> int:
    """What an adversary takes for the number of rows below a value."""
    spec, below = straddling(Decimal(at))
    assert not list(kind_of(spec).faults("registrar-1", SCHEMA, None, LOOSEST)), "no declaration rules it out"
    area = np.array(rows)
    return totals(spec.step, [area], np.zeros_like(area))["weight-0-0"] - below * len(rows)


SKEWED = [149] * 9 + [150] * 291


def test_rounded_weights_are_no_threshold() -> None:
    """Nine rows lie below; sums are rounded, not rows, so that they say no more than where the mean of all lies."""
    assert abs(beyond(SKEWED, "149.5") - len(SKEWED) // 2) < 5


def test_with_rows_rounded_one_by_one_a_step_counts_those_below_any_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "FINE", BITS)
    assert beyond(SKEWED, "149.5") == 9
    assert beyond(SKEWED, "148.5") == 0


@pytest.mark.parametrize(
    ("step", "start", "is_cut"),
    [
        (POISSON, "14.1", True),
        (POISSON, "13.9", False),
        (POISSON, "-30.1", True),
        (POISSON, "-29.9", False),
        (LOGISTIC, "28.1", True),
        (LOGISTIC, "27.9", False),
        (LOGISTIC, "-30.1", True),
    ],
)
def test_steps_that_reach_where_means_are_cut_off_are_refused(step: Step, start: str, is_cut: bool) -> None:
    """Rows beyond the cut would stand apart: the weights of all others follow from one step to the next."""
    spec = replace(moments(), step=replace(step, coefficients=(start, "0.002")), columns=(X,))
    found = [text for _, text in kind_of(spec).faults("registrar-1", SCHEMA, None, LOOSEST)]
    assert any("cut off" in text for text in found) == is_cut
