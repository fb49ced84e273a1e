"""Moments over aligned rows as a kind of job: keys told to named owners, figures to the recipient."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from ledger.canonical import JsonValue
from ledger.errors import NotFound
from mpc.disclosure.region import WHOLE, Cell
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import Input
from mpc.kinds import side_by_side
from mpc.kinds.bounds import BOUNDS, at_least
from mpc.kinds.kind import Fault, Loosest, Part, Sent, require_answerable_by
from mpc.kinds.released import Release, Verdict, body_of, signed
from mpc.kinds.side_by_side import Sided
from mpc.privacy.declaration import Declaration
from mpc.protocols.align import descriptor, messages, office, owner, run
from mpc.protocols.align.office import Released
from mpc.protocols.align.terms import parse_terms
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join.layout import Column
from mpc.protocols.join.run import Progress
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.words import Text
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session
from mpc.spec.aligned import AlignedSpec
from mpc.spec.parts import Predicate
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table

RAISE_S, ENCRYPT_S = 75e-6, 150e-6
"""Raising a key once, and encrypting a row for one other owner (``benchmarks/aligned_moments.py``)."""


@dataclass(frozen=True, slots=True)
class Aligned(Sided):
    """One job over aligned rows; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: AlignedSpec
    is_counted = False
    is_joined = True
    is_repeatable = True
    protocol = run.PROTOCOL
    label = run.LABEL
    title = Text(
        "rows of {owners} aligned by their key, which the named owners learn",
        "按标识对齐 {owners} 的行,被点名方得知共有标识",
    )

    @property
    def learners(self) -> tuple[str, ...]:
        return self.spec.told

    def operations(self) -> Operations:
        has_columns = any(side.columns for side in self.spec.sides)
        return side_by_side.operations(has_columns=has_columns) | Operations.ALIGN

    def columns(self, party: str) -> frozenset[str]:
        side = self.spec.side(party)
        return frozenset({side.key, *(column.name for column in side.columns)})

    def broken_down(self, party: str) -> frozenset[str]:
        """The key: values of it are told to other owners."""
        return frozenset({self.spec.side(party).key})

    def role(self, party: str) -> str:
        spec = self.spec
        if party not in spec.parties:
            raise NotFound(f"{party} takes no part in this job")
        if party == spec.recipient:
            return "recipient"
        if party == spec.terms.ring[0]:
            return "matcher"
        return "named" if party in spec.told else "unnamed"

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        side = self.spec.side(party)
        yield from side_by_side.once(side.key, schema, self.spec.form)
        yield from at_least("most keys", side.most, schema.rows)
        if side.columns and schema.sensitivity is not None:
            yield BOUNDS, "job: the asset's sensitivity rules judge no moments of aligned rows"
        for column in side.columns:
            yield from _column(column, schema)

    def most_announced(self, party: str, published: int) -> int:
        terms = self.spec.terms
        return terms.padded(min(terms.member(party).most, published))

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List the one cell: rows of the first owner whose key all others hold."""
        require_answerable_by(self.spec.sources, assets, all_of_them=True)
        keys = [(side.source.asset, side.key) for side in self.spec.sides]
        return (side_by_side.cell(keys, [column.name for _, column in self.spec.terms.columns]),)

    def follows(self) -> Mapping[str, str]:
        return {}

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "told": list(self.spec.told)}

    def asked(self) -> Mapping[str, JsonValue]:
        return {}

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {WHOLE: ()}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # an asset with such rules is asked for counts alone

    def prepare(self, party: str, table: Table) -> Input:
        side = self.spec.side(party)
        return side_by_side.prepare(table, side.key, side.columns, ())

    def read_input(self, party: str, value: JsonValue) -> Input:
        return side_by_side.read_input(value)

    def terms(self) -> Mapping[str, JsonValue]:
        return self.spec.terms.record()

    def contribute(self, part: Part) -> Verdict:
        """Put the cell on record as it begins: owners learn the common number before anybody decides."""
        part.before_bits()
        done = owner.run_owner(
            part.session, part.channel, side_by_side.rows_of(part.data), part.decide, part.journal,
            terms=parse_terms(dict(part.session.terms)), progress=part.progress, admit=part.admit,
        )  # fmt: skip
        return Verdict.of((WHOLE,), done.opened, done.transcript)

    def announced(self, session: Session, sent: Sent) -> Decide:
        body = sent.get((session.others[0], messages.DECISION), b"")
        is_chosen = body[messages.DIGEST_BYTES : messages.DIGEST_BYTES + 1] == b"\x01"
        return lambda bits: frozenset(name for name, flag in bits.items() if flag and is_chosen)

    def repeated(self, sent: Sent) -> Engines:
        return NO_ENGINES

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        released = office.run_recipient(session, channel, terms=parse_terms(dict(session.terms)))
        document: JsonValue = released.document()
        verdict = Verdict.of((WHOLE,), released.opened, released.transcript)
        openings: JsonValue = {party: signed(share) for party, share in released.shares.items()}
        return Release.of(session, document, openings, verdict)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        return {messages.SHARE: body_of(openings)}

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        terms = self.spec.terms
        rows = side_by_side.common([side_by_side.rows_of(inputs[party]) for party in terms.parties])
        names = [column.name for _, column in terms.columns]
        opened = side_by_side.figures(rows, names) if len(rows) >= terms.least_rows else None
        return Released(opened, b"", {}).document()

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def described(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def public_numbers(self) -> Mapping[str, int]:
        return descriptor.public(self.spec.terms)

    def most_numbers(self) -> Mapping[str, int]:
        terms = self.spec.terms
        return descriptor.learned(terms, max(member.most for member in terms.members), terms.rows)

    def seconds(self) -> float:
        terms, owners = self.spec.terms, len(self.spec.sides)
        largest = max(member.most for member in terms.members)
        return largest * owners * RAISE_S + (terms.rows * (owners - 1) * ENCRYPT_S if terms.columns else 0)


def _column(column: Column, schema: Schema) -> Iterator[Fault]:
    """Hold a column against its declaration; one that may be empty would need a filter."""
    yield from side_by_side.bounded(column, schema)
    declared = schema.columns.get(column.name)
    if isinstance(declared, Integer) and declared.nullable:
        yield BOUNDS, f"job: {column.name} may be empty, and aligned rows have no filter"
