"""What masked moments may ask of an owner's table, by its declaration and by how its own rows lie.

**Coefficients may not be steep.** With large ones the mean of a row is 0 or 1, a threshold anywhere: its sum counts the
rows beyond, its weight those at one value, and two thresholds tell few rows apart. So over all values that the columns
may have, by declaration and filters, the linear predictor may vary by ``STEEP`` at most; then a weight changes over a
third of that range and every figure is of all rows. Nor may it reach where means are cut off: rows beyond the cut would
stand apart from all others, whose weights follow from one step to the next. Declarations decide it, not rows.

A sum of products with a column of few values, or one in which few rows differ from all others, is a figure of those few
rows. The first shows in the declaration and is refused; the second only in the rows: then the owner withholds the
total, as it does where few respondents dominate it, and says no reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from mpc.disclosure.drawn import rows_needed
from mpc.kinds.bounds import BOUNDS, at_least, ends, filtered, named_rows, without_empty
from mpc.kinds.kind import Fault
from mpc.kinds.matrices.cells import TOTAL, base, classes, totals
from mpc.kinds.sums_bounds import FEW_VALUES, spread
from mpc.spec.moments import PLACES, Family, MomentsSpec, Step
from mpc.spec.parts import Amount, Predicate
from mpc.tables.schema import Column, Integer, Schema
from mpc.tables.table import Table
from mpc.working import LIMITS, effective

STEEP = 8
"""Means of a logistic model vary from 2 to 98 percent over it, those of a Poisson model by a factor of 3000."""


def varies(spec: MomentsSpec, columns: Mapping[str, Column]) -> Fraction:
    """Return by how much the linear predictor may vary over what rows may hold."""
    low, high = reaches(spec, columns)
    return high - low


def reaches(spec: MomentsSpec, columns: Mapping[str, Column]) -> tuple[Fraction, Fraction]:
    """Return the least and the largest that the linear predictor may be over what rows may hold."""
    least = most = Fraction(spec.step.scaled[0] if spec.step else 0, 10**PLACES)
    for amount, scaled in zip(spec.columns, spec.step.scaled[1:] if spec.step else (), strict=False):
        column = columns.get(amount.column)
        if isinstance(column, Integer):
            low, high = ends(amount.column, spec.filters, column)
            ends_of = sorted(Fraction(scaled * end, 10**PLACES) for end in (low, high))
            least, most = least + ends_of[0], most + ends_of[1]
    return least, most


def moments_faults(spec: MomentsSpec, schema: Schema) -> Iterator[Fault]:
    """Hold a specification against the asset's declaration."""
    yield from filtered(spec.filters, schema)
    yield from named_rows(spec.filters, schema, spec.minimum)
    yield from at_least("rows", spec.rows, schema.rows)
    if schema.sensitivity is not None:
        yield BOUNDS, "job: the asset's sensitivity rules judge no products"
    for amount in spec.columns:
        yield from _factor(amount, spec.filters, schema)
    if spec.step is not None:
        yield from _response(spec.step, spec.filters, schema)
        low, high = reaches(spec, schema.columns)
        least, most = LIMITS[spec.step.family]
        if low < least or high > most:
            yield BOUNDS, f"job: the predictor may leave {least}..{most}, where means are cut off"
        if high - low > STEEP:
            yield BOUNDS, f"job: the predictor may vary by more than {STEEP} over the columns' values: filter them"


def lying(spec: MomentsSpec, table: Table) -> dict[str, tuple[int, ...]]:
    """Judge the own rows of every counted cell: a slack below 0 withholds it.

    Of each column no row or at least the minimum of them must differ from its most frequent value; the rows of the
    whole must be as many as its figures need; and their weights must be those of the minimum of rows at least, as
    Kish counts them (*Survey Sampling*, 11.7).
    """
    summed = [*spec.columns, *([spec.step.response] if spec.step and not classes(spec) else [])]
    found: dict[str, tuple[int, ...]] = {}
    for name, chosen in {TOTAL: (), **{name: (part,) for name, part in classes(spec).items()}}.items():
        filters = (*base(spec), *chosen)
        found[name] = spread(table, [amount.column for amount in summed], filters, spec.minimum)
    rows = len(table.values([spec.columns[0].column], base(spec)))
    found[TOTAL] += (rows - rows_needed(len(totals(spec))) if rows else 0,)
    if spec.step is not None and rows:
        columns = [table.values([amount.column], base(spec)) for amount in spec.columns]
        found[TOTAL] += (int(effective(spec.step, columns)) - spec.minimum,)
    return found


def _factor(amount: Amount, filters: Sequence[Predicate], schema: Schema) -> Iterator[Fault]:
    column = schema.columns.get(amount.column)
    if not isinstance(column, Integer):
        yield BOUNDS, f"job: {amount.column} is not declared as an integer"
        return
    yield from at_least(f"bound of {amount.column}", amount.bound, max(abs(column.low), abs(column.high)))
    yield from without_empty([(amount.column, column)], filters)
    low, high = ends(amount.column, filters, column)
    if high - low + 1 < FEW_VALUES:
        yield BOUNDS, f"job: {amount.column} has fewer than {FEW_VALUES} values: group by it, or count by classes of it"


def _response(step: Step, filters: Sequence[Predicate], schema: Schema) -> Iterator[Fault]:
    name = step.response.column
    column = schema.columns.get(name)
    if not isinstance(column, Integer) or column.scale or column.low < 0:
        yield BOUNDS, f"job: {name}, the response, is not declared as a whole number of at least 0"
    elif step.family is Family.POISSON:
        yield from _factor(step.response, filters, schema)
    elif column.high > 1:
        yield BOUNDS, f"job: {name}, the response, is not declared as 0 or 1"
    else:
        yield from without_empty([(name, column)], filters)
