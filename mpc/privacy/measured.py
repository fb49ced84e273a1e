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
from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt
from mpc.privacy.held import FIFTH
from mpc.privacy.terms import differences, read_terms, require_terms, terms_json
from mpc.privacy.trained import Evaluation, read_evaluation


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
        require_terms(self, "quality")
        if self.evaluation.held_out != FIFTH:
            raise InvalidRecord(f"quality: an exact run holds out {FIFTH} thousandths of the persons, no other share")

    def json(self) -> JsonValue:
        return {**terms_json(self), "evaluation": self.evaluation.json()}

    def differences(self, declared: Declaration) -> list[str]:
        """Name the terms in which an owner's declaration differs."""
        return differences(self, declared)


def read(found: Fields) -> Quality:
    """Read the member of a specification; raises InvalidRecord, naming what is missing."""
    quality = Quality(**read_terms(found), evaluation=read_evaluation(found.object("evaluation")))
    found.done()
    return quality
