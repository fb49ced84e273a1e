"""Regression from moments equals the certified values, and what numpy and SciPy compute from the rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from longley import CERTIFIED, LONGLEY
from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.linear import Moments, least_squares


def moments(columns: dict[str, Sequence[Fraction]]) -> Moments:
    """Add up what jobs would open."""
    count = len(next(iter(columns.values())))
    means = {name: sum(values, Fraction(0)) / count for name, values in columns.items()}
    rows = [tuple(_mean_product(columns[i], columns[j]) - means[i] * means[j] for j in columns) for i in columns]
    return Moments(tuple(columns), count, tuple(means.values()), tuple(rows))


def _mean_product(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0)) / len(one)


def drawn(seed: int, names: str, count: int = 40) -> dict[str, list[Fraction]]:
    chance = random.Random(seed)
    return {name: [Fraction(chance.randrange(-999, 1000), 10) for _ in range(count)] for name in names}


def test_longley_has_the_certified_coefficients_errors_and_fit() -> None:
    found = least_squares(moments({name: list(map(Fraction, line.split())) for name, line in LONGLEY.items()}), "y")
    for term, (value, error) in zip(found.terms, CERTIFIED, strict=True):
        assert term.value == pytest.approx(value, rel=1e-13)
        assert term.error == pytest.approx(error, rel=1e-13)
    assert found.residual == pytest.approx(304.854073561965, rel=1e-13)
    assert found.r_squared == pytest.approx(0.995479004577296, rel=1e-13)
    assert found.f == pytest.approx(330.285339234588, rel=1e-12)


def test_one_column_is_the_line_that_scipy_finds() -> None:
    columns = drawn(1, "xy")
    x, y = (list(map(float, columns[name])) for name in "xy")
    line, found = stats.linregress(x, y), least_squares(moments(columns), "y")
    assert found.terms[1].value == pytest.approx(line.slope)
    assert found.terms[1].error == pytest.approx(line.stderr)
    assert found.terms[1].p == pytest.approx(line.pvalue)
    assert found.terms[0].value == pytest.approx(line.intercept)
    assert found.terms[0].error == pytest.approx(line.intercept_stderr)


def test_correlation_and_its_p_value_are_scipys() -> None:
    columns = drawn(2, "ab")
    expected = stats.pearsonr(*(list(map(float, columns[name])) for name in "ab"))
    found = moments(columns)
    assert found.correlation(0, 1) == pytest.approx(expected.statistic)
    assert found.correlation_p(0, 1) == pytest.approx(expected.pvalue)
    assert moments({"a": columns["a"], "b": columns["a"]}).correlation_p(0, 1) == 0.0


def test_inflation_is_that_of_regressing_each_column_on_the_others() -> None:
    columns = drawn(3, "yabc")
    columns["c"] = [a * 2 + c for a, c in zip(columns["a"], columns["c"], strict=True)]
    found = {term.name: term.inflation for term in least_squares(moments(columns), "y").terms}
    for name in "abc":
        others = moments({other: columns[other] for other in "abc"})
        r_squared = least_squares(others, name).r_squared
        assert found[name] == pytest.approx(1 / (1 - r_squared))


def test_a_ridge_is_numpys_solution_of_the_penalised_equations() -> None:
    columns, penalty = drawn(4, "yab"), Fraction(5000)
    rows = np.array([[float(value) for value in columns[name]] for name in "ab"]).T
    y = np.array([float(value) for value in columns["y"]])
    centred, target = rows - rows.mean(axis=0), y - y.mean()
    slopes = np.linalg.solve(centred.T @ centred + 5000 * np.eye(2), centred.T @ target)
    found = least_squares(moments(columns), "y", penalty)
    assert [term.value for term in found.terms[1:]] == pytest.approx(list(slopes))
    assert found.r_squared == pytest.approx(1 - ((target - centred @ slopes) ** 2).sum() / (target**2).sum())
    assert all(term.p is None for term in found.terms)


@pytest.mark.parametrize("change", ["constant", "dependent", "constant y", "few"])
def test_what_has_no_solution_is_refused_and_its_neighbour_not(change: str) -> None:
    columns = drawn(5, "yab")
    assert least_squares(moments(columns), "y").f is not None
    if change == "constant":
        columns["b"] = [Fraction(1)] * 40
    elif change == "dependent":
        columns["b"] = [3 * a + 1 for a in columns["a"]]
    elif change == "constant y":
        columns["y"] = [Fraction(2)] * 40
    else:
        columns = {name: values[:3] for name, values in columns.items()}
    with pytest.raises(InvalidRecord, match="inference"):
        least_squares(moments(columns), "y")


def test_moments_of_different_sizes_are_refused() -> None:
    with pytest.raises(InvalidRecord):
        Moments(("a",), 3, (Fraction(1), Fraction(2)), ((Fraction(1),),))
