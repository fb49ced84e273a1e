"""The terms on which persons are protected in a run's noised figures: the owners' declaration, and who draws the noise.

A run with noise (``mpc.privacy.trained``) and an exact run that is measured (``mpc.privacy.measured``) state the same
ones, word for word as the owners declared them (``mpc.privacy.declaration``).
"""

from __future__ import annotations

from typing import Final, Protocol, TypedDict

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.privacy.declaration import MOST_ROWS, Declaration, Neighbours, Nulls, UnitsAt

DECLARED: Final = ("unit", "neighbours", "max_rows", "units_at", "colluders", "nulls", "period", "delta_log2")


class Terms(Protocol):
    """What has these terms. is_local: each department's own noise is all that is paid for, whoever pools."""

    @property
    def unit(self) -> str: ...
    @property
    def neighbours(self) -> Neighbours: ...
    @property
    def max_rows(self) -> int: ...
    @property
    def units_at(self) -> UnitsAt: ...
    @property
    def colluders(self) -> int: ...
    @property
    def nulls(self) -> Nulls: ...
    @property
    def period(self) -> str: ...
    @property
    def delta_log2(self) -> int: ...
    @property
    def is_local(self) -> bool: ...
    @property
    def recipient_class(self) -> str: ...


class Read(TypedDict):
    """The terms as they were read."""

    unit: str
    neighbours: Neighbours
    max_rows: int
    units_at: UnitsAt
    colluders: int
    nulls: Nulls
    period: str
    delta_log2: int
    is_local: bool
    recipient_class: str


def read_terms(found: Fields) -> Read:
    """Read the terms among the members of a specification; raises InvalidRecord, naming what is missing."""
    return Read(
        unit=found.text("unit"),
        neighbours=Neighbours(found.choice("neighbours", tuple(Neighbours))),
        max_rows=found.integer("max_rows"),
        units_at=UnitsAt(found.choice("units_at", tuple(UnitsAt))),
        colluders=found.integer("colluders"),
        nulls=Nulls(found.choice("nulls", tuple(Nulls))),
        period=found.text("period"),
        delta_log2=found.integer("delta_log2"),
        is_local=found.choice("noise", ("distributed", "local")) == "local",
        recipient_class=found.text("recipient_class"),
    )


def require_terms(terms: Terms, member: str) -> None:
    """Raises InvalidRecord for terms that protect nobody. member: of the specification, for the message."""
    if not 0 < terms.max_rows <= MOST_ROWS or not terms.unit or not terms.period or not terms.recipient_class:
        raise InvalidRecord(f"{member}: a unit column, its most rows, a data period and a class of recipients needed")
    if terms.colluders < 0 or not -128 <= terms.delta_log2 <= -20:
        raise InvalidRecord(f"{member}: colluders of at least 0 and a delta of 2^-128..2^-20 expected")


def terms_json(terms: Terms) -> dict[str, JsonValue]:
    """Return the terms as members of a specification."""
    return {
        "unit": terms.unit,
        "neighbours": terms.neighbours.value,
        "max_rows": terms.max_rows,
        "units_at": terms.units_at.value,
        "colluders": terms.colluders,
        "nulls": terms.nulls.value,
        "period": terms.period,
        "delta_log2": terms.delta_log2,
        "noise": "local" if terms.is_local else "distributed",
        "recipient_class": terms.recipient_class,
    }


def differences(terms: Terms, declared: Declaration) -> list[str]:
    """Name the terms in which an owner's declaration differs."""
    return [name for name in DECLARED if getattr(terms, name) != getattr(declared, name)]
