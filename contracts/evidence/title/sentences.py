"""A title in sentences for people, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contracts.evidence.report import Words
from contracts.evidence.title.title import PAST_ONLY, Burden, Holder, Title, moment
from contracts.restrictions.record import RestrictionKind

KINDS: Final = {
    RestrictionKind.MORTGAGE: ("mortgage", "抵押"),
    RestrictionKind.SEIZURE: ("seizure", "查封"),
    RestrictionKind.OBJECTION: ("objection", "异议"),
    RestrictionKind.PRENOTICE: ("pre-notice", "预告"),
    RestrictionKind.RESIDENCE: ("right of residence", "居住权"),
    RestrictionKind.RESPONSIBILITY: ("responsibility", "义务"),
}
STANDINGS: Final = {
    "unregistered": "未登记", "past only": "仅有历史登记", "registered": "已登记", "cancelled": "已注销",
    "succeeded": "已分割或合并",
}  # fmt: skip


def sentences(title: Title) -> Words:
    """Say as of when the title is, who holds it, and what stands against it or does not."""
    return Words("\n".join(_lines(title, 0)), "\n".join(_lines(title, 1)))


def _lines(title: Title, language: int) -> Iterator[str]:
    as_of = f"block {title.block}, {moment(title.time)}", f"第 {title.block} 块,{moment(title.time)}"
    registrar = title.registrar_code or title.registrar.hex()
    yield f"{('as of', '截至')[language]}: {as_of[language]}"
    yield f"{('unit', '单元')[language]}: {_flat(title.code)} {title.unit.hex()}".replace(":  ", ": ")
    yield f"{('standing', '状态')[language]}: {(title.standing, STANDINGS[title.standing])[language]}"
    yield f"{('registrar', '登记机构')[language]}: {registrar}"
    for holder in title.holders:
        yield f"{('holder', '权利人')[language]}: {_holder(holder, language)}"
    for burden in title.burdens:
        yield f"{('restriction', '限制')[language]}: {_burden(burden, language)}"
    if title.standing == PAST_ONLY:
        yield ("restrictions: not in the living register yet", "限制:尚未启用,登记簿无记载")[language]
    elif title.absent:
        none = (", ", "、")[language].join(KINDS[kind][language] for kind in title.absent)
        yield f"{('none of', '无')[language]}: {none}"


def _holder(holder: Holder, language: int) -> str:
    name = _flat(holder.name) or f"{('not opened', '未披露')[language]} {holder.commitment.hex()[:16]}"
    return f"{name}, {holder.share}"


def _burden(burden: Burden, language: int) -> str:
    parts = [KINDS[burden.kind][language]]
    if burden.rank:
        parts.append(f"{('rank', '顺位')[language]} {burden.rank}")
    if burden.is_queued:
        parts.append(("queued", "轮候")[language])
    if burden.bans_transfer:
        parts.append(("bans transfer", "禁止转让")[language])
    parts.append(f"{('by', '由')[language]} {burden.by or burden.party.hex()[:16]}")
    if burden.beneficiary:
        parts.append(f"{('for', '权利人')[language]} {_flat(burden.beneficiary)}")
    if burden.until is not None:
        parts.append(f"{('until', '至')[language]} {moment(burden.until)}")
    return ", ".join(parts)


def _flat(text: str) -> str:
    """Keep a line one line, whatever a registrar wrote."""
    return " ".join(text.split())
