"""What is asked in the town of jobs: masked sums, a declared table, a private join."""

from __future__ import annotations

import warnings
from dataclasses import replace

from ledger.hashing import keccak256
from mpc.additive.okamoto_uchiyama import InsecureOkamotoUchiyama
from mpc.protocols.sums.statistics import table_cells
from mpc.spec.job import JoinSpec, SumsSpec
from mpc.spec.parts import Amount, Grouping, Interval, Source

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    TINY = InsecureOkamotoUchiyama(bits=1024, randomiser_bits=96)

from jobtowngenesis import HOLDER, LISTER, OFFICE, REGISTRARS

PURPOSE = "housing-audit"
MATCHES = {"1": 14, "2": 3, "3": 11}


def sums_spec() -> SumsSpec:
    return SumsSpec(
        purpose=PURPOSE,
        recipient=OFFICE,
        sources=tuple(offered(party) for party in REGISTRARS),
        filters=(Interval("sale_price", 1000, None),),
        value=Amount("sale_price", 1 << 32),
        rows=100_000,
        edges=(1000, 100_000),
        outputs=("count", "sum", "mean", "variance", "histogram"),
        minimum=10,
        contributors=3,
    )


def table_spec() -> SumsSpec:
    """The same question by two classes, as a declared table."""
    return replace(sums_spec(), table=Grouping("class", ("A", "B")))


def table_values() -> dict[str, dict[str, int]]:
    """Cells of three registrars: class A has 15 or more sales in both bins, class B 12 in the lower and one above."""
    prices = {"A": [5000 + n for n in range(8)] + [200_000 + n for n in range(5)], "B": [7000 + n for n in range(4)]}
    found = {}
    for place, party in enumerate(REGISTRARS):
        rare = {"B": [300_000]} if place == 0 else {}
        rows = {group: [price + place for price in prices[group]] + rare.get(group, []) for group in ("A", "B")}
        found[party] = table_cells(table_spec(), rows)
    return found


def join_spec() -> JoinSpec:
    return JoinSpec(
        purpose=PURPOSE,
        recipient=OFFICE,
        holder=offered(HOLDER),
        holder_key="bbl",
        holder_most=400,
        filters=(Interval("sale_price", 1000, None),),
        grouping=Grouping("borough", tuple(MATCHES)),
        sums=(Amount("sale_price", 1 << 31),),
        lister=offered(LISTER),
        lister_key="bbl",
        lister_most=400,
        lister_filters=(),
        rows=4000,
        minimum=10,
        epsilon_milli=1000,
        delta_log2=-20,
    )


def offered(party: str) -> Source:
    return Source(party, f"sales-{party}", keccak256(f"authorization {party}".encode()))
