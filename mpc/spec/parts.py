"""The parts a job specification is made of: filters, sources, amounts and groups, each with its own bounds.

What is asked of them together is ``mpc.spec.job``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from contracts.jobs.record import MAX_PARTIES
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.groups import suites
from mpc.tables.forms import Form

MAX_CELLS = 256
MAX_BOUND = 1 << 96
KNOWN = "known"
"""What a filter without bounds asks of a column: that the row has a value in it."""
MAX_SOURCES = MAX_PARTIES - 1
"""The recipient is a party of the job too."""
MIN_CONTRIBUTORS = 3
"""With two contributors each could subtract its own part and read the other's."""
MAX_MINIMUM = 100
"""A gate has one ciphertext for each smaller count. A minimum of 1 hides empty cells alone; no node asks for it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Rows whose integer ``column`` lies in the half-open range [at_least, below); ``None`` leaves a side open.

    With both sides open: rows that have a value in the column at all (SQL: ``IS NOT NULL``).
    """

    column: str
    at_least: int | None
    below: int | None

    def __post_init__(self) -> None:
        if any(end is not None and abs(end) > MAX_BOUND for end in (self.at_least, self.below)):
            raise InvalidRecord(f"spec: filter on {self.column!r} lies outside -2^96..2^96")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise InvalidRecord(f"spec: filter on {self.column!r} selects nothing: {self.at_least} >= {self.below}")

    def json(self) -> JsonValue:
        sides = {"at_least": self.at_least, "below": self.below}
        bounded: dict[str, JsonValue] = {name: str(value) for name, value in sides.items() if value is not None}
        return {"column": self.column, **(bounded or {"is": KNOWN})}


@dataclass(frozen=True, slots=True)
class OneOf:
    """Rows whose text ``column`` is one of ``values``."""

    column: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values or tuple(sorted(set(self.values))) != self.values:
            raise InvalidRecord(f"spec: values of {self.column!r} must be non-empty, distinct and sorted")

    def json(self) -> JsonValue:
        return {"column": self.column, "one_of": list(self.values)}


Predicate: TypeAlias = Interval | OneOf


@dataclass(frozen=True, slots=True)
class Source:
    """One party's asset and the authorization under which it is used."""

    party: str
    asset: str
    authorization: bytes

    def __post_init__(self) -> None:
        for code in (self.party, self.asset):
            if not is_code(code):
                raise InvalidRecord(f"spec: {code!r} is not a code (a-z, 0-9 and '-', at most 63 characters)")
        if len(self.authorization) != 32:
            raise InvalidRecord(f"spec: authorization of {self.party!r} is not 32 bytes")

    def json(self) -> JsonValue:
        return {"party": self.party, "asset": self.asset, "authorization": "0x" + self.authorization.hex()}


@dataclass(frozen=True, slots=True)
class Amount:
    """An integer column that is summed, with the largest absolute value one row may hold.

    by: a second column, by which each row's value is multiplied before the sum; the two in ascending order, so that a
    product has one name.
    """

    column: str
    bound: int
    by: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.bound <= MAX_BOUND:
            raise InvalidRecord(f"spec: bound of {self.column!r} must be in 1..2^96, got {self.bound}")
        if self.by is not None and not self.column < self.by:
            raise InvalidRecord("spec: a product is of two columns in ascending order; a square is asked as variance")

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,) if self.by is None else (self.column, self.by)

    @property
    def name(self) -> str:
        """The value of a row in words: a column, or a product of two."""
        return " * ".join(self.columns)

    def json(self) -> JsonValue:
        product: dict[str, JsonValue] = {} if self.by is None else {"by": self.by}
        return {"column": self.column, **product, "bound": str(self.bound)}


class Part(StrEnum):
    """The parts of a declared table: crossings of groups and bins, the margins over each, and the total."""

    INNER = "inner"
    GROUPS = "groups"
    BINS = "bins"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The groups of a table or a join: a text column and its public code list, so that cells are known before rows."""

    column: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.values or list(self.values) != sorted(set(self.values)) or len(self.values) > MAX_CELLS:
            raise InvalidRecord(f"spec: groups of {self.column!r} must be 1..{MAX_CELLS} distinct, sorted values")

    def json(self) -> JsonValue:
        return {"column": self.column, "values": list(self.values)}


class Heading(Protocol):
    """What every specification says first."""

    @property
    def statistic(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def recipient(self) -> str: ...


def heading(spec: Heading) -> dict[str, JsonValue]:
    """Write the members that every specification has."""
    return {"version": 1, "statistic": spec.statistic, "purpose": spec.purpose, "recipient": spec.recipient}


def parties_of(sources: Iterable[Source], recipient: str) -> tuple[str, ...]:
    """Name who takes part, in the order of their codes."""
    return tuple(sorted({recipient, *(source.party for source in sources)}))


def unless_exact(form: Form) -> Mapping[str, JsonValue]:
    """Name the rule by which keys are compared only where it is another than the usual one."""
    return {} if form is Form.EXACT else {"form": form.value}


def unless_default(prime_group: str) -> Mapping[str, JsonValue]:
    """Name the group only where it is another than the usual one, so that a specification has one canonical form."""
    return {} if prime_group == suites.DEFAULT.name else {"prime_group": prime_group}


def check_common(purpose: str, recipient: str, sources: tuple[Source, ...], minimum: int) -> None:
    """Hold what specifications of all kinds bound alike; raises InvalidRecord."""
    if not is_code(purpose) or not is_code(recipient):
        raise InvalidRecord("spec: purpose and recipient must be codes (a-z, 0-9 and '-')")
    parties = [source.party for source in sources]
    if len(set(parties)) != len(parties) or recipient in parties:
        raise InvalidRecord("spec: every source must be another party, and the recipient none of them")
    if not 1 <= minimum <= MAX_MINIMUM:
        raise InvalidRecord(f"spec: minimum must be in 1..{MAX_MINIMUM}, got {minimum}")
