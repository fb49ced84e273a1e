"""Tables full of values that stand nowhere else, and everything that a job over them leaves anywhere.

Every column and key of every owner is planted: texts of 12 bytes or more, numbers of 12 digits or more. What is found
of them outside their owner's own table is a leak. (``ratio`` is not: products of two such numbers would be too wide.)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from canaries import Wanted
from department import City, Holding
from townspecs import OFFICE, REGISTRARS

from contracts.authorizations.terms import identifier
from contracts.evidence.bundle import Disclosure
from contracts.evidence.collect import collect
from mpc.privacy.declaration import Declaration
from mpc.schema import Integer, Schema, Text
from mpc.session import SignedChannel

WIDE, RATIOS = 1 << 50, 1 << 12
SALES = Schema(
    {
        "bbl": Text("[0-9A-Z-]{10,40}"),
        "borough": Text("[1-3]"),
        "price": Integer(0, WIDE),
        "area": Integer(0, WIDE),
        "ratio": Integer(0, RATIOS),
        "note": Text("[A-Z0-9-]+"),
    },
    key="bbl",
    groups=("borough",),
    rows=400,
)
LIST = Schema({"bbl": Text("[0-9A-Z-]{10,40}"), "status": Text("[A-Z0-9-]+")}, unique="bbl", key="bbl", rows=400)
KEYS = [f"CANARY-PARCEL-{40_000 * n + 17:07d}" for n in range(60)]
SPACE = [*KEYS, *(f"CANARY-PARCEL-{n:07d}" for n in range(400))]
PRICES = [811_223_344_556_677 + 10_007 * n for n in range(60)]
AREAS = [633_445_566_778_899 + 20_011 * n for n in range(60)]
NOTES = [f"CANARY-NOTE-OF-SALE-{n:04d}" for n in range(60)]
STATUSES = [f"CANARY-STATUS-{n:04d}" for n in range(40)]
PLANTED = Wanted.of([*KEYS, *NOTES, *STATUSES, "CANARY-OWNER-NAME"], [*PRICES, *AREAS])


def sales(rows: range) -> str:
    """Declared columns, some of them not asked for, and one that is not even declared."""
    lines = [f"{KEYS[n]},{'12'[n % 2]},{PRICES[n]},{AREAS[n]},{n + 3},{NOTES[n]},CANARY-OWNER-NAME" for n in rows]
    return "bbl,borough,price,area,ratio,note,owner\n" + "\n".join(lines) + "\n"


def registrars(directory: Path, privacy: Declaration | None = None) -> City:
    """Three owners of sales, twenty each."""
    tables = [sales(range(20 * place, 20 * place + 20)) for place in range(3)]
    holdings = {code: Holding(f"sales-{n}", SALES, tables[n - 1], privacy) for n, code in enumerate(REGISTRARS, 1)}
    return _paid(City(directory, holdings), holdings)


def owners(directory: Path, held: Declaration | None = None, listed: Declaration | None = None) -> City:
    """One owner of sixty sales and one of a list of forty of their parcels."""
    rows = "bbl,status\n" + "\n".join(f"{KEYS[n]},{STATUSES[n]}" for n in range(40)) + "\n"
    holdings = {
        "finance": Holding("sales", SALES, sales(range(60)), held),
        "tax": Holding("stabilised", LIST, rows, listed),
    }
    return _paid(City(directory, holdings), holdings)


def _paid(city: City, holdings: dict[str, Holding]) -> City:
    for code, holding in holdings.items():
        if holding.privacy is not None:
            city.allow(code, 10**9, holding.privacy.period)
    return city


def left_behind(city: City, job: bytes, finished, log: str) -> dict[str, bytes]:
    """Everything a job leaves anywhere, except the owners' own tables; evidence only of a job that finished."""
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
    return places if finished is None else places | _evidence(city, job, finished)


def _evidence(city: City, job: bytes, finished) -> dict[str, bytes]:
    office, mandate, release = city[OFFICE], finished.mandate, finished.release
    evidence = collect(
        office.view,
        office.chain,
        job,
        [source.authorization for source in mandate.owners],
        [identifier(party) for party in mandate.parties],
        finished.envelope,
        Disclosure(release.document, release.salt, release.openings),
    )
    return {"evidence": evidence.encode(), "evidence.public": evidence.without_figures().encode()}


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
