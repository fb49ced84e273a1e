"""The specification of a training run: one linear model fitted to the rows of several departments, round by round.

Document and bounds of ``training`` (``mpc.spec`` says what all kinds have in common). Numbers that are no integers are
written in millionths. It says how a model is fitted and what may leave a department, not what is computed in a round:
that is the trainer's (``mpc.training.port``).

    wave 1               sums from which the columns are scaled
    waves 2..rounds+1    a round each: improved models, averaged by rows
    the last wave        loss and squared error of the model that came out
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc import spec_reading as reading
from mpc.fields import Fields
from mpc.schema import MAX_ROWS
from mpc.spec_parts import MAX_SOURCES, MIN_CONTRIBUTORS, Source, check_common

STATISTIC = "training"
MILLION = 1_000_000
MAX_FEATURES = 64
"""The disclosure audit looks at every pair of columns: a run tells their products."""
MAX_ROUNDS = 500
MAX_APPS = 16
MAX_CLIP = 1 << 16
LEAST_ROWS = 50
"""The gradient of one row is a multiple of the row; a department with fewer rows takes no part."""
FEW_ROWS = "an exact round steps over all rows; what a smaller batch adds can be that of its last few alone"
"""With rate times proximal (or ridge a row) of 1 a step forgets the ones before: the last batch is all that leaves."""
LARGEST = 1 << 53
"""Of a column's values: beyond it they are no exact numbers of eight bytes."""


class Model(StrEnum):
    """What is fitted."""

    LOGISTIC = "logistic"
    POISSON = "poisson"
    RIDGE = "ridge"


