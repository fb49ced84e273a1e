"""Who takes part, what each of them holds, and what the audit office asks."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

from contracts.authorizations.rules import Operations
from contracts.world import PartyRole
from gateway.network.founding import OPERATOR, Plan, authorities
from gateway.network.trial import Grounds, Holding
from gateway.statute.sharing.requesting import Period
from mpc.spec.job import JobSpec, JoinSpec, SumsSpec
from mpc.spec.parts import Amount, Grouping, Interval, Source

DATA = Path(__file__).resolve().parents[2] / "data"
SALES = DATA / "nyc_sales_5boroughs_2019.csv.gz"
LISTED = DATA / "nyc_taxbill_rent_stabilized_units_2007_2021.csv.gz"

BOROUGHS = {"1": "manhattan", "2": "bronx", "3": "brooklyn", "4": "queens", "5": "staten-island"}
OFFICE, INSPECTORATE, FINANCE, TAX = "audit-office", "inspectorate", "finance", "tax"
MARKET_PRICE = 1000
EDGES = (1000, 3163, 10000, 31623, 100000, 316228, 1000000, 3162278, 10000000, 31622777, 100000000)
PRICE_BOUND = 1 << 32
MOST_ROWS = 1 << 17
JOINS = 64 * 5_000
"""Micro-rho for 64 joins at epsilon 0.1: epsilon 6.3 in all at delta 2^-40."""
GROUNDS = Grounds(
    basis="Audit Law, article 31",
    condition="Figures over at least ten rows, for the purpose named, to the audit office alone",
    assessment="Open data of the city of New York: no secrets, no personal information",
    granted=Period(days=30, uses=10),
)
SALE_COLUMNS = """
[assets.columns.bbl]
type = "text"
pattern = "[1-5][0-9]{9}"

[assets.columns.borough]
type = "text"
pattern = "[1-5]"

[assets.columns.sale_price]
type = "integer"
minimum = 0
maximum = 4294967296
"""
LISTED_COLUMNS = """
[assets.columns.bbl]
type = "text"
pattern = "[1-5][0-9]{9}"
"""


def plans() -> list[Plan]:
    """The founding parties; three of them seal blocks beside the builder."""
    owner = PartyRole.OWNER
    registrars = [Plan(registrar(name), owner | PartyRole.REGISTRAR) for name in BOROUGHS.values()]
    return [
        *authorities(
            *registrars,
            Plan(FINANCE, owner, validator=True, governor=True),
            Plan(TAX, owner | PartyRole.REQUESTER, validator=True, governor=True),
            Plan(OFFICE, PartyRole.REQUESTER, validator=True, governor=True),
            Plan(INSPECTORATE, PartyRole.AUDITOR),
        ),
        Plan(OPERATOR, PartyRole.OPERATOR),
    ]


def registrar(borough: str) -> str:
    return f"registrar-{borough}"


def holdings() -> list[Holding]:
    """Every table of the demo, with its declared columns and bounds."""
    market = Operations.COUNT | Operations.SUM | Operations.MEAN | Operations.VARIANCE | Operations.HISTOGRAM
    join = Operations.COUNT | Operations.SUM | Operations.JOIN | Operations.DISTINCT
    found = [
        Holding(
            registrar(name),
            f"sales-2019-{name}",
            f"Sales of 2019 in {name}",
            "market-audit",
            "Audit of the property market of 2019: size, mean and spread of prices",
            market,
            ("sale_price",),
            _asset(f"sales-2019-{name}", SALE_COLUMNS),
        )
        for name in BOROUGHS.values()
    ]
    text = "Audit of sales of rent-stabilised parcels in 2019, per borough"
    sales = _asset("sales-2019", SALE_COLUMNS, 'key = "bbl"\ngroups = ["borough"]\n')
    listed = _asset("rent-stabilised", LISTED_COLUMNS, 'unique = "bbl"\nkey = "bbl"\n')
    columns = ("bbl", "borough", "sale_price")
    found.append(Holding(FINANCE, "sales-2019", "Sales of 2019", "rent-audit", text, join, columns, sales, JOINS))
    found.append(
        Holding(TAX, "rent-stabilised", "Rent-stabilised parcels", "rent-audit", text, join, ("bbl",), listed, JOINS)
    )
    return found


def market_job(authorizations: dict[str, bytes]) -> JobSpec:
    """Count, sum, mean, variance and histogram of prices over the five registrars."""
    return SumsSpec(
        purpose="market-audit",
        recipient=OFFICE,
        sources=tuple(
            Source(registrar(name), f"sales-2019-{name}", authorizations[f"sales-2019-{name}"])
            for name in BOROUGHS.values()
        ),
        filters=(Interval("sale_price", MARKET_PRICE, None),),
        value=Amount("sale_price", PRICE_BOUND),
        rows=MOST_ROWS,
        edges=EDGES,
        outputs=("count", "sum", "mean", "variance", "histogram"),
        minimum=10,
        contributors=3,
    )


def rent_job(authorizations: dict[str, bytes], *, grouped: bool = True) -> JobSpec:
    """Sales, parcels and total price per borough over parcels that the tax department lists."""
    return JoinSpec(
        purpose="rent-audit",
        recipient=OFFICE,
        holder=Source(FINANCE, "sales-2019", authorizations["sales-2019"]),
        holder_key="bbl",
        holder_most=MOST_ROWS,
        filters=(Interval("sale_price", MARKET_PRICE, None),),
        grouping=Grouping("borough", tuple(BOROUGHS)) if grouped else None,
        sums=(Amount("sale_price", PRICE_BOUND),),
        lister=Source(TAX, "rent-stabilised", authorizations["rent-stabilised"]),
        lister_key="bbl",
        lister_most=MOST_ROWS,
        lister_filters=(),
        rows=MOST_ROWS,
        minimum=10,
        epsilon_milli=100,
        delta_log2=-40,
    )


def hand_out_data(parties: Path) -> None:
    """Give every department its own file and nothing else."""
    with gzip.open(SALES, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    header, borough = rows[0], rows[0].index("borough")
    for number, name in BOROUGHS.items():
        own = [header, *(row for row in rows[1:] if row[borough] == number)]
        _write(parties / registrar(name) / "data" / f"sales-2019-{name}.csv", own)
    _write(parties / FINANCE / "data" / "sales-2019.csv", rows)
    with gzip.open(LISTED, "rt", encoding="utf-8", newline="") as file:
        _write(parties / TAX / "data" / "rent-stabilised.csv", list(csv.reader(file)))


def _write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _asset(code: str, columns: str, extra: str = "") -> str:
    return f'[[assets]]\ncode = "{code}"\nfile = "data/{code}.csv"\nrows = {MOST_ROWS}\n{extra}{columns}'
