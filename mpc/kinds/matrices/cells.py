"""The cells of masked moments: counts that the gate tests, and all totals, which follow the count of the whole.

The response of a logistic step is 0 or 1, so a sum of it is a count of rows: both classes are counted cells, tested,
and the whole opens with both or not at all. Term 0 is the constant, term i the i-th column.
"""

from __future__ import annotations

from mpc.groups import suites
from mpc.protocols.sums.schema import Cell, Kind, Schema
from mpc.spec.moments import Family, MomentsSpec
from mpc.spec.parts import Interval, Predicate
from mpc.working import most

TOTAL = "count"


def classes(spec: MomentsSpec) -> dict[str, Interval]:
    """Name the counted classes of a response that tells classes apart; none otherwise."""
    if spec.step is None or spec.step.family is not Family.LOGISTIC:
        return {}
    return {f"bin{value}": Interval(spec.step.response.column, value, value + 1) for value in (0, 1)}


def base(spec: MomentsSpec) -> tuple[Predicate, ...]:
    """Return what chooses the rows of the whole question: with classes, those that lie in one of them."""
    found = list(classes(spec).values())
    return (*spec.filters, *([Interval(found[0].column, 0, len(found))] if found else []))


def pairs(spec: MomentsSpec) -> list[tuple[int, int]]:
    """List the pairs of terms whose product is added up; weights alone are too."""
    size = len(spec.columns) + 1
    found = [(i, j) for i in range(size) for j in range(i, size)]
    return found if spec.step is not None else found[1:]


def totals(spec: MomentsSpec) -> dict[str, int]:
    """Bound what one owner may contribute to each total, by name."""
    bounds = [1, *(amount.bound for amount in spec.columns)]
    if spec.step is None:
        return {f"product-{i}-{j}": spec.rows * bounds[i] * bounds[j] for i, j in pairs(spec)}
    weight, residual, deviance = most(spec.step)
    found = {f"weight-{i}-{j}": spec.rows * weight * bounds[i] * bounds[j] for i, j in pairs(spec)}
    found |= {f"score-{i}": spec.rows * residual * bound for i, bound in enumerate(bounds)}
    return {**found, "deviance": spec.rows * deviance}


def schema(spec: MomentsSpec) -> Schema:
    """Lay out the cells of a specification; raises InvalidRecord if a total could pass the modulus."""
    parts = tuple(classes(spec))
    counts = [Cell(TOTAL, Kind.COUNT, spec.rows, parts=parts), *(Cell(name, Kind.COUNT, spec.rows) for name in parts)]
    sums = [Cell(name, Kind.SUM, bound, TOTAL) for name, bound in totals(spec).items()]
    found = Schema((*counts, *sums), spec.minimum, spec.contributors, suites.named(spec.prime_group))
    found.check_owners(len(spec.sources))
    return found


def quantities(spec: MomentsSpec) -> tuple[str, ...]:
    """Name what is released of the rows beside their count, as the disclosure audit compares it.

    A weighted sum of a column counts as its sum, whatever the weights: over nearly the same rows at nearly the same
    coefficients two of them differ by few rows. A logistic step tells sums by class, so a class carries them too.
    """
    names = [amount.column for amount in spec.columns]
    response = [] if spec.step is None else [spec.step.response.column]
    every = sorted({*names, *response})
    crossed = [" * ".join((one, other)) for i, one in enumerate(every) for other in every[i + 1 :]]
    return (
        *(f"sum of {name}" for name in every),
        *(f"squares of {name}" for name in names),
        *(f"sum of {product}" for product in crossed),
    )
