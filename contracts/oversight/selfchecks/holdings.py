"""Exhibits of the data, from the catalogue to their end: sources, grades, sharing, analysis, use and disposal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from contracts.addresses import AUTHORIZATIONS, BUDGETS, CATALOGUE, CUSTODY, GRADES, JOBS, REQUESTS, SUPPLIES
from contracts.oversight.counting.figures import Figure
from contracts.oversight.selfchecks.exhibit import Exhibit, Facts, Shown, judged
from contracts.oversight.watching.alert import Kind
from contracts.regulation.rule_set import Wording

LEAST_MINIMUM: Final = 2
"""A cell of one row is that row's figure."""


def _assets(facts: Facts) -> Shown:
    mounted, found = facts.count(CATALOGUE, "AssetMounted"), facts.contrary.breaches(3, 6)
    stale = facts.waiting("update-entry", "review-entry")
    return Shown(judged(not stale + found, if_any=mounted), Wording(
        f"目录登记数据资源 {mounted} 项；现逾期未更新或未审核 {stale} 项，主管部门认定违规 {found} 起",
        f"{mounted} assets in the catalogue; {stale} entries overdue for update or review, "
        f"{found} breaches found by an authority",
    ))  # fmt: skip


def _sources(facts: Facts) -> Shown:
    mounted, doubled = facts.count(CATALOGUE, "AssetMounted"), facts.contrary.doubled
    found = facts.contrary.breaches(7)
    return Shown(judged(not doubled + found, if_any=mounted), Wording(
        f"数据资源 {mounted} 项，与另一资源数据项重复的 {doubled} 项；主管部门认定违规 {found} 起",
        f"{mounted} assets, {doubled} under an item code that another supplied; {found} breaches found by an authority",
    ))  # fmt: skip


def _grading(facts: Facts) -> Shown:
    graded, mounted = facts.count(GRADES, "ColumnsGraded"), facts.count(CATALOGUE, "AssetMounted")
    return Shown(judged(graded >= mounted, if_any=mounted), Wording(
        f"目录登记数据资源 {mounted} 项，字段已分级 {graded} 项",
        f"{mounted} assets in the catalogue, {graded} with graded columns",
    ))  # fmt: skip


def _personal(facts: Facts) -> Shown:
    covered, bare, found = facts.count(GRADES, "TermsCovered"), facts.contrary.uncovered, facts.contrary.breaches(26)
    return Shown(judged(not bare + found, if_any=facts.personal), Wording(
        f"覆盖字段的授权条款 {covered} 份，其中涉个人信息 {facts.personal} 份，缺法律依据或影响评估的 {bare} 份；"
        f"主管部门认定违规 {found} 起",
        f"{covered} terms cover graded columns, {facts.personal} personal information, {bare} of these without basis "
        f"or assessment; {found} breaches found by an authority",
    ))  # fmt: skip


def _access(facts: Facts) -> Shown:
    granted, beyond = facts.count(AUTHORIZATIONS, "AuthorizationGranted"), facts.contrary.outside
    tried, found = facts.alarms(Kind.AFTER_END, Kind.BEYOND_SCOPE), facts.contrary.breaches(15, 19)
    return Shown(judged(not beyond + found, if_any=granted), Wording(
        f"授权 {granted} 项；近一年越权或过期使用被拒 {tried} 次；超出授权使用 {beyond} 次，认定违规 {found} 起",
        f"{granted} authorizations; {tried} attempts beyond them refused in a year; {beyond} uses beyond them, "
        f"{found} breaches found by an authority",
    ))  # fmt: skip


def _sharing(facts: Facts) -> Shown:
    answers, late = facts.of(Figure.ANSWERS), facts.of(Figure.ANSWERS_LATE)
    overdue, asked = facts.of(Figure.ANSWERS_OVERDUE), facts.count(REQUESTS, "RequestReceived")
    return Shown(judged(not late + overdue, if_any=answers + overdue), Wording(
        f"累计申请 {asked} 件；近一年答复 {answers} 件，逾期 {late} 件，逾期未答复 {overdue} 件",
        f"{asked} requests ever; {answers} answers in a year, {late} late, {overdue} overdue now",
    ))  # fmt: skip


