"""What an alert is: the closed list of kinds with their words and rules, and the one form every observer writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from contracts.oversight.pending.steps import STEPS
from contracts.regulation.reader import national
from contracts.regulation.rule_set import Wording
from ledger import canonical
from ledger.canonical import JsonValue


class Kind(StrEnum):
    """Why somebody should look."""

    OVERDUE = "overdue"
    LATE = "late"
    AFTER_END = "after-end"
    BEYOND_SCOPE = "beyond-scope"
    ROWS = "rows"
    BUDGET = "budget"
    REFUSALS = "refusals"
    BREACH = "breach"


WORDS: Final[Mapping[Kind, Wording]] = {
    Kind.OVERDUE: Wording("步骤逾期未办", "a step is overdue"),
    Kind.LATE: Wording("步骤已办，但逾期", "a step was taken late"),
    Kind.AFTER_END: Wording("授权终止、暂停或用尽后仍尝试使用", "use attempted after the authorization had ended"),
    Kind.BEYOND_SCOPE: Wording("尝试超出授权范围使用", "use attempted beyond the authorization's scope"),
    Kind.ROWS: Wording("使用的数据行数超过此前28天最大值的三倍", "rows above three times the maximum of 28 days"),
    Kind.BUDGET: Wording("隐私预算即将用尽", "a privacy budget is nearly spent"),
    Kind.REFUSALS: Wording("短期内多次被拒", "refused repeatedly"),
    Kind.BREACH: Wording("认定违规", "a breach was found"),
}

RULES: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.AFTER_END: ("R18", "R19"),
    Kind.BEYOND_SCOPE: ("R15",),
    Kind.ROWS: ("R16",),
    Kind.BUDGET: ("R16",),
}
"""Of kinds that follow from one rule; an overdue or late step names its own."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Attributes:
        since: the moment it holds from, unix seconds.
        block, index: the act that shows it; block 0 where time alone does.
        party: whom it is about; 20 bytes for an account that belongs to no party.
        subject: the matter, asset or authorization.
        detail: what differs from kind to kind; texts and numbers only.
    """

    kind: Kind
    since: int
    block: int
    index: int
    party: bytes
    subject: bytes
    rules: tuple[str, ...] = ()
    detail: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def breaches(self) -> tuple[str, ...]:
        """The items of articles 39 to 41 that it may be: the one found, a step's own, or those of its rules."""
        if self.kind is Kind.BREACH:
            return (str(self.detail["item"]),)
        step = STEPS.get(str(self.detail.get("step")))
        if step is not None:
            return (step.breach,) if step.breach else ()
        return tuple(dict.fromkeys(item for id in self.rules for item in national().rule(id).breaches))

    def json(self) -> dict[str, JsonValue]:
        detail: dict[str, JsonValue] = {name: str(value) for name, value in self.detail.items()}
        return {
            "kind": self.kind.value, "since": self.since, "block": self.block, "index": self.index,
            "party": self.party.hex(), "subject": self.subject.hex(), "rules": list(self.rules),
            "breaches": list(self.breaches), "detail": detail,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """As of which block a list is: all acts up to it, and its time as the present."""

    number: int
    time: int
    block_hash: bytes


def encode(chain_id: int, moment: Moment, alerts: Sequence[Alert]) -> bytes:
    """Write a list in its one form: the same bytes from every observer of the same chain up to the same block."""
    return canonical.encode(
        {
            "version": 1, "chain_id": chain_id, "block": moment.number, "hash": moment.block_hash.hex(),
            "time": moment.time, "alerts": [alert.json() for alert in ordered(alerts)],
        }
    )  # fmt: skip


def ordered(alerts: Iterable[Alert]) -> list[Alert]:
    """Sort alerts by time, then by place, so that the order follows from the acts alone."""
    return sorted(alerts, key=lambda alert: (alert.since, alert.block, alert.index, canonical.encode(alert.json())))
