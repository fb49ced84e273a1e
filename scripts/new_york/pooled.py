"""The same figures from pooled data, in plain Python: what the protocols' answers are compared with.

Only a demo can do this: nobody else holds all tables. It shares no code with the protocols or their tables.
"""

from __future__ import annotations

import csv
import gzip
from bisect import bisect_right
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

MINIMUM = 10


def market(sales: Path, lowest: int, edges: tuple[int, ...]) -> dict[str, object]:
    """Count, sum, mean, population variance and histogram of prices from ``lowest`` on."""
    prices = [price for _, price in _sales(sales) if price >= lowest]
    count, total = len(prices), sum(prices)
    squares = sum(price * price for price in prices)
    bins = Counter(bisect_right(edges, price) - 1 for price in prices)
    return {
        "count": count,
        "sum": total,
        "mean": float(Fraction(total, count)),
        "variance": float(Fraction(count * squares - total * total, count * count)),
        "histogram": [bins[index] for index in range(len(edges))],
    }


def rent(sales: Path, listed: Path, lowest: int) -> dict[str, object]:
    """Sales, parcels and total price per borough on listed parcels; cells below the minimum are left out."""
    with gzip.open(listed, "rt", encoding="utf-8", newline="") as file:
        parcels = {row["bbl"] for row in csv.DictReader(file)}
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for bbl, price in _sales(sales):
        if price >= lowest and bbl in parcels:
            found[bbl[0]].append((bbl, price))
    cells, suppressed = [], []
    for borough in sorted(found):
        distinct = len({bbl for bbl, _ in found[borough]})
        if distinct < MINIMUM:
            suppressed.append(int(borough))
            continue
        total = sum(price for _, price in found[borough])
        cells.append({"borough": int(borough), "sales": len(found[borough]), "parcels": distinct, "total_price": total})
    return {"cells": cells, "suppressed": suppressed}


def _sales(path: Path) -> list[tuple[str, int]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return [(row["bbl"], int(row["sale_price"])) for row in csv.DictReader(file)]
