"""What every kind may ask of an owner's columns: keys, filters and bounds beside the asset's declaration.

Everything a specification bounds must hold at least what the owner declared for the whole asset. Then an input can
only fail for a fault of the table against its own declaration, which no choice of bounds, edges, groups or filters can
bring out: whether a job aborts tells the requester nothing about single rows. It reads no table and knows no chain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from mpc.kinds.kind import Fault
from mpc.spec.parts import Interval, Predicate
from mpc.tables.forms import Form
from mpc.tables.schema import Integer, Schema, Text

BOUNDS, KEY, NOISE, PRIVACY = "job: bounds", "job: key", "job: noise", "job: privacy"
ENCRYPTION, KEY_HOLDER = "job: encryption", "job: key holder"


def keyed(key: str, schema: Schema, form: Form = Form.EXACT) -> Iterator[Fault]:
    """Refuse another key than the declared one, and one whose values are compared under another rule."""
    column = schema.columns.get(key)
    if schema.key != key or not isinstance(column, Text):
        yield KEY, f"job: {key} is not the declared key of the asset"
    elif column.form is not form:
        yield KEY, f"job: {key} is compared as {column.form}, not {form}; both owners of a join declare one form"


def filtered(filters: Sequence[Predicate], schema: Schema) -> Iterator[Fault]:
    """Refuse filters on columns of another type than declared."""
    for predicate in filters:
        kind: type[Integer] | type[Text] = Integer if isinstance(predicate, Interval) else Text
        if not isinstance(schema.columns.get(predicate.column), kind):
            yield BOUNDS, f"job: {predicate.column} is not declared as {kind.__name__.lower()}"


def named_rows(filters: Sequence[Predicate], schema: Schema, minimum: int) -> Iterator[Fault]:
    """Refuse a choice of fewer keys than the minimum by name or range: it would ask about somebody, not about many."""
    for predicate in filters:
        if predicate.column in (schema.key, schema.unique) and _most(predicate) < minimum:
            yield KEY, f"job: {predicate.column} tells rows apart; fewer than {minimum} values of it cannot be chosen"


def _most(predicate: Predicate) -> float:
    """Return how many values a filter lets through at most."""
    if not isinstance(predicate, Interval):
        return len(predicate.values)
    if predicate.at_least is None or predicate.below is None:
        return math.inf
    return predicate.below - predicate.at_least


def at_least(name: str, given: int, declared: int) -> Iterator[Fault]:
    """Refuse a bound below the declared one."""
    if given < declared:
        yield BOUNDS, f"job: {name} of {given} is less than the declared {declared}"


def ends(name: str, filters: Sequence[Predicate], column: Integer) -> tuple[int, int]:
    """The least and the largest value that a selected row may hold in a column, by declaration and filters."""
    own = [f for f in filters if isinstance(f, Interval) and f.column == name]
    low = max([column.low, *(f.at_least for f in own if f.at_least is not None)])
    return low, min([column.high, *(f.below - 1 for f in own if f.below is not None)])


def without_empty(summed: Sequence[tuple[str, Integer]], filters: Sequence[Predicate]) -> Iterator[Fault]:
    """Rows without a value count for no figure of it, so that they are left out must stand in the question itself."""
    chosen = {predicate.column for predicate in filters if isinstance(predicate, Interval)}
    for name, column in summed:
        if column.nullable and name not in chosen:
            yield BOUNDS, f"job: {name} may be empty; a figure of it needs the filter 'known' or a range"
