"""Budgets for people and for programs: tables in two languages, and one JSON document with the same content.

Epsilon is information only, at delta 2^-40: rho is what adds up and what the chain holds. Numbers in JSON are texts,
as everywhere in this project's documents. It does NOT read the chain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from rich import box
from rich.console import Console
from rich.table import Table

from contracts.budgets.record import Mode
from gateway.statistics.budgets import Estimate, PotLine, RateLine, Statement
from ledger.canonical import JsonValue
from mpc.privacy.budget import DELTA_LOG2
from mpc.privacy.release import Expected

_EN = {
    "budget": "Privacy budget in micro-rho, block {block}",
    "asset": "asset",
    "period": "data period",
    "figures": "figures",
    "limit": "limit",
    "spent": "spent",
    "reserved": "reserved",
    "left": "left",
    "epsilon": "epsilon used",
    "proposed": "proposed",
    "rates": "Rates, refilled with each window: not a privacy bound",
    "class": "recipients",
    "window": "window",
    "estimate": "What the job would cost, in micro-rho",
    "cost": "cost",
    "side": "of it before any opening",
    "after": "left after it",
    "errors": "Expected error of the noised figures",
    "figure": "figure",
    "deviation": "standard deviation",
    "within": "95 of 100 within",
    "note": "epsilon at delta 2^{delta}; rho adds up over releases, epsilon does not",
    "ONE": "{asset}: a unit is at one owner, as declared; this asset's pots bound what it loses",
    "SEVERAL": "{asset}: a unit may be at several owners; it loses at most what the pots of all assets that it is in "
    "hold together",
    "UNSET": "nothing yet",
    "EXACT": "exact",
    "PRIVATE": "noised",
}
_ZH = {
    "budget": "隐私预算(单位:百万分之一 rho),区块 {block}",
    "asset": "数据资源",
    "period": "数据期",
    "figures": "发布方式",
    "limit": "上限",
    "spent": "已用",
    "reserved": "已预留",
    "left": "剩余",
    "epsilon": "已用 epsilon",
    "proposed": "待确认",
    "rates": "速率(每个时间窗重新计量,不是隐私界限)",
    "class": "接收方类别",
    "window": "时间窗",
    "estimate": "本任务的隐私代价(百万分之一 rho)",
    "cost": "代价",
    "side": "其中开启前即产生",
    "after": "执行后剩余",
    "errors": "加噪结果的预期误差",
    "figure": "结果",
    "deviation": "标准差",
    "within": "95% 误差范围",
    "note": "epsilon 按 delta 2^{delta} 换算;多次发布时 rho 相加,epsilon 不相加",
    "ONE": "{asset}:申明每个保护单位只在一个提供方,其隐私损失以本资源的预算为限",
    "SEVERAL": "{asset}:同一保护单位可能在多个提供方,其隐私损失以所在各资源预算之和为限",
    "UNSET": "尚无",
    "EXACT": "精确",
    "PRIVATE": "加噪",
}
WORDS: Mapping[str, Mapping[str, str]] = {"en": _EN, "zh": _ZH}


def show_statements(
    found: Sequence[Statement], *, as_json: bool, language: str, console: Console | None = None
) -> None:
    """Print accounts."""
    out, words = console or Console(), WORDS[language]
    if as_json:
        out.print_json(json.dumps([_statement(statement) for statement in found]))
        return
    title = words["budget"].format(block=max((statement.block for statement in found), default=0))
    pots = [[statement.asset, *_pot(line, words)] for statement in found for line in statement.pots]
    names = ["asset", "period", "figures", "limit", "spent", "reserved", "left", "epsilon", "proposed"]
    if not any(row[-1] for row in pots):  # a column less leaves room for names
        names, pots = names[:-1], [row[:-1] for row in pots]
    out.print(_table(title, [words[name] for name in names], pots, texts=3))
    out.print(words["note"].format(delta=DELTA_LOG2))
    for statement in found:
        if statement.units_at is not None:
            out.print(words[statement.units_at.name].format(asset=statement.asset))
    if rates := [[statement.asset, *_rate(line)] for statement in found for line in statement.rates]:
        heads = ("asset", "class", "window", "limit", "spent", "reserved")
        out.print(_table(words["rates"], [words[name] for name in heads], rates, texts=2))


def show_estimates(
    found: Sequence[Estimate],
    errors: Sequence[Expected],
    *,
    as_json: bool,
    language: str,
    console: Console | None = None,
) -> None:
    """Print what a job would cost, with a negative rest where a pot has too little, and errors of noised figures."""
    out, words = console or Console(), WORDS[language]
    if as_json:
        document = {"charges": [_estimate(line) for line in found], "expected_error": [e.json() for e in errors]}
        out.print_json(json.dumps(document))
        return
    rows = []
    for line in found:
        numbers = (line.charge.micro_rho, line.charge.side, line.pot.left, line.left)
        rows.append([line.charge.asset, line.period, words[line.charge.mode.name], *map(_number, numbers)])
    names = ("asset", "period", "figures", "cost", "side", "left", "after")
    out.print(_table(words["estimate"], [words[name] for name in names], rows, texts=3))
    if errors:
        shown = [[error.title, f"{error.deviation:,.1f}", f"{error.within_95:,.1f}"] for error in errors]
        heads = ("figure", "deviation", "within")
        out.print(_table(words["errors"], [words[name] for name in heads], shown, texts=1))


def _table(title: str, names: Sequence[str], rows: Sequence[Sequence[str]], *, texts: int) -> Table:
    """Lay out rows whose first columns are texts; numbers are never broken, whatever the terminal's width."""
    table = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0))
    for index, name in enumerate(names):
        unbroken = [*name.split(), *(row[index] for row in rows if index >= texts)]
        justify: Literal["left", "right"] = "left" if index < texts else "right"
        table.add_column(name, justify=justify, overflow="fold", min_width=max(map(len, unbroken)))
    for row in rows:
        table.add_row(*row)
    return table


