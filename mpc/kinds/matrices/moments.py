"""Masked moments as a kind of job: all second moments of several columns, or a step of a fit, in one job.

The protocol is that of masked sums; what is new are the cells, and how an owner computes and judges its part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from ledger import canonical
from ledger.canonical import JsonValue
from mpc.disclosure import drawn
from mpc.disclosure.region import ROW, Cell, Region, prefixed
from mpc.inputs import CellValues, Input
from mpc.kinds.exact import EXACT, Exact
from mpc.kinds.kind import Fault, Loosest, named, require_answerable_by
from mpc.kinds.matrices.bounds import lying, moments_faults
from mpc.kinds.matrices.cells import TOTAL, base, classes, quantities, schema, totals
from mpc.kinds.opened_sums import OpenedSums, values_of
from mpc.kinds.stacked import require_rows
from mpc.privacy.declaration import Declaration
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.sums import descriptor, run
from mpc.protocols.sums.schema import Schema as Layout
from mpc.protocols.words import Text
from mpc.spec.moments import MomentsSpec
from mpc.spec.parts import Predicate
from mpc.tables.schema import Schema
from mpc.tables.table import Table
from mpc.working import totals as totals_of


@dataclass(frozen=True, slots=True)
class Moments(Exact, OpenedSums):
    """One job of masked moments; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: MomentsSpec
    is_joined = False
    is_repeatable = True
    learners = ()
    is_counted = True
    label = run.LABEL
    protocol = run.PROTOCOL
    title = Text("masked moments over the rows of {owners}", "对 {owners} 的行做掩码矩计算")

    @property
    def layout(self) -> Layout:
        return schema(self.spec)

    def operations(self) -> Operations:
        found = Operations.COUNT | Operations.SUM | Operations.MEAN | Operations.VARIANCE
        return found | Operations.HISTOGRAM if classes(self.spec) else found

    def columns(self, party: str) -> frozenset[str]:
        response = {self.spec.step.response.column} if self.spec.step else set()
        return frozenset({*(a.column for a in self.spec.columns), *response, *named(self.spec.filters)})

    def broken_down(self, party: str) -> frozenset[str]:
        return frozenset(part.column for part in classes(self.spec).values())

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        return moments_faults(self.spec, schema)

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """Mark the whole with the number of its figures, so that owners count what is drawn from their rows."""
        spec, carried = self.spec, quantities(self.spec)
        require_answerable_by(spec.sources, assets)
        whole = Region.of({"asset": frozenset(assets)}).narrowed(prefixed(base(spec), ROW))
        asked: dict[str, JsonValue] = {"columns": [amount.column for amount in spec.columns]}
        asked |= {} if spec.step is None else {"step": spec.step.json()}
        mark = drawn.mark(len(totals(spec)), canonical.digest(asked))
        parts = classes(spec).items()
        return (
            Cell(TOTAL, whole, whole, (*carried, mark)),
            *(Cell(name, whole.narrowed(prefixed([part], ROW)), whole, carried) for name, part in parts),
        )

    def follows(self) -> Mapping[str, str]:
        return dict.fromkeys(totals(self.spec), TOTAL)

    def asked(self) -> Mapping[str, JsonValue]:
        raise ValueError(EXACT)

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        own = base(self.spec)
        return {TOTAL: own, **{name: (*own, part) for name, part in classes(self.spec).items()}}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return lying(self.spec, table)

    def prepare(self, party: str, table: Table) -> Input:
        spec = self.spec
        columns = [table.values([amount.column], base(spec)) for amount in spec.columns]
        first, chosen = [spec.columns[0].column], self.selections(party)
        counts = {name: len(table.values(first, own)) for name, own in chosen.items()}
        require_rows(counts[TOTAL], spec.rows)
        response = None if spec.step is None else table.values([spec.step.response.column], base(spec))
        return CellValues({**counts, **totals_of(spec.step, columns, response)})

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        spec, owned = self.spec, [values_of(found) for found in inputs.values()]
        found = {name: sum(own[name] for own in owned) for name in owned[0]}
        tested = [*classes(spec)] or [TOTAL]
        passed = {
            name
            for name in tested
            if found[name] >= spec.minimum and sum(own[name] > 0 for own in owned) >= spec.contributors
        }
        if passed != set(tested):
            return {"cells": {name: str(found[name]) for name in passed}}
        return {"cells": {name: str(total) for name, total in found.items()}}

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def described(self) -> Descriptor:
        return self.descriptor()
