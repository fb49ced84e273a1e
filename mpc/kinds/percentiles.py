"""Percentiles as a kind of job: blocks of rows around ranks, found on shares by three owners' engines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.authorizations.record import Operations
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotAuthorized, NotFound
from mpc.commitment import Owner, Secret
from mpc.disclosure.before.ranks import PERCENTILES
from mpc.disclosure.region import ROW, Cell, Region, prefixed
from mpc.engine.recorded import RecordedEngines, pieces
from mpc.inputs import Column, Input, integers_of
from mpc.kinds.bounds import BOUNDS, at_least, ends, filtered, named_rows, without_empty
from mpc.kinds.exact import Exact
from mpc.kinds.kind import Fault, Loosest, Part, Sent, named, require_answerable_by
from mpc.kinds.released import Release, Verdict, body_of, signed
from mpc.kinds.stacked import Stacked
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.privacy.declaration import Declaration
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.engines import LINK, OPEN
from mpc.protocols.join.run import Progress
from mpc.protocols.percentiles import descriptor, office, run
from mpc.protocols.percentiles.terms import COUNT, RING
from mpc.protocols.sums import agreement
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.sums.upload import TRANSCRIPT_BYTES
from mpc.protocols.words import Text
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session
from mpc.spec.parts import Predicate
from mpc.spec.percentiles import PercentilesSpec
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table

SECONDS, ROW_S = 8.0, 25e-6
"""Starting and linking an engine; selecting and comparing a row for one percentile (``benchmarks/percentiles.py``)."""


@dataclass(frozen=True, slots=True)
class Percentiles(Exact, Stacked):
    """One job of percentiles; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: PercentilesSpec
    is_counted = True
    is_joined = False
    is_repeatable = True
    learners = ()
    protocol = run.PROTOCOL
    label = run.LABEL
    title = Text("percentiles over the rows of {owners}, computed on shares", "对 {owners} 的行以秘密份额计算分位数")

    @property
    def contributors(self) -> int:
        return self.spec.contributors

    def operations(self) -> Operations:
        """A percentile is a histogram read the other way, and its block a sum."""
        return Operations.COUNT | Operations.SUM | Operations.HISTOGRAM

    def columns(self, party: str) -> frozenset[str]:
        return frozenset({self.spec.value.column, *named(self.spec.filters)})

    def broken_down(self, party: str) -> frozenset[str]:
        return frozenset({self.spec.value.column})

    def role(self, party: str) -> str:
        if party not in self.spec.parties:
            raise NotFound(f"{party} takes no part in this job")
        if party == self.spec.recipient:
            return "recipient"
        return "engine" if party in self.spec.engines else "provider"

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        spec, column = self.spec, schema.columns.get(self.spec.value.column)
        yield from filtered(spec.filters, schema)
        yield from named_rows(spec.filters, schema, spec.minimum)
        yield from at_least("rows", spec.rows, schema.rows)
        if not isinstance(column, Integer):
            yield BOUNDS, f"job: {spec.value.column} is not declared as an integer"
            return
        yield from at_least(f"bound of {spec.value.name}", spec.value.bound, max(abs(column.low), abs(column.high)))
        yield from without_empty([(spec.value.column, column)], spec.filters)
        low, high = ends(spec.value.column, spec.filters, column)
        if high - low + 1 < FEW_VALUES:
            yield BOUNDS, f"job: {spec.value.column} has fewer than {FEW_VALUES} values: count by classes of it"
        if schema.sensitivity is not None:
            yield BOUNDS, "job: the asset's sensitivity rules judge no percentiles"

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List the one cell: all chosen rows. Its percentiles are one quantity, which other ones are not."""
        spec = self.spec
        require_answerable_by(spec.sources, assets)
        if not {source.asset for source in spec.sources if source.party in spec.engines} <= set(assets):
            raise NotAuthorized("disclosure: the owners that compute must contribute")
        rows = Region.of({"asset": frozenset(assets)}).narrowed(prefixed(spec.filters, ROW))
        asked = ", ".join(map(str, spec.percentiles))
        return (Cell(COUNT, rows, rows, (f"{PERCENTILES}{asked} of {spec.value.column}",)),)

    def follows(self) -> Mapping[str, str]:
        return dict.fromkeys(self.spec.terms.names[1:], COUNT)

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "contributors": self.spec.contributors}

    def asked(self) -> Mapping[str, JsonValue]:
        return {}

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {COUNT: self.spec.filters}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # an asset with such rules is not asked for percentiles

    def prepare(self, party: str, table: Table) -> Input:
        """Read the chosen rows' values; raises InvalidRecord for more or larger ones than the table's declaration."""
        values = table.values(self.spec.value.columns, self.spec.filters)
        if len(values) > self.spec.rows or (len(values) and int(np.abs(values).max()) > self.spec.value.bound):
            raise InvalidRecord("more rows or larger values than were declared")
        return Column(tuple(values.tolist()))

    def read_input(self, party: str, value: JsonValue) -> Input:
        return Column(integers_of(value) if value else ())

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        return owner.commit(secret.detail)

    def terms(self) -> Mapping[str, JsonValue]:
        return self.spec.terms.record()

    def contribute(self, part: Part) -> Verdict:
        done = run.run_owner(
            part.session, part.channel, _values(part.data), part.decide, part.journal, part.engines, part.before_bits
        )
        return Verdict.of(self.spec.terms.names, done.opened, done.transcript)

    def announced(self, session: Session, sent: Sent) -> Decide:
        return agreement.announced(sent, session.others[0], self.spec.terms.names)

    def repeated(self, sent: Sent) -> RecordedEngines:
        """Give the count, then of each block the tested number and the sum."""
        bodies, names = {step: body for (_, step), body in sent.items()}, self.spec.terms.names
        counted = pieces(bodies.get(run.COUNTED, b""), 0, 1, RING)
        tested = pieces(bodies.get(run.BLOCKS, b""), 0, len(names) - 1, RING)
        sums = pieces(bodies.get(OPEN, b""), TRANSCRIPT_BYTES + len(names), len(names), RING)[1:]
        blocks = [piece for pair in zip(tested, sums, strict=True) for piece in pair]
        return RecordedEngines(bodies.get(LINK, b""), [*counted, *blocks], RING)

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        released = office.run_recipient(session, channel)
        cells: dict[str, JsonValue] = {name: str(value) for name, value in released.values.items()}
        document: JsonValue = {"cells": cells, "withheld": list(released.withheld)}
        openings: JsonValue = {party: signed(message) for party, message in released.messages.items()}
        verdict = Verdict(tuple(released.values), released.withheld, released.transcript)
        return Release.of(session, document, openings, verdict)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        return {OPEN: body_of(openings)}

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        terms, owned = self.spec.terms, {party: _values(data) for party, data in inputs.items()}
        rows = sorted((value, party) for party, values in owned.items() for value in values)
        if len(rows) < terms.least or sum(bool(values) for values in owned.values()) < terms.contributors:
            return {"cells": {}}
        found: dict[str, JsonValue] = {COUNT: str(len(rows))}
        for percentile, name in zip(terms.percentiles, terms.names[1:], strict=True):
            block = terms.block(percentile, len(rows))
            inside = rows[block.first : block.last + 1]
            if len({party for _, party in inside}) >= terms.contributors:
                found[name] = str(sum(value for value, _ in inside))
        return {"cells": found}

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def described(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def public_numbers(self) -> Mapping[str, int]:
        return descriptor.public(self.spec.terms)

    def most_numbers(self) -> Mapping[str, int]:
        return {}

    def seconds(self) -> float:
        rows = self.spec.rows * len(self.spec.sources)
        return SECONDS + rows * ROW_S * len(self.spec.percentiles)


def _values(data: Input) -> Sequence[int]:
    if not isinstance(data, Column):
        raise InvalidRecord("input: of another statistic")
    return data.values
