"""What specifications of training runs are made of: the algorithm, and columns with their bounds.

Numbers that are no integers are written in millionths. What is asked of them together is ``mpc.spec.training``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.tables.schema import MAX_ROWS
from mpc.training.shapes import MAX_HIDDEN, Trees, read_trees

MILLION = 1_000_000
_DIGEST_BYTES = 32
LARGEST = 1 << 53
"""Of a column's values: beyond it they are no exact numbers of eight bytes."""


class Model(StrEnum):
    """What is fitted."""

    LOGISTIC = "logistic"
    POISSON = "poisson"
    RIDGE = "ridge"
    SOFTMAX = "softmax"


class Step(StrEnum):
    """What the coordinator makes of a round: the average of the models, or an adaptive step towards it."""

    AVERAGE = "average"
    ADAM = "adam"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How a round improves the model; rate, proximal and ridge in millionths, epochs and batch of rows as counts.

    app: SHA-256 of an app of others that improves it in place of the nodes; empty: the nodes do. hidden: units of a
    hidden layer, 0 for none; trees: grown in place of a model of the columns.
    """

    model: Model
    step: Step
    epochs: int
    batch: int
    rate: int
    proximal: int
    ridge: int
    app: bytes = b""
    hidden: int = 0
    trees: Trees | None = None

    def __post_init__(self) -> None:
        if not (1 <= self.epochs <= 100 and 1 <= self.batch <= MAX_ROWS):
            raise InvalidRecord(f"spec: 1..100 epochs and batches of 1..{MAX_ROWS} rows expected")
        if not (0 < self.rate <= 10 * MILLION and 0 <= self.proximal <= 100 * MILLION):
            raise InvalidRecord("spec: a rate in (0, 10] and a proximal penalty in [0, 100] expected")
        if not 0 <= self.ridge <= MILLION * MILLION:
            raise InvalidRecord("spec: a ridge penalty in [0, 10^6] expected")
        if len(self.app) not in (0, _DIGEST_BYTES):
            raise InvalidRecord("spec: an app is named by 32 bytes")
        if not 0 <= self.hidden <= MAX_HIDDEN or (self.trees is not None and self.hidden):
            raise InvalidRecord(f"spec: a hidden layer of 1..{MAX_HIDDEN} units, or trees, or neither expected")
        if self.trees is not None and (self.model is Model.POISSON or self.rate > MILLION):
            raise InvalidRecord("spec: trees are of a logistic, ridge or softmax model, with a rate in (0, 1]")

    def json(self) -> JsonValue:
        return {
            "model": self.model.value,
            "step": self.step.value,
            "epochs": self.epochs,
            "batch": str(self.batch),
            "rate": str(self.rate),
            "proximal": str(self.proximal),
            "ridge": str(self.ridge),
            **({"app": self.app.hex()} if self.app else {}),
            **({"hidden": self.hidden} if self.hidden else {}),
            **({"trees": self.trees.json()} if self.trees is not None else {}),
        }


@dataclass(frozen=True, slots=True)
class Bounded:
    """A column and the least and the largest value it may have at any department."""

    column: str
    least: int
    most: int

    def __post_init__(self) -> None:
        if not self.least < self.most or max(abs(self.least), abs(self.most)) > LARGEST:
            raise InvalidRecord(f"spec: {self.column!r} needs least < most within 2^53")

    @property
    def size(self) -> int:
        """The largest absolute value."""
        return max(abs(self.least), abs(self.most))

    def json(self) -> JsonValue:
        return {"column": self.column, "least": str(self.least), "most": str(self.most)}


def read_algorithm(fields: Fields) -> Algorithm:
    """Read an algorithm; raises InvalidRecord."""
    found = Algorithm(
        model=Model(fields.choice("model", tuple(Model))),
        step=Step(fields.choice("step", tuple(Step))),
        epochs=fields.integer("epochs"),
        batch=fields.decimal("batch"),
        rate=fields.decimal("rate"),
        proximal=fields.decimal("proximal"),
        ridge=fields.decimal("ridge"),
        app=read_digest(fields.text("app")) if fields.has("app") else b"",
        hidden=fields.integer("hidden") if fields.has("hidden") else 0,
        trees=None if (own := fields.optional_object("trees")) is None else read_trees(own),
    )
    fields.done()
    return found


def read_digest(text: str) -> bytes:
    """Read an app's digest; raises InvalidRecord."""
    if len(text) != 2 * _DIGEST_BYTES or text.strip("0123456789abcdef"):
        raise InvalidRecord("spec: an app is named by 64 hexadecimal digits")
    return bytes.fromhex(text)


def read_bounded(fields: Fields) -> Bounded:
    """Read a column with its bounds; raises InvalidRecord."""
    found = Bounded(fields.text("column"), fields.decimal("least"), fields.decimal("most"))
    fields.done()
    return found
