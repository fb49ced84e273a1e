"""What is counted of the chain's acts, as data: which event counts as what, and for whom.

A row says: this event, where an argument is as stated, is one more of this figure for the party that an argument names.
Names are those of the artefacts; a test holds every row against them. Figures that need more than one event (how long
an answer took, whether a yes was followed by a supply) are made in ``tally.py``.
Source: Regulation on Government Data Sharing, articles 20 to 29; Regulation on Network Data Security Management.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from contracts.addresses import (
    AUTHORIZATIONS,
    BREACHES,
    CATALOGUE,
    DISPUTES,
    INCIDENTS,
    JOBS,
    OBJECTIONS,
    QUORUMS,
    REQUESTS,
    RETURNS,
    REVISIONS,
    SUPPLIES,
    TERMINATIONS,
    USES,
)
from contracts.incidents.rules import Severity
from contracts.objections.rules import ObjectionState
from contracts.regulation.rule_set import Wording


class Figure(StrEnum):
    """One count."""

    ASSETS = "assets-mounted"
    REQUESTS_MADE = "requests-made"
    REQUESTS_RECEIVED = "requests-received"
    SUPPLEMENTS = "supplements-asked"
    EXTENSIONS = "extensions-given"
    WITHDRAWN = "requests-withdrawn"
    ANSWERS = "answers"
    ANSWERS_LATE = "answers-late"
    ANSWERS_OVERDUE = "answers-overdue"
    ANSWER_DAYS = "answer-working-days"
    CONSENTS = "consents"
    CONSENTS_SUPPLIED = "consents-supplied"
    REFUSALS = "refusals"
    SUPPLIES = "first-supplies"
    SUPPLIES_LATE = "first-supplies-late"
    RETURNS = "returns-claimed"
    RECEIPTS = "supplies-signed-for"
    JOBS = "jobs-proposed"
    USES = "uses"
    USE_RECORDS = "use-records"
    DISPOSALS = "disposals"
    OBJECTIONS_RAISED = "objections-raised"
    OBJECTIONS_ANSWERED = "objections-answered"
    OBJECTIONS_UPHELD = "objections-upheld"
    OBJECTIONS_LATE = "objections-late"
    DISPUTES_OPENED = "disputes-opened"
    DISPUTES_SETTLED = "disputes-settled"
    DISPUTES_DECIDED = "disputes-decided"
    SUSPENSIONS = "suspensions"
    ENDS_FILED = "ends-filed"
    INSPECTIONS = "inspections-asked"
    INSPECTIONS_ANSWERED = "inspections-answered"
    INSPECTIONS_SERVED = "inspections-served"
    INCIDENTS = "incidents"
    INCIDENTS_REPORTED = "incidents-reported"
    INCIDENTS_LATE = "incidents-reported-late"
    INCIDENTS_CLOSED = "incidents-closed"
    SUMMARIES_LATE = "summaries-late"
    UPDATES = "entries-updated"
    UPDATES_LATE = "entries-updated-late"
    REVIEWS = "entries-reviewed"
    REVIEWS_LATE = "entries-reviewed-late"
    FINDINGS = "breaches-found"
    CORRECTIONS = "breaches-corrected"
    ACTIONS = "actions-answered"
    BREACHES = "breaches"
    REFUSED_CALLS = "calls-refused"


WORDS: Final[Mapping[Figure, Wording]] = {
    Figure.ASSETS: Wording("编目数据资源", "assets mounted"),
    Figure.REQUESTS_MADE: Wording("提出共享申请", "requests made"),
    Figure.REQUESTS_RECEIVED: Wording("收到共享申请", "requests received"),
    Figure.SUPPLEMENTS: Wording("要求补正", "supplements asked for"),
    Figure.EXTENSIONS: Wording("同意延期", "extensions given"),
    Figure.WITHDRAWN: Wording("撤回申请", "requests withdrawn"),
    Figure.ANSWERS: Wording("答复", "answers"),
    Figure.ANSWERS_LATE: Wording("其中逾期答复", "answers given late"),
    Figure.ANSWERS_OVERDUE: Wording("期末逾期未答复", "answers overdue at the end"),
    Figure.ANSWER_DAYS: Wording("答复所用工作日合计", "working days to answer, in sum"),
    Figure.CONSENTS: Wording("同意共享", "consents"),
    Figure.CONSENTS_SUPPLIED: Wording("同意后已提供", "consents that were supplied"),
    Figure.REFUSALS: Wording("不予共享", "refusals"),
    Figure.SUPPLIES: Wording("首次提供", "first supplies"),
    Figure.SUPPLIES_LATE: Wording("其中逾期提供", "first supplies made late"),
    Figure.RETURNS: Wording("申领回流数据", "returns claimed"),
    Figure.RECEIPTS: Wording("签收", "supplies signed for"),
    Figure.JOBS: Wording("发起计算任务", "jobs proposed"),
    Figure.USES: Wording("计算任务中使用授权", "uses of authorizations by jobs"),
    Figure.USE_RECORDS: Wording("使用记录", "use records"),
    Figure.DISPOSALS: Wording("数据处置", "disposals"),
    Figure.OBJECTIONS_RAISED: Wording("提出校核申请", "quality objections raised"),
    Figure.OBJECTIONS_ANSWERED: Wording("答复校核申请", "quality objections answered"),
    Figure.OBJECTIONS_UPHELD: Wording("其中属实并更正", "quality objections upheld"),
    Figure.OBJECTIONS_LATE: Wording("其中逾期答复校核", "quality objections answered late"),
    Figure.DISPUTES_OPENED: Wording("提起争议", "disputes opened"),
    Figure.DISPUTES_SETTLED: Wording("协商解决争议", "disputes settled"),
    Figure.DISPUTES_DECIDED: Wording("裁决争议", "disputes decided"),
    Figure.SUSPENSIONS: Wording("暂停授权", "suspensions"),
    Figure.ENDS_FILED: Wording("终止服务备案", "ends of services filed"),
    Figure.INSPECTIONS: Wording("查阅使用记录（审计）", "inspections of use records (audits)"),
    Figure.INSPECTIONS_ANSWERED: Wording("其中已获出示", "inspections that were shown the record"),
    Figure.INSPECTIONS_SERVED: Wording("出示使用记录", "use records shown"),
    Figure.INCIDENTS: Wording("安全事件", "security incidents"),
    Figure.INCIDENTS_REPORTED: Wording("首次报告事件", "incidents reported"),
    Figure.INCIDENTS_LATE: Wording("其中逾期报告", "incidents reported late"),
    Figure.INCIDENTS_CLOSED: Wording("事件结案", "incidents closed"),
    Figure.SUMMARIES_LATE: Wording("其中逾期总结", "incident summaries handed in late"),
    Figure.UPDATES: Wording("更新目录条目", "catalogue entries updated"),
    Figure.UPDATES_LATE: Wording("其中逾期更新", "catalogue entries updated late"),
    Figure.REVIEWS: Wording("审核目录条目", "catalogue entries reviewed"),
    Figure.REVIEWS_LATE: Wording("其中逾期审核", "catalogue entries reviewed late"),
    Figure.FINDINGS: Wording("认定违规", "breaches found in others"),
    Figure.CORRECTIONS: Wording("报告整改", "corrections of breaches reported"),
    Figure.ACTIONS: Wording("联署表态", "actions answered"),
    Figure.BREACHES: Wording("记有违规情形的行为", "acts marked with a breach"),
    Figure.REFUSED_CALLS: Wording("被合约拒绝的调用", "calls that contracts refused"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One row.

    Attributes:
        by: the argument that names whose figure it is.
        where: an argument and the value it must have; ``marked`` stands for any value but zero.
        once: only the first time for the event's entity.
    """

    contract: str
    event: str
    figure: Figure
    by: str = "party"
    where: tuple[str, int] = ("", 0)
    once: bool = False

    @property
    def is_marked(self) -> bool:
        return self.where[1] == MARKED


