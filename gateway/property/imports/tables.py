"""Imports as tables for people, in both languages."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from gateway.property.imports.importing import Imported
from gateway.property.imports.sorting import Bucket

_BUCKETS = {
    Bucket.STEP: "登记步骤",
    Bucket.ZERO_PRICE: "零价转移",
    Bucket.TOKEN_PRICE: "象征性价格",
    Bucket.MULTI_PARCEL: "多宗地契据",
    Bucket.DUPLICATE: "重复",
    Bucket.REJECTED: "拒绝",
}
_MASKED = "the source masks which unit a row is about: each transaction counts as one 地址已脱敏,每笔交易各计一单元"


def show_import(made: Imported, console: Console | None = None) -> None:
    """Print what became of the rows of a file."""
    out, report = console or Console(), made.report
    table = Table(box=box.SIMPLE, title=f"{report.file} · {report.registrar}")
    table.add_column("bucket 去向")
    table.add_column("rows 行数", justify="right")
    for bucket, text in _BUCKETS.items():
        table.add_row(f"{bucket} {text}", f"{report.buckets[bucket]:,}")
    table.add_section()
    table.add_row("all 合计", f"{report.rows:,}")
    out.print(table)
    out.print(f"units 单元: {report.units:,}; holder 权利人: {report.holder}")
    if not report.units_identified:
        out.print(_MASKED)
    for line, reason in report.rejects[:5]:
        out.print(f"line {line}: {reason}", style="yellow")
    if made.again:
        out.print("imported before; nothing was changed 已导入过,未作改动")
