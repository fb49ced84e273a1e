"""Where the time of a case went, department by department, from its signed events alone.

Departments work in parallel: each had the papers from the opening, so each has spent what passed until its own
signature; the window what passed from the last signature to the closing. Only that last signature made the case wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.cases.rules import (
    CASE_CLOSED,
    CASE_OPENED,
    CASE_REFUSED,
    CASE_SIGNED,
    CASE_WITHDRAWN,
    CaseState,
)
from ledger.abi import AbiValue, topic
from ledger.errors import VerificationError

KINDS: Final = {
    topic(signature): signature.split("(")[0]
    for signature in (CASE_OPENED, CASE_SIGNED, CASE_REFUSED, CASE_CLOSED, CASE_WITHDRAWN)
}


@dataclass(frozen=True, slots=True)
class Act:
    """One event of a case: its name, who acted, and when (unix seconds of the block)."""

    name: str
    party: bytes
    time: int
    late: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """A department's time: from the opening to its signature or refusal; seconds. None: it has not acted."""

    party: bytes
    seconds: int | None
    late: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """A case in time.

    Attributes:
        spent: by department, the slowest first, those still to act before all.
        waiting: seconds from the last signature to the end, the window's own.
        total: seconds from opening to end, or to now while it is open.
    """

    state: CaseState
    opened: int
    due: int
    spent: tuple[Spent, ...]
    waiting: int
    total: int

    @property
    def is_late(self) -> bool:
        return self.opened + self.total >= self.due


def act_of(name: str, values: Sequence[AbiValue], time: int) -> Act:
    """Read an event; values: its data words, n first.

    Raises:
        VerificationError: it is no event of a case.
    """
    party = values[2] if len(values) > 2 else None
    if name not in KINDS.values() or not isinstance(party, bytes):
        raise VerificationError(f"case: {name} is no event of a case")
    return Act(name, party, time, late=values[-1] is True)


def replay(acts: Sequence[Act], departments: Sequence[bytes], due: int, now: int) -> Replay:
    """Say where the time of a case went.

    Args:
        acts: all events of the case in order, as its proven history has them.
        departments: of its template.
    Raises:
        VerificationError: the case was never opened.
    """
    if not acts or acts[0].name != "CaseOpened":
        raise VerificationError("case: its first event is no opening")
    opened = acts[0].time
    ends = {"CaseClosed": CaseState.CLOSED, "CaseRefused": CaseState.REFUSED, "CaseWithdrawn": CaseState.WITHDRAWN}
    state = ends.get(acts[-1].name, CaseState.OPEN)
    finish = now if state is CaseState.OPEN else acts[-1].time
    own = {act.party: act for act in acts if act.name in ("CaseSigned", "CaseRefused")}
    spent = [
        Spent(party, own[party].time - opened if party in own else None, party in own and own[party].late)
        for party in departments
    ]
    spent.sort(key=lambda one: (one.seconds is not None, -(one.seconds or 0)))
    signed = [act.time for act in acts if act.name == "CaseSigned"]
    everybody = len(own) == len(departments)
    waiting = finish - max(signed) if signed and everybody else 0
    return Replay(state, opened, due, tuple(spent), waiting, finish - opened)
