"""Tables full of values that stand nowhere else, and everything that a job over them leaves anywhere.

Every column and key of every owner is planted: texts of 12 bytes or more, numbers of 12 digits or more. What is found
of them outside their owner's own table is a leak. (``ratio`` is not: products of two such numbers would be too wide;
nor are the names of groups and parts, which questions say.) Sums under one key work on doubles: the fees that go into
them, and each owner's own total, are searched as doubles too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from canaries import Wanted
from city import NOISE, City
from department import Holding
from plainengines import PlainEngines
from townspecs import OFFICE, REGISTRARS

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure, Evidence
from contracts.evidence.collect import collect
from mpc.node.attempts.attempt import Finished
from mpc.privacy.declaration import Declaration
from mpc.sessions.session import SignedChannel
from mpc.tables.schema import Integer, Schema, Text

WIDE, RATIOS, DUE, FEE = 1 << 50, 1 << 12, 1 << 40, 1 << 37
PARTS = {"sums": 8, "table of products": 16, "percentiles": 20, "matrix of moments": 52}
"""How many rows of each registrar a form of output reads: no two forms share a row, as the disclosure rules want it."""
SALES = Schema(
    {
        "bbl": Text("[0-9A-Z-]{10,40}"),
        "borough": Text("[1-3]"),
        "part": Text("[a-z ]+"),
        "price": Integer(0, WIDE),
        "area": Integer(0, WIDE),
        "due": Integer(0, DUE),
        "ratio": Integer(0, RATIOS),
        "note": Text("[A-Z0-9-]+"),
    },
    key="bbl",
    groups=("borough",),
    rows=400,
)
LIST = Schema(
    {
        "bbl": Text("[0-9A-Z-]{10,40}"),
        "age": Text("new|old|lost"),
        "due": Integer(0, DUE),
        "status": Text("[A-Z0-9-]+"),
    },
    unique="bbl",
    key="bbl",
    groups=("age",),
    rows=400,
)
FEES = Schema(
    {"bbl": Text("[0-9A-Z-]{10,40}"), "fee": Integer(0, FEE), "status": Text("[A-Z0-9-]+")}, key="bbl", rows=12
)
COUNTIES = ("county-1", "county-2", "county-3", "county-4")
ROWS = 3 * sum(PARTS.values())
KEYS = [f"CANARY-PARCEL-{8_000 * n + 17:07d}" for n in range(ROWS)]
SPACE = [*KEYS, *(f"CANARY-PARCEL-{n:07d}" for n in range(400))]
PRICES = [811_223_344_556_677 + 10_007 * n for n in range(ROWS)]
AREAS = [633_445_566_778_899 + 20_011 * n for n in range(ROWS)]
DUES = [933_445_566_779 + 30_013 * n for n in range(ROWS)]
NOTES = [f"CANARY-NOTE-OF-SALE-{n:04d}" for n in range(ROWS)]
STATUSES = [f"CANARY-STATUS-{n:04d}" for n in range(80)]
CHARGES = [101_223_344_557 + 50_021 * n for n in range(12 * len(COUNTIES))]
TOTALS = [sum(CHARGES[12 * n : 12 * n + 12]) for n in range(len(COUNTIES))]
DOUBLES = {struct.pack(f"{order}d", n): f"number {n}" for n in (*CHARGES, *TOTALS) for order in "<>"}
PLANTED = Wanted(
    Wanted.of([*KEYS, *NOTES, *STATUSES, "CANARY-OWNER-NAME"], [*PRICES, *AREAS, *DUES, *CHARGES, *TOTALS]).needles
    | DOUBLES
)


def sales(rows: range, parts: Sequence[str] = ()) -> str:
    """Declared columns, some of them not asked for, and one that is not even declared. parts: of the rows, in order."""
    lines = []
    for place, n in enumerate(rows):
        kept = (KEYS[n], "12"[n % 2], parts[place] if parts else "all", PRICES[n], AREAS[n], DUES[n], n * 7 % RATIOS)
        lines.append(",".join(map(str, (*kept, NOTES[n], "CANARY-OWNER-NAME"))))
    return "\n".join(["bbl,borough,part,price,area,due,ratio,note,owner", *lines]) + "\n"


def listed(rows: range) -> str:
    lines = [f"{KEYS[n]},{('new', 'old')[n // 2 % 2]},{DUES[n]},{STATUSES[n]}" for n in rows]
    return "\n".join(["bbl,age,due,status", *lines]) + "\n"


def charged(rows: range) -> str:
    lines = [f"{KEYS[n]},{CHARGES[n]},{STATUSES[n]},CANARY-OWNER-NAME" for n in rows]
    return "\n".join(["bbl,fee,status,owner", *lines]) + "\n"


def town(directory: Path, held: Declaration, joined: Declaration, listing: Declaration, keyed: Declaration) -> City:
    """Twenty-four owners, whose tables are full of planted values, over one chain.

    Args:
        held: how three registrars' sales are asked privately. joined, listing: a holder's and a lister's. keyed: the
            fees of four counties, each of which takes the others not to pool.
    """
    of_parts = [name for name, count in PARTS.items() for _ in range(count)]
    size = len(of_parts)
    holdings = {
        code: Holding(f"sales-{n}", SALES, sales(range(size * n - size, size * n), of_parts))
        for n, code in enumerate(REGISTRARS, 1)
    }
    holdings |= {
        f"private-{n}": Holding(f"private-{n}", SALES, sales(range(20 * n - 20, 20 * n)), held) for n in (1, 2, 3)
    }
    holdings |= {
        "finance": Holding("sales", SALES, sales(range(60))),
        "tax": Holding("stabilised", LIST, listed(range(48))),
        "estates": Holding("transfers", SALES, sales(range(60))),
        "archive": Holding("registered", LIST, listed(range(48))),
        "land": Holding("deeds", SALES, sales(range(60))),
        "heritage": Holding("monuments", LIST, listed(range(50))),
        "housing": Holding("rented", LIST, listed(range(5, 60))),
        "health": Holding("visits", LIST, listed(range(75))),
        "labour": Holding("pays", LIST, listed(range(5, 80))),
        "care": Holding("stays", LIST, listed(range(75))),
        "fees": Holding("dues", LIST, listed(range(5, 80))),
        "roads": Holding("permits", LIST, listed(range(2, 78))),
        "private-finance": Holding("private-sales", SALES, sales(range(60)), joined),
        "private-tax": Holding("private-list", LIST, listed(range(40)), listing),
    }
    holdings |= {
        code: Holding(f"fees-{n}", FEES, charged(range(12 * n - 12, 12 * n)), keyed)
        for n, code in enumerate(COUNTIES, 1)
    }
    city = City(directory, holdings, engines=PlainEngines(), noise=replace(NOISE, apart=COUNTIES))
    for code, holding in holdings.items():
        if holding.privacy is not None:
            city.allow(code, 10**9, holding.privacy.period)
    return city


def left_behind(city: City, jobs: Mapping[str, tuple[bytes, Finished]], log: str) -> dict[str, bytes]:
    """Everything that jobs leave anywhere, except the owners' own tables: names of places, with their bytes."""
    places = {"log": log.encode()}
    for code, department in city.departments.items():
        places[f"messages of {code}"] = b"\0".join(message.body for message in department.messages)
        kept = [path for path in sorted(department.home.rglob("*")) if path.is_file() and path.suffix != ".csv"]
        places[f"files of {code}"] = b"\0".join(path.read_bytes() for path in kept)
    places["relay"] = b"\0".join(envelope for _, envelope in city.carrier.stored)
    chain = [path for path in sorted((city.directory / "chain").rglob("*")) if path.is_file()]
    places["chain"] = b"\0".join(path.read_bytes() for path in chain)
    for number in range(city.node.head_number() + 1):
        places["chain"] += b"\0".join(city.node.transactions(number))
    for name, (job, finished) in jobs.items():
        evidence = _evidence(city, job, finished)
        places[f"evidence of {name}"] = evidence.encode() + b"\0" + evidence.without_figures().encode()
    return places


def _evidence(city: City, job: bytes, finished: Finished) -> Evidence:
    office, mandate, release = city[OFFICE], finished.mandate, finished.release
    return collect(
        office.view,
        office.chain,
        job,
        [source.authorization for source in mandate.owners],
        [identifier(party) for party in mandate.parties],
        finished.envelope,
        Disclosure(release.document, release.salt, release.openings),
    )


@contextmanager
def leaking(party: str, value: bytes) -> Iterator[None]:
    """A build in which a party adds a value to what it says: every message of a protocol passes here."""
    honest = SignedChannel.send

    def send(self: SignedChannel, to: str, step: str, body: bytes) -> bytes:
        return honest(self, to, step, body + value if self.session.me == party else body)

    def send_all(self: SignedChannel, step: str, bodies) -> None:
        for to, body in bodies.items():
            send(self, to, step, body)

    kept = SignedChannel.send, SignedChannel.send_all
    SignedChannel.send, SignedChannel.send_all = send, send_all  # type: ignore[method-assign]
    try:
        yield
    finally:
        SignedChannel.send, SignedChannel.send_all = kept  # type: ignore[method-assign]
