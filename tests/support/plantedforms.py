"""The forms of output that jobs of whole nodes have, each over tables in which every value is planted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planted import COUNTIES, DUE, FEE, PARTS, RATIOS, WIDE
from privatejoins import HELD, private_join
from privatespecs import DECLARED, private
from townspecs import OFFICE, REGISTRARS, join, sums

from mpc.privacy.declaration import Family, Privacy
from mpc.protocols.ckks.lattice import is_installed
from mpc.protocols.join.layout import Column
from mpc.spec.aligned import AlignedSpec, Side
from mpc.spec.job import CkksSpec, JobSpec, PercentilesSpec
from mpc.spec.join import Listing
from mpc.spec.matched import MatchedSide, MatchedSpec
from mpc.spec.moments import MomentsSpec
from mpc.spec.parts import Amount, Grouping, OneOf, Source

GROUPS = ("1", "2")
PRIVATE = replace(DECLARED, bounds={"price": (0, WIDE)}, groups={"borough": GROUPS})
JOINED = replace(HELD, bounds={"price": (0, WIDE)}, groups={"borough": GROUPS})
KEYED = replace(DECLARED, max_rows=1, bounds={"fee": (0, FEE)}, groups={})
PRICE = Amount("price", WIDE)


@dataclass(frozen=True)
class Form:
    """One form of output: the protocol behind it, and what is asked. reads_keys: owners bring keys."""

    protocol: str
    question: JobSpec
    reads_keys: bool = False


def source(party: str, asset: str) -> Source:
    return Source(party, asset, bytes(32))


def part(name: str) -> tuple[OneOf]:
    """The rows of the registrars that a form reads."""
    assert name in PARTS
    return (OneOf("part", (name,)),)


SALES = tuple(source(code, f"sales-{n}") for n, code in enumerate(REGISTRARS, 1))
SIDES = tuple(
    Side(source(party, asset), "bbl", 400, (Column("due", 0, DUE),))
    for party, asset in (("health", "visits"), ("labour", "pays"))
)
MATCHED = tuple(
    MatchedSide(source(party, asset), "bbl", columns, filters)
    for party, asset, columns, filters in (
        ("care", "stays", (Column("due", 0, DUE),), ()),
        ("fees", "dues", (Column("due", 0, DUE),), ()),
        ("roads", "permits", (), (OneOf("age", ("new", "old")),)),
    )
)
BY_BOROUGH = replace(join(groups=GROUPS), filters=(), sums=(PRICE,))
FORMS = {
    "sums": Form("masked-sums-v1", replace(sums(edges=()), value=PRICE, filters=part("sums"))),
    "table of products": Form(
        "masked-sums-v1",
        replace(
            sums(edges=()),
            value=Amount("price", WIDE * RATIOS, "ratio"),
            rows=400,
            filters=part("table of products"),
            table=Grouping("borough", GROUPS),
        ),
    ),
    "matrix of moments": Form(
        "masked-sums-v1",
        MomentsSpec(
            "market-audit", OFFICE, SALES, part("matrix of moments"),
            (Amount("due", DUE), Amount("ratio", RATIOS)), 400, 10, 3,
        ),
    ),
    "percentiles": Form(
        "percentiles-v1",
        PercentilesSpec(
            "market-audit", OFFICE, SALES, REGISTRARS, part("percentiles"), PRICE, 400, (500,), 10, 3
        ),
    ),
    "noised sums": Form(
        "noised-sums-v1",
        replace(
            private(("count", "sum"), high=WIDE),
            sources=tuple(source(f"private-{n}", f"private-{n}") for n in (1, 2, 3)),
        ),
    ),
    "join": Form("private-join-v1", BY_BOROUGH, reads_keys=True),
    "join by the list's groups": Form(
        "grouped-join-v1",
        replace(
            BY_BOROUGH,
            holder=source("estates", "transfers"),
            grouping=None,
            lister=source("archive", "registered"),
            lister_grouping=Grouping("age", ("new", "old")),
        ),
        reads_keys=True,
    ),
    "join with two lists": Form(
        "sifted-join-v1",
        replace(
            BY_BOROUGH,
            holder=source("land", "deeds"),
            lister=source("heritage", "monuments"),
            further=(Listing(source("housing", "rented"), "bbl", 400, ()),),
        ),
        reads_keys=True,
    ),
    "noised join": Form(
        "noised-join-v1",
        replace(
            private_join(groups=GROUPS, held=JOINED),
            holder=source("private-finance", "private-sales"),
            lister=source("private-tax", "private-list"),
        ),
        reads_keys=True,
    ),
    "aligned": Form(
        "aligned-v1", AlignedSpec("market-audit", OFFICE, SIDES, ("health", "labour"), 10), reads_keys=True
    ),
    "matched": Form(
        "matched-v1",
        MatchedSpec("market-audit", OFFICE, MATCHED, ("care", "fees", "roads"), 400, 10),
        reads_keys=True,
    ),
    "sums under one key": Form(
        "ckks-sums-v1",
        CkksSpec(
            "market-audit", OFFICE, tuple(source(code, f"fees-{n}") for n, code in enumerate(COUNTIES, 1)),
            (1, 1, 1, 1), COUNTIES[3], COUNTIES[1], (), Amount("fee", FEE), 12, 10,
            Privacy(KEYED.protection("fee", 0, None), {Family.SUM: 10**8}, "everybody"),
        ),
    ),
}  # fmt: skip
RUN = {name: form for name, form in FORMS.items() if form.protocol != "ckks-sums-v1" or is_installed()}
"""What nodes can run here: sums under one key need TenSEAL, whose tests say so where it is missing."""
