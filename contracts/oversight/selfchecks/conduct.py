"""Exhibits of who acts, who decides and how it is watched: persons, roles, the record, changes, incidents, breaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.addresses import ENDORSEMENTS, GOVERNANCE, NOTARY, PARTIES
from contracts.oversight.counting.figures import Figure
from contracts.oversight.selfchecks.exhibit import Exhibit, Facts, Shown, judged
from contracts.parties.rules import DATA, INSPECTION
from contracts.regulation.rule_set import Wording
from contracts.world import AgentRole, PartyRole

GOVERNING: Final = (PartyRole.AUTHORITY, PartyRole.OPERATOR, PartyRole.AUDITOR)


def _identity(facts: Facts) -> Shown:
    known, acting, strangers = len(facts.parties), facts.senders, facts.contrary.strangers
    return Shown(judged(not strangers, if_any=acting), Wording(
        f"有效参与方 {known} 个；{acting} 个账户发起过调用，其中未经参与方任命而获执行的 {strangers} 个",
        f"{known} valid parties; {acting} accounts have called, {strangers} carried something out unappointed",
    ))  # fmt: skip


def _record(facts: Facts) -> Shown:
    unread = facts.contrary.unread
    return Shown(judged(not unread, if_any=facts.acts), Wording(
        f"创始以来调用 {facts.acts} 次，被拒 {facts.refused} 次，均与签封区块头核对；已执行而记录不可读 {unread} 次",
        f"{facts.acts} calls since the founding, {facts.refused} refused, all held against sealed headers; "
        f"{unread} accepted without a record that can be read",
    ))  # fmt: skip


def _integrity(facts: Facts) -> Shown:
    anchors, holds = facts.count(NOTARY, "Anchored"), facts.validators > 1 and not facts.is_single
    hand = Wording("密钥由单一方持有", "keys in one hand") if facts.is_single else Wording("分方联签", "co-signed")
    return Shown(judged(holds), Wording(
        f"变更链逐条相扣，锚定存证流 {anchors} 条；签封方 {facts.validators} 个，{hand.zh}",
        f"every change extends a history, {anchors} streams anchored; {facts.validators} validators, {hand.en}",
    ))  # fmt: skip


def _separation(facts: Facts) -> Shown:
    mixed = sum(sum(bool(party.roles & role) for role in GOVERNING) > 1 for party in facts.parties.values())
    manage, operate, audit = (len(facts.holding(role)) for role in GOVERNING)
    return Shown(judged(not mixed and bool(manage and operate and audit)), Wording(
        f"管理方 {manage} 个、运营方 {operate} 个、审计方 {audit} 个，兼任 {mixed} 个",
        f"{manage} managing, {operate} operating, {audit} auditing parties; {mixed} with more than one of these roles",
    ))  # fmt: skip


def _monitoring(facts: Facts) -> Shown:
    overdue, raised = sum(facts.overdue.values()), sum(facts.alerts.values())
    return Shown(judged(not overdue, if_any=facts.acts), Wording(
        f"近一年预警 {raised} 条，各方所见一致；其中现仍逾期未办 {overdue} 项",
        f"{raised} alerts in a year, the same for every observer; {overdue} steps are overdue now",
    ))  # fmt: skip


def _approval(facts: Facts) -> Shown:
    both = AgentRole.OFFICER | AgentRole.HEAD
    bound = facts.holding(PartyRole.OWNER | PartyRole.REQUESTER)
    lacking = sum(party.duties & both != both for party in bound)
    agreed = facts.count(ENDORSEMENTS, "Endorsed")
    return Shown(judged(not lacking, if_any=len(bound)), Wording(
        f"提供或使用数据的部门 {len(bound)} 个，缺经办人或负责人的 {lacking} 个；负责人同意 {agreed} 次",
        f"{len(bound)} departments provide or use data, {lacking} lack officer or head; heads agreed {agreed} times",
    ))  # fmt: skip


def _leaving(facts: Facts) -> Shown:
    enrolled, dismissed = facts.count(PARTIES, "Enrolled"), facts.count(PARTIES, "Dismissed")
    beyond = facts.contrary.out_of_office
    return Shown(judged(not beyond, if_any=enrolled + dismissed + beyond), Wording(
        f"创始后任命经办 {enrolled} 个，免职 {dismissed} 个；任期之外获执行的调用 {beyond} 次",
        f"{enrolled} agents appointed since the founding, {dismissed} dismissed; "
        f"{beyond} calls carried out by agents out of office",
    ))  # fmt: skip


def _changes(facts: Facts) -> Shown:
    done = facts.count(GOVERNANCE, "Executed")
    return Shown(judged(facts.quorum > 1), Wording(
        f"变更须 {facts.members} 名成员中 {facts.quorum} 名同意；已执行 {done} 项",
        f"changes take {facts.quorum} of {facts.members} members; {done} carried out",
    ))  # fmt: skip


def _incidents(facts: Facts) -> Shown:
    made, late = facts.of(Figure.INCIDENTS), facts.of(Figure.INCIDENTS_LATE) + facts.of(Figure.SUMMARIES_LATE)
    overdue = facts.waiting("report-incident", "sum-up-incident")
    return Shown(judged(not late + overdue, if_any=made + late + overdue), Wording(
        f"近一年记录安全事件 {made} 起，逾期报告或总结 {late} 次，现逾期未报告或未总结 {overdue} 起",
        f"{made} incidents recorded in a year, {late} reports or summaries late, {overdue} overdue now",
    ))  # fmt: skip


def _outsourcing(facts: Facts) -> Shown:
    operators, found = facts.holding(PartyRole.OPERATOR), facts.contrary.breaches(25)
    mixed = sum(bool(party.roles & DATA or party.duties & INSPECTION) for party in operators)
    return Shown(judged(not mixed + found, if_any=len(operators)), Wording(
        f"运营方 {len(operators)} 个，其中拥有或申请数据、审批或审计的 {mixed} 个；主管部门认定违规 {found} 起",
        f"{len(operators)} operators, {mixed} of which own or request data, approve or audit; "
        f"{found} breaches found by an authority",
    ))  # fmt: skip


def _rules(facts: Facts) -> Shown:
    breaches = facts.of(Figure.BREACHES)
    return Shown(judged(not breaches, if_any=facts.rules), Wording(
        f"国家规则集第 {facts.rules} 版在链上生效；近一年记有违规情形 {breaches} 次",
        f"version {facts.rules} of the national rule set is in force; {breaches} acts marked with a breach in a year",
    ))  # fmt: skip


CONDUCT: Final[Mapping[str, Exhibit]] = {
    "identity": _identity,
    "record": _record,
    "integrity": _integrity,
    "separation": _separation,
    "monitoring": _monitoring,
    "approval": _approval,
    "leaving": _leaving,
    "changes": _changes,
    "incidents": _incidents,
    "outsourcing": _outsourcing,
    "rules": _rules,
}
