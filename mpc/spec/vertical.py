"""The specification of a training over columns of several departments, and of joint scores of what was trained.

One has the labels, all have rows of the same keys. Document and bounds of ``vertical-training`` and of
``vertical-prediction``, in which the label names a party alone: the one that asks for scores and learns them
(``mpc.spec.job`` says what all kinds have in common). Rows that all sides have
a key for are found first, by the protocol of aligned rows; every side is told which of its keys these are. It has no
filters, for the reason that aligned rows have none. How the model is fitted stands in ``mpc.vertical.algorithms``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.fields import Fields
from mpc.groups import suites
from mpc.protocols.align.terms import MAX_MEMBERS, AlignedTerms, Member
from mpc.protocols.join.layout import Column
from mpc.spec import aligned as spec_aligned
from mpc.spec import reading
from mpc.spec import sides as spec_sides
from mpc.spec.aligned import Side
from mpc.spec.parts import Source, check_common, unless_default
from mpc.tables.forms import Form
from mpc.vertical import algorithms, statistics
from mpc.vertical.algorithms import Algorithm, Trees
from mpc.vertical.regression import Regression

MAX_COLUMNS = 128
LARGEST = 1 << 53
"""Of a column's values: beyond it they are no exact numbers of eight bytes."""
MAX_BODY = 60 << 20
"""Bytes of the largest message; a channel takes 64 MiB."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is predicted: a column of one side, which is none of its features; no column where it is to be predicted."""

    party: str
    column: Column | None = None

    @property
    def values(self) -> int:
        """How many values it may have."""
        return 0 if self.column is None else self.column.most - self.column.least + 1

    def json(self) -> JsonValue:
        column = self.column
        if column is None:
            return {"party": self.party}
        return {"party": self.party, "column": column.name, "least": str(column.least), "most": str(column.most)}


