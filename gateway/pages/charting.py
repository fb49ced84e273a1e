"""An answer as a chart and as the table that says the same; the chart's library comes with the toolkit's wheel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from gateway.pages import markup
from gateway.pages.visit import Visit, show
from ledger.canonical import JsonValue

MOST: Final = 60
PALETTE: Final = ["#12566f", "#c2402f", "#b98a1c", "#17693f", "#6b4a82"]


def chart(visit: Visit, columns: Sequence[str], rows: Sequence[Sequence[JsonValue]]) -> None:
    """Draw the numbers of each row beside its labels; what has no numbers is a table only."""
    numeric = [
        n for n in range(len(columns)) if rows and all(number(row[n]) is not None or row[n] is None for row in rows)
    ]
    labels = [n for n in range(len(columns)) if n not in numeric]
    if numeric and labels and 1 < len(rows) <= MOST:
        names = [" / ".join(str(row[n]) for n in labels) for row in rows]
        series = [
            {"name": columns[n], "type": "bar", "data": [number(row[n]) for row in rows], "barMaxWidth": 38}
            for n in numeric
        ]
        option = {
            "color": PALETTE,
            "tooltip": {"trigger": "axis"},
            "legend": {"top": 0},
            "animation": False,
            "grid": {"left": 8, "right": 12, "top": 36, "bottom": 8, "containLabel": True},
            "xAxis": {"type": "category", "data": names, "axisLabel": {"hideOverlap": True}},
            "yAxis": {"type": "value", "splitLine": {"lineStyle": {"color": "#e6ebe8"}}},
            "series": series,
        }
        made = ui.echart(option, renderer="svg").style("height:320px;width:100%")
        made.props(f'data-testid="chart" role="img" aria-label="{visit.words("statistics.chart")}"')
    lines = [["—" if cell is None else str(cell) for cell in row] for row in rows]
    show(markup.table(list(columns), lines, testid="answer-table", numbers=tuple(numeric)))


def number(value: JsonValue) -> float | None:
    """Read a figure; exact ones are written as text.

    >>> number("12"), number("1/4"), number("Bronx")
    (12.0, 0.25, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    whole, _, part = str(value).partition("/")
    try:
        return float(whole) / float(part) if part else float(whole)
    except (ValueError, ZeroDivisionError):
        return None
