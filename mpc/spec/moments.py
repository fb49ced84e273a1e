"""The specification of masked moments: all second moments of several columns at once, or one step of a fit.

Without a step: the sums of every column and of every product of two, over the union of the sources. With one: what a
step of iteratively reweighted least squares adds up at public coefficients (McCullagh and Nelder, *Generalized Linear
Models*, 2nd ed., 2.5). Document and bounds of ``masked-moments``; ``mpc.spec.job`` says what all kinds have in common.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.groups import suites
from mpc.spec import reading
from mpc.spec.parts import (
    MIN_CONTRIBUTORS,
    Amount,
    Predicate,
    Source,
    check_common,
    heading,
    parties_of,
    unless_default,
)

STATISTIC = "masked-moments"
MAX_COLUMNS = 20
PLACES = 18
"""Digits of a coefficient after its point."""
MAX_VALUE = 1 << 40
"""Of a column here, so that a product of two, weighted and added up, stays far below 2^127 for usual tables."""
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{0,17}[1-9])?")


class Family(StrEnum):
    """How the response is spread about its mean; the link is the canonical one (logit, log)."""

    LOGISTIC = "logistic"
    POISSON = "poisson"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a fit. coefficients: exact decimals, of the constant and of every column, per unit of its integers.

    The response of a logistic model is 0 or 1, that of a Poisson model a count.
    """

    family: Family
    response: Amount
    coefficients: tuple[str, ...]

    def __post_init__(self) -> None:
        if any(not _DECIMAL.fullmatch(text) or text == "-0" for text in self.coefficients):
            raise InvalidRecord("spec: coefficients are decimals of at most 18 digits on either side, in shortest form")
        if self.response.by is not None or (self.family is Family.LOGISTIC and self.response.bound != 1):
            raise InvalidRecord("spec: a response is one column; that of a logistic step has the bound 1")
        if self.response.bound > MAX_VALUE:
            raise InvalidRecord(f"spec: the bound of a response must not exceed {MAX_VALUE}")

    @property
    def scaled(self) -> tuple[int, ...]:
        """The coefficients in units of 10^-``PLACES``, exact."""
        return tuple(int(Fraction(text) * 10**PLACES) for text in self.coefficients)

    def json(self) -> JsonValue:
        return {
            "family": self.family.value,
            "response": self.response.json(),
            "coefficients": list(self.coefficients),
        }


@dataclass(frozen=True, slots=True)
class MomentsSpec:
    """Moments of ``columns``, ascending by name, over the union of the sources; the rest is as in ``SumsSpec``."""

    purpose: str
    recipient: str
    sources: tuple[Source, ...]
    filters: tuple[Predicate, ...]
    columns: tuple[Amount, ...]
    rows: int
    minimum: int
    contributors: int
    step: Step | None = None
    prime_group: str = suites.DEFAULT.name
    privacy = None

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        suites.named(self.prime_group)
        if self.contributors < MIN_CONTRIBUTORS or len(self.sources) < self.contributors:
            raise InvalidRecord(f"spec: {MIN_CONTRIBUTORS} contributors a cell at least, and as many sources")
        names = [amount.column for amount in self.columns]
        if not 0 < len(names) <= MAX_COLUMNS or names != sorted(set(names)):
            raise InvalidRecord(f"spec: 1..{MAX_COLUMNS} different columns in ascending order")
        if any(amount.by is not None or amount.bound > MAX_VALUE for amount in self.columns):
            raise InvalidRecord(f"spec: columns, not products, of bounds up to {MAX_VALUE}")
        if not 0 < self.rows <= 1 << 40:
            raise InvalidRecord("spec: rows per source must be in 1..2^40")
        if self.step is not None and len(self.step.coefficients) != len(names) + 1:
            raise InvalidRecord("spec: one coefficient for the constant and one for each column")
        if self.step is not None and self.step.response.column in names:
            raise InvalidRecord("spec: the response is none of the columns that explain it")

    @property
    def statistic(self) -> str:
        return STATISTIC

    @property
    def parties(self) -> tuple[str, ...]:
        return parties_of(self.sources, self.recipient)

    def json(self) -> JsonValue:
        return {
            **heading(self),
            "sources": [source.json() for source in self.sources],
            "filters": [predicate.json() for predicate in self.filters],
            "columns": [amount.json() for amount in self.columns],
            "rows": str(self.rows),
            "minimum": self.minimum,
            "contributors": self.contributors,
            **({} if self.step is None else {"step": self.step.json()}),
            **unless_default(self.prime_group),
        }


def read(fields: Fields) -> MomentsSpec:
    """Read the members of a specification; raises InvalidRecord."""
    spec = MomentsSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sources=reading.sources(fields),
        filters=reading.filters(fields),
        columns=tuple(reading.amount(item) for item in fields.objects("columns", MAX_COLUMNS)),
        rows=fields.decimal("rows"),
        minimum=fields.integer("minimum"),
        contributors=fields.integer("contributors"),
        step=_step(fields.object("step")) if fields.has("step") else None,
        prime_group=reading.prime_group(fields),
    )
    fields.done()
    return spec


def _step(fields: Fields) -> Step:
    family = Family(fields.choice("family", tuple(Family)))
    coefficients = tuple(fields.texts("coefficients", MAX_COLUMNS + 1))
    step = Step(family, reading.amount(fields.object("response")), coefficients)
    fields.done()
    return step
