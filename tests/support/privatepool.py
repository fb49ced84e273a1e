"""Departments' tables that are asked with noise only, with what their owners declare and what a query may cost."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from pooledtables import Pool

from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt
from mpc.sql.noise.declared import Choices
from mpc.sql.refusal import Reason

DISTRICTS = ("north", "south", "west")
DECLARED = Declaration(
    unit="permit",
    neighbours=Neighbours.ONE_UNIT,
    max_rows=2,
    max_groups=1,
    bounds={"fee": (0, 100_000), "days": (-99, 99)},
    groups={"district": DISTRICTS},
    units_at=UnitsAt.SEVERAL,
    colluders=1,
    nulls=Nulls.REFUSED,
    period="2019",
    delta_log2=-40,
)
LISTED = replace(DECLARED, bounds={}, groups={})
ASSETS = {"permits-1": DECLARED, "permits-2": DECLARED, "permits-3": DECLARED, "listed": LISTED, "visits": LISTED}
JOINED = ("keys", "rows")
OF_NOISE = {
    Reason.NOISED_ONLY,
    Reason.UNDECLARED,
    Reason.BOUNDS,
    Reason.DECLARATIONS,
    Reason.COST,
    Reason.NOISED_PAIR,
    Reason.NOISED_CLASSES,
    Reason.NOISED_KEYS,
    Reason.STEPS,
    Reason.RANK_ALONE,
    Reason.NOISED_LISTS,
    Reason.KEYED,
}
"""Reasons that only tables asked with noise give (``tests/mpc/sql/test_sql_private_refusals.py``)."""
COSTS = {"count": 50_000, "sum": 200_000, "squares": 300_000, "histogram": 400_000}


def choices(*families: str, steps: int | None = None, extremes: Fraction | None = None) -> Choices:
    return Choices({name: COSTS.get(name, 60_000) for name in families}, "everybody", steps, extremes)


def private_pool(home: Path, declared: Mapping[str, Declaration] = ASSETS, numbers: Sequence[int] = (1, 2, 3)) -> Pool:
    """Ninety permits a department, of sixty units that have one district each."""
    chance = random.Random(7)
    rows = {
        number: [
            (f"{number}{place % 60:03d}", DISTRICTS[place % 3], chance.randrange(100_001), chance.randrange(-99, 100))
            for place in range(90)
        ]
        for number in numbers
    }
    return Pool(home, rows, [f"1{place:03d}" for place in range(0, 60, 2)] + ["9999"], declared)


def silent(scale: float) -> int:
    """Draw no noise."""
    assert scale > 0
    return 0
