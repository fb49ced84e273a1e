"""Exhibits: what the chain shows of an item of a standard, with the numbers it rests on, from acts and proven words.

A MET says nothing of what a standard asks beyond what its evidence states. Which item has which exhibit stands in the
standards' files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from contracts.addresses import (
    AUTHORIZATIONS,
    BUDGETS,
    CATALOGUE,
    CUSTODY,
    ENDORSEMENTS,
    GOVERNANCE,
    GRADES,
    JOBS,
    NOTARY,
    PARTIES,
    REQUESTS,
    SUPPLIES,
)
from contracts.oversight.alert import Kind
from contracts.oversight.exhibit import Facts, Shown, Verdict
from contracts.oversight.figures import Figure
from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole, PartyRole

GOVERNING: Final = (PartyRole.AUTHORITY, PartyRole.OPERATOR, PartyRole.AUDITOR)


def _verdict(holds: bool, *, if_any: int = 1) -> Verdict:
    """MET or NOT MET where there is anything to judge."""
    if not if_any:
        return Verdict.NOT_SHOWN
    return Verdict.MET if holds else Verdict.NOT_MET


def _identity(facts: Facts) -> Shown:
    known, acting = len(facts.parties), facts.senders
    return Shown(_verdict(True, if_any=known), Wording(
        f"有效参与方 {known} 个；{acting} 个账户发起过调用，均须先登记所属方、职责和期限",
        f"{known} valid parties; {acting} accounts have called, each registered with party, duties and an end",
    ))  # fmt: skip


def _access(facts: Facts) -> Shown:
    granted = facts.count(AUTHORIZATIONS, "AuthorizationGranted")
    tried = facts.alarms(Kind.AFTER_END, Kind.BEYOND_SCOPE)
    return Shown(_verdict(True, if_any=granted), Wording(
        f"授权 {granted} 项，各限目的、操作和期限；近一年越权或过期使用尝试 {tried} 次，均被拒绝",
        f"{granted} authorizations with purpose, operations and period; {tried} attempts beyond in a year, refused",
    ))  # fmt: skip


def _record(facts: Facts) -> Shown:
    return Shown(_verdict(True, if_any=facts.acts), Wording(
        f"创始以来调用 {facts.acts} 次（被拒 {facts.refused} 次），逐块与签封区块头核对，含发起人和时间，无遗漏",
        f"{facts.acts} calls since the founding, {facts.refused} refused, all held against sealed headers",
    ))  # fmt: skip


def _integrity(facts: Facts) -> Shown:
    anchors, holds = facts.count(NOTARY, "Anchored"), facts.validators > 1 and not facts.is_single
    hand = Wording("密钥由单一方持有", "keys in one hand") if facts.is_single else Wording("分方联签", "co-signed")
    return Shown(_verdict(holds), Wording(
        f"变更链逐条相扣，锚定存证流 {anchors} 条；签封方 {facts.validators} 个，{hand.zh}",
        f"every change extends a history, {anchors} streams anchored; {facts.validators} validators, {hand.en}",
    ))  # fmt: skip


def _personal(facts: Facts) -> Shown:
    covered = facts.count(GRADES, "TermsCovered")
    return Shown(_verdict(True, if_any=facts.personal), Wording(
        f"覆盖字段的授权条款 {covered} 份，其中涉个人信息 {facts.personal} 份，均载法律依据与影响评估摘要",
        f"{covered} terms cover graded columns, {facts.personal} personal information, with basis and assessment",
    ))  # fmt: skip


def _inspection(facts: Facts) -> Shown:
    made, kept = facts.of(Figure.INSPECTIONS), facts.of(Figure.USE_RECORDS)
    return Shown(_verdict(made > 0, if_any=made + kept), Wording(
        f"近一年使用记录 {kept} 条，查阅 {made} 次",
        f"{kept} use records in a year, {made} inspections of them",
    ))  # fmt: skip


def _separation(facts: Facts) -> Shown:
    mixed = sum(sum(bool(party.roles & role) for role in GOVERNING) > 1 for party in facts.parties.values())
    manage, operate, audit = (len(facts.holding(role)) for role in GOVERNING)
    return Shown(_verdict(not mixed and bool(manage and operate and audit)), Wording(
        f"管理方 {manage} 个、运营方 {operate} 个、审计方 {audit} 个，兼任 {mixed} 个",
        f"{manage} managing, {operate} operating, {audit} auditing parties; {mixed} with more than one of these roles",
    ))  # fmt: skip


def _monitoring(facts: Facts) -> Shown:
    overdue, raised = sum(facts.overdue.values()), sum(facts.alerts.values())
    return Shown(_verdict(not overdue, if_any=facts.acts), Wording(
        f"近一年预警 {raised} 条，各方所见一致；其中现仍逾期未办 {overdue} 项",
        f"{raised} alerts in a year, the same for every observer; {overdue} steps are overdue now",
    ))  # fmt: skip


def _approval(facts: Facts) -> Shown:
    both = AgentRole.OFFICER | AgentRole.HEAD
    bound = facts.holding(PartyRole.OWNER | PartyRole.REQUESTER)
    lacking = sum(party.duties & both != both for party in bound)
    agreed = facts.count(ENDORSEMENTS, "Endorsed")
    return Shown(_verdict(not lacking, if_any=len(bound)), Wording(
        f"提供或使用数据的部门 {len(bound)} 个，缺经办人或负责人的 {lacking} 个；负责人同意 {agreed} 次",
        f"{len(bound)} departments provide or use data, {lacking} lack officer or head; heads agreed {agreed} times",
    ))  # fmt: skip


def _leaving(facts: Facts) -> Shown:
    enrolled, dismissed = facts.count(PARTIES, "Enrolled"), facts.count(PARTIES, "Dismissed")
    return Shown(_verdict(True, if_any=enrolled + dismissed), Wording(
        f"创始后任命经办 {enrolled} 个，免职 {dismissed} 个；任命均有期限，期满即失权",
        f"{enrolled} agents appointed since the founding, {dismissed} dismissed; every appointment has an end",
    ))  # fmt: skip


def _assets(facts: Facts) -> Shown:
    mounted = facts.count(CATALOGUE, "AssetMounted")
    return Shown(_verdict(True, if_any=mounted), Wording(
        f"目录登记数据资源 {mounted} 项，要素齐全方可登记",
        f"{mounted} assets in the catalogue, none without a complete entry",
    ))  # fmt: skip


def _media(facts: Facts) -> Shown:
    kept, handed = facts.count(CUSTODY, "ItemEntered"), facts.count(CUSTODY, "ItemTaken")
    closed = facts.count(CUSTODY, "ItemClosed")
    return Shown(_verdict(True, if_any=kept), Wording(
        f"保管链登记物品 {kept} 件，双方签署移交过的 {handed} 件，已结束保管 {closed} 件",
        f"{kept} items in custody logs, {handed} handed on by two signatures, {closed} closed",
    ))  # fmt: skip


def _changes(facts: Facts) -> Shown:
    done = facts.count(GOVERNANCE, "Executed")
    return Shown(_verdict(facts.quorum > 1), Wording(
        f"变更须 {facts.members} 名成员中 {facts.quorum} 名同意；已执行 {done} 项",
        f"changes take {facts.quorum} of {facts.members} members; {done} carried out",
    ))  # fmt: skip


def _incidents(facts: Facts) -> Shown:
    made, late = facts.of(Figure.INCIDENTS), facts.of(Figure.INCIDENTS_LATE) + facts.of(Figure.SUMMARIES_LATE)
    overdue = facts.waiting("report-incident", "sum-up-incident")
    return Shown(_verdict(not late + overdue, if_any=made + late + overdue), Wording(
        f"近一年记录安全事件 {made} 起，逾期报告或总结 {late} 次，现逾期未报告或未总结 {overdue} 起",
        f"{made} incidents recorded in a year, {late} reports or summaries late, {overdue} overdue now",
    ))  # fmt: skip


def _outsourcing(facts: Facts) -> Shown:
    found = len(facts.holding(PartyRole.OPERATOR))
    return Shown(_verdict(True, if_any=found), Wording(
        f"运营方 {found} 个，均不得拥有或申请数据、不得审批或审计",
        f"{found} operators, none of which may own or request data, approve or audit",
    ))  # fmt: skip


def _grading(facts: Facts) -> Shown:
    graded, mounted = facts.count(GRADES, "ColumnsGraded"), facts.count(CATALOGUE, "AssetMounted")
    return Shown(_verdict(graded >= mounted, if_any=mounted), Wording(
        f"目录登记数据资源 {mounted} 项，字段已分级 {graded} 项",
        f"{mounted} assets in the catalogue, {graded} with graded columns",
    ))  # fmt: skip


def _sources(facts: Facts) -> Shown:
    mounted = facts.count(CATALOGUE, "AssetMounted")
    return Shown(_verdict(True, if_any=mounted), Wording(
        f"数据资源 {mounted} 项，每一数据项仅一个数源部门",
        f"{mounted} assets, each item code with one source department",
    ))  # fmt: skip


def _quality(facts: Facts) -> Shown:
    raised, answered = facts.of(Figure.OBJECTIONS_RAISED), facts.of(Figure.OBJECTIONS_ANSWERED)
    late, overdue = facts.of(Figure.OBJECTIONS_LATE), facts.waiting("verify-objection")
    return Shown(_verdict(not late + overdue, if_any=raised + answered + overdue), Wording(
        f"近一年校核申请 {raised} 件，答复 {answered} 件，其中逾期 {late} 件；现逾期未答复 {overdue} 件",
        f"{raised} quality objections in a year, {answered} answered, {late} late, {overdue} overdue now",
    ))  # fmt: skip


def _analysis(facts: Facts) -> Shown:
    proposed, pots = facts.count(JOBS, "JobProposed"), facts.count(BUDGETS, "LimitRaised")
    return Shown(_verdict(True, if_any=proposed), Wording(
        f"联合计算任务 {proposed} 个，均设最小计数；设隐私预算的数据资源 {pots} 项",
        f"{proposed} joint computations, each with a minimum count; {pots} assets with a privacy budget",
    ))  # fmt: skip


def _use(facts: Facts) -> Shown:
    uses, records = facts.of(Figure.USES), facts.of(Figure.USE_RECORDS)
    return Shown(_verdict(records > 0, if_any=uses + records), Wording(
        f"近一年使用授权 {uses} 次，使用记录 {records} 条",
        f"{uses} uses by jobs in a year, {records} use records",
    ))  # fmt: skip


def _delivery(facts: Facts) -> Shown:
    made, signed = facts.count(SUPPLIES, "Supplied"), facts.count(SUPPLIES, "SupplySigned")
    return Shown(_verdict(signed >= made, if_any=made), Wording(
        f"有提供记录的授权 {made} 项，已签收的 {signed} 项",
        f"{made} authorizations with supplies, {signed} with a receipt",
    ))  # fmt: skip


def _sharing(facts: Facts) -> Shown:
    answers, late = facts.of(Figure.ANSWERS), facts.of(Figure.ANSWERS_LATE)
    overdue, asked = facts.of(Figure.ANSWERS_OVERDUE), facts.count(REQUESTS, "RequestReceived")
    return Shown(_verdict(not late + overdue, if_any=answers + overdue), Wording(
        f"累计申请 {asked} 件；近一年答复 {answers} 件，逾期 {late} 件，逾期未答复 {overdue} 件",
        f"{asked} requests ever; {answers} answers in a year, {late} late, {overdue} overdue now",
    ))  # fmt: skip


def _destruction(facts: Facts) -> Shown:
    disposed = facts.count(AUTHORIZATIONS, "AuthorizationDisposed")
    destroyed = facts.count(CATALOGUE, "AssetDestroyed")
    return Shown(_verdict(True, if_any=disposed + destroyed), Wording(
        f"附证明的数据处置 {disposed} 项，数据资源销毁 {destroyed} 项，此后使用均被拒绝",
        f"{disposed} disposals and {destroyed} destroyed assets with certificates; later use is refused",
    ))  # fmt: skip


def _rules(facts: Facts) -> Shown:
    breaches = facts.of(Figure.BREACHES)
    return Shown(_verdict(not breaches, if_any=facts.rules), Wording(
        f"国家规则集第 {facts.rules} 版在链上生效；近一年记有违规情形 {breaches} 次",
        f"version {facts.rules} of the national rule set is in force; {breaches} acts marked with a breach in a year",
    ))  # fmt: skip


EXHIBITS: Final[Mapping[str, Callable[[Facts], Shown]]] = {
    "identity": _identity, "access": _access, "record": _record, "integrity": _integrity, "personal": _personal,
    "inspection": _inspection, "separation": _separation, "monitoring": _monitoring, "approval": _approval,
    "leaving": _leaving, "assets": _assets, "media": _media, "changes": _changes, "incidents": _incidents,
    "outsourcing": _outsourcing, "grading": _grading, "sources": _sources, "quality": _quality, "analysis": _analysis,
    "use": _use, "delivery": _delivery, "sharing": _sharing, "destruction": _destruction, "rules": _rules,
}  # fmt: skip
