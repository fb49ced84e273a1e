"""Certificates: contract and rules agree; one stands for one state of a title, and a set bit stays set."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from evm import Outcome
from land import CITY, CLERK, COUNTY, JUDGE, OTHER_CLERK, Land, held_by
from lockstep import Lockstep
from network import ADA, STRANGER, digest

from contracts.addresses import CERTIFICATES, GOVERNANCE, name_id
from contracts.applications.rules import RegistrationType
from contracts.certificates import client
from contracts.certificates.bits import PLACES, SIZE, bits_of, is_set, root_of
from contracts.certificates.rules import Call, Certificate, Issue, Revoke, State, apply, list_id
from contracts.titles.calls import Cancel, First, Transfer
from contracts.titles.record import RightKind

UNIT, REASON = digest("unit"), digest("lost")
LIST = list_id(COUNTY, 0)
ANN, BOB = held_by("ann"), held_by("bob")
CERTIFICATE = Issue(0, 7, UNIT, 1, digest("signed"))


class Archive:
    """A register with one unit, and the certificates of its registrars."""

    def __init__(self) -> None:
        self.land = Land()
        self.certificates = Lockstep(self.land.network, CERTIFICATES, State())
        application = self.land.apply_for(UNIT, RegistrationType.FIRST)
        self.land.must(CLERK, First(application, UNIT, digest("spatial"), int(RightKind.BUILDING), ANN))

    def do(self, caller: bytes, call: Call) -> Outcome:
        method = type(call).__name__.lower()
        return self.certificates.call(
            lambda state: apply(state, call, caller, self.land.now, self.land.world), caller, method, *astuple(call)
        )

    def must(self, call: Call, caller: bytes = CLERK) -> Outcome:
        outcome = self.do(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def status(self, place: int, list: bytes = LIST) -> client.Status:
        values = self.land.network.values(CERTIFICATES, client.status_fact(list, place).slots)
        return client.decode_status(list, place, values)


@pytest.fixture
def archive() -> Archive:
    return Archive()


def test_a_certificate_is_recorded_for_the_title_as_it_is_and_revoked_for_ever(archive: Archive) -> None:
    unused = archive.status(7)
    assert (unused.certificate, unused.is_revoked, unused.root) == (Certificate(), False, root_of(bytes(SIZE)))
    archive.must(CERTIFICATE)
    found = archive.status(7)
    assert found.certificate == Certificate(UNIT, 1, digest("signed"), archive.land.now)
    assert (found.is_revoked, found.root) == (False, root_of(bytes(SIZE)))
    archive.must(Revoke(0, 7, REASON))
    assert archive.status(7).is_revoked
    assert archive.do(CLERK, Revoke(0, 7, REASON)).reason == "certificate: revoked already"
    assert archive.do(CLERK, CERTIFICATE).reason == "certificate: place taken"


def test_the_root_on_chain_is_the_root_of_the_list_as_the_standard_writes_it(archive: Archive) -> None:
    places = [0, 1, 255, 256, 300, 65_535, 65_536, PLACES - 1]
    for done, place in enumerate(places, start=1):
        archive.must(Issue(0, place, UNIT, 1, digest(f"signed {place}")))
        archive.must(Revoke(0, place, REASON))
        assert archive.status(place).root == root_of(bits_of(places[:done]))
    bits = archive.certificates.state.bits(LIST)
    assert bits == bits_of(places)
    assert all(archive.status(place).is_revoked == is_set(bits, place) for place in (*places, 2, 254, 257))


def test_a_certificate_for_a_title_that_has_moved_on_is_refused(archive: Archive) -> None:
    land = archive.land
    land.must(CLERK, Transfer(land.apply_for(UNIT, RegistrationType.TRANSFER), UNIT, ANN, BOB, False))
    assert archive.do(CLERK, CERTIFICATE).reason == "certificate: the title has moved on"
    archive.must(Issue(0, 7, UNIT, 2, digest("signed")))
    land.must(CLERK, Cancel(land.apply_for(UNIT, RegistrationType.CANCELLATION), UNIT, BOB))
    assert archive.do(CLERK, Issue(0, 8, UNIT, 3, digest("x"))).reason == "certificate: no title in force"
    archive.must(Revoke(0, 7, REASON))


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (STRANGER, CERTIFICATE, "parties: unknown agent"),
        (JUDGE, CERTIFICATE, "certificate: registrar only"),
        (OTHER_CLERK, CERTIFICATE, "certificate: of another registrar"),
        (CLERK, Issue(0, PLACES, UNIT, 1, digest("signed")), "certificate: no such place"),
        (CLERK, Issue(0, 7, UNIT, 1, bytes(32)), "certificate: digest missing"),
        (CLERK, Issue(0, 7, digest("no unit"), 0, digest("signed")), "certificate: no title in force"),
        (CLERK, Issue(0, 7, UNIT, 2, digest("signed")), "certificate: the title has moved on"),
        (CLERK, Revoke(0, 8, REASON), "certificate: unknown"),
        (CLERK, Revoke(0, 7, bytes(32)), "certificate: reason missing"),
        (OTHER_CLERK, Revoke(0, 7, REASON), "certificate: unknown"),
        (JUDGE, Revoke(0, 7, REASON), "certificate: registrar only"),
    ],
)
def test_what_is_no_certificate_of_this_registrar_is_refused(
    archive: Archive, caller: bytes, call: Call, reason: str
) -> None:
    if isinstance(call, Revoke):
        archive.must(CERTIFICATE)
    assert archive.do(caller, call).reason == reason
    assert not archive.status(7).is_revoked


def test_lists_of_two_registrars_and_two_numbers_are_four(archive: Archive) -> None:
    lists = {list_id(party, number) for party in (COUNTY, CITY) for number in (0, 1)}
    assert len(lists) == 4
    assert archive.land.network.read(CERTIFICATES, "list_of", COUNTY, 0) == (LIST,)
    archive.must(CERTIFICATE)
    archive.must(Issue(1, 7, UNIT, 1, digest("signed")))
    archive.must(Revoke(0, 7, REASON))
    assert not archive.status(7, list_id(COUNTY, 1)).is_revoked


def test_a_pause_stops_issuing_and_not_revoking(archive: Archive) -> None:
    archive.must(CERTIFICATE)
    land = archive.land
    assert land.network.send(ADA, GOVERNANCE, "pause", name_id(CERTIFICATES)).accepted
    paused = land.network.send(CLERK, CERTIFICATES, "issue", 0, 8, UNIT, 1, digest("signed"))
    assert paused.reason == "governance: paused"
    archive.must(Revoke(0, 7, REASON))