MARKED: Final = -1
_UPHELD = int(ObjectionState.CORRECTED)

ROWS: Final = (
    Counted(CATALOGUE, "AssetMounted", Figure.ASSETS),
    Counted(REQUESTS, "RequestReceived", Figure.REQUESTS_MADE, once=True),
    Counted(REQUESTS, "RequestReceived", Figure.REQUESTS_RECEIVED, by="owner", once=True),
    Counted(REQUESTS, "SupplementAsked", Figure.SUPPLEMENTS),
    Counted(REQUESTS, "AnswerExtended", Figure.EXTENSIONS),
    Counted(REQUESTS, "RequestWithdrawn", Figure.WITHDRAWN),
    Counted(REQUESTS, "RequestConsented", Figure.ANSWERS),
    Counted(REQUESTS, "RequestConsented", Figure.CONSENTS),
    Counted(REQUESTS, "RequestConsented", Figure.ANSWERS_LATE, where=("breach", MARKED)),
    Counted(REQUESTS, "RequestRefused", Figure.ANSWERS),
    Counted(REQUESTS, "RequestRefused", Figure.REFUSALS),
    Counted(REQUESTS, "RequestRefused", Figure.ANSWERS_LATE, where=("breach", MARKED)),
    Counted(SUPPLIES, "Supplied", Figure.SUPPLIES, where=("source", 0), once=True),
    Counted(SUPPLIES, "Supplied", Figure.SUPPLIES_LATE, where=("breach", MARKED), once=True),
    Counted(RETURNS, "ReturnClaimed", Figure.RETURNS),
    Counted(SUPPLIES, "SupplySigned", Figure.RECEIPTS),
    Counted(JOBS, "JobProposed", Figure.JOBS),
    Counted(AUTHORIZATIONS, "AuthorizationUsed", Figure.USES),
    Counted(USES, "UseRecorded", Figure.USE_RECORDS),
    Counted(AUTHORIZATIONS, "AuthorizationDisposed", Figure.DISPOSALS),
    Counted(OBJECTIONS, "ObjectionRaised", Figure.OBJECTIONS_RAISED),
    Counted(OBJECTIONS, "ObjectionAnswered", Figure.OBJECTIONS_ANSWERED),
    Counted(OBJECTIONS, "ObjectionAnswered", Figure.OBJECTIONS_UPHELD, where=("state", _UPHELD)),
    Counted(OBJECTIONS, "ObjectionAnswered", Figure.OBJECTIONS_LATE, where=("breach", MARKED)),
    Counted(DISPUTES, "DisputeOpened", Figure.DISPUTES_OPENED),
    Counted(DISPUTES, "DisputeSettled", Figure.DISPUTES_SETTLED),
    Counted(DISPUTES, "DisputeDecided", Figure.DISPUTES_DECIDED),
    Counted(AUTHORIZATIONS, "AuthorizationSuspended", Figure.SUSPENSIONS),
    Counted(TERMINATIONS, "TerminationFiled", Figure.ENDS_FILED),
    Counted(USES, "InspectionAsked", Figure.INSPECTIONS),
    Counted(USES, "InspectionGiven", Figure.INSPECTIONS_SERVED),
    Counted(USES, "InspectionGiven", Figure.INSPECTIONS_ANSWERED, by="inspector"),
    Counted(INCIDENTS, "IncidentRecorded", Figure.INCIDENTS),
    Counted(INCIDENTS, "IncidentReported", Figure.INCIDENTS_REPORTED),
    Counted(INCIDENTS, "IncidentReported", Figure.INCIDENTS_LATE, where=("late", MARKED)),
    Counted(INCIDENTS, "IncidentClosed", Figure.INCIDENTS_CLOSED),
    Counted(INCIDENTS, "IncidentClosed", Figure.SUMMARIES_LATE, where=("late", MARKED)),
    Counted(REVISIONS, "UpdateHandedOver", Figure.UPDATES),
    Counted(REVISIONS, "UpdateHandedOver", Figure.UPDATES_LATE, where=("breach", MARKED)),
    Counted(REVISIONS, "EntryPublished", Figure.REVIEWS),
    Counted(REVISIONS, "EntryPublished", Figure.REVIEWS_LATE, where=("breach", MARKED)),
    Counted(REVISIONS, "EntryReturned", Figure.REVIEWS),
    Counted(REVISIONS, "EntryReturned", Figure.REVIEWS_LATE, where=("breach", MARKED)),
    Counted(BREACHES, "BreachFound", Figure.FINDINGS),
    Counted(BREACHES, "BreachCorrected", Figure.CORRECTIONS),
    Counted(QUORUMS, "ActionAnswered", Figure.ACTIONS),
)

SEVERITIES: Final[Mapping[int, Wording]] = {
    Severity.ESPECIALLY_SERIOUS: Wording("特别重大", "especially serious"),
    Severity.SERIOUS: Wording("重大", "serious"),
    Severity.LARGER: Wording("较大", "larger"),
    Severity.ORDINARY: Wording("一般", "ordinary"),
}


@cache
def rows() -> Mapping[tuple[str, str], tuple[Counted, ...]]:
    """Return the rows by contract and event."""
    found: dict[tuple[str, str], tuple[Counted, ...]] = {}
    for row in ROWS:
        found[row.contract, row.event] = (*found.get((row.contract, row.event), ()), row)
    return found