def _delivery(facts: Facts) -> Shown:
    made, signed = facts.count(SUPPLIES, "Supplied"), facts.count(SUPPLIES, "SupplySigned")
    return Shown(judged(signed >= made, if_any=made), Wording(
        f"有提供记录的授权 {made} 项，已签收的 {signed} 项",
        f"{made} authorizations with supplies, {signed} with a receipt",
    ))  # fmt: skip


def _analysis(facts: Facts) -> Shown:
    opened, pots, least = facts.count(JOBS, "JobOpened"), facts.count(BUDGETS, "LimitRaised"), facts.contrary.least
    return Shown(judged(least >= LEAST_MINIMUM, if_any=opened), Wording(
        f"开启结果的联合计算任务 {opened} 个，最小计数最低为 {least}；设隐私预算的数据资源 {pots} 项",
        f"{opened} joint computations opened, the smallest minimum count was {least}; {pots} assets with a budget",
    ))  # fmt: skip


def _use(facts: Facts) -> Shown:
    uses, records = facts.of(Figure.USES), facts.of(Figure.USE_RECORDS)
    return Shown(judged(records > 0, if_any=uses + records), Wording(
        f"近一年使用授权 {uses} 次，使用记录 {records} 条",
        f"{uses} uses by jobs in a year, {records} use records",
    ))  # fmt: skip


def _inspection(facts: Facts) -> Shown:
    made, kept = facts.of(Figure.INSPECTIONS), facts.of(Figure.USE_RECORDS)
    return Shown(judged(made > 0, if_any=made + kept), Wording(
        f"近一年使用记录 {kept} 条，查阅 {made} 次",
        f"{kept} use records in a year, {made} inspections of them",
    ))  # fmt: skip


def _quality(facts: Facts) -> Shown:
    raised, answered = facts.of(Figure.OBJECTIONS_RAISED), facts.of(Figure.OBJECTIONS_ANSWERED)
    late, overdue = facts.of(Figure.OBJECTIONS_LATE), facts.waiting("verify-objection")
    return Shown(judged(not late + overdue, if_any=raised + answered + overdue), Wording(
        f"近一年校核申请 {raised} 件，答复 {answered} 件，其中逾期 {late} 件；现逾期未答复 {overdue} 件",
        f"{raised} quality objections in a year, {answered} answered, {late} late, {overdue} overdue now",
    ))  # fmt: skip


def _media(facts: Facts) -> Shown:
    kept, handed = facts.count(CUSTODY, "ItemEntered"), facts.count(CUSTODY, "ItemTaken")
    closed = facts.count(CUSTODY, "ItemClosed")
    lost = sum(count for party, count in facts.contrary.keepers.items() if party not in facts.parties)
    return Shown(judged(not lost, if_any=kept), Wording(
        f"保管链登记物品 {kept} 件，双方签署移交过的 {handed} 件，已结束保管 {closed} 件；保管方已失效的 {lost} 件",
        f"{kept} items in custody logs, {handed} handed on by two signatures, {closed} closed; "
        f"{lost} with a keeper that is no valid party any more",
    ))  # fmt: skip


def _destruction(facts: Facts) -> Shown:
    disposed, left = facts.count(AUTHORIZATIONS, "AuthorizationDisposed"), facts.contrary.undisposed
    destroyed, found = facts.count(CATALOGUE, "AssetDestroyed"), facts.contrary.breaches(18)
    return Shown(judged(not left + found, if_any=disposed + destroyed + left + found), Wording(
        f"附证明的数据处置 {disposed} 项，数据资源销毁 {destroyed} 项；授权已终止而所提供数据未处置的 {left} 项，"
        f"主管部门认定违规 {found} 起",
        f"{disposed} disposals and {destroyed} destroyed assets with certificates; rows of {left} authorizations that "
        f"are over not disposed of, {found} breaches found by an authority",
    ))  # fmt: skip


HOLDINGS: Final[Mapping[str, Exhibit]] = {
    "assets": _assets,
    "sources": _sources,
    "grading": _grading,
    "personal": _personal,
    "access": _access,
    "sharing": _sharing,
    "delivery": _delivery,
    "analysis": _analysis,
    "use": _use,
    "inspection": _inspection,
    "quality": _quality,
    "media": _media,
    "destruction": _destruction,
}
