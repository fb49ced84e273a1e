"""The specification of a training run: one model fitted to the rows of several departments, round by round.

Document and bounds of ``training`` (``mpc.spec.job`` says what all kinds have in common; ``mpc.training.terms`` what
one is made of). It says how a model is fitted and what may leave a department, not what is computed in a round: that is
the trainer's (``mpc.training.port``).

    exact         scale      sums from which the columns are scaled
                  round ..   improved models, averaged by rows
                  measure    loss and squared error of the model that came out
                  count      rows held out by bin of what the model predicts, with noise, where quality is asked
    with noise    round ..   gradients by person, or a level of a tree, each sum with the noise that is paid for
                  count      rows by bin of what the model predicts, where an evaluation is asked
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.privacy.measured import Quality
from mpc.privacy.rounds import Mechanism
from mpc.privacy.trained import Evaluation, TrainingPrivacy
from mpc.spec.parts import MAX_SOURCES, MIN_CONTRIBUTORS, Source, check_common
from mpc.tables.schema import MAX_ROWS
from mpc.training.protection import Counting, Protection
from mpc.training.shapes import LEAST_CLASSES, MAX_CLASSES, Sizes, refused_exactly
from mpc.training.terms import MILLION, Algorithm, Bounded, Model, Step

__all__ = ["MILLION", "STATISTIC", "Algorithm", "Bounded", "Model", "Step", "TrainingSpec", "Work"]

STATISTIC = "training"
CURVE = "loss"
MAX_FEATURES = 64
"""The disclosure audit looks at every pair of columns: a run tells their products."""
MAX_ROUNDS = 500
MAX_APPS = 16
MAX_CLIP = 1 << 16
MAX_EVIDENCE, WAVE_BYTES = 12 << 20, 700
"""Of what departments sign in all waves, written in evidence of 16 MiB; and what a wave has beside its vector. So no
department draws more than 2^18 numbers of noise either, at a third of a millisecond each."""
POINT_BITS = 40
"""Behind the binary point of what departments hand over in an exact run. Noised counts are whole units of the last
one, and stay below 2^40: 12 deviations of 2^20 rows a person at 23 departments, for one micro-rho, are below 2^38."""
LEAST_ROWS = 50
"""The gradient of one row is a multiple of the row; a department with fewer rows takes no part."""
FEW_ROWS = "an exact round steps over all rows; what a smaller batch adds can be that of its last few alone"
"""With rate times proximal (or ridge a row) of 1 a step forgets the ones before: the last batch is all that leaves."""


class Work(Enum):
    """What a wave is for."""

    SCALE = auto()
    ROUND = auto()
    MEASURE = auto()
    COUNT = auto()


@dataclass(frozen=True, slots=True)
class TrainingSpec:
    """A run over the rows of all sources; the recipient coordinates it and gets the model, as every source does.

    rows: the most rows of one source. least_rows: rows below which a source takes no part. contributors: sources
    without which a round is not opened. clip: the largest size of one number that leaves a department; norm: of the
    change of a model in one round, in millionths. round_s: longest wait for a source in a round. apps: SHA-256 of the
    apps that may carry messages; none: nodes send them themselves. seed: of the order of rows.
    privacy: None for exact sums, before which stand the minimum, the disclosure audit and the count of figures; else
    every sum has noise, and least_rows, clip and norm are no members: what a person adds is bounded, not a department.
    has_curve: every exact round tells the loss of the model that it began with, too. quality: of exact sums, a last
    wave that counts rows of a fifth of the persons with noise, and no round is of these.
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
    privacy: TrainingPrivacy | None = None
    has_curve: bool = False
    quality: Quality | None = None

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
        if self.algorithm.batch < self.rows:
            raise InvalidRecord(f"spec: a batch of {self.rows} rows at least: {FEW_ROWS}")
        self._check_label()
        if self.privacy is None:
            self._check_exact()
        else:
            self._check_noised(self.privacy)
        if not 1 <= self.round_s <= 3600 or not 0 <= self.seed < 1 << 32:
            raise InvalidRecord("spec: a round of 1..3600 seconds and a seed of 32 bits expected")
        if list(self.apps) != sorted(set(self.apps)) or len(self.apps) > MAX_APPS or {len(a) for a in self.apps} - {32}:
            raise InvalidRecord(f"spec: at most {MAX_APPS} digests of apps, sorted and distinct, expected")
        if self.waves * len(self.sources) * (16 * self.places + WAVE_BYTES) > MAX_EVIDENCE:
            raise InvalidRecord(f"spec: {self.waves} waves of {self.places} numbers pass what evidence holds")

    def _check_exact(self) -> None:
        if refused := refused_exactly(self.sizes):
            raise InvalidRecord(f"spec: {refused}")
        if not max(LEAST_ROWS, self.minimum) <= self.least_rows <= self.rows <= MAX_ROWS:
            raise InvalidRecord(f"spec: at least {LEAST_ROWS} rows a source, its minimum among them, expected")
        if not 1 <= self.clip <= MAX_CLIP or not 0 < self.norm <= MAX_CLIP * MILLION:
            raise InvalidRecord(f"spec: a clip in 1..{MAX_CLIP} and a norm up to it expected")
        if self.quality is not None:
            self._counting.check()
            _ = self.count_noise  # refused here, not at a department that has opened and paid

    def _check_noised(self, privacy: TrainingPrivacy) -> None:
        if (self.least_rows, self.clip, self.norm) != (0, 0, 0) or not privacy.max_rows <= self.rows <= MAX_ROWS:
            raise InvalidRecord("spec: with noise a person is bounded: no least_rows, clip or norm; rows from max_rows")
        algorithm = self.algorithm
        if (algorithm.step, algorithm.epochs, algorithm.proximal) != (Step.AVERAGE, 1, 0):
            raise InvalidRecord("spec: with noise a round is one step: average, one epoch, no proximal penalty")
        if algorithm.app:
            raise InvalidRecord("spec: with noise nodes compute each person's part; an app of others knows no persons")
        if self.quality is not None:
            raise InvalidRecord("spec: a run with noise has its evaluation under privacy, and no quality beside it")
        if self.has_curve:
            raise InvalidRecord("spec: with noise a loss in every round would cost as much; ask an evaluation instead")
        self._protection.check(self.rows)

    def _check_label(self) -> None:
        if self.algorithm.model is Model.LOGISTIC and (self.label.least, self.label.most) != (0, 1):
            raise InvalidRecord("spec: the label of a logistic model is 0 or 1")
        if self.algorithm.model is Model.POISSON and self.label.least < 0:
            raise InvalidRecord("spec: the label of a Poisson model is a count")
        is_class = self.label.least == 0 and LEAST_CLASSES <= self.label.most + 1 <= MAX_CLASSES
        if self.algorithm.model is Model.SOFTMAX and not is_class:
            raise InvalidRecord(f"spec: the label of a softmax model is a class, 0..2 to 0..{MAX_CLASSES - 1}")

    @property
    def statistic(self) -> str:
        return STATISTIC

    @property
    def columns(self) -> tuple[Bounded, ...]:
        """Features and label."""
        return (*self.features, self.label)

    @property
    def works(self) -> tuple[Work, ...]:
        """What each wave is for, in order."""
        rounds_ = (Work.ROUND,) * self.rounds
        counted = (Work.COUNT,) if self.evaluation is not None else ()
        return (Work.SCALE, *rounds_, Work.MEASURE, *counted) if self.privacy is None else (*rounds_, *counted)

    @property
    def waves(self) -> int:
        """How often departments are asked."""
        return len(self.works)

    @property
    def places(self) -> int:
        """Numbers in every vector that a department hands over; the shorter ones are filled up with zeros."""
        slots = len(self.sources) if self.evaluation is not None and self.evaluation.by_department else 1
        if self.privacy is None:
            return max(1 + 2 * len(self.features), 1 + self.weights + 2 * self.has_curve, slots * self.bins)
        return max(self.sizes.released, slots * self.bins)

    @property
    def evaluation(self) -> Evaluation | None:
        """The counts of rows that a last wave tells, with noise, if any are asked."""
        asked = self.quality if self.privacy is None else self.privacy
        return None if asked is None else asked.evaluation

    @property
    def bins(self) -> int:
        """Counts of an evaluation: by bin, of labels and of right and wrong classes twice; 0 where none is asked."""
        if self.evaluation is None:
            return 0
        return self.evaluation.bins * (2 if self.algorithm.model in (Model.LOGISTIC, Model.SOFTMAX) else 1)

    @property
    def gradient_noise(self) -> Mechanism:
        """The noise of a round; raises InvalidRecord for noise that cannot be drawn."""
        return self._protection.rounds

    @property
    def count_noise(self) -> Mechanism | None:
        """The noise of the evaluation, if one is asked; raises InvalidRecord for noise that cannot be drawn."""
        return None if self.evaluation is None else self._counting.noise

    @property
    def widest(self) -> float:
        """What one number that a department hands over under noise stays within."""
        return self._protection.bound(self.rows)

    @property
    def sizes(self) -> Sizes:
        """How many numbers a model has, and a round of it."""
        algorithm, outputs = self.algorithm, self.label.most + 1 if self.algorithm.model is Model.SOFTMAX else 1
        return Sizes(len(self.features), outputs, algorithm.hidden, algorithm.trees, self.rounds)

    @property
    def weights(self) -> int:
        """Numbers of the model; of a linear one the constant first."""
        return self.sizes.numbers

    @property
    def figures(self) -> int:
        """How many figures the whole run draws from the rows."""
        return 2 * len(self.features) + self.rounds * (self.weights + self.has_curve) + 2

    @property
    def parties(self) -> tuple[str, ...]:
        return tuple(sorted({*(source.party for source in self.sources), self.recipient}))

    @property
    def _counting(self) -> Counting:
        asked = self.quality if self.privacy is None else self.privacy
        assert asked is not None
        return Counting(asked, self.bins, len(self.sources), self.contributors)

    @property
    def _protection(self) -> Protection:
        if self.privacy is None:
            raise InvalidRecord("spec: exact rounds have no noise")
        return Protection(self.privacy, self.sizes, self.bins, len(self.sources), self.contributors)

    def supplied(self, sources: Sequence[Source]) -> TrainingSpec:
        """Return the same run with other authorizations."""
        return replace(self, sources=tuple(sources))

    def json(self) -> JsonValue:
        bounds: dict[str, JsonValue]
        if self.privacy is None:
            bounds = {"least_rows": str(self.least_rows), "clip": str(self.clip), "norm": str(self.norm)}
            bounds |= {"curve": CURVE} if self.has_curve else {}
            bounds |= {} if self.quality is None else {"quality": self.quality.json()}
        else:
            bounds = {"privacy": self.privacy.json()}
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
            "minimum": self.minimum,
            "contributors": self.contributors,
            "round_s": self.round_s,
            "seed": str(self.seed),
            "apps": [digest.hex() for digest in self.apps],
            **bounds,
        }
