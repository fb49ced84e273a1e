"""The files of a protected table: one to publish, and two that stay in the department.

``table.csv`` is for readers: categories (``*`` is the total), the figures, and ``withheld`` where there is none;
whether a cell is sensitive or a complement does not show. ``pattern.csv`` names for each withheld cell the reason and
the true figures: it must not leave. ``audit.json`` says what a reader of ``table.csv`` can work out of each withheld
cell: the least and largest possible figure (null: no end found) where ``ends`` is "exact"; two possible figures at
least as far apart as the rules ask where it is "possible". It names sensitive cells.
"""

from __future__ import annotations

import csv
import json
import os
from io import StringIO
from pathlib import Path

from ledger.canonical import JsonValue
from mpc.disclosure.tables.interval import Range
from mpc.node.whole import write_whole
from mpc.publishing.protection import Protected, Reason

WITHHELD = "withheld"
FILES = ("table.csv", "pattern.csv", "audit.json")


def write(directory: Path, protected: Protected, settings: JsonValue, scale: int) -> list[Path]:
    """Write the three files, each whole or not at all; return their paths."""
    directory.mkdir(parents=True, exist_ok=True)
    audit = json.dumps(audit_of(protected, settings), ensure_ascii=False, indent=1) + "\n"
    contents = (table_of(protected, scale), pattern_of(protected, scale), audit)
    paths = [directory / name for name in FILES]
    for path, text in zip(paths, contents, strict=True):
        write_whole(path, text.encode())
    os.chmod(paths[0], 0o644)  # the others stay readable by their owner only
    return paths


def summary(protected: Protected) -> dict[str, JsonValue]:
    """Count cells by what became of them."""
    reasons = list(protected.reasons.values())
    return {
        "cells": protected.tally.grid.size,
        "withheld": len(reasons),
        **{str(reason): reasons.count(reason) for reason in Reason},
        "optimal": protected.pattern.is_optimal,
    }


def table_of(protected: Protected, scale: int) -> str:
    """Render the table to publish."""
    tally = protected.tally
    rows = []
    for cell in range(tally.grid.size):
        is_withheld = cell in protected.reasons
        figures = [WITHHELD if is_withheld else str(protected.shown[cell])]
        if tally.sums is not None:
            figures.append(WITHHELD if is_withheld else _amount(tally.sums[cell], scale))
        rows.append([*tally.grid.codes(cell), *figures])
    return _csv([*_names(protected), "count", *(["sum"] if tally.sums is not None else [])], rows)


def pattern_of(protected: Protected, scale: int) -> str:
    """Render what was withheld and why, with the true figures."""
    tally = protected.tally
    rows = [
        [*tally.grid.codes(cell), str(reason), str(tally.counts[cell])]
        + ([] if tally.sums is None else [_amount(tally.sums[cell], scale)])
        for cell, reason in protected.reasons.items()
    ]
    return _csv([*_names(protected), "reason", "count", *(["sum"] if tally.sums is not None else [])], rows)


def audit_of(protected: Protected, settings: JsonValue) -> JsonValue:
    """Render what readers can say of each withheld cell; sums are in scaled integers."""
    cells: list[JsonValue] = []
    for cell, reason in protected.reasons.items():
        doubt = protected.doubts[cell]
        entry: dict[str, JsonValue] = {
            "cell": list(protected.tally.grid.codes(cell)),
            "reason": str(reason),
            "count": _ends(doubt.count),
        }
        cells.append(entry if doubt.sum is None else {**entry, "sum": _ends(doubt.sum)})
    ends = "possible" if protected.pattern.moves else "exact"
    return {"settings": settings, "summary": summary(protected), "ends": ends, "cells": cells}


def _names(protected: Protected) -> list[str]:
    return [dimension.name for dimension in protected.tally.grid.dimensions]


def _ends(found: Range) -> JsonValue:
    return [found.low, found.high]


def _amount(value: int, scale: int) -> str:
    return f"{value // 10**scale}.{value % 10**scale:0{scale}}" if scale else str(value)


def _csv(header: list[str], rows: list[list[str]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