@dataclass(frozen=True, slots=True)
class VerticalSpec:
    """A run over rows that all sides have a key for; every side keeps its own part of the model.

    least_rows: common rows below which nothing is trained. key_bits: of the label owner's encryption. round_s: longest
    wait for another party. form: the rule by which all owners compare keys.
    """

    purpose: str
    recipient: str
    sides: tuple[Side, ...]
    label: Label
    algorithm: Algorithm
    minimum: int
    least_rows: int
    round_s: int
    key_bits: int = 3072
    form: Form = Form.EXACT
    prime_group: str = suites.DEFAULT.name
    privacy = None
    """Sums are exact: what stands before them is the minimum in every bin and node, or the number of common rows."""

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        if self.label.party not in [side.source.party for side in self.sides]:
            raise InvalidRecord(f"spec: the label's party must be a side, got {self.label.party[:40]!r}")
        for side in self.sides:
            self._check_side(side)
        least = max(self.minimum, self._least)
        if not least <= self.least_rows <= self.aligned.rows:
            raise InvalidRecord(f"spec: least_rows must be in {least}..{self.aligned.rows}, got {self.least_rows}")
        if isinstance(self.algorithm, Trees) and self.algorithm.least < self.minimum:
            raise InvalidRecord(f"spec: sums are told of {self.minimum} rows at least, its minimum; least is fewer")
        if not 1 <= self.round_s <= 3600:
            raise InvalidRecord("spec: a round of 1..3600 seconds expected")
        if isinstance(self.algorithm, Regression):
            self.algorithm.require_sides([len(side.columns) for side in self.sides], self.aligned.rows)
        self._check_label()
        self.algorithm.require_messages(self.label.values)
        if self.aligned.rows * self.scheme.ciphertext_bytes > MAX_BODY:
            raise InvalidRecord(f"spec: at most {MAX_BODY // self.scheme.ciphertext_bytes} rows of the smallest side")

    @property
    def _least(self) -> int:
        """The fewest common rows that this run can be of."""
        if isinstance(self.algorithm, Regression):
            return max(self.algorithm.rows_for(len(side.columns)) for side in self.sides)
        return self.algorithm.rows

    def _check_side(self, side: Side) -> None:
        own = self.brought(side.source.party)
        names = [column.name for column in own]
        if any(max(abs(column.least), abs(column.most)) > LARGEST for column in own):
            raise InvalidRecord("spec: bounds of a column lie within 2^53")
        if any(column.least >= column.most for column in own):
            raise InvalidRecord("spec: a column needs least < most; one of a single value says nothing")
        if len({side.key, *names}) != len(names) + 1 or len(names) > MAX_COLUMNS:
            raise InvalidRecord(f"spec: key, label and at most {MAX_COLUMNS} columns of a side must differ")
        if not names:
            raise InvalidRecord(f"spec: {side.source.party} brings no column")

    def _check_label(self) -> None:
        if self.label.column is not None:
            self.algorithm.require_label(self.label.column.least, self.label.column.most)
        elif self.statistic == statistics.TRAINING:
            raise InvalidRecord("spec: a training has a column of labels")

    @property
    def statistic(self) -> str:
        return self.algorithm.statistic

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(side.source for side in self.sides)

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(sorted({*(source.party for source in self.sources), self.recipient}))

    @property
    def features(self) -> tuple[str, ...]:
        """The sides beside the one with the labels, sorted."""
        return tuple(side.source.party for side in self.sides if side.source.party != self.label.party)

    @property
    def aligned(self) -> AlignedTerms:
        """Lay out the alignment: every side is told, and brings no columns to it; raises InvalidRecord."""
        return AlignedTerms(
            members=tuple(Member(side.source.party, side.most, True) for side in self.sides),
            minimum=self.least_rows,
            prime_group=suites.named(self.prime_group),
        )

    @property
    def scheme(self) -> OkamotoUchiyama:
        """The label owner's encryption; raises InvalidRecord."""
        return OkamotoUchiyama(bits=self.key_bits)

    @property
    def rounds(self) -> int:
        """Leaves of the run's stream."""
        return self.algorithm.rounds(self.label.values)

    def side(self, party: str) -> Side:
        return next(side for side in self.sides if side.source.party == party)

    def brought(self, party: str) -> tuple[Column, ...]:
        """Return the columns that a party brings, the label first."""
        own = self.side(party).columns
        if party != self.label.party or self.label.column is None:
            return own
        return (self.label.column, *own)

    def supplied(self, sources: Sequence[Source]) -> VerticalSpec:
        """Return the same run with other authorizations."""
        sides = tuple(replace(side, source=source) for side, source in zip(self.sides, sources, strict=True))
        return replace(self, sides=sides)

    def json(self) -> JsonValue:
        return {
            "version": 1,
            "statistic": self.statistic,
            "purpose": self.purpose,
            "recipient": self.recipient,
            "sides": [side.json() for side in self.sides],
            "label": self.label.json(),
            "algorithm": self.algorithm.json(),
            "minimum": self.minimum,
            "least_rows": str(self.least_rows),
            "round_s": self.round_s,
            "key_bits": self.key_bits,
            **({} if self.form is Form.EXACT else {"form": self.form.value}),
            **unless_default(self.prime_group),
        }


def read(fields: Fields) -> VerticalSpec:
    """Read the members of a training; raises InvalidRecord."""
    return _read(fields, statistics.TRAINING)


def read_scores(fields: Fields) -> VerticalSpec:
    """Read the members of a question for scores; raises InvalidRecord."""
    return _read(fields, statistics.PREDICTION)


def _read(fields: Fields, statistic: str) -> VerticalSpec:
    spec = VerticalSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sides=tuple(spec_aligned.side(item, MAX_COLUMNS) for item in fields.objects("sides", MAX_MEMBERS)),
        label=_label(fields.object("label")),
        algorithm=algorithms.read(fields.object("algorithm"), statistic),
        minimum=fields.integer("minimum"),
        least_rows=fields.decimal("least_rows"),
        round_s=fields.integer("round_s"),
        key_bits=fields.integer("key_bits"),
        form=Form(fields.choice("form", tuple(Form))) if fields.has("form") else Form.EXACT,
        prime_group=reading.prime_group(fields),
    )
    fields.done()
    return spec


def _label(fields: Fields) -> Label:
    party = fields.text("party")
    if not fields.has("column"):
        fields.done()
        return Label(party)
    return Label(party, spec_sides.column(fields))
