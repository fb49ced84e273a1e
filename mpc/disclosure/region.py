"""Query normal form: which rows a released cell counts, as a box over declared attributes.

A region maps attributes to either a half-open integer interval or a set of texts; an attribute that is not named is
unconstrained. Attributes are the assets whose rows count (``asset``), the key columns over which they stand in another
owner's list (``in:<asset>``), that list's filters (``in:<asset>.<column>``) and the columns of filters, groups and bins
(``row.<column>``). Two different questions about the same rows have the same region, however they were written.

It knows no values and no row counts: what it decides can be computed by anybody who knows the questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.spec.parts import Interval, OneOf, Predicate

WHOLE = "*"
"""The one cell of an ungrouped join."""
ROW, LIST = "row.", "in:"


@dataclass(frozen=True, slots=True)
class Span:
    """Integers in [low, high); None means unbounded on that side. Without any bound: every row that has a value.

    or_null: of what rows can be by declaration, never of a question: that a row may also have no value.
    """

    low: int | None
    high: int | None
    or_null: bool = False


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

    def meets(self, other: Region) -> bool:
        """Tell whether a row could lie in both; a number beside a text counts as yes."""
        mine = dict(self.sides)
        return all(_overlap(mine[name], side) for name, side in other.sides if name in mine)

    @property
    def assets(self) -> frozenset[str]:
        """The assets whose rows count."""
        side = dict(self.sides).get("asset")
        return side if isinstance(side, frozenset) else frozenset()

    @property
    def lists(self) -> frozenset[str]:
        """The assets that serve as lists; a code has no dot, so columns of lists stay out."""
        names = (name.removeprefix(LIST) for name, _ in self.sides if name.startswith(LIST))
        return frozenset(name for name in names if "." not in name)

    def json(self) -> JsonValue:
        return {name: _side_json(side) for name, side in self.sides}


@dataclass(frozen=True, slots=True)
class Cell:
    """A named cell of a job, the rows it counts, and those of the whole question without groups and bins.

    quantities: what is released of these rows beside their count.
    """

    name: str
    region: Region
    base: Region
    quantities: tuple[str, ...] = ()


def prefixed(filters: Sequence[Predicate], prefix: str) -> list[Predicate]:
    """Put the filters' columns under a prefix, so that no column can pass for another attribute."""
    return [replace(predicate, column=prefix + predicate.column) for predicate in filters]


def read(value: JsonValue) -> Region:
    """Read a region written by ``Region.json``; raises InvalidRecord."""
    if not isinstance(value, dict):
        raise InvalidRecord("region: expected an object")
    return Region.of({name: _read_side(Fields(side, f"region.{name}")) for name, side in value.items()})


def _side(predicate: Predicate) -> Side:
    match predicate:
        case Interval(_, low, high):
            return Span(low, high)
        case OneOf(_, values):
            return frozenset(values)


def _overlap(one: Side, other: Side) -> bool:
    match one, other:
        case Span(), Span():
            lows = [end for end in (one.low, other.low) if end is not None]
            highs = [end for end in (one.high, other.high) if end is not None]
            return not lows or not highs or max(lows) < min(highs)
        case frozenset(), frozenset():
            return bool(one & other)
    return True


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
