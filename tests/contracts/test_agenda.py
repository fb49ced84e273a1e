"""The agenda: every row of its tables names real contracts and events, and what waits is what the events left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.addresses import CASES, JOBS, REQUESTS, SUPPLIES
from contracts.artefacts import interfaces
from contracts.oversight.pending.agenda import Agenda, Item, dated
from contracts.oversight.pending.step import EVERYBODY, Step, Turn
from contracts.oversight.pending.steps import ROWS, STEPS, lapsing
from contracts.regulation.reader import national
from contracts.world import AgentRole
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord

TURNS = [turn for _, _, turn in ROWS]
OWNER, ASKER, OTHER = (bytes([n]) * 32 for n in (1, 2, 3))
ONE, TWO = (bytes([n]) * 32 for n in (11, 12))


def event(contract: str, name: str, case: bytes, time: int, **args: AbiValue) -> Event:
    kind = next(known for known in interfaces()[contract].events.values() if known.name == name)
    entity = kind.fields[0].name
    topics = (kind.topic, case)
    return Event(contract, name, Address(bytes(20)), topics, b"", {entity: case, **args}, 1, time, 0, 0)


def received(case: bytes, time: int, due: int, owner: bytes = OWNER) -> Event:
    return event(REQUESTS, "RequestReceived", case, time, party=ASKER, owner=owner, asset=TWO, due=due)


def waiting(agenda: Agenda, now: int = 0) -> list[tuple[str, bytes, int]]:
    return [(item.step, item.party, item.due) for item in agenda.items(now)]


@pytest.mark.parametrize(("contract", "name", "turn"), ROWS)
def test_every_row_names_an_event_its_arguments_and_its_steps(contract: str, name: str, turn: Turn) -> None:
    found = [kind for kind in interfaces()[contract].events.values() if kind.name == name]
    assert len(found) == 1
    arguments = {field.name for field in found[0].fields}
    assert {*turn.case, *turn.facts.values()} <= arguments
    assert {*turn.begins, *turn.ends, *turn.ends_own} <= STEPS.keys()
    assert not turn.ends_own or "party" in arguments
    assert not turn.late or (turn.late in arguments and turn.ends)
    assert not turn.unless or turn.unless in arguments
    assert turn.lender is None or turn.lender[1] in arguments


def test_every_step_is_begun_and_ended_by_some_event_and_its_rules_and_limits_exist() -> None:
    for code, step in STEPS.items():
        assert any(code in turn.begins for turn in TURNS)
        kinds = {turn.kind for turn in TURNS if code in turn.begins}
        ended = (turn for turn in TURNS if code in turn.ends or (turn.closes and turn.kind in kinds))
        assert any(ended)
        kinds |= {turn.lender[0] for turn in TURNS if turn.kind in kinds and turn.lender}
        facts = {name for turn in TURNS if turn.kind in kinds for name in turn.facts}
        assert {name for name in (step.bound, step.due) if name} <= facts
        for id in step.rules:
            assert national().rule(id)
        assert not step.limit or not national().stated(step.limit).length.minimum


@pytest.mark.parametrize("step", STEPS.values(), ids=lambda step: step.code)
def test_the_page_has_a_row_for_every_step_with_its_words_duties_and_rules(step: Step) -> None:
    page = (Path(__file__).parents[2] / "docs" / "inbox.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| {step.what.en} |")]
    duties = ", ".join(str(duty.name).lower() for duty in AgentRole if duty in step.role)
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert (cells[1], cells[3]) == (duties, ", ".join(step.rules))
    assert cells[2].startswith("no limit") is not bool(step.due)


def test_a_case_of_one_window_waits_for_each_of_its_departments_and_for_the_window() -> None:
    agenda, hour = Agenda(), 100 + 3601
    agenda.take([event(CASES, "TemplateDefined", TWO, 50, party=OTHER, departments=(OWNER, ASKER))])
    assert waiting(agenda) == []
    agenda.take([event(CASES, "CaseOpened", ONE, 100, party=OWNER, template=TWO, due=hour)])
    window = [("close-case", OWNER, hour), ("sign-case", OWNER, hour), ("sign-case", ASKER, hour)]
    assert waiting(agenda) == window
    assert [item.is_overdue(hour) for item in agenda.items(hour)] == [True] * 3
    agenda.take([event(CASES, "CaseSigned", ONE, 200, party=ASKER)])
    assert waiting(agenda) == window[:2]
    agenda.take([event(CASES, "CaseSigned", ONE, 300, party=OWNER)])
    assert waiting(agenda) == window[:1]
    agenda.take([event(CASES, "CaseClosed", ONE, 400, party=OWNER)])
    assert waiting(agenda) == []
    agenda.take([event(CASES, "CaseOpened", OTHER, 500, party=ASKER, template=TWO, due=900)])  # defined once for all
    assert len(waiting(agenda)) == 3
    agenda.take([event(CASES, "CaseRefused", OTHER, 600, party=OWNER)])
    assert waiting(agenda) == []


def test_a_request_waits_for_its_owner_then_for_the_requester_then_for_nobody() -> None:
    agenda = Agenda()
    agenda.take([received(ONE, 100, 900)])
    assert waiting(agenda) == [("answer", OWNER, 900)]
    agenda.take([event(REQUESTS, "AnswerExtended", ONE, 200, party=OTHER, due=1900)])
    assert waiting(agenda) == [("answer", OWNER, 1900)]
    assert agenda.items(0)[0].since == 100
    agenda.take([event(REQUESTS, "SupplementAsked", ONE, 300, party=OWNER)])
    assert waiting(agenda) == [("supplement", ASKER, 0)]
    agenda.take([received(ONE, 400, 2400)])
    assert waiting(agenda) == [("answer", OWNER, 2400)]
    agenda.take([event(REQUESTS, "RequestRefused", ONE, 500, party=OWNER)])
    assert waiting(agenda) == []
    assert len(agenda) == 0


def test_a_yes_waits_for_the_supply_and_a_supply_for_its_receipt() -> None:
    agenda = Agenda()
    agenda.take([received(ONE, 100, 900), event(REQUESTS, "RequestConsented", ONE, 200, party=OWNER, supply=2900)])
    assert waiting(agenda) == [("supply", OWNER, 2900)]
    supplied = {"grantee": ASKER, "number": 1, "breach": 0}
    agenda.take([event(SUPPLIES, "Supplied", ONE, 300, party=ASKER, source=TWO, **supplied)])
    assert "supply" in {item.step for item in agenda.items(300)}  # what another hands on is not the owner's supply
    agenda.take([event(SUPPLIES, "Supplied", ONE, 300, party=OWNER, source=bytes(32), **supplied)])
    assert waiting(agenda) == [("sign-supply", ASKER, 0)]
    agenda.take([event(SUPPLIES, "SupplySigned", ONE, 400, party=ASKER, number=1)])
    assert len(agenda) == 0


def test_a_supply_is_owed_no_more_once_a_job_has_used_the_data_or_the_service_has_ended() -> None:
    for name, args in (
        ("AuthorizationUsed", {"job": TWO, "uses": 1}),
        ("AuthorizationRevoked", {"reason": TWO}),
        ("AuthorizationDisposed", {"certificate": TWO}),
    ):
        agenda = Agenda()
        agenda.take([received(ONE, 100, 900), event(REQUESTS, "RequestConsented", ONE, 200, party=OWNER, supply=2900)])
        agenda.take([event("Authorizations", name, ONE, 300, state=1, party=OWNER, **args)])
        assert len(agenda) == 0


def test_each_member_of_a_job_has_its_own_turn_and_a_deadline_that_passed_is_nobody_s() -> None:
    agenda = Agenda()
    parties: tuple[AbiValue, ...] = (OWNER, OTHER)
    agenda.take([event(JOBS, "JobProposed", ONE, 100, recipient=ASKER, parties=parties, deadline=700)])
    agenda.take([event(JOBS, "JobAccepted", ONE, 110, party=OWNER)])
    assert waiting(agenda) == [("take-part", OTHER, 700)]
    assert waiting(agenda, now=699) == [("take-part", OTHER, 700)]
    assert waiting(agenda, now=700) == []


def test_a_job_that_was_opened_may_be_aborted_and_waits_again_for_all_when_it_is_retried() -> None:
    agenda = Agenda()
    parties: tuple[AbiValue, ...] = (OWNER, OTHER)
    agenda.take([event(JOBS, "JobProposed", ONE, 100, recipient=ASKER, parties=parties, deadline=700)])
    agenda.take(event(JOBS, "JobAccepted", ONE, 110, party=party) for party in (OWNER, OTHER))
    agenda.take([event(JOBS, "JobOpened", ONE, 120, party=OWNER), event(JOBS, "JobAborted", ONE, 130, party=OTHER)])
    assert waiting(agenda) == []
    agenda.take([event(JOBS, "JobRetried", ONE, 140, party=ASKER, members=3)])
    assert waiting(agenda) == [("take-part", OWNER, 700), ("take-part", OTHER, 700)]


def test_an_event_that_begins_nothing_makes_no_case_of_what_is_over() -> None:
    agenda = Agenda()
    agenda.take([event(JOBS, "JobAborted", ONE, 800, party=OTHER)])
    assert len(agenda) == 0


def test_a_kind_of_case_that_lapses_has_its_end_among_its_facts_and_no_other_step() -> None:
    assert lapsing() == {"job": "deadline", "proposal": "expires", "action": "expires"}
    for kind, ends in lapsing().items():
        turns = [turn for turn in TURNS if turn.kind == kind]
        assert all(STEPS[code].lapses and STEPS[code].due == ends for turn in turns for code in turn.begins)


def test_what_has_no_end_comes_last_and_the_order_follows_from_the_events_alone() -> None:
    events = [
        received(ONE, 100, 900),
        received(TWO, 100, 800),
        event(REQUESTS, "SupplementAsked", ONE, 120, party=OWNER),
        event("Governance", "Proposed", OTHER, 130, member=bytes(20), expires=850),
    ]
    agenda = Agenda()
    agenda.take(events)
    assert waiting(agenda) == [("answer", OWNER, 800), ("vote", EVERYBODY, 850), ("supplement", ASKER, 0)]


def test_a_case_whose_beginning_is_missing_names_nobody_and_is_refused() -> None:
    with pytest.raises(InvalidRecord, match="nobody is named as owner"):
        Agenda().take([event(REQUESTS, "AnswerExtended", ONE, 200, party=OTHER, due=1900)])


def test_only_a_limit_that_no_event_has_fixed_is_computed() -> None:
    class Never:
        def until(self, code: str, start: int) -> int:
            raise AssertionError(code)

    fixed = Item("request", ONE, "answer", OWNER, 100, 900)
    assert dated([fixed], Never()) == [fixed]
