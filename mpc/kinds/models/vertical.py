"""Training over columns of several departments, and scores of what was trained, as a kind of job; who computes it is
given, as for rounds.

The recipient asks and gets the number of rows and the mean loss, no model: its parts stay with their departments. What
departments learn of each other stands in the protocol's descriptor.

**One way of asking.** The label owner learns sums by bin, of many rows each; of a regression both owners learn their
own gradients. Two runs with other bins, columns or minima would give sums whose difference is of few rows. So what a
run asks of aligned rows is marked with all it depends on, and rows that were aligned answer for one mark only; columns
that were trained on have no other sums over their owner's rows (``mpc.disclosure.before.aligned``). An owner pools with
every recipient, since it learns from the runs of all: a recipient that Governance has put into a class of its own is
refused (``mpc.node.attempts.training``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contracts.authorizations.record import Operations
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.region import WHOLE, Cell
from mpc.inputs import AlignedRows, Input, integers_of, object_of
from mpc.kinds import side_by_side
from mpc.kinds.bounds import BOUNDS, at_least
from mpc.kinds.kind import Fault, Loosest, require_answerable_by
from mpc.kinds.models.seated import Seated
from mpc.kinds.side_by_side import Sided
from mpc.privacy.declaration import Declaration
from mpc.protocols.descriptor import Descriptor
from mpc.protocols.join.layout import Column
from mpc.protocols.words import Text
from mpc.spec.parts import Predicate
from mpc.spec.vertical import VerticalSpec
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table
from mpc.training.port import Seat
from mpc.vertical import boosted, regressed, scored
from mpc.vertical.algorithms import Scores, Trees
from mpc.vertical.regression import Regression
from mpc.vertical.statistics import TRAINING

CARRIED = ("version", "purpose", "recipient", "round_s", "sides")
"""What of a specification no sum depends on, beside who brings which columns of which asset."""
RAISE_S, ENCRYPT_S, MULTIPLY_S, SCORE_S, STEP_S = 75e-6, 150e-6, 4e-6, 0.07, 2e-3
"""Raising a key once, encrypting a row, adding one to a sum (``benchmarks/boosting.py``); a row's score in some 240
leaves, encrypted by one owner and masked by another; a row in a step of a regression (``benchmarks/regression.py``)."""


_TRAINED = Text(
    "a model fitted to columns of {owners} over rows aligned by their key, which all learn",
    "在 {owners} 按标识对齐的行上,以各方字段共同训练一个模型,各方得知共有标识",
)
_SCORED = Text(
    "scores of persons whom all of {owners} know, by a model that lies with them in parts, told to one of them",
    "对 {owners} 共同知悉的个人,以分存于各方的模型评分,结果告知其中一方",
)


@dataclass(frozen=True, slots=True)
class Vertical(Sided, Seated):
    """One run; see ``mpc.kinds.kind.Kind`` for every member. seat: this node's part, where it computes the run."""

    spec: VerticalSpec
    seat: Seat | None = None
    is_counted = False
    is_joined = True
    is_repeatable = False
    label = boosted.LABEL

    @property
    def title(self) -> Text:
        return _SCORED if self.spec.statistic != TRAINING else _TRAINED

    @property
    def protocol(self) -> str:
        return self.descriptor().name

    @property
    def learners(self) -> tuple[str, ...]:
        return tuple(source.party for source in self.spec.sources)

    def operations(self) -> Operations:
        return Operations.COUNT | Operations.JOIN | Operations.DISTINCT | Operations.ALIGN | Operations.TRAIN

    def columns(self, party: str) -> frozenset[str]:
        return frozenset({self.spec.side(party).key, *(column.name for column in self.spec.brought(party))})

    def broken_down(self, party: str) -> frozenset[str]:
        """The key: values of it are told to other owners."""
        return frozenset({self.spec.side(party).key})

    def role(self, party: str) -> str:
        if party not in self.spec.parties:
            raise NotFound(f"{party} takes no part in this job")
        if party == self.spec.recipient:
            return "recipient"
        return "label" if party == self.spec.label.party else "feature"

    def faults(self, party: str, schema: Schema, declared: Declaration | None, loosest: Loosest) -> Iterator[Fault]:
        side = self.spec.side(party)
        yield from side_by_side.once(side.key, schema, self.spec.form)
        yield from at_least("most keys", side.most, schema.rows)
        if schema.sensitivity is not None:
            yield BOUNDS, "job: the asset's sensitivity rules judge no models"
        for column in self.spec.brought(party):
            yield from _column(column, schema)

    def most_announced(self, party: str, published: int) -> int:
        terms = self.spec.aligned
        return terms.padded(min(terms.member(party).most, published))

    def cells(self, assets: Collection[str]) -> tuple[Cell, ...]:
        """List the one cell: rows of the first owner whose key all others hold, with every column and the mark."""
        spec = self.spec
        require_answerable_by(spec.sources, assets, all_of_them=True)
        keys = [(side.source.asset, side.key) for side in spec.sides]
        brought = _brought(spec)
        if isinstance(spec.algorithm, Scores):
            return (replace(side_by_side.cell(keys, ()), quantities=(f"scores of {spec.algorithm.of.hex()}",)),)
        told = (*(f"sum of {name}" for name in brought), f"model of {_label(spec)}", mark_of(spec))
        return (replace(side_by_side.cell(keys, ()), quantities=told),)

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "rows": str(self.spec.least_rows)}

    def asked(self) -> Mapping[str, JsonValue]:
        raise ValueError("training over columns of several departments has no noise")

    def selections(self, party: str) -> Mapping[str, Sequence[Predicate]]:
        return {WHOLE: ()}

    def slacks(self, table: Table) -> Mapping[str, tuple[int, ...]]:
        return {}  # an asset with such rules is not asked

    def prepare(self, party: str, table: Table) -> Input:
        """Read one row a key, the label first.

        Raises:
            InvalidRecord: a key that repeats, whatever the declaration says; a column that never varies.
        """
        names = [column.name for column in self.spec.brought(party)]
        rows = table.by_key(self.spec.side(party).key, None, names, ())
        if any(row.rows != 1 for row in rows):
            raise InvalidRecord("a key stands in several rows; rows are aligned one to one")
        for place, name in enumerate(names):
            if self.spec.statistic == TRAINING and len({row.sums[place] for row in rows}) < 2:
                raise InvalidRecord(f"column {name}: all values are equal, nothing can be learned")
        return AlignedRows({row.key: row.sums for row in rows})

    def read_input(self, party: str, value: JsonValue) -> Input:
        return AlignedRows({key: integers_of(values) for key, values in object_of(value).items()})

    def terms(self) -> Mapping[str, JsonValue]:
        asked = self.spec.json()
        assert isinstance(asked, dict)
        named = ("sides", "label", "algorithm", "minimum", "least_rows", "key_bits")
        return {
            **{name: asked[name] for name in named},
            "form": self.spec.form.value,
            "prime_group": self.spec.prime_group,
            "waves": self.spec.rounds,
        }

    def descriptor(self) -> Descriptor:
        match self.spec.algorithm:
            case Trees():
                return boosted.DESCRIPTOR
            case Regression():
                return regressed.DESCRIPTOR
            case Scores():
                return scored.DESCRIPTOR

    def described(self) -> Descriptor:
        return self.descriptor()

    def public_numbers(self) -> Mapping[str, int]:
        return boosted.public(self.spec, self.spec.features[0])

    def most_numbers(self) -> Mapping[str, int]:
        terms = self.spec.aligned
        return {"listed": terms.padded(max(member.most for member in terms.members)), "formed": 1}

    def seconds(self) -> float:
        spec, rows = self.spec, self.spec.aligned.rows
        columns = sum(len(spec.side(party).columns) for party in spec.features)
        align = max(side.most for side in spec.sides) * len(spec.sides) * RAISE_S
        if isinstance(spec.algorithm, Scores):
            return align + rows * SCORE_S
        if isinstance(spec.algorithm, Regression):
            return align + spec.rounds * rows * STEP_S
        added = (1 + (spec.algorithm.depth - 1) / 2) * columns * rows * MULTIPLY_S
        return align + spec.rounds * (rows * ENCRYPT_S + added)


