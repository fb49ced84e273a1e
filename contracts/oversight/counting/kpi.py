"""The table of "1+2" governance (数据管理方、建设运营方、数据审计方) and of the departments, from the tally's counts.

An indicator is a count, or counts over counts: a rate, or a mean. A rate of nothing is said to be none, neither 0 nor
100. Who is on which side follows from the roles registered in Parties. What it does NOT do: weigh, rank or grade; which
value is good is for those who agreed on the table.
Source: the roles are those of local regulations on public data operation; the indicators are the project's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.oversight.counting.figures import Figure
from contracts.regulation.rule_set import Wording
from contracts.world import PartyRole


class Side(StrEnum):
    """Who a party is in the table."""

    MANAGER = "manager"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    PROVIDER = "provider"
    REQUESTER = "requester"


ROLES: Final[Mapping[Side, PartyRole]] = {
    Side.MANAGER: PartyRole.AUTHORITY,
    Side.OPERATOR: PartyRole.OPERATOR,
    Side.AUDITOR: PartyRole.AUDITOR,
    Side.PROVIDER: PartyRole.OWNER,
    Side.REQUESTER: PartyRole.REQUESTER,
}

SIDES: Final[Mapping[Side, Wording]] = {
    Side.MANAGER: Wording("数据管理方", "data management"),
    Side.OPERATOR: Wording("建设运营方", "construction and operation"),
    Side.AUDITOR: Wording("数据审计方", "data audit"),
    Side.PROVIDER: Wording("数据提供方", "data providers"),
    Side.REQUESTER: Wording("数据使用方", "data users"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """A count (per 0), or so many of so many."""

    amount: int
    per: int | None = None

    def json(self) -> int | dict[str, int] | None:
        if self.per is None:
            return self.amount
        return {"of": self.per, "amount": self.amount} if self.per else None


@dataclass(frozen=True, slots=True)
class Indicator:
    """One column. plus, minus: what is counted; per: over what; is_mean: so that it is no percentage."""

    code: str
    words: Wording
    plus: tuple[Figure, ...]
    minus: tuple[Figure, ...] = ()
    per: tuple[Figure, ...] = ()
    is_mean: bool = False

    def value(self, figures: Mapping[Figure, int]) -> Value:
        """Compute it from a party's counts."""
        amount = sum(figures.get(name, 0) for name in self.plus) - sum(figures.get(name, 0) for name in self.minus)
        return Value(amount, sum(figures.get(name, 0) for name in self.per) if self.per else None)

    def text(self, figures: Mapping[Figure, int]) -> str:
        """Say it: ``"12"``, ``"11/12 (91.7%)"``, ``"3.5"``, or ``"-"`` where there was no case."""
        found = self.value(figures)
        if found.per is None:
            return str(found.amount)
        if not found.per:
            return "-"
        tenths = (found.amount * (20 if self.is_mean else 2000) + found.per) // (2 * found.per)
        number = f"{tenths // 10}.{tenths % 10}"
        return number if self.is_mean else f"{found.amount}/{found.per} ({number}%)"


def _count(figure: Figure, words: Wording) -> Indicator:
    return Indicator(figure.value, words, (figure,))


_BREACHES = _count(Figure.BREACHES, Wording("违规", "breaches"))
_ACTIONS = _count(Figure.ACTIONS, Wording("联署表态", "actions answered"))

