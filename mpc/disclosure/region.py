"""Query normal form: which rows a released cell counts, as a box over declared attributes.

A region maps attributes to either a half-open integer interval or a set of texts; an attribute that is not named is
unconstrained. Attributes are the asset (``asset``), membership in another owner's list (``in:<asset>``) and the
columns of filters, groups and bins. Two different questions about the same rows have the same region, however they
were written. ``atoms`` cuts all regions asked so far into their common refinement (``notes``: Denning's tracker works
on exactly these pieces), so that each region becomes a 0/1 vector.

It knows no values and no row counts: what it decides can be computed by anybody who knows the questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized
from mpc.fields import Fields
from mpc.spec import Interval, JobSpec, JoinSpec, OneOf, Predicate, SumsSpec

MAX_PIECES = 200_000
WHOLE = "*"
"""The one cell of an ungrouped join."""


@dataclass(frozen=True, slots=True)
class Span:
    """Integers in [low, high); None means unbounded on that side."""

    low: int | None
    high: int | None


Side: TypeAlias = Span | frozenset[str]


@dataclass(frozen=True, slots=True)
class Region:
    """One cell's rows; ``sides`` is sorted by attribute and names each attribute once."""

    sides: tuple[tuple[str, Side], ...]

    @classmethod
    def of(cls, sides: Mapping[str, Side]) -> Region:
        return cls(tuple(sorted(sides.items())))

    def narrowed(self, predicates: Sequence[Predicate]) -> Region:
        """Intersect with filters; two filters on one column intersect, an empty result is refused."""
        sides = dict(self.sides)
        for predicate in predicates:
            mine = _side(predicate)
            sides[predicate.column] = _meet(sides.get(predicate.column), mine, predicate.column)
        return Region.of(sides)

    def json(self) -> JsonValue:
        return {name: _side_json(side) for name, side in self.sides}


@dataclass(frozen=True, slots=True)
class Cell:
    """A named cell of a job and the rows it counts."""

    name: str
    region: Region


def cells(spec: JobSpec) -> tuple[Cell, ...]:
    """List the gated cells of a job in the order in which they are considered for opening."""
    match spec:
        case SumsSpec():
            return _sums_cells(spec)
        case JoinSpec():
            return _join_cells(spec)


def read(value: JsonValue) -> Region:
    """Read a region written by ``Region.json``; raises InvalidRecord."""
    if not isinstance(value, dict):
        raise InvalidRecord("region: expected an object")
    return Region.of({name: _read_side(Fields(side, f"region.{name}")) for name, side in value.items()})


def atoms(regions: Sequence[Region]) -> NDArray[np.int8]:
    """Return the distinct non-empty pieces of the common refinement as rows of 0/1 over ``regions``.

    Returns: (pieces, len(regions)) int8; piece i lies inside region j iff entry (i, j) is 1. Pieces outside every
    region are left out.
    Raises: NotAuthorized when the refinement would exceed MAX_PIECES (the audit then cannot say yes).
    """
    attributes = sorted({name for region in regions for name, _ in region.sides})
    cuts = [_cuts(attribute, regions) for attribute in attributes]
    if int(np.prod([len(columns) for columns in cuts], dtype=np.float64)) > MAX_PIECES:
        raise NotAuthorized(
            "disclosure: too many overlapping questions to audit; ask a declared table instead"
        )
    pieces = (
        {tuple(np.bitwise_and.reduce(list(choice))) for choice in product(*cuts)}
        if cuts
        else {(1,) * len(regions)}
    )
    inside = sorted(piece for piece in pieces if any(piece))
    return np.array(inside, dtype=np.int8).reshape(len(inside), len(regions))


