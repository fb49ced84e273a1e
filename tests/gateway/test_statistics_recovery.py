"""A release that everybody signed becomes evidence at the next start, if the chain shows it; else nothing is made."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from city import City
from foundedchain import trust_of
from townspecs import OFFICE, REGISTRARS, registrars, sums

from contracts.evidence.verify import verify
from contracts.jobs.record import JobState
from gateway.statistics.service import DepartmentStatistics
from ledger.errors import BackendError
from mpc.node.attempts import signed_release
from mpc.node.messages.relay_client import Receiver

QUESTION = sums(edges=())
FILES = ("release.json", "evidence.json", "evidence.public.json")

pytestmark = pytest.mark.slow


class Silent(Receiver):
    """No relay: recovery needs none."""

    def __init__(self) -> None:
        pass


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with registrars(tmp_path_factory.mktemp("city")) as founded:
        yield founded


@pytest.fixture(scope="module")
def kept(city: City) -> Path:
    """What the office's node leaves if it dies right after the last signature."""
    job, _ = city.ask(city.authorized(QUESTION))
    assert city.job(job).state is JobState.RELEASED
    path = city[OFFICE].home / "state" / "jobs" / job.hex() / signed_release.FILE
    assert not (path.parent / "evidence.json").exists()
    return path


def restarted(city: City, rests: int = 1, **changes: object) -> DepartmentStatistics:
    """The office's service after a start; told to stop after so many rests."""
    left = iter([False] * rests)
    place = city[OFFICE].workplace(rest=lambda _: next(left, True), **changes)
    return DepartmentStatistics(place, Silent(), threading.Event())


def test_a_kept_release_becomes_evidence_that_verifies_and_is_made_once(city: City, kept: Path) -> None:
    restarted(city)._recover()
    assert all((kept.parent / name).exists() for name in FILES)
    evidence = (kept.parent / "evidence.json").read_bytes()
    assert verify(evidence, trust_of(city.node.genesis_hash)).exit_code == 0
    assert json.loads((kept.parent / "release.json").read_bytes())["cells"]["count"]
    written = (kept.parent / "evidence.json").stat().st_mtime_ns
    restarted(city, rests=0)._recover()
    assert (kept.parent / "evidence.json").stat().st_mtime_ns == written


class Deaf:
    """A chain that cannot be asked a few times."""

    def __init__(self, registry: object, times: int) -> None:
        self.registry, self.left = registry, times

    def now(self) -> object:
        self.left -= 1
        if self.left >= 0:
            raise BackendError("the chain cannot be reached")
        return self.registry.now()  # type: ignore[attr-defined]


def test_a_chain_that_does_not_answer_is_asked_again(city: City, kept: Path) -> None:
    again = city[OFFICE].home / "state" / "jobs" / "again" / signed_release.FILE
    again.parent.mkdir()
    again.write_bytes(kept.read_bytes())
    deaf = Deaf(city[OFFICE].workplace().registry, times=2)
    service = restarted(city, registry=deaf)
    assert not service._try(again)
    assert not service._try(again)
    again.unlink()


@pytest.mark.parametrize("content", [b"", b"{", b"{}"])
def test_a_damaged_file_makes_nothing_and_is_not_tried_for_ever(city: City, kept: Path, content: bytes) -> None:
    bad = city[OFFICE].home / "state" / "jobs" / "bad" / signed_release.FILE
    bad.parent.mkdir(exist_ok=True)
    bad.write_bytes(content)
    assert restarted(city)._try(bad)
    assert [path.name for path in bad.parent.iterdir()] == [signed_release.FILE]
    bad.unlink()


def test_a_job_that_is_not_released_gets_no_evidence(city: City, kept: Path) -> None:
    job = city.propose(city.authorized(QUESTION))
    path = city[OFFICE].home / "state" / "jobs" / job.hex() / signed_release.FILE
    path.parent.mkdir()
    path.write_bytes(replace(signed_release.parse(kept.read_bytes()), job=job).encode())
    service = restarted(city, rests=3)
    service._recover()  # tries three times, then the node stops
    assert not service._try(path)
    assert [found.name for found in path.parent.iterdir()] == [signed_release.FILE]


def test_a_node_that_starts_warns_of_a_table_that_breaks_its_declaration(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    owner = city[REGISTRARS[0]]
    table = owner.assets["sales-1"].file
    whole = table.read_text()
    service = DepartmentStatistics(owner.workplace(), Silent(), threading.Event())
    service._read_tables()
    assert not caplog.records
    table.write_text(whole + "1999900001,1,no number\n")
    service._read_tables()
    table.write_text(whole)
    assert "asset sales-1: " in caplog.text
    assert "is not a number; its jobs are refused until it is repaired" in caplog.text
