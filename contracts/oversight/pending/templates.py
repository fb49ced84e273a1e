"""Steps of the templates beside the statute's own lifecycle: custody of items, actions by quorum, incidents,
pleas against credit listings.

Part of the tables in ``steps.py``; the same tests hold every row against the artefacts.
Source of the incidents' moments: Measures for National Cybersecurity Incident Reporting, articles 4 and 8.
"""

from __future__ import annotations

from typing import Final

from contracts.addresses import CUSTODY, INCIDENTS, LISTINGS, QUORUMS
from contracts.oversight.pending.step import Row, Step, Turn
from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole

HANDOVER, ACTION, INCIDENT, LISTING = "handover", "action", "incident", "listing"
_ID = ("id",)

STEPS: Final = (
    Step(
        "take-item", "taker", AgentRole.OFFICER,
        Wording("签收或谢绝移交的物品", "take or decline an item that is handed over"),
        Wording("无期限；未签收前仍由移交方保管", "no limit of time; the giver keeps it until then"),
    ),
    Step(
        "answer-action", "parties", AgentRole.OFFICER,
        Wording("对联署事项表示同意或反对", "agree to or oppose an action that names this party"),
        Wording("期满未达法定数即不生效", "without enough agreement the action is over then"), due="expires",
        lapses=True,
    ),
    Step(
        "report-incident", "party", AgentRole.OFFICER,
        Wording("首次报告网络数据安全事件", "make the first report of a data security incident"),
        Wording(
            "逾期报告仍予接收，但记为逾期（《国家网络安全事件报告管理办法》第4条）",
            "a late report is taken, and marked as late (cybersecurity incident reporting, article 4)",
        ), due="due",
    ),
    Step(
        "end-incident", "party", AgentRole.OFFICER,
        Wording("续报并处置网络数据安全事件", "follow up an incident and end it"),
        Wording("无期限", "no limit of time"),
    ),
    Step(
        "sum-up-incident", "party", AgentRole.OFFICER,
        Wording("提交事件处置总结", "hand in the summary of an incident"),
        Wording(
            "逾期总结仍予接收，但记为逾期（《国家网络安全事件报告管理办法》第8条）",
            "a late summary is taken, and marked as late (cybersecurity incident reporting, article 8)",
        ), due="due",
    ),
    Step(
        "answer-plea", "keeper", AgentRole.OFFICER,
        Wording("答复信用名单的异议或修复申请", "answer an objection or a plea for repair against a credit listing"),
        Wording(
            "逾期未答复异议的，该列入暂停效力；逾期答复记为逾期",
            "past an objection's due date the listing is out of force until answered; a late answer is marked",
        ), due="due",
    ),
)  # fmt: skip

ROWS: Final[tuple[Row, ...]] = (
    (CUSTODY, "ItemOffered", Turn(HANDOVER, _ID, {"taker": "taker"}, begins=("take-item",))),
    (CUSTODY, "ItemTaken", Turn(HANDOVER, _ID, closes=True)),
    (CUSTODY, "OfferEnded", Turn(HANDOVER, _ID, closes=True)),
    (QUORUMS, "ActionProposed", Turn(
        ACTION, _ID, {"parties": "parties", "requester": "party", "expires": "expires"}, begins=("answer-action",),
    )),
    (QUORUMS, "ActionAnswered", Turn(ACTION, _ID, ends_own=("answer-action",))),
    (QUORUMS, "ActionDecided", Turn(ACTION, _ID, closes=True)),
    (INCIDENTS, "IncidentRecorded", Turn(INCIDENT, _ID, {"party": "party", "due": "due"}, begins=("report-incident",))),
    (INCIDENTS, "IncidentRegraded", Turn(INCIDENT, _ID, {"due": "due"}, begins=("report-incident",))),
    (INCIDENTS, "IncidentReported", Turn(
        INCIDENT, _ID, begins=("end-incident",), ends=("report-incident",), late="late",
    )),
    (INCIDENTS, "IncidentEnded", Turn(
        INCIDENT, _ID, {"due": "due"}, begins=("sum-up-incident",), ends=("end-incident",),
    )),
    (INCIDENTS, "IncidentClosed", Turn(INCIDENT, _ID, ends=("sum-up-incident",), closes=True, late="late")),
    (LISTINGS, "ListingPleaded", Turn(LISTING, _ID, {"keeper": "keeper", "due": "due"}, begins=("answer-plea",))),
    (LISTINGS, "ListingAnswered", Turn(LISTING, _ID, ends=("answer-plea",), late="is_late")),
    (LISTINGS, "ListingWithdrawn", Turn(LISTING, _ID, closes=True)),
)  # fmt: skip
