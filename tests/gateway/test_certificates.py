"""The certificate of chain or relay is made, handed out, and put in force; a step that was killed goes on."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from commandline import say

from gateway.network import certificates
from gateway.network.certificates import Service, prepare, published, switch
from gateway.network.registration import NEXT
from ledger.crypto import tls
from ledger.errors import Conflict, NotFound

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
FIRST = NOW - timedelta(days=300)


@pytest.fixture
def network(tmp_path):
    """Only what lies on disk of a founded network's two services."""
    for service in Service:
        own = tls.create_identity(tmp_path / service.value / "tls", service.value, now=FIRST, hosts=["chain.example"])
        published(tmp_path, service).parent.mkdir(exist_ok=True)
        published(tmp_path, service).write_bytes(own.pem)
    return tmp_path


def shown(network, service):
    """The certificate that a service would show, and the one that the others know it by."""
    identity = tls.load_identity(network / service.value / "tls")
    return identity.pem, published(network, service).read_bytes()


@pytest.mark.parametrize("service", Service)
def test_a_next_certificate_changes_nothing_until_it_is_put_in_force(network, service):
    before = shown(network, service)
    made = prepare(network, service, NOW).pem
    assert shown(network, service) == before
    assert (published(network, service, NEXT).read_bytes(), made != before[0]) == (made, True)
    assert prepare(network, service, NOW + timedelta(days=1)).pem == made  # made once, whoever asks again
    assert switch(network, service, NOW).pem == made
    assert shown(network, service) == (made, made)
    assert not published(network, service, NEXT).exists()
    assert tls.load_identity(network / service.value / "tls.until-20261123T080000Z").pem == before[0]


def test_the_next_one_is_for_the_same_hosts_and_of_the_same_name_and_lasts_anew(network):
    made = prepare(network, Service.CHAIN, NOW).pem
    assert (tls.is_for(made, "chain.example"), tls.party_of(made)) == (True, "chain")
    assert tls.validity(made)[1] == NOW + tls.VALIDITY


def test_one_whose_making_was_broken_off_is_made_anew(network):
    coming = network / "chain" / "tls.next"
    coming.mkdir()
    (coming / "tls.key").write_bytes(b"half a key")
    assert tls.party_of(prepare(network, Service.CHAIN, NOW).pem) == "chain"
    assert b"half" not in (coming / "tls.key").read_bytes()


def test_a_certificate_is_there_whole_or_not_at_all(network, monkeypatch):
    def broken(*_):
        raise OSError("no room")

    monkeypatch.setattr(tls.os, "fsync", broken)
    with pytest.raises(OSError, match="no room"):
        prepare(network, Service.CHAIN, NOW)
    assert not (network / "chain" / "tls.next" / "tls.crt").exists()
    monkeypatch.undo()
    made = prepare(network, Service.CHAIN, NOW).pem
    assert switch(network, Service.CHAIN, NOW).pem == made


def test_what_others_read_is_as_open_to_them_as_before(network):
    file = published(network, Service.CHAIN)
    file.chmod(0o644)
    prepare(network, Service.CHAIN, NOW)
    assert published(network, Service.CHAIN, NEXT).stat().st_mode & 0o777 == 0o644
    switch(network, Service.CHAIN, NOW)
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_published_certificate_without_its_key_is_not_put_in_force(network):
    before = shown(network, Service.CHAIN)
    prepare(network, Service.CHAIN, NOW)
    shutil.rmtree(network / "chain" / "tls.next")
    with pytest.raises(Conflict, match="make another"):
        switch(network, Service.CHAIN, NOW)
    assert shown(network, Service.CHAIN) == before


def test_after_a_switch_that_was_killed_no_third_certificate_is_made(network):
    made = prepare(network, Service.CHAIN, NOW).pem
    home = network / "chain" / "tls"
    home.rename(home.with_name("tls.until-now"))
    home.with_name("tls.next").rename(home)
    with pytest.raises(Conflict, match="switch once more"):
        prepare(network, Service.CHAIN, NOW)
    assert switch(network, Service.CHAIN, NOW).pem == made
    assert shown(network, Service.CHAIN) == (made, made)


def test_the_other_service_keeps_its_own(network):
    before = shown(network, Service.RELAY)
    prepare(network, Service.CHAIN, NOW)
    switch(network, Service.CHAIN, NOW)
    assert shown(network, Service.RELAY) == before
    with pytest.raises(NotFound, match="relay: no next certificate"):
        switch(network, Service.RELAY, NOW)


def test_nothing_that_was_not_made_is_put_in_force_and_nothing_twice(network):
    before = shown(network, Service.CHAIN)
    with pytest.raises(NotFound, match="make it first"):
        switch(network, Service.CHAIN, NOW)
    assert shown(network, Service.CHAIN) == before
    prepare(network, Service.CHAIN, NOW)
    switch(network, Service.CHAIN, NOW)
    with pytest.raises(NotFound, match="make it first"):
        switch(network, Service.CHAIN, NOW)


def test_a_directory_without_the_service_is_refused_and_gets_no_key(tmp_path):
    with pytest.raises(NotFound):
        prepare(tmp_path, Service.CHAIN, NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("moves", range(3))
def test_a_switch_that_was_killed_goes_on_where_it_was(network, monkeypatch, moves):
    before, made = shown(network, Service.CHAIN)[0], prepare(network, Service.CHAIN, NOW).pem

    class Killed(BaseException):
        pass

    left = [moves]
    for name in ("rename", "replace"):
        plain = getattr(certificates.Path, name)

        def moving(path, target, plain=plain):
            if not left[0]:
                raise Killed
            left[0] -= 1
            return plain(path, target)

        monkeypatch.setattr(certificates.Path, name, moving)
    with pytest.raises(Killed):
        switch(network, Service.CHAIN, NOW)
    monkeypatch.undo()
    switch(network, Service.CHAIN, NOW + timedelta(seconds=5))
    assert shown(network, Service.CHAIN) == (made, made)
    (kept,) = (network / "chain").glob("tls.until-*")
    assert tls.load_identity(kept).pem == before


def test_the_commands_say_what_is_left_to_do(network, capsys):
    code, out, _ = say(capsys, "chain", "certificate", network)
    assert (code, "not in force" in out, "chain.next.pem" in out) == (0, True, True)
    code, out, _ = say(capsys, "chain", "certificate", network, "--switch", "--language", "zh")
    assert (code, "已启用" in out) == (0, True)
    code, _, err = say(capsys, "chain", "certificate", network, "--switch")
    assert (code, "no next certificate" in err) == (2, True)
    code, out, _ = say(capsys, "relay", "certificate", network, "--json")
    told = json.loads(out)
    assert (code, told["service"], told["in_force"]) == (0, "relay", False)
    assert told["sha256"] == tls.fingerprint(published(network, Service.RELAY, NEXT).read_bytes()).hex()
