"""Materials: what one department registered, another relies on within its purposes and never asks for again."""

from __future__ import annotations

import pytest
from network import (
    ADA,
    AGENTS,
    AUDIT,
    FINANCE,
    NOW,
    OPERATOR,
    STRANGER,
    TAX,
    Network,
    digest,
)
from sharing import DAY
from single import Single

from contracts.addresses import GOVERNANCE, MATERIALS, name_id
from contracts.materials import client
from contracts.materials.rules import MAX_PURPOSES, NOTHING, Call, Material, Register, Rely, State, Withdraw, apply
from contracts.proven import history_fact, verify_events
from contracts.world import AgentRole
from ledger.errors import InvalidRecord, VerificationError

KEEPER, USER, OTHER = (AGENTS[party, AgentRole.OFFICER] for party in (TAX, FINANCE, AUDIT))
HIRED = AGENTS[OPERATOR, AgentRole.OFFICER]
ID, KIND, CONTENT, MATTER, REASON = map(digest, ("whose licence", "licence", "content", "matter", "reason"))
PERMIT, SUBSIDY, FINE = map(digest, ("permit", "subsidy", "fine"))
END = NOW + 30 * DAY
REGISTER = Register(ID, KIND, CONTENT, END, (PERMIT, SUBSIDY))
RELY = Rely(ID, CONTENT, PERMIT, MATTER)
WITHDRAW = Withdraw(ID, REASON)
BUILDERS = {Register: client.register, Rely: client.rely, Withdraw: client.withdraw}
Office = Single[State, Call]


@pytest.fixture
def office() -> Office:
    return Single(Network(), MATERIALS, State(), apply, BUILDERS)


def reusable(office: Office, purpose: bytes = PERMIT) -> bool:
    """Ask contract and rules whether nobody needs to be asked for the material."""
    (answer,) = office.network.read(MATERIALS, "is_reusable", ID, purpose)
    assert answer == office.state.is_reusable(ID, purpose, office.network.now)
    return bool(answer)


def test_what_was_handed_in_once_serves_every_department_within_its_purposes(office: Office) -> None:
    assert not reusable(office)
    office.take(KEEPER, REGISTER)
    assert reusable(office)
    office.take(USER, RELY)
    office.take(USER, Rely(ID, CONTENT, SUBSIDY, digest("second matter")))
    office.take(OTHER, RELY)
    office.take(ADA, RELY)
    assert office.state.journal.count(ID) == 5


def test_a_use_outside_the_purposes_is_refused(office: Office) -> None:
    office.take(KEEPER, REGISTER)
    assert not reusable(office, FINE)
    office.refuse(USER, Rely(ID, CONTENT, FINE, MATTER), "material: outside its purposes (R15)")


def test_what_is_registered_in_force_nobody_registers_again(office: Office) -> None:
    office.take(KEEPER, REGISTER)
    again = Register(ID, KIND, digest("handed in again"), END, (FINE,))
    office.refuse(USER, again, "material: submitted already (R07)")
    office.network.now = END - 1
    office.refuse(USER, again, "material: submitted already (R07)")
    office.network.now = END
    office.take(USER, Register(ID, KIND, CONTENT, END + DAY, (FINE,)))
    assert office.state.material(ID).keeper == FINANCE


def test_an_expired_material_is_refused(office: Office) -> None:
    office.take(KEEPER, REGISTER)
    office.network.now = END - 1
    office.take(USER, RELY)
    office.network.now = END
    assert not reusable(office)
    office.refuse(OTHER, RELY, "material: expired")


def test_a_withdrawn_material_is_refused_until_it_is_registered_anew(office: Office) -> None:
    office.take(KEEPER, REGISTER)
    office.refuse(USER, WITHDRAW, "material: kept by another")
    office.refuse(KEEPER, Withdraw(ID, NOTHING), "material: reason missing")
    office.take(KEEPER, WITHDRAW)
    assert not reusable(office)
    office.refuse(USER, RELY, "material: withdrawn")
    office.refuse(KEEPER, WITHDRAW, "material: withdrawn")
    office.take(USER, REGISTER)
    office.take(KEEPER, RELY)


