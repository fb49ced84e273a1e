"""The specification of moments over aligned rows: owners whose keys meet, which of them are told, columns of each.

Document and bounds of ``aligned`` (``mpc.spec.job`` says what all kinds have in common). It has no filters: which keys
pass a filter would be told to the named owners with the keys. Without columns it asks for the number of common keys
alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.groups import suites
from mpc.protocols.align.terms import MAX_COLUMNS, MAX_MEMBERS, AlignedTerms, Member
from mpc.protocols.join.layout import Column
from mpc.spec import reading
from mpc.spec import sides as spec_sides
from mpc.spec.parts import MAX_BOUND, Source, check_common, heading, parties_of, unless_default, unless_exact
from mpc.tables.forms import Form

STATISTIC = "aligned"


@dataclass(frozen=True, slots=True)
class Side:
    """One owner: its asset, the column of its key, the most keys it may bring, and its columns with their bounds."""

    source: Source
    key: str
    most: int
    columns: tuple[Column, ...] = ()

    def __post_init__(self) -> None:
        if any(max(abs(column.least), abs(column.most)) > MAX_BOUND for column in self.columns):
            raise InvalidRecord("spec: bounds of a column lie in -2^96..2^96")

    def json(self) -> JsonValue:
        return {**spec_sides.document(self.source, self.key, self.columns), "most": str(self.most)}


@dataclass(frozen=True, slots=True)
class AlignedSpec:
    """Rows that all sides have a key for; sums and sums of products of their columns.

    told: the owners that learn which of their keys all hold; with columns every owner, for it adds up its own rows.
    form: the rule by which all owners compare keys.
    """

    purpose: str
    recipient: str
    sides: tuple[Side, ...]
    told: tuple[str, ...]
    minimum: int
    form: Form = Form.EXACT
    prime_group: str = suites.DEFAULT.name
    privacy = None
    """Keys that are told have no noise: such a question is never private."""

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        if self.told != self.terms.told:
            raise InvalidRecord("spec: told must name owners of the question, sorted")

    @property
    def terms(self) -> AlignedTerms:
        """Lay out the protocol's terms; raises InvalidRecord."""
        return AlignedTerms(
            members=tuple(
                Member(s.source.party, s.most, s.source.party in self.told, spec_sides.named(s.source, s.columns))
                for s in self.sides
            ),
            minimum=self.minimum,
            prime_group=suites.named(self.prime_group),
        )

    @property
    def statistic(self) -> str:
        return STATISTIC

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(side.source for side in self.sides)

    @property
    def parties(self) -> tuple[str, ...]:
        return parties_of(self.sources, self.recipient)

    def supplied(self, sources: Sequence[Source]) -> AlignedSpec:
        """Return the same question with other authorizations."""
        sides = tuple(replace(side, source=source) for side, source in zip(self.sides, sources, strict=True))
        return replace(self, sides=sides)

    def side(self, party: str) -> Side:
        return next(side for side in self.sides if side.source.party == party)

    def json(self) -> JsonValue:
        return {
            **heading(self),
            "sides": [side.json() for side in self.sides],
            "told": list(self.told),
            "minimum": self.minimum,
            **unless_exact(self.form),
            **unless_default(self.prime_group),
        }


def read(fields: Fields) -> AlignedSpec:
    """Read the members of a specification; raises InvalidRecord."""
    spec = AlignedSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sides=tuple(side(item) for item in fields.objects("sides", MAX_MEMBERS)),
        told=tuple(fields.texts("told", MAX_MEMBERS)),
        minimum=fields.integer("minimum"),
        form=reading.form(fields),
        prime_group=reading.prime_group(fields),
    )
    fields.done()
    return spec


def side(fields: Fields, most: int = MAX_COLUMNS) -> Side:
    """Read an owner with at most so many columns; raises InvalidRecord."""
    columns = spec_sides.columns(fields, most)
    found = Side(reading.source(fields, last=False), fields.text("key"), fields.decimal("most"), columns)
    fields.done()
    return found
