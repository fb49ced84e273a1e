"""A registrar's office on a served chain, with another county beside it and one unit of the living register."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from commandline import say
from smallnetwork import free_ports

from contracts.world import PartyRole
from gateway.network.founding import Plan, found, utc_now, write_node
from gateway.network.serving import serve_chain
from gateway.property.book import Book

REGISTRAR, COUNTY, OFFICE = "registrar", "county", "office"
UNIT = "中山路-1"
Shuxin = Callable[..., tuple[int, str]]


class LandOffice:
    """Directories and configurations of the office; the chain is served until the context ends."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.book, self.trust = directory, directory / "register", directory / "trust.json"

    def config(self, code: str) -> Path:
        return self.directory / "parties" / code / "node.toml"

    def entry(self, code: str, kind: str, *more: str) -> Path:
        """Write an application's file."""
        (self.directory / "papers.pdf").write_bytes(b"signed by everybody")
        file = self.directory / f"{code}.toml"
        head = f'code = "{code}"\ntype = "{kind}"\nunit = "{UNIT}"\npapers = ["papers.pdf"]\n'
        file.write_text(head + "\n".join(more) + "\n", encoding="utf-8")
        return file


@contextmanager
def land_office(directory: Path) -> Iterator[LandOffice]:
    """Found a network and serve its chain."""
    ports = free_ports()
    plans = [
        Plan(REGISTRAR, PartyRole.OWNER | PartyRole.REGISTRAR),
        Plan(COUNTY, PartyRole.OWNER | PartyRole.REGISTRAR),
        Plan(OFFICE, PartyRole.REQUESTER | PartyRole.AUTHORITY, governor=True),
    ]
    found(directory, plans, ports, chain_id=20264, now=utc_now(), is_trial=True)
    for code in (REGISTRAR, COUNTY, OFFICE):
        write_node(directory, code, ports)
    office = LandOffice(directory)
    Book(office.book, "city").close()
    with serve_chain(directory):
        yield office


def runner(capsys: pytest.CaptureFixture[str]) -> Shuxin:
    """Return a function that runs the command as its user would, and gives exit code and what was said."""

    def run(*arguments: object) -> tuple[int, str]:
        code, out, err = say(capsys, *arguments)
        return code, (out or err).strip()

    return run


def holder(name: str, share: str = "1") -> str:
    return f'[[holder]]\nname = "{name}"\nshare = "{share}"'