def _pot(line: PotLine, words: Mapping[str, str]) -> tuple[str, ...]:
    pot = line.pot
    numbers = map(_number, (pot.limit, pot.spent, pot.reserved, pot.left))
    proposed = "" if line.proposed is None else _number(line.proposed)
    return (line.period, words[pot.mode.name], *numbers, _milli(line.epsilon_milli), proposed)


def _rate(line: RateLine) -> tuple[str, ...]:
    numbers = map(_number, (line.rate.limit, line.window.spent, line.window.reserved))
    return (line.recipient_class, f"{line.rate.length} s", *numbers)


def _statement(statement: Statement) -> JsonValue:
    return {
        "asset": statement.asset,
        "block": str(statement.block),
        "units_at": None if statement.units_at is None else statement.units_at.value,
        "pots": [
            {
                "period": line.period,
                "mode": _mode(line.pot.mode),
                "limit": str(line.pot.limit),
                "spent": str(line.pot.spent),
                "reserved": str(line.pot.reserved),
                "left": str(line.pot.left),
                "epsilon": _milli(line.epsilon_milli),
                "delta_log2": DELTA_LOG2,
                "proposed": None if line.proposed is None else str(line.proposed),
            }
            for line in statement.pots
        ],
        "rates": [
            {
                "recipient_class": line.recipient_class,
                "window_s": str(line.rate.length),
                "limit": str(line.rate.limit),
                "spent": str(line.window.spent),
                "reserved": str(line.window.reserved),
            }
            for line in statement.rates
        ],
    }


def _estimate(line: Estimate) -> JsonValue:
    return {
        "party": line.charge.party,
        "asset": line.charge.asset,
        "period": line.period,
        "mode": _mode(line.charge.mode),
        "micro_rho": str(line.charge.micro_rho),
        "side": str(line.charge.side),
        "left": str(line.pot.left),
        "left_after": str(line.left),
        "fits": line.fits,
    }


def _mode(mode: Mode) -> str | None:
    return None if mode is Mode.UNSET else mode.name.lower()


def _number(value: int) -> str:
    return f"{value:,}"


def _milli(value: int) -> str:
    return f"{value // 1000}.{value % 1000:03}"
