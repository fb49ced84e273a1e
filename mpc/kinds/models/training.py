"""A training run as a kind of job: what guard, audit, budget and evidence ask of it; who computes it is given.

**Few rows are no part of it.** Each department judges its own rows before it opens anything (``slacks``): as many as
the specification asks for, ten times as many as figures are drawn from them (``mpc.disclosure.drawn``), and in every
column, within each class too, none or at least the minimum that differ from the most frequent value. Columns of few
values are refused: their sums would count single classes beside the audit. The two classes of a label are cells of
their own and pass with it. Of a run that is measured (``mpc.kinds.models.measured``) all this holds for either side of
the rows: those that rounds are of, and those of the fifth of the persons that is counted; and of persons as of rows,
since one with many rows may be a whole class, or all that differs in a column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.budgets.record import Mode
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure import drawn
from mpc.disclosure.drawn import rows_needed
from mpc.disclosure.region import ROW, WHOLE, Cell, Region, prefixed
from mpc.inputs import Input, MeasuredRows, TrainingRows, integers_of, object_of
from mpc.kinds.bounds import BOUNDS, at_least
from mpc.kinds.exact import EXACT as NO_NOISE
from mpc.kinds.exact import Exact
from mpc.kinds.kind import Cost, Fault, Loosest, require_answerable_by
from mpc.kinds.models import measured
from mpc.kinds.models.rounds import Rounds, depended_on, matrix
from mpc.kinds.stacked import require_rows
from mpc.kinds.sums_bounds import FEW_VALUES, spread
from mpc.privacy.declaration import Declaration
from mpc.privacy.held import HeldOut, Selector
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.words import Text
from mpc.spec.parts import Interval, Predicate
from mpc.spec.training import POINT_BITS, Bounded, TrainingSpec
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table
from mpc.training import descriptor
from mpc.training import measured as terms
from mpc.training.port import Seat

EXACT = "rounds of training are exact sums, without noise"


@dataclass(frozen=True, slots=True)
class Training(Exact, Rounds):
    """One run; see ``mpc.kinds.kind.Kind`` for every member. seat: this node's part, where it computes the run."""

    spec: TrainingSpec
    seat: Seat | None = None
    is_counted = False
    is_joined = False
    is_repeatable = False
    learners = ()
    label = descriptor.LABEL
    title = Text("a model fitted to the rows of {owners} in rounds", "在 {owners} 的行上逐轮训练一个模型")

    @property
    def protocol(self) -> str:
        return self.descriptor().name

    def columns(self, party: str) -> frozenset[str]:
        unit = () if self.spec.quality is None else (self.spec.quality.unit,)
        return frozenset({*(column.column for column in self.spec.columns), *unit})

    def cost(self) -> Cost:
        """Return 0 for exact figures; of counts with noise what they cost, nothing of it before the opening."""
        quality = self.spec.quality
        return Cost(Mode.EXACT, 0 if quality is None else quality.evaluation.micro_rho, 0)

    def periods(self) -> tuple[str | None, ...]:
        quality = self.spec.quality
        return (None if quality is None else quality.period,) * len(self.spec.sources)

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        if self.spec.quality is not None:
            yield from measured.faults(self.spec.quality, declared)
        yield from at_least("rows", self.spec.rows, schema.rows)
        if schema.sensitivity is not None:
            yield BOUNDS, "job: the asset's sensitivity rules judge no models"
        for column in self.spec.columns:
            yield from _column(column, schema, is_class=column == self.spec.label and bool(self._classes))

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List all rows, marked with the number of figures that are drawn from them, and the label's two classes.

        Of a run that is measured either side is listed so: both may be told exactly, one of them by subtraction.
        """
        spec = self.spec
        require_answerable_by(spec.sources, assets)
        whole = Region.of({"asset": frozenset(assets)}).narrowed(prefixed(self._base, ROW))
        mark = drawn.mark(spec.figures, canonical.digest(depended_on(spec)))
        told = self._quantities
        found = list[Cell]()
        for name, side in self._sides.items():
            own = whole if side is None else whole.narrowed([side.side])
            found.append(Cell(name, own, whole, (*told, mark)))
            parts = self._classes.items()
            found += [Cell(_within(name, n), own.narrowed(prefixed([p], ROW)), whole, told) for n, p in parts]
        return tuple(found)

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "contributors": self.spec.contributors, "rows": self.spec.least_rows}

    def asked(self) -> Mapping[str, JsonValue]:
        raise ValueError(EXACT)

    def selections(self, party: str) -> Mapping[str, Sequence[Selector]]:
        found: dict[str, Sequence[Selector]] = {}
        for name, side in self._sides.items():
            own = () if side is None else (side,)
            found[name] = (*own, *self._base)
            found |= {_within(name, within): (*own, part) for within, part in self._classes.items()}
        return found

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for name, side in self._sides.items():
            found |= self._side_slacks(table, name, side)
        return found

    def _side_slacks(self, table: Table, name: str, side: HeldOut | None) -> dict[str, tuple[int, ...]]:
        """Judge all rows, or one side of them: as many rows as its figures need, and persons as the minimum."""
        spec, own = self.spec, () if side is None else (side,)
        rows = len(table.values([spec.label.column], own))
        judged = self._judged(table, spec.columns, own)
        found = {name: (*judged, rows - rows_needed(spec.figures), *self._persons(table, own))}
        if name == WHOLE:
            found[name] = (*found[name], rows - spec.least_rows)
        for within, part in self._classes.items():
            chosen = (*own, part)
            size = len(table.values([spec.label.column], chosen))
            judged = self._judged(table, spec.features, chosen)
            few = (size - spec.minimum, *self._persons(table, chosen)) if size else (0,)
            found[_within(name, within)] = (*judged, *few)
        return found

    def _judged(self, table: Table, columns: Sequence[Bounded], own: Sequence[Selector]) -> tuple[int, ...]:
        """Judge each column by the rows that differ in it, and, where it is known whose rows they are, by persons."""
        spec, names = self.spec, [column.column for column in columns]
        rows = spread(table, names, own, spec.minimum)
        return rows if spec.quality is None else (*rows, *measured.apart(table, spec.quality, names, own, spec.minimum))

    def _persons(self, table: Table, own: Sequence[Selector]) -> tuple[int, ...]:
        """Hold the persons of the rows against the minimum, where it is known whose rows they are."""
        quality = self.spec.quality
        return () if quality is None else (table.persons(quality.unit, own) - self.spec.minimum,)

    def prepare(self, party: str, table: Table) -> Input:
        if self.spec.quality is not None:
            raise ValueError("rows that are counted with noise must not enter a protocol without it")
        columns = [table.values([column.column], ()) for column in self.spec.columns]
        require_rows(len(columns[0]), self.spec.rows)
        return TrainingRows(tuple(tuple(int(value) for value in values) for values in columns))

    def prepare_private(self, party: str, table: Table, secret: bytes, owners: int, sampler: Sampler) -> Input:
        if self.spec.quality is None:
            raise ValueError("an exact run has no noise")
        return measured.entered(self.spec, self.spec.quality, table, secret, sampler)

    def read_input(self, party: str, value: JsonValue) -> Input:
        if self.spec.quality is not None:
            return measured.read_input(self.spec, value)
        columns = object_of(value).get("columns")
        if not isinstance(columns, list) or len(columns) != len(self.spec.columns):
            raise InvalidRecord("input: a column for every feature and the label expected")
        return TrainingRows(tuple(integers_of(column) for column in columns))

    def terms(self) -> Mapping[str, JsonValue]:
        spec = self.spec
        return {
            "waves": spec.waves,
            "places": spec.places,
            "point_bits": POINT_BITS,
            "clip": str(spec.clip),
            "norm": str(spec.norm),
            "least_rows": str(spec.least_rows),
            "minimum": spec.minimum,
            "contributors": spec.contributors,
            **({} if spec.quality is None else {"guarantee": terms.guarantee(spec, spec.quality)}),
        }

    def descriptor(self) -> Descriptor:
        return descriptor.DESCRIPTOR if self.spec.quality is None else terms.DESCRIPTOR

    def described(self) -> Descriptor:
        return self.descriptor()

    def estimate(self) -> Estimate:
        if self.spec.quality is None:
            raise InvalidRecord(NO_NOISE)
        return measured.estimate(self.spec, self.spec.quality)

    def told(self, release: JsonValue, owners: int) -> JsonValue:
        if not isinstance(release, dict) or "evaluation" not in release:
            raise InvalidRecord("release: expected a model with counts")
        return {**self.estimate().json(), "evaluation": release["evaluation"]}

    @property
    def _sides(self) -> Mapping[str, HeldOut | None]:
        """The rows that a cell of their own stands for: all, or those that rounds are of, and those held out."""
        if self.spec.quality is None:
            return {WHOLE: None}
        fitted, held = measured.sides(self.spec.quality)
        return {WHOLE: fitted, measured.HELD: held}

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


def _within(side: str, part: str) -> str:
    """Name a class within a side."""
    return part if side == WHOLE else f"{side} {part}"


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
    if not isinstance(data, TrainingRows | MeasuredRows):
        raise InvalidRecord("input: of another statistic")
    return matrix(data.columns)
