"""The cells of one job: names, kinds, declared bounds and release thresholds, agreed on before any value is
read.

A count cell is tested by the gate, unless it is made up of other count cells (a total of its bins, a margin of its
row): that one passes if all of its parts do, since a test of its own would say more than theirs about parts that stay
hidden. A sum cell follows the bit of one count cell over the same rows. The bounds make the modulus safe: with n owners
and |x| <= bound each, n * bound < 2^127, so a total never wraps. An owner refuses to contribute a value outside its
bound.

A noised cell has no test and any sign: its owners add shares of declared noise before they mask it, and it is opened
whatever it holds. A schema has noised cells only or none; which it is, is the protocol's name in the session too.

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
from mpc.groups import suites
from mpc.groups.group import Group
from mpc.privacy import mechanism
from mpc.privacy.accounting import LEAST_SHARE, epsilon_milli, share_variance
from mpc.privacy.declaration import Privacy
from mpc.spec.job import SumsSpec
from mpc.spec.parts import MAX_MINIMUM, MIN_CONTRIBUTORS
from mpc.vector import MODULUS, Vector, vector

MAX_CELLS = 512

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Kind(StrEnum):
    """What a cell holds."""

    COUNT = "count"
    SUM = "sum"
    NOISED = "noised"


@dataclass(frozen=True, slots=True)
class Noise:
    """What a noised cell holds: units of 1/grain, with noise of this deviation in thousandths of a unit."""

    grain: int
    deviation_milli: int

    def __post_init__(self) -> None:
        if self.grain < 1 or self.deviation_milli < 1:
            raise InvalidRecord("cell: noise has a positive grain and deviation")

    def require_shares(self, most: int) -> None:
        """Refuse noise of which so many shares would each be too small; raises InvalidRecord."""
        if share_variance(self.deviation_milli, most) < LEAST_SHARE:
            raise InvalidRecord("schema: shares of the noise below variance 4; scale the integers")


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What noised cells are worth: the cost to each asset, epsilon at the deployment's delta, tolerated colluders."""

    micro_rho: int
    delta_log2: int
    epsilon_milli: int
    colluders: int

    def record(self) -> JsonValue:
        """Render for the job record."""
        return {
            "micro_rho": str(self.micro_rho),
            "delta_log2": self.delta_log2,
            "epsilon_milli": str(self.epsilon_milli),
            "colluders": self.colluders,
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """One total. ``bound``: largest absolute value one owner may contribute; ``follows``: a sum's count
    cell; ``noise``: of a noised cell; ``parts``: the count cells that a count is exactly made up of, if any."""

    name: str
    kind: Kind
    bound: int
    follows: str | None = None
    noise: Noise | None = None
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind is Kind.NOISED) != (self.noise is not None):
            raise InvalidRecord(f"cell {self.name[:64]!r}: a noised cell declares its noise, and no other does")
        if not _NAME.fullmatch(self.name) or self.bound < 1:
            raise InvalidRecord(f"cell {self.name[:64]!r}: a name of a-z, 0-9, '-' and a positive bound expected")
        if (self.kind is Kind.SUM) != (self.follows is not None):
            raise InvalidRecord(f"cell {self.name}: a sum follows one count cell, a count follows none")
        if len(set(self.parts)) != len(self.parts) or (self.parts and self.kind is not Kind.COUNT):
            raise InvalidRecord(f"cell {self.name}: only a count is made up of others, each named once")

    @property
    def count(self) -> str:
        """Name the count cell that decides about this one."""
        return self.follows or self.name

    def admits(self, value: int) -> bool:
        """Tell whether one owner may contribute this value."""
        return (0 if self.kind is Kind.COUNT else -self.bound) <= value <= self.bound

    def record(self) -> JsonValue:
        """Render for the job record."""
        common: dict[str, JsonValue] = {"name": self.name, "kind": self.kind.value, "bound": str(self.bound)}
        if self.noise is not None:
            common |= {"grain": str(self.noise.grain), "deviation_milli": str(self.noise.deviation_milli)}
        if self.parts:
            common |= {"parts": [*self.parts]}
        return common if self.follows is None else {**common, "follows": self.follows}


