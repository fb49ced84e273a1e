"""From the released documents to ``results.json``: the figures as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpc.disclosure.places import bins
from mpc.protocols.sums.statistics import summarise
from mpc.spec.job import JoinSpec, SumsSpec

Document = Mapping[str, Any]


def market_figures(spec: SumsSpec, release: Document) -> dict[str, object]:
    """Turn opened totals into statistics; a withheld bin is null."""
    found = summarise(spec, {name: int(value) for name, value in release["cells"].items()})
    return {
        "count": found.count,
        "sum": found.total,
        "mean": None if found.mean is None else float(found.mean),
        "variance": None if found.variance is None else float(found.variance),
        "histogram": [*found.histogram][: len(bins(spec.edges))],
    }


def rent_figures(spec: JoinSpec, release: Document) -> dict[str, object]:
    """List the opened boroughs and name the withheld ones."""
    column = spec.sums[0].column
    cells = [
        {
            "borough": int(cell["group"]),
            "sales": int(cell["rows"]),
            "parcels": int(cell["keys"]),
            "total_price": int(cell["sums"][column]),
        }
        for cell in release["cells"]
    ]
    return {"cells": cells, "suppressed": [int(group) for group in release["withheld"]]}
