"""Private joins over sales and a list of parcels, with every term of both owners named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from city import City
from department import Holding
from townspecs import OFFICE, PARCELS, SALES, join, parcels_csv, sales_csv

from mpc.dummies import MatchNoise
from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt
from mpc.privacy.joined import JoinCosts, JoinPrivacy, side_of
from mpc.spec.job import JoinSpec
from mpc.spec.parts import Amount

HELD = Declaration(
    unit="bbl",
    neighbours=Neighbours.ONE_UNIT,
    max_rows=2,
    max_groups=3,
    bounds={"price": (0, 6000)},
    groups={"borough": ("1", "2", "3")},
    units_at=UnitsAt.SEVERAL,
    colluders=1,
    nulls=Nulls.REFUSED,
    period="2019",
    delta_log2=-40,
)
LISTED = replace(HELD, max_rows=1, bounds={}, groups={}, period="2021")
COSTS = JoinCosts(keys=20_000, rows=30_000, sums={"price": 50_000})


def private_join(
    *,
    groups: tuple[str, ...] = ("1", "2", "3"),
    held: Declaration = HELD,
    listed: Declaration = LISTED,
    costs: JoinCosts = COSTS,
    low: int = 0,
) -> JoinSpec:
    """Ask for parcels, sales and prices of listed parcels, per borough or over all."""
    held = replace(held, groups={"borough": groups} if groups else {})
    scales: Mapping[str, int] = dict.fromkeys(costs.sums, 0)
    privacy = JoinPrivacy(
        side_of(held, scales, "borough" if groups else None), side_of(listed, {}, None), costs, "everybody"
    )
    amounts = tuple(Amount(column, held.bounds[column][1]) for column in costs.sums)
    return replace(join(OFFICE, groups=groups, low=low), sums=amounts, privacy=privacy)


def private_owners(directory: Path, rows: list[tuple[str, str, int]], listed: list[str], **settings: object) -> City:
    """Holder and lister whose tables are declared private, with pots that pay."""
    holdings = {
        "finance": Holding("sales", SALES, sales_csv(rows), HELD),
        "tax": Holding("stabilised", PARCELS, parcels_csv(listed), LISTED),
    }
    city = City(directory, holdings, **settings)  # type: ignore[arg-type]
    for code, declared in (("finance", HELD), ("tax", LISTED)):
        city.allow(code, 10**9, declared.period)
    return city


QUICK = MatchNoise(epsilon_milli=10_000, delta_log2=-20)
"""Weak noise on counts: few dummy keys."""
