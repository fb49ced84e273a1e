"""Figures over rows that are matched on shares as a kind of job: keys, matches and conditions known to nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.authorizations.record import Operations
from ledger.canonical import JsonValue
from ledger.errors import NotFound
from mpc.disclosure.region import WHOLE, Cell, prefixed
from mpc.engine.recorded import RecordedEngines, pieces
from mpc.inputs import Input
from mpc.kinds import side_by_side
from mpc.kinds.bounds import BOUNDS, KEY, at_least, filtered, without_empty
from mpc.kinds.kind import Fault, Loosest, Part, Sent, named, require_answerable_by
from mpc.kinds.released import Release, Verdict, body_of, signed
from mpc.kinds.side_by_side import Sided
from mpc.privacy.declaration import Declaration
from mpc.protocols.align.owner import has_spread
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.engines import LINK, OPEN
from mpc.protocols.join.run import Progress
from mpc.protocols.matched import descriptor, office, run
from mpc.protocols.matched.terms import RING
from mpc.protocols.sums import agreement
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.sums.upload import TRANSCRIPT_BYTES
from mpc.protocols.words import Text
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session
from mpc.spec.matched import MatchedSpec
from mpc.spec.parts import Predicate
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table

SECONDS, PLACE_S = 8.0, 100e-6
"""Starting and linking an engine; sorting, comparing and adding up a place (``benchmarks/matched.py``)."""


@dataclass(frozen=True, slots=True)
class Matched(Sided):
    """One job over matched rows; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: MatchedSpec
    is_counted = False
    is_joined = True
    is_repeatable = True
    learners = ()
    protocol = run.PROTOCOL
    label = run.LABEL
    title = Text(
        "rows of {owners} matched by their key on shares: nobody learns which match, or which satisfy a condition",
        "以秘密份额按标识匹配 {owners} 的行:无人得知哪些行匹配,也无人得知哪些行满足条件",
    )

    def operations(self) -> Operations:
        return side_by_side.operations(has_columns=any(side.columns for side in self.spec.sides))

    def columns(self, party: str) -> frozenset[str]:
        side = self.spec.side(party)
        return frozenset({side.key, *(column.name for column in side.columns), *named(side.filters)})

    def broken_down(self, party: str) -> frozenset[str]:
        return frozenset()

    def role(self, party: str) -> str:
        if party not in self.spec.parties:
            raise NotFound(f"{party} takes no part in this job")
        if party == self.spec.recipient:
            return "recipient"
        return "engine" if party in self.spec.engines else "provider"

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        side = self.spec.side(party)
        yield from side_by_side.once(side.key, schema, self.spec.form)
        if side.key in named(side.filters):
            yield KEY, "job: a key cannot be filtered by"
        yield from filtered(side.filters, schema)
        yield from at_least("rows", self.spec.rows, schema.rows)
        if schema.sensitivity is not None:
            yield BOUNDS, "job: the asset's sensitivity rules judge no figures of matched rows"
        for column in side.columns:
            yield from side_by_side.bounded(column, schema)
        summed = [(column.name, schema.columns.get(column.name)) for column in side.columns]
        yield from without_empty([(name, own) for name, own in summed if isinstance(own, Integer)], side.filters)

    def most_announced(self, party: str, published: int) -> int:
        """Nobody announces a size: everyone shares as many rows as the specification says."""
        return self.spec.rows

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List the one cell: chosen rows of the first owner whose key all others hold in rows that they choose.

        What another owner's rows are chosen by is a quantity too, so that it has no figures of its own beside it.
        """
        spec = self.spec
        require_answerable_by(spec.sources, assets, all_of_them=True)
        keys = [(side.source.asset, side.key) for side in spec.sides]
        found = side_by_side.cell(keys, [column.name for column in spec.terms.columns])
        base, chosen = found.base, list[str]()
        for side in spec.sides:
            asset = side.source.asset
            base = base.narrowed(prefixed(side.filters, self.row_prefix(asset)))
            chosen += [f"choice of {asset}.{column}" for column in sorted(named(side.filters))]
        return (replace(found, region=base, base=base, quantities=(*found.quantities, *chosen)),)

    def follows(self) -> Mapping[str, str]:
        return {}

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "engines": list(self.spec.engines)}

    def asked(self) -> Mapping[str, JsonValue]:
        return {}

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {WHOLE: self.spec.side(party).filters}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # an asset with such rules is not asked

    def prepare(self, party: str, table: Table) -> Input:
        side = self.spec.side(party)
        return side_by_side.prepare(table, side.key, side.columns, side.filters)

    def read_input(self, party: str, value: JsonValue) -> Input:
        return side_by_side.read_input(value)

    def terms(self) -> Mapping[str, JsonValue]:
        return self.spec.terms.record()

    def contribute(self, part: Part) -> Verdict:
        done = run.run_owner(
            part.session, part.channel, side_by_side.rows_of(part.data), part.decide, part.journal,
            part.engines, part.before_bits,
        )  # fmt: skip
        return Verdict.of((WHOLE,), done.opened, done.transcript)

    def announced(self, session: Session, sent: Sent) -> Decide:
        return agreement.announced(sent, session.others[0], (WHOLE,))

    def repeated(self, sent: Sent) -> RecordedEngines:
        """Give the tested bit, then the figures."""
        bodies, head = {step: body for (_, step), body in sent.items()}, TRANSCRIPT_BYTES + 1
        tested = pieces(bodies.get(run.TESTED, b""), 0, 1, RING)
        opened = pieces(bodies.get(OPEN, b""), head, self.spec.terms.scalars, RING)
        return RecordedEngines(bodies.get(LINK, b""), [*tested, *opened], RING)

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        released = office.run_recipient(session, channel)
        document: JsonValue = office.document(released.figures)
        verdict = Verdict.of((WHOLE,), released.opened, released.transcript)
        openings: JsonValue = {party: signed(message) for party, message in released.messages.items()}
        return Release.of(session, document, openings, verdict)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        return {OPEN: body_of(openings)}

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        terms = self.spec.terms
        rows = side_by_side.common([side_by_side.rows_of(inputs[member.party]) for member in terms.members])
        passes = len(rows) >= terms.least_rows and has_spread(terms.minimum, rows)
        names = [column.name for column in terms.columns]
        return office.document(side_by_side.figures(rows, names) if passes else None)

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def described(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def public_numbers(self) -> Mapping[str, int]:
        return descriptor.public(self.spec.terms)

    def most_numbers(self) -> Mapping[str, int]:
        return {}

    def seconds(self) -> float:
        return SECONDS + self.spec.rows * len(self.spec.sides) * PLACE_S