def test_the_keepers_new_version_replaces_the_old_one_and_its_purposes(office: Office) -> None:
    office.take(KEEPER, REGISTER)
    renewed = digest("renewed")
    office.take(KEEPER, Register(ID, KIND, renewed, END, (PERMIT,)))
    office.refuse(USER, RELY, "material: another version")
    office.refuse(USER, Rely(ID, renewed, SUBSIDY, MATTER), "material: outside its purposes (R15)")
    office.take(USER, Rely(ID, renewed, PERMIT, MATTER))


def test_one_reuse_is_recorded_once_for_a_matter(office: Office) -> None:
    office.take(KEEPER, REGISTER)
    office.take(USER, RELY)
    office.refuse(USER, RELY, "material: relied on for this already")
    office.refuse(USER, Rely(ID, CONTENT, PERMIT, NOTHING), "material: matter missing")
    office.refuse(KEEPER, RELY, "material: kept here")


def test_an_operator_neither_keeps_nor_relies(office: Office) -> None:
    office.refuse(HIRED, REGISTER, "material: departments only (R25)")
    office.take(KEEPER, REGISTER)
    office.refuse(HIRED, RELY, "material: departments only (R25)")
    office.refuse(STRANGER, RELY, "parties: unknown agent")


def test_an_incomplete_call_is_refused(office: Office) -> None:
    for call, reason in (
        (Register(NOTHING, KIND, CONTENT, END, (PERMIT,)), "material: kind missing"),
        (Register(ID, NOTHING, CONTENT, END, (PERMIT,)), "material: kind missing"),
        (Register(ID, KIND, NOTHING, END, (PERMIT,)), "material: content missing"),
        (Register(ID, KIND, CONTENT, NOW, (PERMIT,)), "material: period"),
        (Register(ID, KIND, CONTENT, END, ()), "material: purpose missing"),
        (Register(ID, KIND, CONTENT, END, (PERMIT, NOTHING)), "material: purpose missing"),
        (RELY, "material: unknown"),
        (WITHDRAW, "material: unknown"),
    ):
        office.refuse(KEEPER, call, reason)


def test_the_longest_list_of_purposes_is_taken_and_a_longer_one_is_none(office: Office) -> None:
    purposes = tuple(digest(f"purpose {n}") for n in range(MAX_PURPOSES + 1))
    office.take(KEEPER, Register(ID, KIND, CONTENT, END, purposes[:-1]))
    with pytest.raises(InvalidRecord, match="at most 16 purposes"):
        Register(ID, KIND, CONTENT, END, purposes)


def test_a_pause_stops_registration_and_reuse_and_no_withdrawal(office: Office) -> None:
    office.take(KEEPER, REGISTER)
    assert office.network.send(ADA, GOVERNANCE, "pause", name_id(MATERIALS)).accepted
    for call in (RELY, REGISTER):
        operation = BUILDERS[type(call)](call, op_id=ID)  # type: ignore[operator]
        assert office.network.send(USER, MATERIALS, operation.method, *operation.args).reason == "governance: paused"
    office.take(KEEPER, WITHDRAW)


def test_the_events_are_the_whole_history_and_words_read_back(office: Office) -> None:
    steps = ((KEEPER, REGISTER), (USER, RELY), (KEEPER, WITHDRAW))
    logs = [log for caller, call in steps for log in office.take(caller, call).logs]
    network = office.network
    values = network.values(MATERIALS, history_fact(MATERIALS, ID).slots)
    verify_events(MATERIALS, ID, logs, values)
    with pytest.raises(VerificationError):
        verify_events(MATERIALS, ID, logs[::-1], values)
    words = network.values(MATERIALS, client.material_fact(ID).slots)
    assert client.decode_material(ID, words) == office.state.material(ID)
    assert client.decode_material(ID, dict.fromkeys(words, bytes(32))) == Material()
    with pytest.raises(InvalidRecord, match="boolean"):
        client.decode_material(ID, dict.fromkeys(words, b"\xff" * 32))
    for purpose in (PERMIT, FINE):
        slots = network.values(MATERIALS, client.purpose_fact(ID, 1, purpose).slots)
        assert client.decode_purpose(ID, 1, purpose, slots) == (purpose == PERMIT)
    for matter in (MATTER, REASON):
        slots = network.values(MATERIALS, client.reuse_fact(ID, 1, FINANCE, matter).slots)
        assert client.decode_reuse(ID, 1, FINANCE, matter, slots) == (matter == MATTER)
