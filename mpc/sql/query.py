"""A query after reading: what is asked, of which tables, in which words of the result. Names are resolved.

Numbers in conditions are in the units of the SQL text; ``planning`` scales them as the column declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from mpc.sql.tables import JointTable, OwnedTable
from mpc.tables.schema import Column


class Measure(StrEnum):
    """What is counted or computed over the rows of a cell. Variances and deviations: of the population, or a sample."""

    COUNT = "count"
    DISTINCT = "count distinct"
    SUM = "sum"
    MEAN = "avg"
    VARIANCE = "var_pop"
    SAMPLE_VARIANCE = "var_samp"
    DEVIATION = "stddev_pop"
    SAMPLE_DEVIATION = "stddev_samp"
    CORRELATION = "corr"
    COVARIANCE = "covar_pop"
    SAMPLE_COVARIANCE = "covar_samp"
    SLOPE = "regr_slope"
    INTERCEPT = "regr_intercept"
    DETERMINATION = "regr_r2"
    CONTINUOUS = "percentile_cont"
    DISCRETE = "percentile_disc"
    LEAST = "min"
    LARGEST = "max"


SQUARES = frozenset({Measure.VARIANCE, Measure.SAMPLE_VARIANCE, Measure.DEVIATION, Measure.SAMPLE_DEVIATION})


PAIRS = frozenset(
    {
        Measure.CORRELATION,
        Measure.COVARIANCE,
        Measure.SAMPLE_COVARIANCE,
        Measure.SLOPE,
        Measure.INTERCEPT,
        Measure.DETERMINATION,
    }
)
"""Measures of two columns: the first depends on the second, in the order of SQL (``regr_slope(y, x)``)."""


RANKS = frozenset({Measure.CONTINUOUS, Measure.DISCRETE, Measure.LEAST, Measure.LARGEST})
"""Measures by rank, which are read off a noised histogram only (``mpc.sql.noise.private``)."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A measure of one column (None: of the rows themselves), or of two. share: of the rows below a percentile."""

    measure: Measure
    column: str | None
    other: str | None = None
    share: Fraction | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Label:
    """The value of one GROUP BY term in the row at hand, by its place."""

    place: int
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the query's text."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Words:
    """A text of the query."""

    value: str


class Operator(StrEnum):
    """Arithmetic and comparisons over opened figures."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    EQUAL = "="
    UNEQUAL = "<>"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    AND = "and"
    OR = "or"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two expressions and what is done with them."""

    operator: Operator
    left: Expression
    right: Expression


Expression: TypeAlias = Aggregate | Label | Number | Words | Binary


@dataclass(frozen=True, slots=True)
class Output:
    """One column of the answer."""

    name: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of a column from ``low`` to ``high``; an open end is excluded, None is no end.

    Without any end: every row that has a value. Dates are days since 1970-01-01.
    """

    column: str
    low: Fraction | None = None
    high: Fraction | None = None
    is_low_open: bool = False
    is_high_open: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Texts of a column that are, or are not, among ``values``."""

    column: str
    values: frozenset[str]
    is_excluded: bool = False


Condition: TypeAlias = Range | Listed


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """GROUP BY a column; is_listers: of the list of a join, not of the table whose rows are counted."""

    column: str
    is_listers: bool = False


@dataclass(frozen=True, slots=True)
class Classes:
    """GROUP BY classes of a column's values: class i ends below ``ends[i]``, the last is open above.

    is_number: the labels are numbers (years).
    """

    column: str
    ends: tuple[Fraction, ...]
    labels: tuple[str, ...]
    is_number: bool = False


Grouping: TypeAlias = GroupColumn | Classes


@dataclass(frozen=True, slots=True)
class Membership:
    """A list that a key must be on: the rows of a table on which conditions hold."""

    table: OwnedTable
    key: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Rows of the holder whose key is in the lister's table, and in those of further lists.

    is_semi: written as IN (SELECT ..).
    """

    holder: OwnedTable
    holder_key: str
    lister: OwnedTable
    lister_key: str
    lister_conditions: tuple[Condition, ...]
    is_semi: bool
    further: tuple[Membership, ...] = ()

    @property
    def lists(self) -> tuple[Membership, ...]:
        return (Membership(self.lister, self.lister_key, self.lister_conditions), *self.further)

    @property
    def parts(self) -> tuple[OwnedTable, ...]:
        return (self.holder, *(listed.table for listed in self.lists))


@dataclass(frozen=True, slots=True)
class Aligned:
    """Rows of several owners, side by side under one key that all of them hold; the owners are told which keys.

    parts: sorted by party, each joined by its declared key. Columns are named ``asset.column``, as in the release.
    is_matched: engines match the rows on shares, and nobody is told.
    """

    parts: tuple[OwnedTable, ...]
    is_matched: bool = False

    @property
    def columns(self) -> Mapping[str, Column]:
        return {named(part, name): own for part in self.parts for name, own in part.columns.items()}

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """Public values, for conditions; none where keys are told, since which have a value would be told with them."""
        told = () if not self.is_matched else self.parts
        return {named(part, name): values for part in told for name, values in part.groups.items()}

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(named(part, part.schema.key) for part in self.parts if part.schema.key is not None)


def named(table: OwnedTable, column: str) -> str:
    """Name a column of aligned rows."""
    return f"{table.asset}.{column}"


Relation: TypeAlias = JointTable | Joined | Aligned


@dataclass(frozen=True, slots=True)
class Order:
    """One term of ORDER BY; withheld values stand last."""

    expression: Expression
    is_descending: bool


@dataclass(frozen=True, slots=True)
class Query:
    """Everything that a query asks."""

    relation: Relation
    outputs: tuple[Output, ...]
    conditions: tuple[Condition, ...]
    groups: tuple[Grouping, ...]
    having: Expression | None
    order: tuple[Order, ...]
    limit: int | None
    offset: int


def aggregates(query: Query) -> tuple[Aggregate, ...]:
    """List every measure the query needs, each once, in the order of its text."""
    found: dict[Aggregate, None] = {}
    asked = [output.expression for output in query.outputs]
    asked += [query.having] if query.having else []
    for expression in [*asked, *(term.expression for term in query.order)]:
        _gather(expression, found)
    return tuple(found)


def _gather(expression: Expression, found: dict[Aggregate, None]) -> None:
    if isinstance(expression, Aggregate):
        found[expression] = None
    elif isinstance(expression, Binary):
        _gather(expression.left, found)
        _gather(expression.right, found)
