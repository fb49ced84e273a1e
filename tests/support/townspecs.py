"""Two small statistics over generated tables: three registrars' sales, and sales against a list of parcels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from city import City
from department import Holding

from mpc.privacy.declaration import Declaration
from mpc.spec.job import JoinSpec, SumsSpec
from mpc.spec.parts import Amount, Grouping, Interval, Source
from mpc.tables.schema import Integer, Schema, Text

OFFICE = "audit-office"
REGISTRARS = ("registrar-1", "registrar-2", "registrar-3")
SALES = Schema(
    {"bbl": Text("[0-9A-Z]{10,24}"), "borough": Text("[1-3]"), "price": Integer(0, 10**9)},
    key="bbl",
    groups=("borough",),
    rows=400,
)
PARCELS = Schema({"bbl": Text("[0-9A-Z]{10,24}")}, unique="bbl", key="bbl", rows=400)
EDGES = (0, 1000, 100_000)
Row = tuple[str, str, int]


def sales_csv(rows: Sequence[Row]) -> str:
    return "bbl,borough,price\n" + "".join(f"{bbl},{borough},{price}\n" for bbl, borough, price in rows)


def parcels_csv(keys: Sequence[str]) -> str:
    return "bbl\n" + "".join(f"{key}\n" for key in keys)


def registrar_rows(n: int) -> list[Row]:
    """Sales of one registrar: 30 below 1000, 40 up to 100,000, and n rare ones above."""
    small = [(f"{n}0000{i:05d}", "1", 10 + i) for i in range(30)]
    middle = [(f"{n}1111{i:05d}", "1", 2000 + 37 * i * n) for i in range(40)]
    rare = [(f"{n}2222{i:05d}", "1", 400_000 + i) for i in range(n - 1)]
    return small + middle + rare


def registrars(directory: Path, *, privacy: Declaration | None = None, **settings: float) -> City:
    holdings = {
        code: Holding(f"sales-{n}", SALES, sales_csv(registrar_rows(n)), privacy)
        for n, code in enumerate(REGISTRARS, start=1)
    }
    return City(directory, holdings, **settings)  # type: ignore[arg-type]


def sums(recipient: str = OFFICE, *, low: int | None = 0, edges: tuple[int, ...] = EDGES) -> SumsSpec:
    return SumsSpec(
        purpose="market-audit",
        recipient=recipient,
        sources=tuple(Source(code, f"sales-{n}", bytes(32)) for n, code in enumerate(REGISTRARS, start=1)),
        filters=() if low is None else (Interval("price", low, None),),
        value=Amount("price", 10**9),
        rows=1000,
        edges=edges,
        outputs=("count", "sum", "mean", "variance", "histogram") if edges else ("count", "sum"),
        minimum=10,
        contributors=3,
    )


def parcel(borough: int, number: int) -> str:
    return f"{borough}{number:09d}"


def sold(matching: dict[str, int], others: int = 5) -> tuple[list[Row], list[str]]:
    """Sales with so many listed parcels per borough, two sales each, beside others; and the list."""
    rows: list[Row] = []
    listed: list[str] = []
    for borough, count in matching.items():
        keys = [parcel(int(borough), number) for number in range(count)]
        listed += keys
        rows += [(key, borough, 1000 + 10 * i) for i, key in enumerate(keys)]
        rows += [(key, borough, 5000 + i) for i, key in enumerate(keys)]
        rows += [(parcel(int(borough), 50_000 + i), borough, 777_777) for i in range(others)]
    return rows, listed + [parcel(9, number) for number in range(7)]


def owners(directory: Path, rows: Sequence[Row], listed: Sequence[str], **settings: object) -> City:
    holdings = {
        "finance": Holding("sales", SALES, sales_csv(rows)),
        "tax": Holding("stabilised", PARCELS, parcels_csv(listed)),
    }
    return City(directory, holdings, **settings)  # type: ignore[arg-type]


def join(recipient: str = OFFICE, *, groups: tuple[str, ...] = ("1", "2", "3"), low: int = 0) -> JoinSpec:
    return JoinSpec(
        purpose="rent-audit",
        recipient=recipient,
        holder=Source("finance", "sales", bytes(32)),
        holder_key="bbl",
        holder_most=400,
        filters=(Interval("price", low, None),),
        grouping=Grouping("borough", groups) if groups else None,
        sums=(Amount("price", 10**9),),
        lister=Source("tax", "stabilised", bytes(32)),
        lister_key="bbl",
        lister_most=400,
        lister_filters=(),
        rows=1000,
        minimum=10,
        epsilon_milli=2000,
        delta_log2=-20,
    )
