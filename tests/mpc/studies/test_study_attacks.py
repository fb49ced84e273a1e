"""Attacks 30 to 32: what a single statistic gives away of single rows, computed as its reader would.

Each test is the attack without its defence; the refusals stand in ``test_studies.py`` and ``test_generalised.py``.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from math import exp

import numpy as np

from mpc.inference.linear import Moments, least_squares


def test_from_chi_square_and_the_margins_of_two_by_two_the_hidden_cell_follows() -> None:
    """Three of 40 in the small cell: the statistic alone, published beside its margins, is the table."""
    hidden, rows, columns, total = 3, 40, 25, 200

    def statistic(cell: int) -> Fraction:
        table = [[cell, rows - cell], [columns - cell, total - rows - columns + cell]]
        sums, across = [sum(line) for line in table], [sum(line) for line in zip(*table, strict=True)]
        expected = [[Fraction(s * a, total) for a in across] for s in sums]
        return sum(
            ((found - wanted) ** 2 / wanted for line, e in zip(table, expected, strict=True)
             for found, wanted in zip(line, e, strict=True)),
            start=Fraction(0),
        )  # fmt: skip

    fitting = [cell for cell in range(min(rows, columns) + 1) if statistic(cell) == statistic(hidden)]
    assert fitting == [hidden, 7]
    assert [cell for cell in fitting if cell * total < rows * columns] == [hidden]  # "fewer than expected" is said too


def test_a_perfect_fit_gives_every_rows_response_to_who_knows_its_columns() -> None:
    x = [Fraction(n) for n in range(12)]
    y = [3 * value + 7 for value in x]
    means = [sum(values) / 12 for values in (y, x)]
    centred = [[value - mean for value in values] for values, mean in zip((y, x), means, strict=True)]
    spread = tuple(tuple(sum(a * b for a, b in zip(c, d, strict=True)) / 12 for d in centred) for c in centred)
    fit = least_squares(Moments(("y", "x"), 12, tuple(means), spread), "y")
    assert fit.is_perfect
    constant, slope = (term.value for term in fit.terms)
    assert [round(constant + slope * float(value)) for value in x] == y


def test_a_step_of_a_survival_curve_gives_the_events_behind_it() -> None:
    """One death among 37 at risk: the ratio of two points of the curve, beside the number at risk, is the count."""
    at_risk, events = [60, 48, 37], [12, 9, 1]
    curve = np.cumprod([1 - e / n for e, n in zip(events, at_risk, strict=True)])
    steps = [1.0, *curve.tolist()]
    read = [round(n * (1 - after / before)) for n, before, after in zip(at_risk, steps, steps[1:], strict=False)]
    assert read == events


def test_sums_opened_at_several_steps_of_newton_fix_the_rows_they_are_made_of() -> None:
    """Four rows, four figures at each of two steps: no other four rows within the declared bounds give them."""
    rows = (3, 8, 9, 17)

    def opened(values: tuple[int, ...]) -> tuple[float, ...]:
        figures: list[float] = [sum(values)]
        for slope in (-0.05, 0.11):
            shares = [1 / (1 + exp(-slope * value)) for value in values]
            figures += [sum(shares), sum(s * (1 - s) * v * v for s, v in zip(shares, values, strict=True))]
        return tuple(round(figure, 9) for figure in figures)

    fitting = [values for values in combinations_with_replacement(range(21), 4) if opened(values) == opened(rows)]
    assert fitting == [rows]
