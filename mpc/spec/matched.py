"""The specification of figures over rows that three owners' engines match on shares: nobody is told a key.

Document and bounds of ``matched`` (``mpc.spec.job`` says what all kinds have in common). Every side may have filters of
its own, which its owner applies before it shares: which rows satisfy them, and how many, nobody else learns. A side
without columns chooses rows by its keys and filters alone. Without any columns it asks for the number of matched rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.protocols.join.layout import Column
from mpc.protocols.matched.terms import ENGINES, MAX_COLUMNS, MAX_MEMBERS, MatchedTerms, Member
from mpc.spec import reading
from mpc.spec import sides as spec_sides
from mpc.spec.parts import Predicate, Source, check_common, heading, parties_of, unless_exact
from mpc.tables.forms import Form

STATISTIC = "matched"


@dataclass(frozen=True, slots=True)
class MatchedSide:
    """One owner: its asset, the column of its key, its columns with their bounds, and what chooses its rows."""

    source: Source
    key: str
    columns: tuple[Column, ...] = ()
    filters: tuple[Predicate, ...] = ()

    def json(self) -> JsonValue:
        filters: list[JsonValue] = [predicate.json() for predicate in self.filters]
        return {**spec_sides.document(self.source, self.key, self.columns), "filters": filters}


@dataclass(frozen=True, slots=True)
class MatchedSpec:
    """Rows that all sides have a key for; sums and sums of products of their columns.

    engines: the three sides' parties whose nodes compute. rows: the most rows of one side; each shares as many.
    form: the rule by which all owners compare keys.
    """

    purpose: str
    recipient: str
    sides: tuple[MatchedSide, ...]
    engines: tuple[str, ...]
    rows: int
    minimum: int
    form: Form = Form.EXACT
    privacy = None
    """Figures here are exact."""

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        if self.terms.engines != tuple(sorted(self.engines)):
            raise InvalidRecord("spec: the engines are sorted")

    @property
    def terms(self) -> MatchedTerms:
        """Lay out the protocol's terms; raises InvalidRecord."""
        members = tuple(Member(s.source.party, spec_sides.named(s.source, s.columns)) for s in self.sides)
        return MatchedTerms(members, self.engines, self.rows, self.minimum)

    @property
    def statistic(self) -> str:
        return STATISTIC

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(side.source for side in self.sides)

    @property
    def parties(self) -> tuple[str, ...]:
        return parties_of(self.sources, self.recipient)

    def supplied(self, sources: Sequence[Source]) -> MatchedSpec:
        """Return the same question with other authorizations."""
        sides = tuple(replace(side, source=source) for side, source in zip(self.sides, sources, strict=True))
        return replace(self, sides=sides)

    def side(self, party: str) -> MatchedSide:
        return next(side for side in self.sides if side.source.party == party)

    def json(self) -> JsonValue:
        return {
            **heading(self),
            "sides": [side.json() for side in self.sides],
            "engines": list(self.engines),
            "rows": str(self.rows),
            "minimum": self.minimum,
            **unless_exact(self.form),
        }


def read(fields: Fields) -> MatchedSpec:
    """Read the members of a specification; raises InvalidRecord."""
    spec = MatchedSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sides=tuple(_side(item) for item in fields.objects("sides", MAX_MEMBERS)),
        engines=tuple(fields.texts("engines", ENGINES)),
        rows=fields.decimal("rows"),
        minimum=fields.integer("minimum"),
        form=reading.form(fields),
    )
    fields.done()
    return spec


def _side(fields: Fields) -> MatchedSide:
    columns, chosen = spec_sides.columns(fields, MAX_COLUMNS), reading.filters(fields)
    side = MatchedSide(reading.source(fields, last=False), fields.text("key"), columns, chosen)
    fields.done()
    return side
