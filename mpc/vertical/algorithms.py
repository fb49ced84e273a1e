"""How a model over columns of several departments is fitted, or asked: the part of a specification that names no party.

Numbers that are no integers are written in millionths, as in ``mpc.spec.training``. Bounds here are those of what
computes it (``federated.boosting.terms``), so that a specification which can be read can be run.

It does NOT compute anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.spec.training import MILLION
from mpc.vertical import regression
from mpc.vertical.regression import Regression
from mpc.vertical.statistics import PREDICTION, TRAINING

BOOSTED, SCORES = "boosted", "scores"
MAX_TREES, MAX_DEPTH, MAX_BINS, MAX_CLASSES = 500, 8, 256, 64
LEAST_ROWS = 50
"""Rows that a sum is of at least: fewer are found by a search for them (``federated.boosting.growing``)."""
MAX_MESSAGES = 1900
"""Of one party to another in a run: a channel takes 2048, and alignment and the end need theirs."""


class Loss(StrEnum):
    """What trees minimise: log loss of a label of two values or of several classes, squared error of a number."""

    LOGISTIC = "logistic"
    SOFTMAX = "softmax"
    SQUARED = "squared"


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees. trees: rounds, each of one tree a class; least: rows on either side of a split, and in every bin
    of which a sum is told. ridge, rate: in millionths. alone: first rounds that the label owner grows by itself;
    exposure: in millionths, the rank correlation with labels (AUC) of shared trees beyond which the rest is grown
    alone."""

    loss: Loss
    trees: int
    depth: int
    bins: int
    least: int
    ridge: int
    rate: int
    alone: int = 0
    exposure: int = MILLION

    def __post_init__(self) -> None:
        if not (1 <= self.trees <= MAX_TREES and 1 <= self.depth <= MAX_DEPTH and 2 <= self.bins <= MAX_BINS):
            raise InvalidRecord(f"spec: 1..{MAX_TREES} trees, depth 1..{MAX_DEPTH} and 2..{MAX_BINS} bins expected")
        if not LEAST_ROWS <= self.least < 1 << 24:
            raise InvalidRecord(f"spec: at least {LEAST_ROWS} rows on either side of a split expected")
        if not (0 <= self.ridge <= MILLION * MILLION and 0 < self.rate <= MILLION):
            raise InvalidRecord("spec: a ridge penalty in [0, 10^6] and a rate in (0, 1] expected")
        if not (0 <= self.alone < self.trees and MILLION // 2 < self.exposure <= MILLION):
            raise InvalidRecord("spec: fewer rounds alone than trees, and an exposure in (0.5, 1] expected")

    @property
    def model(self) -> str:
        return BOOSTED

    @property
    def statistic(self) -> str:
        return TRAINING

    @property
    def rows(self) -> int:
        """The fewest common rows that a run can be of."""
        return 2 * self.least

    def outputs(self, values: int) -> int:
        """Return how many scores a row has. values: that the label may have."""
        return values if self.loss is Loss.SOFTMAX else 1

    def rounds(self, values: int) -> int:
        """Return how many leaves the run's stream has: one a tree."""
        return self.trees * self.outputs(values)

    def require_label(self, least: int, most: int) -> None:
        """Refuse a label that the loss is not made for; raises InvalidRecord."""
        match self.loss:
            case Loss.LOGISTIC if (least, most) != (0, 1):
                raise InvalidRecord("spec: the label of a logistic loss is 0 or 1")
            case Loss.SOFTMAX if least != 0 or not 3 <= most + 1 <= MAX_CLASSES:
                raise InvalidRecord(f"spec: the label of a softmax loss is a class 0..{MAX_CLASSES - 1}, of 3 at least")
            case Loss.SQUARED if most - least >= 1 << 20:
                raise InvalidRecord("spec: the label of a squared loss varies by less than 2^20; scale it")

    def require_messages(self, values: int) -> None:
        """Refuse more messages than a channel takes; raises InvalidRecord."""
        count = self.rounds(values) * (2 * self.depth + 1)
        if count > MAX_MESSAGES:
            raise InvalidRecord(f"spec: {count} messages to each owner, at most {MAX_MESSAGES}: fewer trees or levels")

    def json(self) -> JsonValue:
        return {
            "model": self.model,
            "loss": self.loss.value,
            "trees": self.trees,
            "depth": self.depth,
            "bins": self.bins,
            "least": str(self.least),
            "ridge": str(self.ridge),
            "rate": str(self.rate),
            "alone": self.alone,
            "exposure": str(self.exposure),
        }


@dataclass(frozen=True, slots=True)
class Scores:
    """Joint scores of a model that was trained. of: the job that trained it, 32 bytes."""

    of: bytes

    def __post_init__(self) -> None:
        if len(self.of) != 32:
            raise InvalidRecord("spec: a model is named by the 32 bytes of its job")

    @property
    def model(self) -> str:
        return SCORES

    @property
    def statistic(self) -> str:
        return PREDICTION

    @property
    def rows(self) -> int:
        """The fewest common rows that a run can be of."""
        return 1

    def rounds(self, _values: int) -> int:
        """Return how many leaves the run's stream has: it has no stream."""
        return 0

    def require_label(self, _least: int, _most: int) -> None:
        """Refuse a label: nobody is asked for one; raises InvalidRecord."""
        raise InvalidRecord("spec: scores are of persons whose label is not known; the label names a party alone")

    def require_messages(self, _values: int) -> None:
        """Messages are few."""

    def json(self) -> JsonValue:
        return {"model": self.model, "of": self.of.hex()}


Algorithm: TypeAlias = Trees | Regression | Scores


def read(fields: Fields, statistic: str) -> Algorithm:
    """Read the member ``algorithm`` of a specification of a statistic; raises InvalidRecord."""
    if statistic == PREDICTION:
        fields.choice("model", (SCORES,))
        asked = Scores(fields.digest("of"))
        fields.done()
        return asked
    if fields.choice("model", (BOOSTED, regression.LOGISTIC)) == regression.LOGISTIC:
        return regression.read(fields)
    found = Trees(
        loss=Loss(fields.choice("loss", tuple(Loss))),
        trees=fields.integer("trees"),
        depth=fields.integer("depth"),
        bins=fields.integer("bins"),
        least=fields.decimal("least"),
        ridge=fields.decimal("ridge"),
        rate=fields.decimal("rate"),
        alone=fields.integer("alone"),
        exposure=fields.decimal("exposure"),
    )
    fields.done()
    return found
