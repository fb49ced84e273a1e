"""A town whose register has a story, told once for all tests of titles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from landtown import COURT, HOUSE, POLICE, LandTown, Told, holder

from gateway.property.titles.answer import Registrar
from gateway.property.titles.asking import question


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    land, blocks = LandTown(tmp_path_factory.mktemp("land")), dict[str, int]()
    blocks["founded"] = land.head
    land.anchor()
    blocks["anchored"] = land.head
    land.desk.open_unit(HOUSE)
    blocks["opened"] = land.head
    blocks["sold"] = land.enter("1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
    loan = '[restriction]\nholder = "{}"\nclaim = "a loan"\nrank = {}'
    blocks["mortgaged"] = land.enter("2", "mortgage", loan.format("Bank", 1))
    land.enter("3", "mortgage", loan.format("Fund", 2))
    land.enter("4", "objection", '[restriction]\nholder = "Dan"\nclaim = "it is mine"')
    land.authority(COURT).seize("c-1", land.book.id_of(HOUSE), land.order(), 30)
    land.authority(POLICE).seize("p-1", land.book.id_of(HOUSE), land.order(), 30)
    blocks["seized"] = land.head
    blocks["released"] = land.enter("5", "release", 'releases = "2"')
    land.town.at("2026-03-25T10:00:00+08:00")
    land.town.block()
    blocks["objection lapsed"] = land.head
    land.town.at("2026-04-10T10:00:00+08:00")
    land.town.block()
    blocks["court's seizure ended"] = land.head
    yield Told(land, blocks)
    land.close()


@pytest.fixture(scope="session")
def registrar(told: Told) -> Iterator[Registrar]:
    with told.land.registrar() as registrar:
        yield registrar


@pytest.fixture(scope="session")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("papers") / "contract.pdf"
    path.write_bytes(b"a contract")
    return path


@pytest.fixture(scope="session")
def prove(told: Told, paper: Path) -> Iterator[Callable[..., bytes]]:
    with told.land.registrar() as registrar:

        @cache
        def made(at: int | None = None, unit: str = HOUSE) -> bytes:
            return registrar.title(unit, question("transaction", "a bank", paper), at).proof

        yield made
