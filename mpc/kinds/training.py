"""A training run as a kind of job: what guard, audit, budget and evidence ask of it; who computes it is given.

**Few rows are no part of it.** Each department judges its own rows before it opens anything (``slacks``): as many as
the specification asks for, ten times as many as figures are drawn from them (``mpc.disclosure.drawn``), and in every
column, within each class too, none or at least the minimum that differ from the most frequent value. Columns of few
values are refused: their sums would count single classes beside the audit. The two classes of a label are cells of
their own and pass with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.authorizations.record import Operations
from contracts.budgets.record import Mode
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from mpc.channel import Channel
from mpc.commitment import Owner, Secret
from mpc.disclosure import drawn
from mpc.disclosure.drawn import rows_needed
from mpc.disclosure.region import ROW, WHOLE, Cell, Region, prefixed
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import Input, TrainingRows, integers_of, object_of
from mpc.kinds.bounds import BOUNDS, at_least
from mpc.kinds.kind import Cost, Fault, Loosest, Part, Sent, require_answerable_by
from mpc.kinds.released import Release, Verdict
from mpc.kinds.sums_bounds import FEW_VALUES, spread
from mpc.privacy.declaration import Declaration
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join.run import Progress
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.words import Text
from mpc.schema import Integer, Schema
from mpc.session import Session
from mpc.spec_parts import Interval, Predicate, Source
from mpc.spec_training import Bounded, TrainingSpec
from mpc.tables import Table
from mpc.training import descriptor
from mpc.training.port import Seat

EXACT = "rounds of training are exact sums, without noise"
NOT_REPEATED = "opened audit: rounds in fractions differ in their last bits between machines, so none is repeated"
CARRIED = ("version", "statistic", "purpose", "recipient", "sources", "round_s", "apps")
"""What of a specification no figure depends on; with anything else changed a run draws other figures."""
SECONDS_A_WAVE = 3.0
"""Of a wave on a chain of one block a second; a linear model's own arithmetic is far below."""


