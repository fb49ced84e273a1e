"""Masked sums as a kind of job: totals of several owners' rows, exact behind a gate or each with noise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.authorizations.record import Operations
from contracts.budgets.record import Mode
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure.places import base, carriers, moments, places
from mpc.disclosure.region import ROW, Cell, Region, prefixed
from mpc.inputs import CellValues, Input
from mpc.kinds.kind import Cost, Fault, Loosest, named, require_answerable_by
from mpc.kinds.opened_sums import OpenedSums, values_of
from mpc.kinds.sums_bounds import exact_faults, private_faults, spread
from mpc.privacy import release as private_release
from mpc.privacy import truncation
from mpc.privacy.declaration import Declaration
from mpc.privacy.noise import Sampler, add_noise
from mpc.privacy.release import Estimate
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.sums import descriptor, noised, run
from mpc.protocols.sums.schema import Schema as Layout
from mpc.protocols.sums.schema import of_spec
from mpc.protocols.sums.statistics import owner_cells, table_cells
from mpc.protocols.words import Text
from mpc.spec.parts import OneOf, Predicate
from mpc.spec.sums import SumsSpec
from mpc.tables.schema import Schema
from mpc.tables.table import Table

_OPERATIONS = {
    "count": Operations.COUNT,
    "sum": Operations.SUM,
    "mean": Operations.MEAN,
    "variance": Operations.VARIANCE,
    "histogram": Operations.HISTOGRAM,
}


@dataclass(frozen=True, slots=True)
class Sums(OpenedSums):
    """One job of masked sums; see ``mpc.kinds.kind.Kind`` for every member."""

    spec: SumsSpec
    is_joined = False
    is_repeatable = True
    learners = ()
    label = run.LABEL
    title = Text("masked sums over the rows of {owners}", "对 {owners} 的行做掩码求和")

    @property
    def layout(self) -> Layout:
        return of_spec(self.spec)

    @property
    def is_counted(self) -> bool:
        return self.spec.privacy is None

    @property
    def protocol(self) -> str:
        return run.PROTOCOL if self.spec.privacy is None else run.NOISED

    def operations(self) -> Operations:
        # A product is a second moment, as squares are.
        found = Operations(0) if self.spec.value.by is None else Operations.VARIANCE
        for output in self.spec.outputs:
            found |= _OPERATIONS[output]
        return found

    def columns(self, party: str) -> frozenset[str]:
        spec = self.spec
        tabled = {spec.table.column} if spec.table else set()
        return frozenset({*spec.value.columns, *tabled, *named(spec.filters), *self._protected()})

    def broken_down(self, party: str) -> frozenset[str]:
        binned = {self.spec.value.column} if self.spec.edges else set()
        return frozenset(binned | ({self.spec.table.column} if self.spec.table else set()))

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        if self.spec.privacy is None:
            return exact_faults(self.spec, schema)
        return private_faults(self.spec, self.spec.privacy, schema, declared)

    def cost(self) -> Cost:
        privacy = self.spec.privacy
        return Cost(Mode.EXACT, 0, 0) if privacy is None else Cost(Mode.PRIVATE, privacy.total_micro_rho, 0)

    def periods(self) -> tuple[str | None, ...]:
        period = None if self.spec.privacy is None else self.spec.privacy.protection.period
        return (period,) * len(self.spec.sources)

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        spec = self.spec
        require_answerable_by(spec.sources, assets)
        whole = Region.of({"asset": frozenset(assets)}).narrowed(prefixed(base(spec), ROW))
        kinds = tuple(f"{kind} of {spec.value.name}" for kind in moments(spec))
        carried = {place.name: kinds for place in carriers(spec)}
        return tuple(
            Cell(p.name, whole.narrowed(prefixed(p.predicates, ROW)), whole, carried.get(p.name, ()))
            for p in places(spec)
        )

    def follows(self) -> Mapping[str, str]:
        return {cell.name: cell.count for cell in self.layout.cells if cell.follows is not None}

    def asked(self) -> Mapping[str, JsonValue]:
        return {"value": self.spec.value.column, "edges": [str(edge) for edge in self.spec.edges]}

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {place.name: (*base(self.spec), *place.predicates) for place in places(self.spec)}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        """Judge sums of squares too, which show the largest even more; of products how their factors lie."""
        spec = self.spec
        if spec.value.by is not None:
            own = {place.name: (*base(spec), *place.predicates) for place in carriers(spec)}
            return {name: spread(table, spec.value.columns, rows, spec.minimum) for name, rows in own.items()}
        if not table.has_sensitivity:
            return {}
        chosen, powers = base(spec), range(1, len(moments(spec)) + 1)
        return {
            place.name: tuple(
                slack
                for power in powers
                for slack in table.slacks(spec.value.column, (*chosen, *place.predicates), power)
            )
            for place in carriers(spec)
        }

    def prepare(self, party: str, table: Table) -> Input:
        spec, columns = self.spec, self.spec.value.columns
        if spec.privacy is not None:
            raise ValueError("exact figures of a private question must not enter a protocol")
        if spec.table is None:
            return CellValues(owner_cells(spec, table.values(columns, spec.filters)))
        chosen = {group: (*spec.filters, OneOf(spec.table.column, (group,))) for group in spec.table.values}
        return CellValues(table_cells(spec, {group: table.values(columns, own) for group, own in chosen.items()}))

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        spec, privacy = self.spec, self.spec.privacy
        if privacy is None:
            raise ValueError("an exact question has no noise")
        kept = table.kept(spec.value.column, truncation.cuts(privacy, secret), spec.filters)
        exact = truncation.exact_cells(spec, privacy, kept)
        return CellValues(add_noise(spec, privacy, exact, owners, sampler))

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        spec, owned = self.spec, [values_of(found) for found in inputs.values()]
        totals = {name: sum(own[name] for own in owned) for name in owned[0]}
        if spec.privacy is not None:
            return {"cells": {name: str(total) for name, total in totals.items()}}
        passed = {
            place.name
            for place in places(spec)
            if totals[place.name] >= spec.minimum and sum(own[place.name] > 0 for own in owned) >= spec.contributors
        }
        opened = {place.name for place in places(spec) if passed >= {place.name, *place.parts}}
        sums = {place.moment(kind): place.name for place in places(spec) for kind in moments(spec)}
        return {"cells": {name: str(total) for name, total in totals.items() if sums.get(name, name) in opened}}

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR if self.spec.privacy is None else noised.DESCRIPTOR

    def described(self) -> Descriptor:
        return self.descriptor()

    def estimate(self) -> Estimate:
        return private_release.estimate(self.spec, len(self.spec.sources))

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        match release:
            case {"cells": dict(cells)}:
                totals = {name: number(value) for name, value in cells.items()}
                return private_release.figures(self.spec, owners, totals)
        raise InvalidRecord("release: expected cells")

    def _protected(self) -> set[str]:
        """The columns by which a private question finds units and groups."""
        if self.spec.privacy is None:
            return set()
        asked = self.spec.privacy.protection
        return {asked.unit} if asked.groups is None else {asked.unit, asked.groups.column}
