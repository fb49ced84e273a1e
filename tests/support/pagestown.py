"""A town with a register, requests, alerts, a case, a budget and a job, and the pages served over it from a thread.

Accounts of every role sign in with one password; their parties stand in a register in memory, the rest on the chain.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from commandline import run
from landtown import COURT, FLAT, HOUSE, REGISTRAR, ROLES, LandTown, holder
from oidcprovider import CLIENT, provider
from people import People
from smallnetwork import found_registrars, free_ports
from townspecs import OFFICE, REGISTRARS

from contracts.authorizations.terms import identifier
from contracts.cases.rules import ClockUnit
from contracts.catalogue.rules import Category
from contracts.jobs.record import roster_of
from contracts.parties.client import party_id
from contracts.world import PartyRole
from federated.runs.record import stream_name
from gateway.accounts.edge.access import AccessLog
from gateway.accounts.signin.oidc import Oidc, Provider
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.network.naming import Names
from gateway.pages.house import House
from gateway.pages.serving import served, shielded
from gateway.property.cases.window import case_id, template_id
from gateway.provenance.explorer import Explorer
from ledger.errors import NotAuthorized
from ledger.hashing import keccak256
from mpc.node import config as node_config
from mpc.node.config import NodeConfig

TAX, AUDIT = "tax", "audit-office"
ACCOUNTS = {
    "citizen": ("", "Ann"),
    "clerk": (REGISTRAR, ""),
    "officer": (TAX, ""),
    "auditor": (AUDIT, ""),
    "judge": (COURT, ""),
    "operator": ("operator", ""),
}


class PagesTown:
    """What happened in the town, and the house of its pages."""

    def __init__(self, directory: Path, config: NodeConfig | None = None, place: Path | None = None) -> None:
        self.address = f"http://127.0.0.1:{free_ports().chain}"
        self.land = LandTown(directory, (TAX, AUDIT), ROLES | PartyRole.REQUESTER)
        self.town, self.directory = self.land.town, directory
        self._register()
        self._sharing()
        self._window()
        self._sell_twice()
        self.people = People(directory)
        self.people.clock.now = self.town.clock.now
        for party, roles in (
            (REGISTRAR, PartyRole.OWNER | PartyRole.REGISTRAR),
            (TAX, PartyRole.OWNER | PartyRole.REQUESTER),
            (AUDIT, PartyRole.AUDITOR),
            (COURT, PartyRole.COURT),
            ("operator", PartyRole.OPERATOR),
        ):
            self.people.parties.register(party, roles)
        for name, (party, person) in ACCOUNTS.items():
            self.people.join(name, party, person)
        observer = self.town.observer("pages")
        self.store = Store(f"sqlite:///{directory}/index.sqlite")
        explorer = Explorer(Index(self.store, observer.view.header(0)), observer.view)
        verifier = directory / "shuxin-verify.pyz"
        verifier.write_bytes(b"#!/usr/bin/env python3\n")
        known = {party_id(code): code for code in (REGISTRAR, COURT, TAX, AUDIT, "police", "authority")}
        known |= {identifier(code): code for code in ("tax/invoices", "tax/permits", "tax/streets", "all", "audit")}
        known |= {keccak256(name.encode()): name for name in ("audit-office/2026-1", "audit-office/2026-2")}
        known[case_id("2026-0815")] = "2026-0815"
        self.house = House(
            self.land.trust,
            self.people.gate,
            self.people.clock,
            TAX,
            Names(known),
            observer,
            registrar=self.land.registrar,
            keeper=REGISTRAR,
            config=config,
            place=place,
            explorer=explorer,
            verifier=verifier,
        )

    def offer(self, issuer: str) -> None:
        """Let the pages offer a sign-in at an OpenID Connect provider (``oidcprovider``)."""
        told = Provider(issuer, CLIENT, "", f"{self.address}/auth/callback", "City identity", "real_name")
        self.house = replace(self.house, oidc=Oidc(told, self.people.gate))

    def _register(self) -> None:
        land = self.land
        land.anchor()
        land.desk.open_unit(HOUSE)
        land.enter("2026-0001", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
        land.enter("2026-0002", "mortgage", "[restriction]", 'holder = "First Bank"', 'claim = "600000"', "rank = 1")

    def _sell_twice(self) -> None:
        """A flat promised to Bob by a pre-notice is sold to Carl: the contract turns it away, the registrar refuses."""
        land = self.land
        land.desk.open_unit(FLAT)
        promise = (holder("Bob"), "[restriction]", 'holder = "Bob"', 'claim = "a sale"')
        land.enter("2026-0003", "prenotice", *promise, unit=FLAT)
        land.accept("2026-0004", "transfer", holder("Carl"), unit=FLAT)
        with pytest.raises(NotAuthorized, match="restriction: pre-notice"):
            land.desk.enter("2026-0004")
        self.turned_away = land.head
        land.desk.refuse("2026-0004", 1, "promised to Bob")

    def _sharing(self) -> None:
        town = self.town
        town.mount(TAX, "tax/invoices")
        town.mount(TAX, "tax/permits")
        town.mount(TAX, "tax/streets", Category.UNCONDITIONAL)
        self.authorization = town.authorize(TAX, AUDIT, "tax/invoices", "audit-office/2026-1", days=200)
        town.propose(AUDIT, TAX, self.authorization, "job one")
        stream = keccak256(stream_name(keccak256(b"job one"), 0).encode())
        town.do(TAX, "Notary", "anchor", stream, 0, 1, keccak256(b"first wave"))
        town.do(TAX, "Notary", "anchor", stream, 1, 3, keccak256(b"waves"))
        for _ in range(3):
            town.propose(AUDIT, TAX, self.authorization, "beyond", purpose="advertising")
        town.do(TAX, "Catalogue", "publish", identifier("tax/invoices"), 1200, keccak256(b"rows"))
        town.ask(AUDIT, TAX, "tax/permits", "audit-office/2026-2")

    def ask_job(self, specification: bytes) -> None:
        """Propose a job of a specification, by its digest; it waits for the tax department's node."""
        roster = roster_of([(party_id(TAX), self.authorization), (party_id(AUDIT), bytes(32))])
        asked = (keccak256(specification), specification, identifier("audit"), 1, party_id(AUDIT))
        found = self.town.do(AUDIT, "Jobs", "propose", *asked, 10, 1, 600, roster.parties, roster.authorizations)
        assert found.accepted
        self.people.clock.now = self.town.clock.now

    def _window(self) -> None:
        town, case = self.town, case_id("2026-0815")
        departments = tuple(sorted((party_id(REGISTRAR), party_id(TAX))))
        town.do("authority", "Cases", "define", template_id("one"), departments, 3600, int(ClockUnit.SECONDS))
        town.do(REGISTRAR, "Cases", "open", case, template_id("one"), keccak256(b"papers"))
        town.later(600)
        town.do(TAX, "Cases", "sign", case, keccak256(b"bill"))
        town.later(300)
        town.block()

    def close(self) -> None:
        self.store.close()
        self.people.close()
        self.land.close()

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the pages; their address. Limits of rates run by the real clock, as the browser's requests do."""
        with AccessLog(self.directory / "access", "gateway/access") as access:
            shield = replace(shielded(self.house, access), clock=time.time)
            with served(shield, "127.0.0.1", int(self.address.rpartition(":")[2])):
                yield self.address


@contextmanager
def planning_town(home: Path) -> Iterator[PagesTown]:
    """Make the town beside a network whose office plans queries, and a provider of identities."""
    network, pages = home / "network", home / "pages"
    network.mkdir()
    pages.mkdir()
    found_registrars(network)
    folder = network / "parties" / OFFICE / "tables"
    folder.mkdir()
    for n, code in enumerate(REGISTRARS, 1):
        place = ["-o", str(folder / f"sales-{n}.table.toml"), "--config", str(network / "parties" / code / "node.toml")]
        assert run(["table", "describe", f"sales-{n}", *place]) == 0
    (folder / "joint.toml").write_text('version = 1\n[joint]\nmarket = ["sales_1", "sales_2", "sales_3"]\n')
    place_of_office = network / "parties" / OFFICE / "node.toml"
    found = PagesTown(pages, node_config.load(place_of_office), place_of_office)
    try:
        with provider(at=found.people.clock.now) as issuer:
            found.offer(issuer)
            yield found
    finally:
        found.close()
