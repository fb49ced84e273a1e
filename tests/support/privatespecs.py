"""Private questions over three registrars' sales, with every term named."""

from __future__ import annotations

from dataclasses import replace

from mpc.privacy.declaration import Declaration, Family, Neighbours, Nulls, Privacy, Protection, UnitsAt
from mpc.spec.job import SumsSpec
from mpc.spec.parts import Amount, Source

KEYS = ("1", "2", "3")
DECLARED = Declaration(
    unit="bbl",
    neighbours=Neighbours.ONE_UNIT,
    max_rows=2,
    max_groups=1,
    bounds={"price": (0, 5000)},
    groups={"borough": KEYS},
    units_at=UnitsAt.ONE,
    colluders=1,
    nulls=Nulls.REFUSED,
    period="2017",
    delta_log2=-40,
)
COST = {Family.COUNT: 50_000, Family.SUM: 100_000, Family.SQUARES: 20_000, Family.HISTOGRAM: 30_000}


def private(
    outputs: tuple[str, ...] = ("count", "sum", "mean"),
    *,
    grouped: bool = False,
    edges: tuple[int, ...] = (),
    owners: int = 3,
    cost: int | None = None,
    recipient: str = "audit-office",
    **changes: object,
) -> SumsSpec:
    """Ask over ``owners`` registrars; ``changes`` are of the protection."""
    asked: Protection = DECLARED.protection("price", 0, "borough" if grouped else None)
    asked = replace(asked, **changes)  # type: ignore[arg-type]
    spec = SumsSpec(
        purpose="market-audit",
        recipient=recipient,
        sources=tuple(Source(f"registrar-{n}", f"sales-{n}", bytes(32)) for n in range(1, owners + 1)),
        filters=(),
        value=Amount("price", asked.largest),
        rows=1000,
        edges=edges,
        outputs=outputs,
        minimum=10,
        contributors=3,
    )
    costs = {family: COST[family] if cost is None else cost for family in spec.families}
    return replace(spec, privacy=Privacy(asked, costs, "everybody"))
