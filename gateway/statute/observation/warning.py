"""One alert in words, for a person: when, by which rule and article, what, about whom, and what it rests on."""

from __future__ import annotations

from typing import Final

from contracts.oversight.pending.steps import STEPS
from contracts.oversight.watching.alert import WORDS, Alert
from contracts.regulation.reader import national
from contracts.regulation.reading import cite
from contracts.regulation.rule_set import Wording
from gateway.network.naming import Names
from gateway.statute.observation.inbox import moment

DETAILS: Final = {
    "ground": Wording("理由", "ground"),
    "owner": Wording("提供部门", "owner"),
    "rows": Wording("行数", "rows"),
    "maximum": Wording("此前最大值", "maximum before"),
    "period": Wording("数据期", "data period"),
    "used": Wording("已用", "used"),
    "limit": Wording("上限", "limit"),
    "times": Wording("次数", "times"),
    "first": Wording("首次", "first"),
    "item": Wording("情形", "item"),
}
GROUNDS: Final = {
    "unknown": "没有此授权", "suspended": "已暂停", "revoked": "已终止", "disposed": "已处置", "expired": "已到期",
    "exhausted": "次数已用尽", "purpose": "目的不符", "operation": "操作不符", "asset withdrawn": "数据资源已撤下",
    "column": "字段超出范围", "terms": "没有条款文件", "other grantee": "属于其他部门的授权",
}  # fmt: skip


def line(found: Alert, names: Names, language: str) -> str:
    """Say an alert in one line."""
    is_zh = language == "zh"
    place = f" {'区块' if is_zh else 'block'} {found.block}" if found.block else ""
    rules = f" [{', '.join(found.rules)}]" if found.rules else ""
    articles = list(dict.fromkeys(a for id in found.rules for a in national().rule(id).articles))
    cited = f" {cite(articles, language)}" if articles else ""
    label = "违规情形" if is_zh else "breach"
    items = f"; {label}: {cite(found.breaches, language)}" if found.breaches else ""
    who, what = names.say(found.party), names.say(found.subject)
    told = f"{WORDS[found.kind].say(language)}: {who}, {what} ({detail(found, names, language)}){items}"
    return f"{moment(found.since)}{place}{rules}{cited}: {told}"


def detail(found: Alert, names: Names, language: str) -> str:
    """Say what differs from kind to kind."""
    step = STEPS.get(str(found.detail.get("step")))
    if step:
        return step.what.say(language)
    pairs = (
        f"{DETAILS[name].say(language)} {_value(name, str(value), names, language)}"
        for name, value in found.detail.items()
    )
    return ("，" if language == "zh" else ", ").join(pairs)


def _value(name: str, value: str, names: Names, language: str) -> str:
    match name:
        case "owner" | "period":
            return names.say(bytes.fromhex(value))
        case "first":
            return moment(int(value))
        case "ground" if language == "zh":
            return GROUNDS.get(value, value)
    return value
