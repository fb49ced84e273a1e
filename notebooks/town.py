"""The town of the notebooks: three registrars of New York and an audit office, founded and started in this process.

    town = found()                      # some seconds: keys, genesis, chain, relay, four nodes
    town.authorize("market-audit")      # what officers do before a first question
    town.office                         # the audit office's configuration, which queries name

A kernel has one town, in a temporary directory that goes when the kernel ends, however it ends. The data are real
(``data/README.md``). All parties' keys lie here because one person plays them all; that the town is one process
too is said in ``gateway.network.inprocess``.
"""

from __future__ import annotations

import atexit
import csv
import gzip
import logging
import socket
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sweeping import sweep_after_us

from contracts.authorizations.record import Operations
from contracts.authorizations.terms import identifier
from contracts.world import PartyRole
from gateway.network import founding
from gateway.network.founding import Plan, Ports
from gateway.network.inprocess import running
from gateway.network.trial import Grounds, Holding, authorize
from gateway.statute.sharing.requesting import Period
from mpc.node import config as node_config
from mpc.sql import tables

DATA = Path(__file__).resolve().parents[1] / "data"
SALES, STABILISED = "nyc_sales_5boroughs_2019.csv.gz", "nyc_taxbill_rent_stabilized_units_2007_2021.csv.gz"
AUDIT_OFFICE, INSPECTORATE = "audit-office", "inspectorate"
BOROUGHS = {"2": "bronx", "3": "brooklyn", "4": "queens"}
MARKET, HOUSING = "market-audit", "housing-audit"
KINDS = {
    "01": "one family", "02": "two families", "03": "three families", "04": "small condos", "07": "walk-up rentals",
    "09": "walk-up co-ops", "10": "co-ops with lift", "14": "rentals, 4-10 units", "21": "offices", "22": "stores",
    "29": "garages", "35": "indoor culture", "37": "churches", "38": "asylums and homes",
}  # fmt: skip
"""Building classes of the city by their first two digits, in short words; sales of others are left out."""
CHAIN_ID, MOST_ROWS, POT = 20269, 1 << 15, 40_000_000
GROUNDS = Grounds(
    basis="Audit Law, article 31",
    condition="Figures for the purpose named, to the audit office alone",
    assessment="Open data of the city of New York: no secrets, no personal information",
    granted=Period(days=30, uses=50),
)
SALE = f"""
[[assets]]
code = "sales-{{name}}"
file = "data/sales.csv"
rows = {MOST_ROWS}
groups = ["kind"]
[assets.columns.kind]
type = "text"
pattern = "{"|".join(KINDS)}"
[assets.columns.sale_price]
type = "integer"
minimum = 0
maximum = 4294967296
"""
FLATS = f"""
[[assets]]
code = "flats-{{name}}"
file = "data/flats.csv"
rows = {MOST_ROWS}
period = "2019"
[assets.privacy]
unit = "bbl"
neighbours = "add-or-remove-one-unit"
max_rows = 1
max_groups = 1
units_at = "one owner"
colluders = 1
nulls = "refused"
delta_log2 = -40
[assets.privacy.bounds.flats]
low = 0
high = 200
[assets.privacy.groups]
[assets.columns.bbl]
type = "text"
pattern = "[1-5][0-9]{{{{9}}}}"
[assets.columns.flats]
type = "integer"
minimum = 0
maximum = 20000
"""


@dataclass(frozen=True)
class Town:
    """A running network. directory: as ``shuxin chain init`` makes one."""

    directory: Path

    @property
    def office(self) -> Path:
        """The audit office's configuration: who asks."""
        return self.config(AUDIT_OFFICE)

    @property
    def trust(self) -> Path:
        """What a verifier trusts."""
        return self.directory / "trust.json"

    @property
    def stamps(self) -> Path:
        """Where cells leave their evidence."""
        return self.directory / "authorized"

    def config(self, party: str) -> Path:
        """The configuration of a party."""
        return self.directory / "parties" / party / (founding.OFFICE if party == INSPECTORATE else founding.NODE)

    def data(self, party: str, name: str) -> Path:
        """A party's own file, which nobody else sees."""
        return self.directory / "parties" / party / "data" / f"{name}.csv"

    @cache  # noqa: B019 - a kernel has one town
    def authorize(self, purpose: str) -> list[str]:
        """Have officers enter the tables for a purpose and grant the audit office their use; returns the codes."""
        held = [holding for holding in holdings() if holding.purpose == purpose]
        authorize(self.directory / "parties", AUDIT_OFFICE, held, GROUNDS)
        return [f"{AUDIT_OFFICE}/{purpose}/{holding.asset}" for holding in held]

    @property
    def names(self) -> dict[bytes, str]:
        """What people call what stands on the chain by its digest: parties, tables, authorizations."""
        codes = [home.name for home in (self.directory / "parties").iterdir()]
        codes += [holding.asset for holding in holdings()]
        codes += [f"{AUDIT_OFFICE}/{holding.purpose}/{holding.asset}" for holding in holdings()]
        return {identifier(code): code for code in codes}