@dataclass(frozen=True, slots=True)
class Training:
    """One run; see ``mpc.kinds.kind.Kind`` for every member. seat: this node's part, where it computes the run."""

    spec: TrainingSpec
    seat: Seat | None = None
    is_counted = True
    is_joined = False
    is_repeatable = False
    learners = ()
    protocol = descriptor.PROTOCOL
    label = descriptor.LABEL
    title = Text("a model fitted to the rows of {owners} in rounds", "在 {owners} 的行上逐轮训练一个模型")

    @property
    def contributors(self) -> int:
        return self.spec.contributors

    def operations(self) -> Operations:
        return Operations.TRAIN

    def columns(self, party: str) -> frozenset[str]:
        return frozenset(column.column for column in self.spec.columns)

    def broken_down(self, party: str) -> frozenset[str]:
        return frozenset()

    def role(self, party: str) -> str:
        if party not in self.spec.parties:
            raise NotFound(f"{party} takes no part in this job")
        return "recipient" if party == self.spec.recipient else "owner"

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        yield from at_least("rows", self.spec.rows, schema.rows)
        if schema.sensitivity is not None:
            yield BOUNDS, "job: the asset's sensitivity rules judge no models"
        for column in self.spec.columns:
            yield from _column(column, schema, is_class=column == self.spec.label and bool(self._classes))

    def row_prefix(self, asset: str) -> str:
        return ROW

    def cost(self) -> Cost:
        return Cost(Mode.EXACT, 0, 0)

    def periods(self) -> tuple[str | None, ...]:
        return (None,) * len(self.spec.sources)

    def partners(self, party: str) -> tuple[Source, ...]:
        return ()

    def most_announced(self, party: str, published: int) -> int:
        raise ValueError("no department of a training run announces a size")

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List all rows, marked with the number of figures that are drawn from them, and the label's two classes."""
        spec = self.spec
        require_answerable_by(spec.sources, assets)
        whole = Region.of({"asset": frozenset(assets)}).narrowed(prefixed(self._base, ROW))
        asked = spec.json()
        assert isinstance(asked, dict)
        mark = drawn.mark(spec.figures, canonical.digest({name: asked[name] for name in asked if name not in CARRIED}))
        told = self._quantities
        return (
            Cell(WHOLE, whole, whole, (*told, mark)),
            *(Cell(n, whole.narrowed(prefixed([p], ROW)), whole, told) for n, p in self._classes.items()),
        )

    def follows(self) -> Mapping[str, str]:
        return {}

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "contributors": self.spec.contributors, "rows": self.spec.least_rows}

    def asked(self) -> Mapping[str, JsonValue]:
        raise ValueError(EXACT)

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {WHOLE: self._base, **{name: (part,) for name, part in self._classes.items()}}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        spec = self.spec
        differing = spread(table, [column.column for column in spec.columns], (), spec.minimum)
        rows = len(table.values([spec.label.column], ()))
        found = {WHOLE: (*differing, rows - rows_needed(spec.figures), rows - spec.least_rows)}
        for name, part in self._classes.items():
            size = len(table.values([spec.label.column], (part,)))
            own = spread(table, [column.column for column in spec.features], (part,), spec.minimum)
            found[name] = (*own, size - spec.minimum if size else 0)
        return found

    def prepare(self, party: str, table: Table) -> Input:
        columns = [table.values([column.column], ()) for column in self.spec.columns]
        if len(columns[0]) > self.spec.rows:
            raise InvalidRecord(f"{len(columns[0])} rows, at most {self.spec.rows} were declared")
        return TrainingRows(tuple(tuple(int(value) for value in values) for values in columns))

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        raise ValueError(EXACT)

    def read_input(self, party: str, value: JsonValue) -> Input:
        columns = object_of(value).get("columns")
        if not isinstance(columns, list) or len(columns) != len(self.spec.columns):
            raise InvalidRecord("input: a column for every feature and the label expected")
        return TrainingRows(tuple(integers_of(column) for column in columns))

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        return owner.commit(secret.detail)

    def terms(self) -> Mapping[str, JsonValue]:
        spec = self.spec
        return {
            "waves": spec.waves,
            "places": spec.places,
            "point_bits": descriptor.POINT_BITS,
            "clip": str(spec.clip),
            "norm": str(spec.norm),
            "least_rows": str(spec.least_rows),
            "minimum": spec.minimum,
            "contributors": spec.contributors,
        }

    def contribute(self, part: Part) -> Verdict:
        return self._seated.contribute(part)

    def repeated(self, sent: Sent) -> Engines:
        return NO_ENGINES

    def announced(self, session: Session, sent: Sent) -> Decide:
        raise InvalidRecord(NOT_REPEATED)

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        return self._seated.receive(session, channel)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        raise InvalidRecord(NOT_REPEATED)

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        raise InvalidRecord("a model is trained, it is no sum of inputs")

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def described(self) -> Descriptor:
        return descriptor.DESCRIPTOR

    def public_numbers(self) -> Mapping[str, int]:
        return descriptor.public(self.spec)

    def most_numbers(self) -> Mapping[str, int]:
        return {"lost": len(self.spec.sources) - self.spec.contributors}

    def seconds(self) -> float:
        return SECONDS_A_WAVE * self.spec.waves

    def estimate(self) -> Estimate:
        raise InvalidRecord(EXACT)

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        raise InvalidRecord(EXACT)

    @property
    def _classes(self) -> Mapping[str, Interval]:
        """The two classes of a label that has no other values."""
        label = self.spec.label
        if label.most - label.least != 1:
            return {}
        values = (label.least, label.most)
        return {f"{label.column}={value}": Interval(label.column, value, value + 1) for value in values}

    @property
    def _quantities(self) -> tuple[str, ...]:
        """Name what a run tells of its rows: the first gradients tell all second moments, by class those of a class."""
        names = sorted(column.column for column in self.spec.columns)
        crossed = [" * ".join((one, other)) for i, one in enumerate(names) for other in names[i + 1 :]]
        moments = [f"{kind} of {name}" for kind in ("sum", "squares") for name in names]
        return (*moments, *(f"sum of {product}" for product in crossed), f"model of {self.spec.label.column}")

    @property
    def _base(self) -> tuple[Predicate, ...]:
        """What the two classes make up: all rows, written so that the audit sees it."""
        label = self.spec.label
        return (Interval(label.column, label.least, label.most + 1),) if self._classes else ()

    @property
    def _seated(self) -> Seat:
        if self.seat is None:
            raise ValueError("a training run is computed by the node's training service")
        return self.seat


def _column(column: Bounded, schema: Schema, *, is_class: bool) -> Iterator[Fault]:
    declared = schema.columns.get(column.column)
    if not isinstance(declared, Integer):
        yield BOUNDS, f"job: {column.column} is not declared as an integer"
    elif column.least > declared.low or column.most < declared.high:
        yield BOUNDS, f"job: {column.column} may hold {declared.low}..{declared.high}, more than the run says"
    elif declared.nullable:
        yield BOUNDS, f"job: {column.column} may be empty, and a model needs every value"
    elif not is_class and declared.high - declared.low + 1 < FEW_VALUES:
        yield BOUNDS, f"job: {column.column} has fewer than {FEW_VALUES} values: its sums would count single classes"


def rows_of(data: Input) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return a department's rows: (rows, features and label), as numbers of eight bytes."""
    if not isinstance(data, TrainingRows):
        raise InvalidRecord("input: of another statistic")
    return np.array(data.columns, dtype=np.float64).T
