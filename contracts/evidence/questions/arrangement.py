"""The released figures of a masked sum as a document: cell by cell, and as rows of a table where one was declared.

Pure layout, read from the specification: node and verifier both use it, so the table that people read is exactly the
one that the openings give. A withheld cell stands as null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.canonical import JsonValue

MOMENTS = ("sum", "squares")


def arranged(spec: JsonValue, figures: Mapping[str, JsonValue], withheld: Sequence[str]) -> JsonValue:
    """Return the release document.

    Args:
        figures: the opened cells by name, as decimal strings.
    """
    document: dict[str, JsonValue] = {"cells": dict(figures), "withheld": list(withheld)}
    match spec:
        case {"table": {"column": str(column), "values": list(groups)}, "edges": list(edges)}:
            rows = [_row(group, f"group{i}", f"group{i}-", len(edges), figures) for i, group in enumerate(groups)]
            rows.append(_row(None, "count", "", len(edges), figures))
            document["table"] = {"column": column, "edges": edges, "rows": list[JsonValue](rows)}
    return document


def count_names(groups: int, bins: int) -> list[str]:
    """Name the counts of a masked sum in order: total, groups, bins, crossings."""
    columns = [f"bin{bin}" for bin in range(bins)]
    rows = [f"group{group}" for group in range(groups)]
    return ["count", *rows, *columns, *(f"{row}-{column}" for row in rows for column in columns)]


def count_parts(groups: int, bins: int) -> dict[str, list[str]]:
    """Name, for each count that is made up of others, the smallest counts that make it up exactly."""
    columns = [f"bin{bin}" for bin in range(bins)]
    rows = [f"group{group}" for group in range(groups)]
    if not groups or not bins:
        return {"count": rows or columns} if groups or bins else {}
    crossings = {row: [f"{row}-{column}" for column in columns] for row in rows}
    margins = {column: [f"{row}-{column}" for row in rows] for column in columns}
    return {"count": [name for row in crossings.values() for name in row], **crossings, **margins}


def moment_name(count: str, moment: str) -> str:
    """Name the sum, or sum of squares, over the rows of a count."""
    return moment if count == "count" else f"{count}-{moment}"


def _row(group: JsonValue, margin: str, prefix: str, bins: int, figures: Mapping[str, JsonValue]) -> JsonValue:
    """Lay out one group, or all groups together (None), with its margin."""
    cells: list[JsonValue] = [_cell(f"{prefix}bin{bin}", figures) for bin in range(bins)]
    return {"group": group, "bins": cells, "all": _cell(margin, figures)}


def _cell(name: str, figures: Mapping[str, JsonValue]) -> JsonValue:
    if name not in figures:
        return None
    sums = {moment: figures[of] for moment in MOMENTS if (of := moment_name(name, moment)) in figures}
    return {"count": figures[name], **sums}