TABLE: Final[Mapping[Side, tuple[Indicator, ...]]] = {
    Side.MANAGER: (
        Indicator(
            "review-in-time-rate", Wording("按时审核率", "entries reviewed in time"),
            (Figure.REVIEWS,), (Figure.REVIEWS_LATE,), (Figure.REVIEWS,),
        ),
        _count(Figure.EXTENSIONS, Wording("同意延期", "extensions given")),
        _count(Figure.DISPUTES_DECIDED, Wording("裁决争议", "disputes decided")),
        _count(Figure.ENDS_FILED, Wording("终止备案", "ends filed")),
        _count(Figure.SUSPENSIONS, Wording("责令暂停", "suspensions")),
        _count(Figure.INSPECTIONS, Wording("查阅记录", "inspections")),
        _count(Figure.FINDINGS, Wording("认定违规", "breaches found")),
        _ACTIONS,
        _BREACHES,
    ),
    Side.OPERATOR: (
        _count(Figure.INCIDENTS, Wording("安全事件", "incidents")),
        Indicator(
            "incident-in-time-rate", Wording("事件按时报告率", "incidents reported in time"),
            (Figure.INCIDENTS_REPORTED,), (Figure.INCIDENTS_LATE,), (Figure.INCIDENTS_REPORTED,),
        ),
        _count(Figure.INCIDENTS_CLOSED, Wording("结案", "incidents closed")),
        _count(Figure.REFUSED_CALLS, Wording("被拒调用", "calls refused")),
        _ACTIONS,
        _BREACHES,
    ),
    Side.AUDITOR: (
        _count(Figure.INSPECTIONS, Wording("开展审计（查阅记录）", "audits made (records inspected)")),
        Indicator(
            "shown-rate", Wording("获出示率", "shown when asked for"),
            (Figure.INSPECTIONS_ANSWERED,), (), (Figure.INSPECTIONS,),
        ),
        _ACTIONS,
        _BREACHES,
    ),
    Side.PROVIDER: (
        _count(Figure.REQUESTS_RECEIVED, Wording("收到申请", "requests")),
        Indicator(
            "in-time-rate", Wording("按时答复率", "answered in time"),
            (Figure.ANSWERS,), (Figure.ANSWERS_LATE,), (Figure.ANSWERS, Figure.ANSWERS_OVERDUE),
        ),
        Indicator(
            "answer-days", Wording("平均答复工作日", "mean working days to answer"),
            (Figure.ANSWER_DAYS,), (), (Figure.ANSWERS,), is_mean=True,
        ),
        Indicator(
            "supply-rate", Wording("提供率", "consents supplied"),
            (Figure.CONSENTS_SUPPLIED,), (), (Figure.CONSENTS,),
        ),
        Indicator(
            "supply-in-time-rate", Wording("按时提供率", "supplied in time"),
            (Figure.SUPPLIES,), (Figure.SUPPLIES_LATE,), (Figure.SUPPLIES,),
        ),
        Indicator(
            "upheld-rate", Wording("校核属实率", "objections upheld"),
            (Figure.OBJECTIONS_UPHELD,), (), (Figure.OBJECTIONS_ANSWERED,),
        ),
        _BREACHES,
    ),
    Side.REQUESTER: (
        _count(Figure.REQUESTS_MADE, Wording("提出申请", "requests")),
        _count(Figure.RECEIPTS, Wording("签收", "supplies signed for")),
        _count(Figure.USES, Wording("使用次数", "uses by jobs")),
        _count(Figure.USE_RECORDS, Wording("使用记录", "use records")),
        _count(Figure.DISPOSALS, Wording("处置", "disposals")),
        _count(Figure.OBJECTIONS_RAISED, Wording("校核申请", "objections raised")),
        _BREACHES,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One party on one side of the table."""

    side: Side
    party: bytes
    values: Mapping[str, Value]
    texts: tuple[str, ...]


def table(figures: Mapping[bytes, Mapping[Figure, int]], roles: Mapping[bytes, int]) -> list[Row]:
    """Return a row for every side a party is on, sides in their order, parties by digest.

    Args:
        roles: of every party that is to appear, as registered.
    """
    return [
        Row(
            side, party,
            {column.code: column.value(figures.get(party, {})) for column in TABLE[side]},
            tuple(column.text(figures.get(party, {})) for column in TABLE[side]),
        )
        for side in Side
        for party in sorted(roles)
        if roles[party] & ROLES[side]
    ]  # fmt: skip