def mark_of(spec: VerticalSpec) -> str:
    """Mark a training by all that what it opens depends on: every owner's asset and columns, and how it is run."""
    asked = spec.json()
    assert isinstance(asked, dict)
    depends: JsonValue = [_label(spec), *_brought(spec), {name: asked[name] for name in asked if name not in CARRIED}]
    opened = "gradients" if isinstance(spec.algorithm, Regression) else "sums by bin"
    return f"{opened} {canonical.digest(depends)[:16].hex()}"


def _brought(spec: VerticalSpec) -> list[str]:
    return sorted(f"{s.source.asset}.{c.name}" for s in spec.sides for c in spec.brought(s.source.party))


def _label(spec: VerticalSpec) -> str:
    assert spec.label.column is not None
    return f"{spec.side(spec.label.party).source.asset}.{spec.label.column.name}"


def _column(column: Column, schema: Schema) -> Iterator[Fault]:
    declared = schema.columns.get(column.name)
    if not isinstance(declared, Integer):
        yield BOUNDS, f"job: {column.name} is not declared as an integer; models over columns take numbers"
    elif column.least > declared.low or column.most < declared.high:
        yield BOUNDS, f"job: {column.name} may hold {declared.low}..{declared.high}, more than the run says"
    elif declared.nullable:
        yield BOUNDS, f"job: {column.name} may be empty, and a model needs every value"
