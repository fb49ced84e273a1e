"""What is declared before a run with noise: who is protected, by which bounds, against whom, and what a run costs.

The first terms are the owners' declaration for private questions, which a run repeats word for word
(``mpc.privacy.declaration``); its bounds for every column are those of the specification's columns. ``max_groups``
plays no part: a run has no groups. What the run itself chooses: how long one person's gradient may be, by how many
persons a step divides, who draws the noise, and what a round and the evaluation cost.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.privacy.declaration import MOST_MICRO_RHO, Declaration, Neighbours, Nulls, UnitsAt
from mpc.privacy.held import LEAST, MOST
from mpc.privacy.terms import differences, read_terms, require_terms, terms_json

LEAST_BINS, MOST_BINS = 8, 64
MAX_CLIP_MILLI = 1_000_000
NOT_A_SHARE = f"privacy: {LEAST}..{MOST} thousandths of the persons may be held out"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A last wave that counts rows by bin of what the model predicts. micro_rho: of all its counts together.

    by_department: each department's counts are told, with all the noise that they need alone; otherwise their sum.
    held_out: thousandths of the persons whose rows it counts, and no round (``mpc.privacy.held``); 0: it counts all.
    """

    bins: int
    by_department: bool
    micro_rho: int
    held_out: int = 0

    def __post_init__(self) -> None:
        if not LEAST_BINS <= self.bins <= MOST_BINS or not 0 < self.micro_rho <= MOST_MICRO_RHO:
            raise InvalidRecord(f"privacy: an evaluation has {LEAST_BINS}..{MOST_BINS} bins and a cost")
        if self.held_out and not LEAST <= self.held_out <= MOST:
            raise InvalidRecord(NOT_A_SHARE)

    def json(self) -> JsonValue:
        counts = "by-department" if self.by_department else "joint"
        held = {"held_out": self.held_out} if self.held_out else {}
        return {"bins": self.bins, "counts": counts, "micro_rho": str(self.micro_rho), **held}


@dataclass(frozen=True, slots=True)
class TrainingPrivacy:
    """A run's ``privacy`` member.

    clip_milli: the longest gradient of a person, in thousandths. persons: what a step divides by, a number that is
    declared and not counted. is_local: each department's own noise is all that is paid for, whoever pools; otherwise
    the departments outside ``colluders`` give it together. micro_rho: of one round.
    """

    unit: str
    neighbours: Neighbours
    max_rows: int
    units_at: UnitsAt
    colluders: int
    nulls: Nulls
    period: str
    delta_log2: int
    clip_milli: int
    persons: int
    is_local: bool
    micro_rho: int
    evaluation: Evaluation | None
    recipient_class: str

    def __post_init__(self) -> None:
        require_terms(self, "privacy")
        if not 1 <= self.clip_milli <= MAX_CLIP_MILLI or not 1 <= self.persons <= 1 << 40:
            raise InvalidRecord("privacy: a clip in 0.001..1000 and a number of persons expected")
        if not 0 < self.micro_rho <= MOST_MICRO_RHO:
            raise InvalidRecord(f"privacy: a round costs 1..{MOST_MICRO_RHO} micro-rho")

    def cost(self, rounds: int) -> int:
        """Return what each asset pays for a run: releases over the same rows add up."""
        return rounds * self.micro_rho + (0 if self.evaluation is None else self.evaluation.micro_rho)

    def json(self) -> JsonValue:
        return {
            **terms_json(self),
            "clip_milli": str(self.clip_milli),
            "persons": str(self.persons),
            "micro_rho": str(self.micro_rho),
            **({} if self.evaluation is None else {"evaluation": self.evaluation.json()}),
        }

    def differences(self, declared: Declaration) -> list[str]:
        """Name the terms in which an owner's declaration differs."""
        return differences(self, declared)


def read(found: Fields) -> TrainingPrivacy:
    """Read the member of a specification; raises InvalidRecord, naming what is missing."""
    privacy = TrainingPrivacy(
        **read_terms(found),
        clip_milli=found.decimal("clip_milli"),
        persons=found.decimal("persons"),
        micro_rho=found.decimal("micro_rho"),
        evaluation=None if (own := found.optional_object("evaluation")) is None else read_evaluation(own),
    )
    found.done()
    return privacy


def read_evaluation(found: Fields) -> Evaluation:
    """Read the member ``evaluation``; raises InvalidRecord."""
    by_department = found.choice("counts", ("joint", "by-department")) == "by-department"
    held_out = 0
    if found.has("held_out") and (held_out := found.integer("held_out")) == 0:
        raise InvalidRecord(NOT_A_SHARE)
    evaluation = Evaluation(found.integer("bins"), by_department, found.decimal("micro_rho"), held_out)
    found.done()
    return evaluation
