"""Cases and the outage queue as tables for people, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from rich import box
from rich.console import Console
from rich.table import Table

from contracts.cases.rules import ClockUnit
from gateway.property.cases.template import Template
from gateway.property.cases.window import Told
from gateway.property.outages.queue import Queued, QueueState

_STATES = {
    QueueState.WAITING: ("待登簿", "waiting"),
    QueueState.CONFLICT: ("冲突", "conflict"),
    QueueState.ENTERED: ("已登簿,区块", "entered, block"),
    QueueState.DROPPED: ("已放弃", "dropped"),
}


def show_case(code: str, told: Told, console: Console | None = None) -> None:
    """Print where the time of a case went."""
    out, found = console or Console(), told.replay
    table = Table(box=box.SIMPLE, title=f"{code} · {found.state.name.lower()}")
    table.add_column("department 部门")
    table.add_column("time 用时", justify="right")
    for one in found.spent:
        spent = "not yet 未办" if one.seconds is None else _minutes(one.seconds)
        table.add_row(told.name(one.party), spent, style="red" if one.late or one.seconds is None else "")
    for entry in told.entries:
        table.add_row(f"  {entry.code}: {entry.registration.name.lower()} 登记", _minutes(entry.seconds))
    table.add_row("window, after the last 窗口", _minutes(found.waiting))
    table.add_section()
    table.add_row("all 合计", _minutes(found.total), style="red" if found.is_late else "")
    out.print(table)
    out.print("late 超时" if found.is_late else "in time 未超时")


def show_templates(found: Sequence[Template], is_chinese: bool, console: Console | None = None) -> None:
    """Print the kinds of cases."""
    table = Table(box=box.SIMPLE)
    for column in ("模板", "名称", "时限", "部门") if is_chinese else ("template", "title", "time", "departments"):
        table.add_column(column)
    for one in found:
        table.add_row(one.code, one.title[not is_chinese], _clock(one, is_chinese), ", ".join(one.departments))
    (console or Console()).print(table)


def show_template(found: Template, is_chinese: bool, console: Console | None = None) -> None:
    """Print one kind of case: its papers, then its steps."""
    table = Table(box=box.SIMPLE, title=f"{found.code} · {found.title[not is_chinese]} · {_clock(found, is_chinese)}")
    english = ("code", "department", "what", "registration")
    for column in ("编号", "部门", "内容", "登记类型") if is_chinese else english:
        table.add_column(column)
    for paper in found.papers:
        table.add_row(paper.code, "申请人" if is_chinese else "applicants", paper.title[not is_chinese])
    table.add_section()
    for step in found.steps:
        kind = step.registration.name.lower() if step.registration else ""
        table.add_row(step.code, step.department, step.title[not is_chinese], kind)
    out = console or Console()
    out.print(table)
    out.print(found.source)


def show_queue(found: Sequence[Queued], is_chinese: bool, console: Console | None = None) -> None:
    """Print an outage queue: each entry, and under one in conflict what it conflicts with."""
    table, out = Table(box=box.SIMPLE), console or Console()
    english = ("", "number", "unit", "signed", "state", "why")
    for column in ("", "受理编号", "不动产单元", "签署时间", "状态", "原因") if is_chinese else english:
        table.add_column(column)
    for known in found:
        entry = known.entry
        signed = datetime.fromtimestamp(entry.time, UTC).isoformat().replace("+00:00", "Z")
        state = _STATES[known.state][not is_chinese] + (f" {known.block}" if known.block is not None else "")
        why = "\n".join((known.reason, *(f"- {line}" for line in known.against)))
        style = "red" if known.state is QueueState.CONFLICT else ""
        table.add_row(str(entry.n), entry.code, entry.unit, signed, state, why, style=style)
    out.print(table)
    waiting = sum(known.is_open for known in found)
    out.print(f"{waiting} 项尚未登簿,登簿后方生效" if is_chinese else f"{waiting} not entered yet, and without effect")


def _clock(found: Template, is_chinese: bool) -> str:
    amount = found.amount // 60 if found.unit is ClockUnit.SECONDS else found.amount
    words = {
        ClockUnit.SECONDS: ("分钟", "minutes"),
        ClockUnit.CALENDAR_DAYS: ("日", "days"),
        ClockUnit.WORKING_DAYS: ("个工作日", "working days"),
    }
    return f"{amount} {words[found.unit][not is_chinese]}"


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