def _cuts(attribute: str, regions: Sequence[Region]) -> list[NDArray[np.int8]]:
    """Distinct 0/1 columns: for each elementary piece of this attribute, which regions admit it."""
    sides = [dict(region.sides).get(attribute) for region in regions]
    texts = sorted({text for side in sides if isinstance(side, frozenset) for text in side})
    if texts:
        found = [
            [side is None or (isinstance(side, frozenset) and text in side) for side in sides]
            for text in texts
        ]
        found.append([side is None for side in sides])
    else:
        ends = sorted(
            {
                end
                for side in sides
                if isinstance(side, Span)
                for end in (side.low, side.high)
                if end is not None
            }
        )
        points = [ends[0] - 1, *ends] if ends else [0]
        found = [
            [side is None or (isinstance(side, Span) and _holds(side, point)) for side in sides]
            for point in points
        ]
    return [np.array(row, dtype=np.int8) for row in sorted({tuple(int(bit) for bit in row) for row in found})]


def _holds(span: Span, point: int) -> bool:
    return (span.low is None or span.low <= point) and (span.high is None or point < span.high)


def _sums_cells(spec: SumsSpec) -> tuple[Cell, ...]:
    base = Region.of({"asset": frozenset(source.asset for source in spec.sources)}).narrowed(spec.filters)
    found = [Cell("count", base)]
    for name, low, high in bins(spec.edges):
        found.append(Cell(name, base.narrowed([Interval(spec.value.column, low, high)])))
    return tuple(found)


def bins(edges: Sequence[int]) -> list[tuple[str, int, int | None]]:
    """Name the half-open bins of a histogram; the last one is open above."""
    ends: list[int | None] = [*edges[1:], None]
    return (
        [(f"bin{index}", low, high) for index, (low, high) in enumerate(zip(edges, ends, strict=True))]
        if edges
        else []
    )


def _join_cells(spec: JoinSpec) -> tuple[Cell, ...]:
    listed = f"in:{spec.lister.asset}"
    sides: dict[str, Side] = {"asset": frozenset({spec.holder.asset}), listed: frozenset({"yes"})}
    base = Region.of(sides).narrowed(spec.filters)
    # A filter on the list makes another list: its attributes are kept apart from the holder's columns.
    base = base.narrowed([_prefixed(predicate, listed) for predicate in spec.lister_filters])
    if spec.grouping is None:
        return (Cell(WHOLE, base),)
    column = spec.grouping.column
    return tuple(Cell(value, base.narrowed([OneOf(column, (value,))])) for value in spec.grouping.values)


def _prefixed(predicate: Predicate, prefix: str) -> Predicate:
    column = f"{prefix}.{predicate.column}"
    match predicate:
        case Interval(_, low, high):
            return Interval(column, low, high)
        case OneOf(_, values):
            return OneOf(column, values)


def _side(predicate: Predicate) -> Side:
    match predicate:
        case Interval(_, low, high):
            return Span(low, high)
        case OneOf(_, values):
            return frozenset(values)


def _meet(old: Side | None, new: Side, column: str) -> Side:
    match old, new:
        case None, _:
            return new
        case Span(), Span():
            lows = [end for end in (old.low, new.low) if end is not None]
            highs = [end for end in (old.high, new.high) if end is not None]
            low, high = max(lows, default=None), min(highs, default=None)
            if low is not None and high is not None and low >= high:
                raise InvalidRecord(f"spec: filters on {column!r} exclude each other")
            return Span(low, high)
        case frozenset(), frozenset():
            if not old & new:
                raise InvalidRecord(f"spec: filters on {column!r} exclude each other")
            return old & new
    raise InvalidRecord(f"spec: column {column!r} is used both as a number and as a text")


def _side_json(side: Side) -> JsonValue:
    if isinstance(side, frozenset):
        return {"one_of": [*sorted(side)]}
    ends = {"at_least": side.low, "below": side.high}
    return {name: str(end) for name, end in ends.items() if end is not None}


def _read_side(fields: Fields) -> Side:
    side: Side
    if fields.has("one_of"):
        side = frozenset(fields.texts("one_of", 4096))
    else:
        side = Span(fields.optional_decimal("at_least"), fields.optional_decimal("below"))
    fields.done()
    return side