@cache
def found() -> Town:
    """Found the town and start it; it stops when this process ends."""
    for package in ("mpc", "gateway", "aiohttp.server"):  # refusals are told by who is refused
        logging.getLogger(package).setLevel(logging.CRITICAL)
    stack = ExitStack()
    atexit.register(stack.close)
    town = Town(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="town-"))))
    sweep_after_us(town.directory)
    ports, plans = Ports(_free_port(), _free_port()), _plans()
    founding.found(town.directory, plans, ports, chain_id=CHAIN_ID, now=founding.utc_now(), is_trial=True)
    assets = {party: "".join(held.toml for held in holdings() if held.party == party) for party in registrars()}
    nodes = [plan for plan in plans if plan.code != INSPECTORATE]
    founding.write_configurations(town.directory, nodes, ports, assets)
    founding.write_node(town.directory, INSPECTORATE, ports, name=founding.OFFICE)
    _hand_out(town)
    _describe(town)
    stack.enter_context(running(town.directory))
    return town


def registrars() -> list[str]:
    return [registrar(name) for name in BOROUGHS.values()]


def registrar(borough: str) -> str:
    return f"registrar-{borough}"


def holdings() -> list[Holding]:
    """Every table, and what the audit office asks to do with it."""
    market = Operations.COUNT | Operations.SUM | Operations.MEAN | Operations.VARIANCE | Operations.HISTOGRAM
    sales = [
        Holding(registrar(name), f"sales-{name}", f"Sales of 2019 in {name}", MARKET, "Audit of the property market",
                market, ("kind", "sale_price"), SALE.format(name=name))
        for name in BOROUGHS.values()
    ]  # fmt: skip
    flats = [
        Holding(registrar(name), f"flats-{name}", f"Rent-stabilised flats in {name}", HOUSING, "Audit of rent control",
                market, ("bbl", "flats"), FLATS.format(name=name), POT, "2019")
        for name in BOROUGHS.values()
    ]  # fmt: skip
    return sales + flats


def _plans() -> list[Plan]:
    owner = PartyRole.OWNER | PartyRole.REGISTRAR
    return [
        *(Plan(code, owner) for code in registrars()),
        Plan(AUDIT_OFFICE, PartyRole.REQUESTER | PartyRole.AUDITOR, validator=True, governor=True),
        Plan(INSPECTORATE, PartyRole.AUDITOR),
    ]


def _hand_out(town: Town) -> None:
    """Give every registrar its own rows and nothing else."""
    sold = [(row["borough"], row["building_class_category"][:2], row["sale_price"]) for row in _rows(SALES)]
    flats = [(row["bbl"], row["st_2019"]) for row in _rows(STABILISED) if row["st_2019"] not in ("", "0")]
    for number, name in BOROUGHS.items():
        own = [(kind, price) for borough, kind, price in sold if borough == number and kind in KINDS]
        _write(town.data(registrar(name), "sales"), ("kind", "sale_price"), own)
        _write(town.data(registrar(name), "flats"), ("bbl", "flats"), [row for row in flats if row[0][0] == number])


def _describe(town: Town) -> None:
    """Hand the audit office the descriptions of the tables, and names for what all registrars hold together."""
    folder = town.office.parent / "tables"
    folder.mkdir()
    for holding in holdings():
        asset = node_config.load(town.config(holding.party)).assets[holding.asset]
        described = tables.describe(holding.party, holding.asset, asset.schema, {}, asset.privacy)
        (folder / f"{holding.asset}{tables.SUFFIX}").write_text(described, encoding="utf-8")
    joint = {"market": "sales", "stabilised": "flats"}
    parts = {name: ", ".join(f'"{kind}_{b}"' for b in BOROUGHS.values()) for name, kind in joint.items()}
    lines = "".join(f"{name} = [{part}]\n" for name, part in parts.items())
    (folder / tables.JOINT).write_text(f"version = 1\n[joint]\n{lines}", encoding="utf-8")


def _rows(file: str) -> Iterable[Mapping[str, str]]:
    with gzip.open(DATA / file, "rt", encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def _write(path: Path, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
