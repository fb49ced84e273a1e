"""The specification of percentiles: of one column that several owners have, over their rows together.

Document and bounds of ``percentiles`` (``mpc.spec.job`` says what all kinds have in common). Percentiles are in
thousandths, so 500 is the median; least and largest value cannot be named. What is released of each is the sum of a
block of rows around it (``mpc.protocols.percentiles.terms``).
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.protocols.percentiles.terms import ENGINES, MAX_PERCENTILES, Terms
from mpc.spec import reading
from mpc.spec.parts import MIN_CONTRIBUTORS, Amount, Predicate, Source, check_common, heading, parties_of

STATISTIC = "percentiles"


@dataclass(frozen=True, slots=True)
class PercentilesSpec:
    """Count of rows and percentiles of one column over the union of the sources.

    engines: the three sources' parties whose nodes compute. rows: the most rows one source may contribute; all of them
    are shared, so that nobody sees how many there are. minimum, contributors: of every block, as of any cell.
    """

    purpose: str
    recipient: str
    sources: tuple[Source, ...]
    engines: tuple[str, ...]
    filters: tuple[Predicate, ...]
    value: Amount
    rows: int
    percentiles: tuple[int, ...]
    minimum: int
    contributors: int

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        if self.contributors < MIN_CONTRIBUTORS:
            raise InvalidRecord(f"spec: at least {MIN_CONTRIBUTORS} contributors per cell, got {self.contributors}")
        if self.value.by is not None:
            raise InvalidRecord("spec: percentiles are of one column, not of products")
        if not set(self.engines) <= {source.party for source in self.sources}:
            raise InvalidRecord("spec: the engines are three of the sources' parties")
        self.terms.check_owners(len(self.sources))

    @property
    def terms(self) -> Terms:
        """The protocol's terms; raises InvalidRecord for impossible ones."""
        return Terms(self.engines, self.percentiles, self.value.bound, self.rows, self.minimum, self.contributors)

    @property
    def privacy(self) -> None:
        """None: percentiles here are exact; those with noise follow from a private histogram."""
        return

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
            "engines": list(self.engines),
            "filters": [predicate.json() for predicate in self.filters],
            "value": self.value.json(),
            "rows": str(self.rows),
            "percentiles": [str(percentile) for percentile in self.percentiles],
            "minimum": self.minimum,
            "contributors": self.contributors,
        }


def read(fields: Fields) -> PercentilesSpec:
    """Read the members of a specification; raises InvalidRecord."""
    spec = PercentilesSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sources=reading.sources(fields),
        engines=tuple(fields.texts("engines", ENGINES)),
        filters=reading.filters(fields),
        value=reading.amount(fields.object("value")),
        rows=fields.decimal("rows"),
        percentiles=tuple(fields.decimals("percentiles", MAX_PERCENTILES)),
        minimum=fields.integer("minimum"),
        contributors=fields.integer("contributors"),
    )
    fields.done()
    return spec