@dataclass(frozen=True, slots=True)
class Schema:
    """All cells of a job in their order, the minimum count and the minimum number of contributors per
    cell; the group in which the gate computes. The minimum is 0 where there is a guarantee in its place."""

    cells: tuple[Cell, ...]
    minimum: int
    contributors: int
    prime_group: Group = suites.DEFAULT
    guarantee: Guarantee | None = None

    def __post_init__(self) -> None:
        names = [cell.name for cell in self.cells]
        if not 0 < len(names) <= MAX_CELLS or len(set(names)) != len(names):
            raise InvalidRecord(f"schema: 1 to {MAX_CELLS} cells of distinct names expected")
        if self.guarantee is not None:
            self._check_noised(self.guarantee)
            return
        if not 1 <= self.minimum <= MAX_MINIMUM or self.contributors < MIN_CONTRIBUTORS:
            raise InvalidRecord(
                f"schema: a minimum of 1..{MAX_MINIMUM} and at least {MIN_CONTRIBUTORS} contributors expected"
            )
        counts, tested = {cell.name for cell in self._counts}, {cell.name for cell in self.gated}
        if any(cell.count not in counts for cell in self.cells):
            raise InvalidRecord("schema: every sum must follow a count cell of the schema")
        if any(not tested.issuperset(cell.parts) for cell in self.cells):
            raise InvalidRecord("schema: a count is made up of counts that are not made up of others")

    def _check_noised(self, guarantee: Guarantee) -> None:
        if self.minimum or self.contributors < max(MIN_CONTRIBUTORS, guarantee.colluders + 1):
            raise InvalidRecord("schema: noised cells have no minimum, and more contributors than colluders")
        if guarantee.colluders < 0 or any(cell.noise is None for cell in self.cells):
            raise InvalidRecord("schema: a guarantee is for noised cells only")

    @property
    def gated(self) -> tuple[Cell, ...]:
        """The count cells that the gate tests: those that are not made up of others."""
        return tuple(cell for cell in self._counts if not cell.parts)

    def verdicts(self, passed: Mapping[str, bool]) -> tuple[bool, ...]:
        """Give every cell its bit, in order, from those of the tested ones."""
        parts = {cell.name: cell.parts or (cell.name,) for cell in self._counts}
        return tuple(all(passed[name] for name in parts[cell.count]) for cell in self.cells)

    @property
    def _counts(self) -> tuple[Cell, ...]:
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
        for cell in self.cells:
            if cell.noise is not None and self.guarantee is not None:
                cell.noise.require_shares(owners - self.guarantee.colluders)

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
        common: dict[str, JsonValue] = {
            "cells": [cell.record() for cell in self.cells],
            "modulus": "2^128",
            "contributors": self.contributors,
            "prime_group": self.prime_group.name,
        }
        if self.guarantee is not None:
            return {**common, "guarantee": self.guarantee.record()}
        return {**common, "minimum": self.minimum}


def parse(terms: Mapping[str, JsonValue]) -> Schema:
    """Read a schema from a session's terms; raises InvalidRecord."""
    fields = Fields(dict(terms), "terms")
    cells = tuple(_cell(item) for item in fields.objects("cells", MAX_CELLS))
    if fields.text("modulus") != "2^128":
        raise InvalidRecord("terms: the modulus must be 2^128")
    group = suites.named(fields.text("prime_group"))
    guarantee = _guarantee(fields.object("guarantee")) if fields.has("guarantee") else None
    minimum = fields.integer("minimum") if guarantee is None else 0
    schema = Schema(cells, minimum, fields.integer("contributors"), group, guarantee)
    fields.done()
    return schema


def of_spec(spec: SumsSpec) -> Schema:
    """Lay out the cells of a job specification: each place's count, followed by its sum and squares if it has any.

    The squares are asked for only if the variance is; the count always, since the sums follow its test. A private
    question has noised cells instead, of what it asks and no more.
    """
    if spec.privacy is not None:
        return _noised(spec, spec.privacy)
    powers = {"sum": 1, "squares": 2}
    carrying, cells = {place.name for place in carriers(spec)}, list[Cell]()
    for place in places(spec):
        cells.append(Cell(place.name, Kind.COUNT, spec.rows, parts=place.parts))
        for kind in moments(spec) if place.name in carrying else ():
            bound = spec.rows * spec.value.bound ** powers[kind]
            cells.append(Cell(place.moment(kind), Kind.SUM, bound, place.name))
    return Schema(tuple(cells), spec.minimum, spec.contributors, suites.named(spec.prime_group))


def _noised(spec: SumsSpec, privacy: Privacy) -> Schema:
    cells = tuple(
        Cell(cell.name, Kind.NOISED, cell.bound, noise=Noise(cell.grain, cell.deviation_milli))
        for cell in mechanism.cells(spec, privacy)
    )
    cost, delta = privacy.total_micro_rho, privacy.protection.delta_log2
    guarantee = Guarantee(cost, delta, epsilon_milli(cost, delta), privacy.protection.colluders)
    return Schema(cells, 0, spec.contributors, suites.named(spec.prime_group), guarantee)


def _guarantee(fields: Fields) -> Guarantee:
    guarantee = Guarantee(
        fields.decimal("micro_rho"), fields.integer("delta_log2"), fields.decimal("epsilon_milli"),
        fields.integer("colluders"),
    )  # fmt: skip
    fields.done()
    return guarantee


def _cell(fields: Fields) -> Cell:
    kind = fields.text("kind")
    if kind not in set(Kind):
        raise InvalidRecord(f"terms: kind must be count, sum or noised, got {kind[:40]!r}")
    follows = fields.text("follows") if fields.has("follows") else None
    noise = Noise(fields.decimal("grain"), fields.decimal("deviation_milli")) if fields.has("grain") else None
    parts = tuple(fields.texts("parts", MAX_CELLS)) if fields.has("parts") else ()
    cell = Cell(fields.text("name"), Kind(kind), fields.decimal("bound"), follows, noise, parts)
    fields.done()
    return cell
