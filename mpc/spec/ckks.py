"""The specification of CKKS sums: one column of several owners, added up with public weights by a named key holder.

Document and bounds of ``ckks-sums`` (``mpc.spec.job`` says what all kinds have in common). Private only: every owner
adds its own noise before it encrypts, so that the key holder decrypts noised sums (``mpc.protocols.ckks``).
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.privacy import declaration
from mpc.privacy.declaration import Family, Privacy, UnitsAt
from mpc.protocols.ckks.terms import CkksTerms, Column
from mpc.spec import reading
from mpc.spec.parts import MAX_SOURCES, Amount, Predicate, Source, check_common, heading, parties_of

STATISTIC = "ckks-sums"


@dataclass(frozen=True, slots=True)
class CkksSpec:
    """The weighted sum of one column over all sources, in all or per public group.

    weights: one a source, in their order, which is that of the parties. holder, evaluator: two of the sources' parties.
    rows: the most rows one source may contribute. minimum: what the chain's record of the job says; it protects nothing
    here. privacy: as in private masked sums, with a cost for the sum alone; its ``colluders`` play no part, since every
    owner adds all the noise that its own figures need.
    """

    purpose: str
    recipient: str
    sources: tuple[Source, ...]
    weights: tuple[int, ...]
    holder: str
    evaluator: str
    filters: tuple[Predicate, ...]
    value: Amount
    rows: int
    minimum: int
    privacy: Privacy

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        asked = self.privacy.protection
        if len(self.weights) != len(self.sources):
            raise InvalidRecord("spec: one weight for each source expected")
        if self.value.by is not None or self.value.bound != asked.largest:
            raise InvalidRecord(f"spec: one column, and as its bound {asked.largest}, the largest clipped value")
        if set(self.privacy.micro_rho) != {Family.SUM}:
            raise InvalidRecord("spec: micro_rho must name exactly sum")
        if not asked.max_rows <= self.rows <= 1 << 40:
            raise InvalidRecord("spec: rows per source must be in max_rows..2^40")
        _ = self.terms

    @property
    def terms(self) -> CkksTerms:
        """The protocol's terms; raises InvalidRecord for impossible ones."""
        asked = self.privacy.protection
        least, most = self.rows * min(asked.low, 0), self.rows * max(asked.high, 0)
        return CkksTerms(
            holder=self.holder,
            evaluator=self.evaluator,
            weights=tuple((s.party, weight) for s, weight in zip(self.sources, self.weights, strict=True)),
            columns=tuple(Column(name, 1, least, most, asked.max_rows * asked.largest) for name in self.names),
            touched=1 if asked.groups is None else min(asked.max_groups, len(asked.groups.values)),
            spans_owners=asked.units_at is UnitsAt.SEVERAL,
            micro_rho=self.privacy.total_micro_rho,
            delta_log2=asked.delta_log2,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The figures: one, or one a public group."""
        groups = self.privacy.protection.groups
        return ("sum",) if groups is None else tuple(f"sum-{index}" for index in range(len(groups.values)))

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
            "weights": [str(weight) for weight in self.weights],
            "holder": self.holder,
            "evaluator": self.evaluator,
            "filters": [predicate.json() for predicate in self.filters],
            "value": self.value.json(),
            "rows": str(self.rows),
            "minimum": self.minimum,
            "privacy": self.privacy.json(),
        }


def read(fields: Fields) -> CkksSpec:
    """Read the members of a specification; raises InvalidRecord."""
    spec = CkksSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sources=reading.sources(fields),
        weights=tuple(fields.decimals("weights", MAX_SOURCES)),
        holder=fields.text("holder"),
        evaluator=fields.text("evaluator"),
        filters=reading.filters(fields),
        value=reading.amount(fields.object("value")),
        rows=fields.decimal("rows"),
        minimum=fields.integer("minimum"),
        privacy=declaration.read(fields.object("privacy")),
    )
    fields.done()
    return spec
