"""Stop-all: everything granted is suspended, a job cannot go on, and resuming lifts these suspensions and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from department import Died
from statutetown import Stepped, Town

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations.record import AuthorizationState
from contracts.parties.client import party_id
from gateway.statute.officers import Officer
from gateway.statute.sharing.stopping import Brake, permits
from ledger.chain.port import Chain, Operation, Receipt
from ledger.errors import BackendError, InvalidRecord, NotFound
from ledger.hashing import keccak256
from ledger.proofs.view import ProvenView


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path, ("tax", "audit", "finance"))
    for owner, asset in (("tax", "sales"), ("tax", "rents"), ("finance", "loans")):
        opened.mount(owner, asset)
    yield opened
    opened.close()


class Seated(Officer):
    """An officer over a chain that makes a block for every call."""

    def __init__(self, chain: Chain, view: ProvenView, party: str) -> None:
        self.party, self._chain, self._view = party, chain, view


class Desk:
    """One department's brake."""

    def __init__(self, town: Town, chain: Chain | None = None) -> None:
        self.observer = town.observer("desk of tax")
        officer = Seated(chain or Stepped(town, "tax"), self.observer.view, "tax")
        self.brake = Brake(officer, town.directory / "tax-stopped.json")

    def stop(self) -> dict[bytes, str]:
        return {one.id: one.fault for one in self.brake.stop(self._acts(), "an incident")}

    def resume(self) -> dict[bytes, str]:
        return {one.id: one.fault for one in self.brake.resume(self._acts())}

    def states(self) -> dict[bytes, AuthorizationState]:
        return {id: record.state for id, record in permits(self._acts()).authorizations.items()}

    def _acts(self) -> list[object]:
        return self.observer.acts(self.observer.follow())  # type: ignore[return-value]


def test_all_of_the_department_s_and_nobody_else_s_are_suspended_and_uses_refused(town: Town) -> None:
    sales, rents = (town.authorize("tax", "audit", asset, asset) for asset in ("sales", "rents"))
    loans = town.authorize("finance", "audit", "loans", "loans")
    desk = Desk(town)
    assert desk.stop() == {sales: "", rents: ""}
    assert desk.states() == {
        sales: AuthorizationState.SUSPENDED,
        rents: AuthorizationState.SUSPENDED,
        loans: AuthorizationState.GRANTED,
    }
    refused = town.propose("audit", "tax", sales, "job")
    assert (refused.accepted, refused.reason) == (False, "job: authorization suspended")
    assert town.propose("audit", "finance", loans, "another").accepted
    assert desk.stop() == {}  # nothing is left to stop
    assert desk.resume() == {sales: "", rents: ""}
    assert town.propose("audit", "tax", sales, "job again").accepted
    with pytest.raises(NotFound, match="nothing is stopped from here"):
        desk.resume()


def test_what_was_suspended_before_or_ended_meanwhile_stays_so(town: Town) -> None:
    before, sales, rents = (town.authorize("tax", "audit", "sales", name) for name in ("before", "sales", "rents"))
    town.do("tax", AUTHORIZATIONS, "suspend", *town.suspension(before))
    desk = Desk(town)
    assert desk.stop() == {sales: "", rents: ""}
    assert town.do("audit", AUTHORIZATIONS, "dispose", rents, keccak256(b"certificate")).accepted
    assert desk.resume() == {sales: "", rents: "disposed by now"}
    assert desk.states() == {
        before: AuthorizationState.SUSPENDED,
        sales: AuthorizationState.GRANTED,
        rents: AuthorizationState.DISPOSED,
    }


def test_one_that_the_chain_refuses_keeps_nobody_from_stopping_the_others(town: Town) -> None:
    sales, rents = (town.authorize("tax", "audit", asset, asset) for asset in ("sales", "rents"))
    desk = Desk(town)
    acts = desk._acts()
    certificate = keccak256(b"certificate")
    assert town.do("audit", AUTHORIZATIONS, "dispose", sales, certificate).accepted  # between looking and stopping
    done = {one.id: one.fault for one in desk.brake.stop(acts, "an incident")}  # type: ignore[arg-type]
    assert done == {sales: "the chain refuses to suspend: authorization: state", rents: ""}
    assert desk.brake.stopped() == [rents]


class Lost(Stepped):
    """A chain whose answer is lost: the call is carried out, and the caller dies or never hears of it."""

    def __init__(self, town: Town, fault: BaseException) -> None:
        super().__init__(town, "tax")
        self.fault = fault

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        super().submit(operation, timeout_s=timeout_s)
        raise self.fault


def test_what_was_suspended_when_the_command_died_is_resumed(town: Town) -> None:
    sales, rents = (town.authorize("tax", "audit", asset, asset) for asset in ("sales", "rents"))
    with pytest.raises(Died):
        Desk(town, Lost(town, Died())).stop()
    desk = Desk(town)
    (suspended,) = [id for id, state in desk.states().items() if state is AuthorizationState.SUSPENDED]
    assert desk.resume() == {suspended: ""}
    assert desk.states() == dict.fromkeys((sales, rents), AuthorizationState.GRANTED)


def test_what_may_have_been_suspended_without_an_answer_is_resumed(town: Town) -> None:
    sales = town.authorize("tax", "audit", "sales", "sales")
    assert Desk(town, Lost(town, BackendError("no answer"))).stop() == {sales: "no answer"}
    desk = Desk(town)
    assert desk.brake.stopped() == [sales]
    assert desk.resume() == {sales: ""}
    assert desk.brake.stopped() == []


def test_a_damaged_file_is_named(town: Town) -> None:
    desk = Desk(town)
    desk.brake.file.write_text("{}")
    with pytest.raises(InvalidRecord, match="damaged"):
        desk.resume()
    assert party_id("tax") != party_id("finance")
