"""Applications: contract and rules agree; one entry each, withdrawn only before it, refused with a ground."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from land import CLERK, COUNTY, JUDGE, OTHER_CLERK, REGISTER, Land, held_by
from network import STRANGER, digest

from contracts.applications import client
from contracts.applications.rules import (
    Accept,
    Application,
    ApplicationState,
    Enter,
    Refuse,
    RegistrationType,
    Withdraw,
)
from contracts.calendar.dates import date_of, day_of
from contracts.titles.calls import First
from contracts.titles.record import RightKind

ID, UNIT = digest("application"), digest("unit")
ASK = Accept(ID, UNIT, int(RegistrationType.FIRST), digest("papers"))
NOTHING = bytes(32)


def application_of(land: Land, id: bytes = ID) -> Application:
    found = client.decode_application(id, land.network.values("Applications", client.application_fact(id).slots))
    assert found == land.asked.state.application(id)
    return found


def test_an_accepted_application_is_to_be_entered_in_thirty_working_days() -> None:
    land = Land()
    land.must(CLERK, ASK)
    found = application_of(land)
    assert (found.registrar, found.state) == (COUNTY, ApplicationState.ACCEPTED)
    # Accepted on Friday 2026-05-29 in UTC+8: six weeks of five days later.
    assert date_of(day_of(found.due - 1)) == date(2026, 7, 10)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": NOTHING}, "application: id missing"),
        ({"unit": NOTHING}, "application: unit missing"),
        ({"kind": 0}, "application: type"),
        ({"kind": int(RegistrationType.SEIZURE)}, "application: type"),
        ({"kind": int(RegistrationType.OPENING)}, "application: type"),
        ({"papers": NOTHING}, "application: papers missing"),
    ],
)
def test_an_incomplete_application_is_refused(changes: dict[str, object], reason: str) -> None:
    land = Land()
    assert land.do(CLERK, replace(ASK, **changes)).reason == reason  # type: ignore[arg-type]
    land.must(CLERK, ASK)
    assert land.do(CLERK, ASK).reason == "application: id used"


@pytest.mark.parametrize("caller", [JUDGE, STRANGER])
def test_only_a_registrar_accepts(caller: bytes) -> None:
    assert not Land().do(caller, ASK).accepted


@pytest.mark.parametrize("caller", [CLERK, JUDGE, STRANGER])
def test_nobody_but_the_register_enters(caller: bytes) -> None:
    land = Land()
    land.must(CLERK, ASK)
    entry = Enter(ID, COUNTY, UNIT, int(RegistrationType.FIRST))
    assert land.do(caller, entry).reason == "application: register only"


def test_an_entry_after_the_deadline_is_taken_and_marked_late() -> None:
    for late in (False, True):
        land = Land()
        land.must(CLERK, ASK)
        land.now = application_of(land).due - (not late)
        outcome = land.must(CLERK, First(ID, UNIT, digest("plan"), RightKind.BUILDING, held_by("ann")))
        marks = [log.data[-1] for log in outcome.logs if log.topics[1] == ID]
        assert marks == [int(late)]


@pytest.mark.parametrize("call", [Withdraw(ID, digest("request")), Refuse(ID, 4, digest("reasons"))])
def test_an_end_is_final_and_the_registrars_own(call: Withdraw | Refuse) -> None:
    land = Land()
    assert land.do(CLERK, call).reason == "application: unknown"
    land.must(CLERK, ASK)
    assert land.do(OTHER_CLERK, call).reason == "application: of another registrar"
    land.must(CLERK, call)
    assert land.do(CLERK, call).reason == "application: state"


def test_a_withdrawal_names_the_signed_request_and_a_refusal_a_ground_and_reasons() -> None:
    land = Land()
    land.must(CLERK, ASK)
    wrong = (Withdraw(ID, NOTHING), Refuse(ID, 0, digest("x")), Refuse(ID, 5, digest("x")), Refuse(ID, 1, NOTHING))
    assert [land.do(CLERK, call).reason for call in wrong] == [
        "application: source missing", "application: ground missing", "application: ground missing",
        "application: reason missing",
    ]  # fmt: skip


def test_the_registers_contracts_are_the_ones_that_the_directory_names() -> None:
    land = Land()
    land.must(CLERK, ASK)
    entry = Enter(ID, COUNTY, UNIT, int(RegistrationType.FIRST))
    for account in REGISTER:
        assert Land.do(land, account, replace(entry, kind=2)).reason == "application: another type"
    land.must(REGISTER[0], entry)
