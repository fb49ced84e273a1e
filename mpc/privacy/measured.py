"""What is declared before an exact run that is measured: who is protected in its counts of rows, and what they cost.

The rounds are exact; the counts of the last wave carry noise, as those of a run with noise do: the same terms of the
owners' declaration, word for word, the same mechanism, the same unit. Their persons are a fifth that no round is of
(``mpc.privacy.held``). The noise bounds what the counts add about a person of that fifth. It does NOT bound what exact
figures tell of anybody: of the fifth too, where another exact job is answered about all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.privacy.declaration import MOST_ROWS, Declaration, Neighbours, Nulls, UnitsAt
from mpc.privacy.held import FIFTH
from mpc.privacy.trained import DECLARED, Evaluation, read_evaluation


@dataclass(frozen=True, slots=True)
class Quality:
    """A specification's ``quality`` member; see ``mpc.privacy.trained.TrainingPrivacy`` for each term."""

    unit: str
    neighbours: Neighbours
    max_rows: int
    units_at: UnitsAt
    colluders: int
    nulls: Nulls
    period: str
    delta_log2: int
    is_local: bool
    evaluation: Evaluation
    recipient_class: str

    def __post_init__(self) -> None:
        if not 0 < self.max_rows <= MOST_ROWS or not self.unit or not self.period or not self.recipient_class:
            raise InvalidRecord("quality: a unit column, its most rows, a data period and a class of recipients needed")
        if self.colluders < 0 or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord("quality: colluders of at least 0 and a delta of 2^-128..2^-20 expected")
        if self.evaluation.held_out != FIFTH:
            raise InvalidRecord(
                f"quality: an exact run holds out {FIFTH} thousandths of the persons, no other share"
            )

    def json(self) -> JsonValue:
        return {
            "unit": self.unit,
            "neighbours": self.neighbours.value,
            "max_rows": self.max_rows,
            "units_at": self.units_at.value,
            "colluders": self.colluders,
            "nulls": self.nulls.value,
            "period": self.period,
            "delta_log2": self.delta_log2,
            "noise": "local" if self.is_local else "distributed",
            "evaluation": self.evaluation.json(),
            "recipient_class": self.recipient_class,
        }

    def differences(self, declared: Declaration) -> list[str]:
        """Name the terms in which an owner's declaration differs."""
        return [name for name in DECLARED if getattr(self, name) != getattr(declared, name)]


def read(found: Fields) -> Quality:
    """Read the member of a specification; raises InvalidRecord, naming what is missing."""
    quality = Quality(
        unit=found.text("unit"),
        neighbours=Neighbours(found.choice("neighbours", tuple(Neighbours))),
        max_rows=found.integer("max_rows"),
        units_at=UnitsAt(found.choice("units_at", tuple(UnitsAt))),
        colluders=found.integer("colluders"),
        nulls=Nulls(found.choice("nulls", tuple(Nulls))),
        period=found.text("period"),
        delta_log2=found.integer("delta_log2"),
        is_local=found.choice("noise", ("distributed", "local")) == "local",
        evaluation=read_evaluation(found.object("evaluation")),
        recipient_class=found.text("recipient_class"),
    )
    found.done()
    return quality
