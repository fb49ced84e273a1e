"""An owner's cells and the exact figures from opened totals."""

from fractions import Fraction
from statistics import fmean, pvariance

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from specs import table as declared

from ledger.errors import InvalidRecord
from mpc.protocols.sums.schema import of_spec
from mpc.protocols.sums.statistics import Moments, histogram, owner_cells, summarise, table_cells
from mpc.spec.job import SumsSpec
from mpc.spec.parts import Amount, Source

EDGES = (1000, 3163, 10000)


def spec(**changes: object) -> SumsSpec:
    fields: dict[str, object] = {
        "purpose": "audit",
        "recipient": "audit-office",
        "sources": tuple(Source(f"r{i}", "sales", bytes(32)) for i in range(3)),
        "filters": (),
        "value": Amount("price", 2**40),
        "rows": 2**20,
        "edges": EDGES,
        "outputs": ("count", "sum", "mean", "variance", "histogram"),
        "minimum": 10,
        "contributors": 3,
    }
    return SumsSpec(**{**fields, **changes})  # type: ignore[arg-type]


def test_value_on_an_edge_belongs_to_the_bin_that_begins_there() -> None:
    values = np.array([1000, 3162, 3163, 9999, 10000, 2**40], dtype=np.int64)
    assert histogram(values, EDGES) == [2, 2, 2]


def test_value_below_the_lowest_edge_is_refused_without_repeating_it() -> None:
    with pytest.raises(InvalidRecord, match="row 2: the value lies below") as caught:
        histogram(np.array([1000, 999], dtype=np.int64), EDGES)
    assert "999" not in str(caught.value)


def test_cells_carry_the_names_of_the_schema() -> None:
    cells = owner_cells(spec(), [1000, 5000, 20000])
    assert set(cells) == set(of_spec(spec()).names)
    assert cells == {"count": 3, "sum": 26000, "squares": 426_000_000, "bin0": 1, "bin1": 1, "bin2": 1}


def test_only_what_is_asked_for_is_computed() -> None:
    counts = spec(outputs=("count",), edges=())
    assert owner_cells(counts, [1, 2]) == {"count": 2}
    assert set(owner_cells(spec(outputs=("mean",), edges=()), [])) == {"count", "sum"}


def test_owner_without_rows_contributes_zeros() -> None:
    assert set(owner_cells(spec(), []).values()) == {0}


@pytest.mark.parametrize("values", [[1000, 2**40 + 1], [1000, -(2**40) - 1], [1000, 2**63], [1000, -(2**63)]])
def test_value_outside_the_declared_bound_is_refused_without_repeating_it(values: list[int]) -> None:
    with pytest.raises(InvalidRecord) as caught:
        owner_cells(spec(), values)
    assert str(values[1]) not in str(caught.value)


def test_more_rows_than_declared_are_refused() -> None:
    assert owner_cells(spec(rows=2), [1000, 1000])["count"] == 2
    with pytest.raises(InvalidRecord, match="at most 2"):
        owner_cells(spec(rows=2), [1000] * 3)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=30))
def test_moments_agree_with_the_pooled_computation(values: list[int]) -> None:
    moments = Moments(len(values), sum(values), sum(v * v for v in values))
    assert moments.mean == Fraction(sum(values), len(values))
    assert moments.variance == pvariance([Fraction(v) for v in values])
    assert float(moments.mean) == pytest.approx(fmean(values))


def test_variance_is_the_population_variance() -> None:
    assert Moments(2, 4, 10).variance == 1  # of 1 and 3; the sample variance would be 2


@pytest.mark.parametrize("wrong", [(0, 0, 0), (2, 4, 7), (-1, 1, 1)])
def test_impossible_moments_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(InvalidRecord):
        Moments(*wrong)


def test_summary_keeps_withheld_figures_out() -> None:
    opened = {"count": 20, "sum": 100, "squares": 1000, "bin0": 15, "bin2": 12}
    figures = summarise(spec(), opened)
    assert (figures.count, figures.total, figures.mean) == (20, 100, 5)
    assert figures.variance == 25
    assert figures.histogram == (15, None, 12)
    hidden = summarise(spec(), {"sum": 100, "squares": 1000})
    assert (hidden.count, hidden.mean, hidden.variance) == (None, None, None)
    assert summarise(spec(outputs=("variance",), edges=()), opened).mean is None


def test_a_table_has_every_crossing_and_margin_with_the_same_statistics():
    asked = declared(groups=("A", "B"), edges=(1000, 3163))
    cells = table_cells(asked, {"A": [1000, 1500, 9000], "B": [4000]})
    counts = {name: value for name, value in cells.items() if not name.endswith(("sum", "squares"))}
    assert counts == {
        "count": 4, "group0": 3, "group1": 1, "bin0": 2, "bin1": 2,
        "group0-bin0": 2, "group0-bin1": 1, "group1-bin0": 0, "group1-bin1": 1,
    }  # fmt: skip
    totals = [cells[name] for name in ("sum", "group0-sum", "bin1-sum", "group0-bin0-sum")]
    assert totals == [15500, 11500, 13000, 2500]
    assert cells["group0-bin0-squares"] == 1000**2 + 1500**2
    for margin, parts in {"count": ("group0", "group1"), "bin0": ("group0-bin0", "group1-bin0")}.items():
        assert counts[margin] == sum(counts[part] for part in parts)


@pytest.mark.parametrize(
    "values", [{"A": [999], "B": []}, {"A": [1 << 33], "B": []}, {"A": [1000] * 60_000, "B": [1000] * 50_000}]
)
def test_a_table_refuses_values_and_rows_beyond_their_declaration(values):
    with pytest.raises(InvalidRecord):
        table_cells(declared(groups=("A", "B"), edges=(1000, 3163)), values)
