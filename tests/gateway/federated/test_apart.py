"""Departments on hosts of their own: the office admits statements, a SuperNode joins by address and certificate."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nearlink import NearLink
from vouched import Words

from federated.flower.programs import ANYWHERE, Link
from federated.flower.serving import fenced
from gateway.federated import apart, places
from gateway.federated.apart import admit, joined
from gateway.federated.places import Place, link_directory, read_place
from ledger.crypto.keys import generate
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Config:
    """What of a node's configuration these commands look at."""

    state: Path
    party: str = "office"


@pytest.fixture
def office(tmp_path):
    return Config(tmp_path / "office")


@pytest.fixture
def linked(office, monkeypatch):
    """An office whose SuperLink is in this process."""
    near = NearLink()
    monkeypatch.setattr(places.Place, "control", lambda _: near)
    Place(Link(link_directory(office), 9), {}).write()
    return near


@pytest.fixture
def words(tmp_path):
    return Words(tmp_path / "departments")


def statement(words, party="tax", now=NOW, **how):
    """A file that a department hands in."""
    made = words.state(party, now, **how)
    file = words.home(party) / "statement.json"
    file.write_bytes(made.encode())
    return file


def test_departments_are_admitted_one_by_one_by_the_files_they_hand_in(office, linked, words):
    for party in ("tax", "water"):
        admit(office, statement(words, party), print, words.standing_of)
    assert set(read_place(office).nodes) == {"tax", "water"}
    assert {node.name for node in linked.nodes()} == {"tax", "water"}


@pytest.mark.parametrize(
    ("how", "fault", "reason"),
    [
        ({"signer": "water"}, VerificationError, "not signed by the key that tax has now"),
        ({"now": NOW - timedelta(days=366)}, NotAuthorized, "has expired"),
        ({"is_anchored": False}, NotAuthorized, "not anchored on chain"),
    ],
)
def test_a_statement_that_does_not_hold_admits_nobody_and_is_not_kept(office, linked, words, how, fault, reason):
    with pytest.raises(fault, match=reason):
        admit(office, statement(words, **how), print, words.standing_of)
    assert linked.nodes() == []
    assert not (link_directory(office) / "statements").exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda words: words.keys.update(tax=generate("ed25519")), "not signed by the key that tax has now"),
        (lambda words: words.state("tax", NOW, node="another"), "of tax was replaced by a later one on chain"),
    ],
)
def test_a_department_whose_word_was_replaced_on_chain_is_taken_out_with_the_next_statement(
    office, linked, words, change, reason
):
    said = []
    admit(office, statement(words), print, words.standing_of)
    change(words)
    admit(office, statement(words, "water"), said.append, words.standing_of)
    assert set(read_place(office).nodes) == {"water"}
    assert len(said) == 1
    assert said[0].startswith("tax is not admitted: flower node: ")
    assert reason in said[0]


def test_a_statement_waits_for_a_superlink_that_does_not_run(office, words, monkeypatch):
    def gone(_):
        raise BackendError("the SuperLink cannot be reached")

    said = []
    admit(office, statement(words), said.append, words.standing_of)
    Place(Link(link_directory(office), 9), {}).write()
    monkeypatch.setattr(places.Place, "control", gone)
    admit(office, statement(words), said.append, words.standing_of)
    assert "office has no SuperLink" in said[0]
    assert said[1] == "kept; the SuperLink cannot be reached: the node is admitted when the SuperLink starts"
    assert (link_directory(office) / "statements" / "tax.json").is_file()


def test_a_superlink_with_a_name_listens_for_others_under_a_certificate_of_that_name_alone(tmp_path):
    link = Link(tmp_path, 9, "flower.audit.example")
    link.prepare(NOW)
    link.prepare(NOW)
    command = link.commands()["link"]
    assert command[command.index("--host") + 1] == ANYWHERE
    with pytest.raises(Conflict, match=r"is not for 192\.0\.2\.7: move tls\.crt and tls\.key away"):
        Link(tmp_path, 9, "192.0.2.7").prepare(NOW)
    Place(link, {"tax": 5}).write()
    assert Place(link, {"tax": 5}) == places.Place(Link(tmp_path, 9, "flower.audit.example"), {"tax": 5})


@pytest.mark.parametrize(
    ("client", "path", "status"),
    [
        (("127.0.0.1", 5), "/v1/control/start-run", 200),
        (("192.0.2.7", 5), "/v1/fleet/pull-messages", 200),
        (("192.0.2.7", 5), "/v1/control/start-run", 404),
        (("192.0.2.7", 5), "/v1/runtime/push-messages", 404),
        (("192.0.2.7", 5), "/v1/fleet", 404),
        (("192.0.2.7", 5), "/health", 404),
        (None, "/v1/control/start-run", 404),
    ],
)
def test_from_other_machines_the_couriers_part_alone_is_there(client, path, status):
    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def ask():
        sent = []

        async def send(event):
            sent.append(event)

        await fenced(application)({"type": "http", "client": client, "path": path}, None, send)
        return sent[0]["status"]

    assert asyncio.run(ask()) == status


@pytest.mark.parametrize("address", ["", "flower", "flower:", ":1", "flower:0", "flower:65536", "flower:x"])
def test_an_address_without_host_or_port_is_refused(tmp_path, address):
    with (
        pytest.raises(InvalidRecord, match="host:port expected"),
        joined(Config(tmp_path), address, tmp_path / "link.crt", tmp_path, print),
    ):
        pass


@pytest.mark.slow
def test_a_department_joins_with_an_address_and_a_certificate_once_its_statement_is_admitted(
    tmp_path, words, monkeypatch
):
    office, tax, said = Config(tmp_path / "office"), Config(tmp_path / "tax", "tax"), []
    handed = statement(words)
    node = places.node_directory(tax)
    node.mkdir(parents=True)
    shutil.copy(handed.parent / "key", node / "key")
    monkeypatch.setattr(apart, "standings", lambda _: words.standing_of)
    monkeypatch.setattr(apart, "vouch", lambda *_: None)
    monkeypatch.setattr(apart, "AGAIN_S", 0.5)
    with apart.linked(office, "127.0.0.2", tmp_path / "logs", print):
        certificate = tmp_path / "handed-out.crt"
        shutil.copy(read_place(office).link.certificate, certificate)
        address = f"127.0.0.2:{read_place(office).link.port}"
        with (
            pytest.raises(BackendError, match="does not admit this node"),
            joined(tax, address, certificate, tmp_path / "logs", said.append, patience_s=0.0),
        ):
            pass
        admit(office, handed, print)
        with joined(tax, address, certificate, tmp_path / "logs", print), read_place(office).control() as control:
            assert [(found.name, found.status) for found in control.nodes()] == [("tax", "online")]


def test_a_file_that_is_no_statement_is_refused(office, tmp_path):
    with pytest.raises(NotFound, match="no statement about a Flower node"):
        admit(office, tmp_path / "none.json", print)
