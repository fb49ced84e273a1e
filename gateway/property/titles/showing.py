"""A title, and the list of queries, as tables for people in one language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from contracts.evidence.title.sentences import KINDS, STANDINGS
from contracts.evidence.title.title import PAST_ONLY, Burden, Registration, Title, moment
from gateway.cli.tongue import Tongue
from gateway.property.titles.answer import Answer
from gateway.property.titles.asking import Query, purposes

TYPES: Final = {
    "first": "首次登记", "alteration": "变更登记", "transfer": "转移登记", "cancellation": "注销登记",
    "correction": "更正登记", "opening": "启用", "withheld": "未披露", "entered": "登记", "ended": "注销",
}  # fmt: skip
_KINDS: Final = {kind.name.lower(): words for kind, words in KINDS.items()}


def show_title(answer: Answer, tongue: Tongue, console: Console | None = None) -> None:
    """Print a title: as of when, holders, restrictions, and the chain of registrations."""
    out, title = console or Console(), answer.title
    zh = tongue is Tongue.ZH
    out.print(_head(title, zh), style="bold")
    if answer.successors:
        out.print(f"{'现为' if zh else 'now'}: {', '.join(answer.successors)}")
    out.print(_holders(title, zh))
    out.print(_burdens(title, zh))
    out.print(_chain(title.registrations, zh))
    out.print(_ground(answer, zh), style="dim")


def show_queries(queries: Sequence[Query], tongue: Tongue, console: Console | None = None) -> None:
    """Print queries, the newest first."""
    out, zh = console or Console(), tongue is Tongue.ZH
    table = Table(box=box.SIMPLE)
    zh_names, en_names = "编号 时间 单元 截至 目的 查询人 账户 结果", "n time unit as-of purpose asker account outcome"
    for column in (zh_names if zh else en_names).split():
        table.add_column(column)
    known = purposes()
    for one in queries:
        purpose = known[one.purpose].zh if zh and one.purpose in known else one.purpose
        outcome = ("已答复" if zh else "answered") if one.answered else ("已拒绝" if zh else "refused")
        table.add_row(str(one.n), one.time, one.unit, one.as_of, purpose, one.asker, one.account, outcome)
    out.print(table)


def _head(title: Title, zh: bool) -> str:
    standing = STANDINGS[title.standing] if zh else title.standing
    as_of = f"{'截至区块' if zh else 'as of block'} {title.block}, {moment(title.time)}" if title.block else ""
    return " · ".join(part for part in (title.code, standing, as_of, title.unit.hex()[:16] + "…") if part)


def _holders(title: Title, zh: bool) -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column("权利人" if zh else "holder")
    table.add_column("份额" if zh else "share", justify="right")
    for holder in title.holders:
        name = holder.name or f"{'未披露' if zh else 'not opened'} {holder.commitment.hex()[:12]}…"
        table.add_row(name, str(holder.share))
    return table


def _burdens(title: Title, zh: bool) -> Table | str:
    if not title.burdens:
        if title.standing == PAST_ONLY:
            return "历史登记不含限制" if zh else "the records of the past tell of no restrictions"
        none = "、".join(two for _, two in KINDS.values()) if zh else ", ".join(one for one, _ in KINDS.values())
        return f"{'无限制:' if zh else 'nothing stands against it: no '}{none}"
    table = Table(box=box.SIMPLE)
    heads = "限制 顺位 登记 至 登记人 受益人" if zh else "restriction rank entered until by beneficiary"
    for column in heads.split():
        table.add_column(column)
    for burden in title.burdens:
        table.add_row(*_burden(burden, zh), style="red")
    return table


def _burden(burden: Burden, zh: bool) -> tuple[str, ...]:
    until = "-" if burden.until is None else _short(moment(burden.until))
    if burden.is_queued:
        until = "轮候" if zh else "queued"
    kind = KINDS[burden.kind][zh]
    if burden.bans_transfer:
        kind += "(禁止转让)" if zh else " (bans transfer)"
    by = burden.by or f"{burden.party.hex()[:12]}…"
    return kind, str(burden.rank or "-"), _short(moment(burden.entered)), until, by, burden.beneficiary or "-"


def _chain(steps: Sequence[Registration], zh: bool) -> Table:
    table = Table(box=box.SIMPLE)
    for column in ("登记 时间 区块 权利人或价格" if zh else "registration when block holders-or-price").split():
        table.add_column(column)
    for step in steps:
        type = TYPES.get(step.type, step.type) if zh else step.type
        what = type if step.of == "title" else f"{_KINDS[step.of][zh]} {type}"
        table.add_row(what, _short(step.when) or "-", str(step.block or "-"), _content(step))
    return table


def _short(when: str) -> str:
    """Shorten a moment of the register's time to the minute."""
    return when[:16].replace("T", " ")


def _content(step: Registration) -> str:
    match step.record:
        case {"price": int(price), "currency": str(currency), "holder": str(holder)}:
            return f"{price:,} {currency}; {holder}"
    return "; ".join(f"{one.name or one.commitment.hex()[:12] + '…'} {one.share}" for one in step.holders)


def _ground(answer: Answer, zh: bool) -> str:
    if answer.proof:
        said = "以上均由证明推出" if zh else "all of this was read out of its proof"
    else:
        said = "登记机构的历史记录,无区块证明" if zh else "the registrar's records of the past; no block proves them"
    return f"{said}; {'查询编号' if zh else 'query'} {answer.query}"
