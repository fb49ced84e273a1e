"""The cells of one job: names, kinds, declared bounds and release thresholds, agreed on before any value is
read.

A count cell is tested by the gate; a sum cell follows the bit of one count cell over the same rows. The
bounds make the modulus safe: with n owners and |x| <= bound each, n * bound < 2^127, so a total never wraps.
An owner refuses to contribute a value outside its bound.

It does NOT say which rows a cell covers: that is the job specification's business and the disclosure audit's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure.places import carriers, moments, places
from mpc.fields import Fields
from mpc.group import Group
from mpc.groups import suites
from mpc.spec import MAX_MINIMUM, SumsSpec
from mpc.vector import MODULUS, Vector, vector

MAX_CELLS = 512
MIN_CONTRIBUTORS = 3
"""With two contributors each could subtract its own part and read the other's."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Kind(StrEnum):
    """What a cell holds."""

    COUNT = "count"
    SUM = "sum"


@dataclass(frozen=True, slots=True)
class Cell:
    """One total. ``bound``: largest absolute value one owner may contribute; ``follows``: a sum's count
    cell."""

    name: str
    kind: Kind
    bound: int
    follows: str | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or self.bound < 1:
            raise InvalidRecord(f"cell {self.name[:64]!r}: a name of a-z, 0-9, '-' and a positive bound expected")
        if (self.kind is Kind.SUM) != (self.follows is not None):
            raise InvalidRecord(f"cell {self.name}: a sum follows one count cell, a count follows none")

    @property
    def gate(self) -> str:
        """Name the count cell whose test decides about this one."""
        return self.follows or self.name

    def admits(self, value: int) -> bool:
        """Tell whether one owner may contribute this value."""
        return (0 if self.kind is Kind.COUNT else -self.bound) <= value <= self.bound

    def record(self) -> JsonValue:
        """Render for the job record."""
        common: dict[str, JsonValue] = {"name": self.name, "kind": self.kind.value, "bound": str(self.bound)}
        return common if self.follows is None else {**common, "follows": self.follows}


@dataclass(frozen=True, slots=True)
class Schema:
    """All cells of a job in their order, the minimum count and the minimum number of contributors per
    cell; the group in which the gate computes."""

    cells: tuple[Cell, ...]
    minimum: int
    contributors: int
    prime_group: Group = suites.DEFAULT

    def __post_init__(self) -> None:
        names = [cell.name for cell in self.cells]
        if not 0 < len(names) <= MAX_CELLS or len(set(names)) != len(names):
            raise InvalidRecord(f"schema: 1 to {MAX_CELLS} cells of distinct names expected")
        if not 1 <= self.minimum <= MAX_MINIMUM or self.contributors < MIN_CONTRIBUTORS:
            raise InvalidRecord(
                f"schema: a minimum of 1..{MAX_MINIMUM} and at least {MIN_CONTRIBUTORS} contributors expected"
            )
        counts = {cell.name for cell in self.gated}
        if any(cell.gate not in counts for cell in self.cells):
            raise InvalidRecord("schema: every sum must follow a count cell of the schema")

    @property
    def gated(self) -> tuple[Cell, ...]:
        """The count cells, which the gate tests."""
        return tuple(cell for cell in self.cells if cell.kind is Kind.COUNT)

    @property
    def names(self) -> tuple[str, ...]:
        """The cells' names in order."""
        return tuple(cell.name for cell in self.cells)

    def check_owners(self, owners: int) -> None:
        """Refuse too few owners for the threshold, or so many that a total could wrap.

        Raises:
            InvalidRecord: either.
        """
        if owners < self.contributors:
            raise InvalidRecord(f"schema: {self.contributors} contributors per cell asked of {owners} owners")
        if any(2 * owners * cell.bound >= MODULUS for cell in self.cells):
            raise InvalidRecord("schema: owners * bound reaches 2^127, a total could overflow")

    def vector(self, values: Mapping[str, int]) -> Vector:
        """Check one owner's values against the bounds and lay them out.

        Raises:
            InvalidRecord: a missing or undeclared cell, or a value outside its bound (the value is not
            repeated).
        """
        if set(values) != set(self.names):
            raise InvalidRecord("contribution: exactly the declared cells are expected")
        for cell in self.cells:
            if not cell.admits(values[cell.name]):
                raise InvalidRecord(f"contribution: cell {cell.name} is outside its declared bound")
        return vector(values[name] for name in self.names)

    def terms(self) -> dict[str, JsonValue]:
        """Render for the session's record."""
        return {
            "cells": [cell.record() for cell in self.cells],
            "modulus": "2^128",
            "minimum": self.minimum,
            "contributors": self.contributors,
            "prime_group": self.prime_group.name,
        }


def parse(terms: Mapping[str, JsonValue]) -> Schema:
    """Read a schema from a session's terms; raises InvalidRecord."""
    fields = Fields(dict(terms), "terms")
    cells = tuple(_cell(item) for item in fields.objects("cells", MAX_CELLS))
    if fields.text("modulus") != "2^128":
        raise InvalidRecord("terms: the modulus must be 2^128")
    group = suites.named(fields.text("prime_group"))
    schema = Schema(cells, fields.integer("minimum"), fields.integer("contributors"), group)
    fields.done()
    return schema


def of_spec(spec: SumsSpec) -> Schema:
    """Lay out the cells of a job specification: each place's count, followed by its sum and squares if it has any.

    The squares are asked for only if the variance is; the count always, since the sums follow its test.
    """
    powers = {"sum": 1, "squares": 2}
    carrying, cells = {place.name for place in carriers(spec)}, list[Cell]()
    for place in places(spec):
        cells.append(Cell(place.name, Kind.COUNT, spec.rows))
        for kind in moments(spec) if place.name in carrying else ():
            bound = spec.rows * spec.value.bound ** powers[kind]
            cells.append(Cell(place.moment(kind), Kind.SUM, bound, place.name))
    return Schema(tuple(cells), spec.minimum, spec.contributors, suites.named(spec.prime_group))


def _cell(fields: Fields) -> Cell:
    kind = fields.text("kind")
    if kind not in set(Kind):
        raise InvalidRecord(f"terms: kind must be count or sum, got {kind[:40]!r}")
    follows = fields.text("follows") if fields.has("follows") else None
    cell = Cell(fields.text("name"), Kind(kind), fields.decimal("bound"), follows)
    fields.done()
    return cell
