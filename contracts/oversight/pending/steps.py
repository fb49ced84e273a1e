"""The steps somebody must take, as data: which event begins and ends each, whom it binds, until when, by which rule.

A new contract plugs in by rows here. A *case* gathers what the events of one matter have said (its facts); a step of a
case waits for the parties that one of the facts names, until the moment another fact holds, or for the length of a
limit of the rule set. Contract and event names are those of the artefacts; a test holds every row against them.
Source: Regulation on Government Data Sharing, the articles of the rules named; docs/regulation.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from contracts.addresses import (
    APPLICATIONS,
    AUTHORIZATIONS,
    BUDGETS,
    DISPUTES,
    GOVERNANCE,
    JOBS,
    OBJECTIONS,
    REQUESTS,
    SUPPLIES,
    TERMINATIONS,
    USES,
)
from contracts.oversight.pending import duties, templates, window
from contracts.oversight.pending.step import OFFICE, Row, Step, Turn
from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole

REQUEST, APPLICATION, JOB, LIMIT, PROPOSAL = "request", "application", "job", "limit", "proposal"
DELIVERY, OBJECTION, TERMINATION = "delivery", "objection", "termination"
INSPECTION, DISPUTE = "inspection", "dispute"

_LATE_ANSWER = Wording(
    "逾期答复仍予接收，但记为逾期（第39条第4项）", "a late answer is taken, and marked as late (article 39(4))"
)
_LAPSES = Wording("到期即失效，须重新提出", "it lapses then and must be proposed anew")

STEPS: Final = {
    step.code: step
    for step in (
        Step(
            "answer", "owner", OFFICE,
            Wording("答复共享申请", "answer a request for data"), _LATE_ANSWER, due="due", rules=("R02", "R09", "R10"),
            breach="39(4)",
        ),
        Step(
            "supplement", "requester", OFFICE,
            Wording("补充申请材料", "supplement the papers of a request"),
            Wording("答复期限自材料补齐起重新计算", "the owner's limit begins only when the papers are complete"),
            rules=("R02", "R11"),
        ),
        Step(
            "register", "registrar", AgentRole.OFFICER,
            Wording("办结不动产登记申请", "enter or refuse an application for registration"),
            Wording(
                "逾期登记仍有效，但记为逾期（《不动产登记暂行条例》第20条）",
                "a late entry stands, and is marked as late (real-estate registration, article 20)",
            ), due="due",
        ),
        Step(
            "supply", "owner", AgentRole.OFFICER,
            Wording("按同意的申请提供数据", "supply what was consented to"),
            Wording("逾期提供记为逾期（第39条第4项）", "a late supply is marked as late (article 39(4))"),
            due="supply", rules=("R13",), breach="39(4)",
        ),
        Step(
            "sign-supply", "grantee", AgentRole.OFFICER,
            Wording("签收所提供的数据", "sign for what was supplied"),
            Wording("无期限", "no limit of time"), rules=("R24",),
        ),
        Step(
            "verify-objection", "owner", AgentRole.OFFICER,
            Wording("核实、更正并答复校核申请", "verify, correct and answer a quality objection"),
            Wording("逾期答复记为逾期（第39条第6项）", "a late answer is marked as late (article 39(6))"),
            due="due", rules=("R17",), breach="39(6)",
        ),
        Step(
            "answer-termination", "grantee", AgentRole.OFFICER,
            Wording("答复终止共享服务的协商", "say whether a service may end"),
            Wording("无期限；未答复或未裁决前服务继续", "no limit of time; the service goes on until then"),
            rules=("R20",),
        ),
        Step(
            "show-record", "grantee", AgentRole.OFFICER,
            Wording("向查阅方出示使用记录", "show a use record to who asked for it"),
            Wording("无期限", "no limit of time"), rules=("R22",),
        ),
        Step(
            "negotiate-dispute", "other", AgentRole.OFFICER,
            Wording("协商争议", "negotiate a dispute"),
            Wording("无期限；任一方可提请上一级", "no limit of time; either side may take it a step up"),
            rules=("R21",),
        ),
        Step(
            "decide-dispute", "forum", AgentRole.OFFICER,
            Wording("处理提交的争议", "decide a dispute that was brought before this authority"),
            Wording(
                "裁决后15日内当事方可提请上一级；60日未裁决亦可",
                "the parties may take it one step further, for 15 days after a decision or after 60 without one",
            ), rules=("R21",),
        ),
        Step(
            "take-part", "parties", AgentRole.NODE,
            Wording("节点参与计算任务", "the node takes part in a job"),
            Wording("逾期任务作废", "the job is given up"), due="deadline", lapses=True,
        ),
        Step(
            "confirm-limit", "owner", AgentRole.OFFICER,
            Wording("第二名经办人确认隐私预算上限", "a second officer confirms a privacy limit"),
            Wording("无期限；未确认前不生效", "no limit of time; it is not in force until then"),
        ),
        Step(
            "vote", "", AgentRole.APPROVER,
            Wording("治理成员表决提案", "members of Governance vote on a proposal"), _LAPSES, due="expires",
            lapses=True,
        ),
        *duties.STEPS,
        *window.STEPS,
        *templates.STEPS,
    )
}  # fmt: skip

_ID, _BY_JOB, _BY_GRANT, _BY_NUMBER = ("id",), ("job",), ("authorization",), ("authorization", "number")

ROWS: Final[tuple[Row, ...]] = (
    (REQUESTS, "RequestReceived", Turn(
        REQUEST, _ID, {"requester": "party", "owner": "owner", "asset": "asset", "due": "due"},
        begins=("answer",), ends=("supplement",),
    )),
    (REQUESTS, "SupplementAsked", Turn(REQUEST, _ID, begins=("supplement",), ends=("answer",))),
    (REQUESTS, "AnswerExtended", Turn(REQUEST, _ID, {"due": "due"}, begins=("answer",))),
    (REQUESTS, "RequestConsented", Turn(
        REQUEST, _ID, {"supply": "supply"}, begins=("supply",), ends=("answer",), late="breach",
    )),
    # What another party hands on is not the owner's supply.
    (SUPPLIES, "Supplied", Turn(
        REQUEST, _BY_GRANT, ends=("supply",), closes=True, late="breach", unless="source",
    )),
    (SUPPLIES, "Supplied", Turn(DELIVERY, _BY_NUMBER, {"grantee": "grantee"}, begins=("sign-supply",))),
    (SUPPLIES, "SupplySigned", Turn(DELIVERY, _BY_NUMBER, closes=True)),
    # What a job has used was supplied; what is ended is owed to nobody.
    (AUTHORIZATIONS, "AuthorizationUsed", Turn(REQUEST, _ID, ends=("supply",), closes=True)),
    (AUTHORIZATIONS, "AuthorizationRevoked", Turn(REQUEST, _ID, closes=True)),
    (AUTHORIZATIONS, "AuthorizationDisposed", Turn(REQUEST, _ID, closes=True)),
    (OBJECTIONS, "ObjectionRaised", Turn(
        OBJECTION, _ID, {"owner": "owner", "requester": "party", "asset": "asset", "due": "due"},
        begins=("verify-objection",),
    )),
    (OBJECTIONS, "ObjectionAnswered", Turn(OBJECTION, _ID, ends=("verify-objection",), closes=True, late="breach")),
    (OBJECTIONS, "ObjectionWithdrawn", Turn(OBJECTION, _ID, closes=True)),
    (TERMINATIONS, "TerminationAnnounced", Turn(
        TERMINATION, _BY_GRANT, {"grantee": "grantee"}, begins=("answer-termination",),
    )),
    (TERMINATIONS, "TerminationAnswered", Turn(TERMINATION, _BY_GRANT, ends=("answer-termination",))),
    (TERMINATIONS, "TerminationFiled", Turn(TERMINATION, _BY_GRANT, closes=True)),
    (USES, "InspectionAsked", Turn(
        INSPECTION, (*_BY_NUMBER, "party"), {"grantee": "grantee"}, begins=("show-record",),
    )),
    (USES, "InspectionGiven", Turn(INSPECTION, (*_BY_NUMBER, "inspector"), closes=True)),
    (DISPUTES, "DisputeOpened", Turn(
        DISPUTE, _ID, {"other": "other", "requester": "party"}, begins=("negotiate-dispute",),
    )),
    (DISPUTES, "DisputeEscalated", Turn(
        DISPUTE, _ID, {"forum": "forum"}, begins=("decide-dispute",), ends=("negotiate-dispute",),
    )),
    (DISPUTES, "DisputeSettled", Turn(DISPUTE, _ID, closes=True)),
    (DISPUTES, "DisputeDecided", Turn(DISPUTE, _ID, closes=True)),
    (REQUESTS, "RequestRefused", Turn(REQUEST, _ID, ends=("answer",), closes=True, late="breach")),
    (REQUESTS, "RequestWithdrawn", Turn(REQUEST, _ID, closes=True)),
    (APPLICATIONS, "ApplicationAccepted", Turn(
        APPLICATION, _ID, {"registrar": "party", "unit": "unit", "due": "due"}, begins=("register",),
    )),
    (APPLICATIONS, "ApplicationEntered", Turn(APPLICATION, _ID, ends=("register",), closes=True, late="late")),
    (APPLICATIONS, "ApplicationRefused", Turn(APPLICATION, _ID, closes=True)),
    (APPLICATIONS, "ApplicationWithdrawn", Turn(APPLICATION, _ID, closes=True)),
    (JOBS, "JobProposed", Turn(
        JOB, _BY_JOB, {"parties": "parties", "requester": "recipient", "deadline": "deadline"}, begins=("take-part",),
    )),
    (JOBS, "JobAccepted", Turn(JOB, _BY_JOB, ends_own=("take-part",))),
    (JOBS, "JobRefused", Turn(JOB, _BY_JOB, closes=True)),
    (JOBS, "JobAborted", Turn(JOB, _BY_JOB, ends=("take-part",))),
    (JOBS, "JobRetried", Turn(JOB, _BY_JOB, begins=("take-part",))),
    (JOBS, "JobOpened", Turn(JOB, _BY_JOB, ends=("take-part",))),  # may still be aborted and retried
    (BUDGETS, "LimitProposed", Turn(
        LIMIT, ("asset", "pot"), {"owner": "party", "asset": "asset"}, begins=("confirm-limit",),
    )),
    (BUDGETS, "LimitRaised", Turn(LIMIT, ("asset", "pot"), closes=True)),
    (GOVERNANCE, "Proposed", Turn(PROPOSAL, ("proposal",), {"expires": "expires"}, begins=("vote",))),
    (GOVERNANCE, "Executed", Turn(PROPOSAL, ("proposal",), closes=True)),
    *duties.ROWS,
    *window.ROWS,
    *templates.ROWS,
)  # fmt: skip
"""Which event does what: contract, event, turn. One event may turn two cases."""


@cache
def lapsing() -> Mapping[str, str]:
    """Return the kinds of cases in which nothing waits any more after a moment, with the fact that holds it."""
    return {turn.kind: STEPS[code].due for _, _, turn in ROWS for code in turn.begins if STEPS[code].lapses}


@cache
def turns() -> Mapping[tuple[str, str], tuple[Turn, ...]]:
    """Return the rows by contract and event."""
    found: dict[tuple[str, str], tuple[Turn, ...]] = {}
    for contract, event, turn in ROWS:
        found[contract, event] = (*found.get((contract, event), ()), turn)
    return found
