"""The counted cells of a masked sum: a total, bins of a histogram, and for a declared table groups and their crossings.

One layout for all who need it: the questions' normal form, the protocol's schema, an owner's own rows. A declared table
has every crossing of its groups and bins, and all margins; each of its cells carries the same statistics.

It knows the question only, no value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mpc.spec.job import SumsSpec
from mpc.spec.parts import Interval, OneOf, Part, Predicate

TOTAL = "count"


@dataclass(frozen=True, slots=True)
class Place:
    """One counted cell: what part of the table it is, and the group and bin that its rows lie in (None: in any).

    parts: the smallest places of the question that share no row and of which this one is exactly made up; none for one
    of the smallest itself.
    """

    name: str
    part: Part
    group: OneOf | None = None
    bin: Interval | None = None
    parts: tuple[str, ...] = ()

    @property
    def predicates(self) -> tuple[Predicate, ...]:
        """What chooses its rows beside what chooses those of the whole question."""
        return tuple(predicate for predicate in (self.group, self.bin) if predicate is not None)

    def moment(self, kind: str) -> str:
        """Name the cell that carries this place's sum or sum of squares."""
        return kind if self.name == TOTAL else f"{self.name}-{kind}"


def places(spec: SumsSpec) -> tuple[Place, ...]:
    """List the counted cells: the total, the groups, the bins, then the crossings group by group."""
    table = spec.table
    groups = [OneOf(table.column, (value,)) for value in table.values] if table else []
    intervals = [(name, Interval(spec.value.column, low, high)) for name, low, high in bins(spec.edges)]
    rows = [tuple(f"group{index}-{name}" for name, _ in intervals) for index in range(len(groups))]
    columns = [tuple(row[index] for row in rows) for index in range(len(intervals))]
    names = [f"group{index}" for index in range(len(groups))]
    smallest = [name for row in rows for name in row] or names or [name for name, _ in intervals]
    found = [Place(TOTAL, Part.TOTAL, parts=tuple(smallest))]
    for name, group, row in zip(names, groups, rows, strict=True):
        found.append(Place(name, Part.GROUPS, group, parts=row))
    for (name, interval), column in zip(intervals, columns, strict=True):
        found.append(Place(name, Part.BINS, None, interval, column))
    for group, row in zip(groups, rows, strict=True):
        found += [Place(name, Part.INNER, group, interval) for name, (_, interval) in zip(row, intervals, strict=True)]
    return tuple(found)


def base(spec: SumsSpec) -> tuple[Predicate, ...]:
    """Return what chooses the rows of the whole question.

    A value below the lowest edge ends the job at its owner; rows of groups that the table does not list are no part
    of it.
    """
    lowest = [Interval(spec.value.column, spec.edges[0], None)] if spec.edges else []
    listed = [OneOf(spec.table.column, spec.table.values)] if spec.table else []
    return (*spec.filters, *lowest, *listed)


def moments(spec: SumsSpec) -> tuple[str, ...]:
    """Name the sums that the outputs need beside the count."""
    wanted = set(spec.outputs)
    first = ("sum",) if {"sum", "mean", "variance"} & wanted else ()
    return (*first, "squares") if "variance" in wanted else first


def carriers(spec: SumsSpec) -> tuple[Place, ...]:
    """List the places that carry sums: all of a declared table, otherwise the total alone."""
    if not moments(spec):
        return ()
    return places(spec) if spec.table else places(spec)[:1]


def bins(edges: Sequence[int]) -> list[tuple[str, int, int | None]]:
    """Name the half-open bins of a histogram; the last one is open above."""
    ends: list[int | None] = [*edges[1:], None]
    return (
        [(f"bin{index}", low, high) for index, (low, high) in enumerate(zip(edges, ends, strict=True))] if edges else []
    )