class Step(StrEnum):
    """What the coordinator makes of a round: the average of the models, or an adaptive step towards it."""

    AVERAGE = "average"
    ADAM = "adam"


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How a round improves the model; rate, proximal and ridge in millionths, epochs and batch of rows as counts."""

    model: Model
    step: Step
    epochs: int
    batch: int
    rate: int
    proximal: int
    ridge: int

    def __post_init__(self) -> None:
        if not (1 <= self.epochs <= 100 and 1 <= self.batch <= MAX_ROWS):
            raise InvalidRecord(f"spec: 1..100 epochs and batches of 1..{MAX_ROWS} rows expected")
        if not (0 < self.rate <= 10 * MILLION and 0 <= self.proximal <= 100 * MILLION):
            raise InvalidRecord("spec: a rate in (0, 10] and a proximal penalty in [0, 100] expected")
        if not 0 <= self.ridge <= MILLION * MILLION:
            raise InvalidRecord("spec: a ridge penalty in [0, 10^6] expected")

    def json(self) -> JsonValue:
        return {
            "model": self.model.value,
            "step": self.step.value,
            "epochs": self.epochs,
            "batch": str(self.batch),
            "rate": str(self.rate),
            "proximal": str(self.proximal),
            "ridge": str(self.ridge),
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


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """A run over the rows of all sources; the recipient coordinates it and gets the model, as every source does.

    rows: the most rows of one source. least_rows: rows below which a source takes no part. contributors: sources
    without which a round is not opened. clip: the largest size of one number that leaves a department; norm: of the
    change of a model in one round, in millionths. round_s: longest wait for a source in a round. apps: SHA-256 of the
    apps that may carry messages; none: nodes send them themselves. seed: of the order of rows.
    """

    purpose: str
    recipient: str
    sources: tuple[Source, ...]
    algorithm: Algorithm
    features: tuple[Bounded, ...]
    label: Bounded
    rounds: int
    rows: int
    least_rows: int
    minimum: int
    contributors: int
    clip: int
    norm: int
    round_s: int
    seed: int
    apps: tuple[bytes, ...] = field(default=())
    privacy = None
    """Rounds are exact sums: what stands before them is the minimum, the disclosure audit and the count of figures."""

    def __post_init__(self) -> None:
        check_common(self.purpose, self.recipient, self.sources, self.minimum)
        if not MIN_CONTRIBUTORS <= self.contributors <= len(self.sources) <= MAX_SOURCES:
            raise InvalidRecord(f"spec: {MIN_CONTRIBUTORS} contributors at least, and as many sources expected")
        if self.contributors < len(self.sources) - 1:
            raise InvalidRecord("spec: a run loses one source at most: as many contributors, or one fewer, expected")
        names = [column.column for column in self.columns]
        if not 1 <= len(self.features) <= MAX_FEATURES or len(set(names)) != len(names):
            raise InvalidRecord(f"spec: 1..{MAX_FEATURES} features and another column as label expected")
        if not 1 <= self.rounds <= MAX_ROUNDS:
            raise InvalidRecord(f"spec: 1..{MAX_ROUNDS} rounds expected, got {self.rounds}")
        if not max(LEAST_ROWS, self.minimum) <= self.least_rows <= self.rows <= MAX_ROWS:
            raise InvalidRecord(f"spec: at least {LEAST_ROWS} rows a source, its minimum among them, expected")
        if self.algorithm.batch < self.rows:
            raise InvalidRecord(f"spec: a batch of {self.rows} rows at least: {FEW_ROWS}")
        if not 1 <= self.clip <= MAX_CLIP or not 0 < self.norm <= MAX_CLIP * MILLION:
            raise InvalidRecord(f"spec: a clip in 1..{MAX_CLIP} and a norm up to it expected")
        if not 1 <= self.round_s <= 3600 or not 0 <= self.seed < 1 << 32:
            raise InvalidRecord("spec: a round of 1..3600 seconds and a seed of 32 bits expected")
        if list(self.apps) != sorted(set(self.apps)) or len(self.apps) > MAX_APPS or {len(a) for a in self.apps} - {32}:
            raise InvalidRecord(f"spec: at most {MAX_APPS} digests of apps, sorted and distinct, expected")
        self._check_label()

    def _check_label(self) -> None:
        if self.algorithm.model is Model.LOGISTIC and (self.label.least, self.label.most) != (0, 1):
            raise InvalidRecord("spec: the label of a logistic model is 0 or 1")
        if self.algorithm.model is Model.POISSON and self.label.least < 0:
            raise InvalidRecord("spec: the label of a Poisson model is a count")

    @property
    def statistic(self) -> str:
        return STATISTIC

    @property
    def columns(self) -> tuple[Bounded, ...]:
        """Features and label."""
        return (*self.features, self.label)

    @property
    def waves(self) -> int:
        """How often departments are asked."""
        return self.rounds + 2

    @property
    def places(self) -> int:
        """Numbers in every vector that a department hands over; the shorter ones are filled up with zeros."""
        return 1 + 2 * len(self.features)

    @property
    def weights(self) -> int:
        """Numbers of the model, the constant first."""
        return 1 + len(self.features)

    @property
    def figures(self) -> int:
        """How many figures the whole run draws from the rows."""
        return 2 * len(self.features) + self.rounds * self.weights + 2

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(sorted({*(source.party for source in self.sources), self.recipient}))

    def supplied(self, sources: Sequence[Source]) -> TrainingSpec:
        """Return the same run with other authorizations."""
        return replace(self, sources=tuple(sources))

    def json(self) -> JsonValue:
        return {
            "version": 1,
            "statistic": self.statistic,
            "purpose": self.purpose,
            "recipient": self.recipient,
            "sources": [source.json() for source in self.sources],
            "algorithm": self.algorithm.json(),
            "features": [column.json() for column in self.features],
            "label": self.label.json(),
            "rounds": self.rounds,
            "rows": str(self.rows),
            "least_rows": str(self.least_rows),
            "minimum": self.minimum,
            "contributors": self.contributors,
            "clip": str(self.clip),
            "norm": str(self.norm),
            "round_s": self.round_s,
            "seed": str(self.seed),
            "apps": [digest.hex() for digest in self.apps],
        }


def read(fields: Fields) -> TrainingSpec:
    """Read the members of a specification; raises InvalidRecord."""
    spec = TrainingSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sources=tuple(reading.source(item) for item in fields.objects("sources", MAX_SOURCES)),
        algorithm=_algorithm(fields.object("algorithm")),
        features=tuple(_bounded(item) for item in fields.objects("features", MAX_FEATURES)),
        label=_bounded(fields.object("label")),
        rounds=fields.integer("rounds"),
        rows=fields.decimal("rows"),
        least_rows=fields.decimal("least_rows"),
        minimum=fields.integer("minimum"),
        contributors=fields.integer("contributors"),
        clip=fields.decimal("clip"),
        norm=fields.decimal("norm"),
        round_s=fields.integer("round_s"),
        seed=fields.decimal("seed"),
        apps=tuple(_digest(text) for text in fields.texts("apps", MAX_APPS)),
    )
    fields.done()
    return spec


def _algorithm(fields: Fields) -> Algorithm:
    found = Algorithm(
        model=Model(fields.choice("model", tuple(Model))),
        step=Step(fields.choice("step", tuple(Step))),
        epochs=fields.integer("epochs"),
        batch=fields.decimal("batch"),
        rate=fields.decimal("rate"),
        proximal=fields.decimal("proximal"),
        ridge=fields.decimal("ridge"),
    )
    fields.done()
    return found


def _bounded(fields: Fields) -> Bounded:
    found = Bounded(fields.text("column"), fields.decimal("least"), fields.decimal("most"))
    fields.done()
    return found


def _digest(text: str) -> bytes:
    if len(text) != 64 or text.strip("0123456789abcdef"):
        raise InvalidRecord("spec: an app is named by 64 hexadecimal digits")
    return bytes.fromhex(text)
