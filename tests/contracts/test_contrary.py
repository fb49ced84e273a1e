"""The contrary: what the acts say against an item is counted, and its accepted neighbour is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_tally import ASKER, AUTHORITY, CLERK, ONE, OWNER, START, TWO, act

from contracts.addresses import AUTHORIZATIONS, BREACHES, CATALOGUE, CUSTODY, GRADES, JOBS, NOTARY, PARTIES, SUPPLIES
from contracts.authorizations.record import AuthorizationState
from contracts.breaches.rules import BreachState
from contracts.calendar.dates import DAY
from contracts.history import NOTHING
from contracts.oversight.acts import Act
from contracts.oversight.selfchecks.contrary import YEAR_S, Contrary, contrary
from contracts.parties.record import Agent
from contracts.world import AgentRole
from ledger.abi import AbiValue

HOLDER, NOW = bytes([8]) * 20, START + 90 * DAY
PURPOSE, OTHER = bytes([21]) * 32, bytes([22]) * 32
OFFICE = Agent(OWNER, AgentRole.OFFICER, AgentRole.OFFICER, START - DAY, START + 300 * DAY)
ANCHOR = act(NOTARY, "Anchored", ONE, START)


def against(*acts: Act, agents: dict[bytes, Agent] | None = None, now: int = NOW) -> Contrary:
    return contrary(acts, {CLERK: OFFICE} if agents is None else agents, now)


def grant(until: int = START + 30 * DAY, uses: int = 1) -> Act:
    return act(
        AUTHORIZATIONS, "AuthorizationGranted", ONE, START, state=AuthorizationState.GRANTED, party=OWNER,
        grantee=ASKER, asset=TWO, purpose=PURPOSE, operations=3, valid_from=START, valid_until=until, max_uses=uses,
    )  # fmt: skip


def use(time: int = START + DAY, number: int = 1, **asked: AbiValue) -> Act:
    """A proposal with the use that it makes, in the order of the contracts' events."""
    wanted = {"purpose": PURPOSE, "operations": 1, "minimum": 10, "authorizations": (ONE,), **asked}
    proposed = act(JOBS, "JobProposed", TWO, time, **wanted)
    used = act(AUTHORIZATIONS, "AuthorizationUsed", ONE, time, state=AuthorizationState.GRANTED, job=TWO, uses=number)
    return replace(proposed, events=(*used.events, *proposed.events))


def appointment(agent: bytes, start: int, until: int) -> Act:
    return act(PARTIES, "Enrolled", bytes(12) + agent, START, party=OWNER, valid_from=start, valid_until=until)


def breach(rule: int, state: BreachState = BreachState.FOUND, time: int = START) -> Act:
    name = "BreachFound" if state is BreachState.FOUND else "BreachClosed"
    return act(BREACHES, name, ONE, time, state=state, **({"rule": rule} if state is BreachState.FOUND else {}))


def test_whoever_nobody_appointed_is_a_stranger_and_only_what_took_counts() -> None:
    assert against(ANCHOR).strangers == 0
    assert against(replace(ANCHOR, sender=HOLDER)).strangers == 1
    assert against(replace(ANCHOR, sender=HOLDER, accepted=False)).strangers == 0
    assert against(appointment(HOLDER, START, NOW), replace(ANCHOR, sender=HOLDER)).strangers == 0


def test_a_call_before_after_or_without_the_term_of_its_agent_is_found() -> None:
    for start, until, found in (
        (START, START + 10, 0), (START - 10, START, 1), (START + 1, START + 10, 1),
    ):  # fmt: skip
        later = replace(ANCHOR, sender=HOLDER)
        assert against(appointment(HOLDER, start, until), later).out_of_office == found
        assert (
            against(later, agents={HOLDER: replace(OFFICE, valid_from=start, valid_until=until)}).out_of_office == found
        )


def test_who_was_dismissed_and_still_carries_something_out_is_found() -> None:
    gone = act(PARTIES, "Dismissed", bytes(12) + HOLDER, START + 5, party=OWNER)
    before, after = (replace(ANCHOR, sender=HOLDER, time=START + seconds) for seconds in (4, 5))
    former = {CLERK: OFFICE, HOLDER: replace(OFFICE, valid_until=START + 5)}
    assert against(before, gone, agents=former).out_of_office == 0
    assert against(gone, after, agents=former).out_of_office == 1
    assert against(before, gone, after, agents=former).strangers == 0
    back = replace(appointment(HOLDER, START + 5, NOW), time=START + 5)
    assert against(gone, back, after, agents=former).out_of_office == 0


def test_an_accepted_call_without_a_readable_event_is_no_record() -> None:
    assert against(ANCHOR).unread == 0
    assert against(ANCHOR, replace(ANCHOR, events=())).unread == 1


@pytest.mark.parametrize(
    ("made", "outside"),
    [
        ((grant(), use()), 0),
        ((grant(), use(START + 30 * DAY)), 1),
        ((grant(), use(purpose=OTHER)), 1),
        ((grant(), use(operations=4)), 1),
        ((grant(), use(), use(number=2)), 1),
        ((grant(uses=2), use(), use(number=2)), 0),
        ((use(),), 1),
    ],
    ids=["within", "expired", "purpose", "operation", "exhausted", "twice", "nothing granted"],
)
def test_a_use_outside_of_what_was_granted_is_found(made: tuple[Act, ...], outside: int) -> None:
    assert against(*made).outside == outside


def test_personal_information_without_basis_or_assessment_is_found() -> None:
    for personal, basis, assessment, found in (
        (0, 0, NOTHING, 0), (1, 2, TWO, 0), (1, 0, TWO, 1), (1, 2, NOTHING, 1),
    ):  # fmt: skip
        covered = act(GRADES, "TermsCovered", ONE, START, personal=personal, basis=basis, assessment=assessment)
        assert against(covered).uncovered == found


def test_an_item_with_two_sources_at_once_is_found_and_one_that_moved_is_not() -> None:
    first, second = (act(CATALOGUE, "AssetMounted", asset, START, item=PURPOSE, party=OWNER) for asset in (ONE, TWO))
    left = act(CATALOGUE, "AssetUnmounted", ONE, START)
    assert against(first, second).doubled == 1
    assert against(first, left, second).doubled == 0
    assert against(first, replace(left, events=()), second).doubled == 1


def test_rows_under_an_authorization_that_is_over_wait_for_a_certificate() -> None:
    supplied = act(SUPPLIES, "Supplied", ONE, START + 1, party=OWNER, grantee=ASKER)
    revoked, disposed = (
        act(AUTHORIZATIONS, f"Authorization{state.name.capitalize()}", ONE, START + 2, state=state)
        for state in (AuthorizationState.REVOKED, AuthorizationState.DISPOSED)
    )
    assert against(grant(), supplied, now=START + DAY).undisposed == 0
    assert against(grant(), supplied, revoked, now=START + DAY).undisposed == 1
    assert against(grant(), supplied, now=START + 30 * DAY).undisposed == 1
    assert against(grant(), supplied, revoked, disposed).undisposed == 0
    assert against(grant(), revoked).undisposed == 0


def test_the_smallest_minimum_is_of_jobs_that_were_opened() -> None:
    opened = act(JOBS, "JobOpened", TWO, START + DAY)
    assert against(grant(), use(minimum=1)).least == 0
    assert against(grant(), use(minimum=1), opened).least == 1
    assert against(grant(), use(), opened).least == 10


def test_an_item_of_custody_has_the_keeper_who_took_it_last_until_it_is_closed() -> None:
    entered = act(CUSTODY, "ItemEntered", ONE, START, party=OWNER)
    taken = act(CUSTODY, "ItemTaken", ONE, START, party=ASKER)
    assert against(entered).keepers == {OWNER: 1}
    assert against(entered, act(CUSTODY, "ItemOffered", ONE, START, party=OWNER), taken).keepers == {ASKER: 1}
    assert against(entered, taken, act(CUSTODY, "ItemClosed", ONE, START, party=ASKER)).keepers == {}


def test_a_finding_counts_under_its_rule_until_it_is_lifted_or_closed_a_year_ago() -> None:
    closed, lifted = (breach(25, state, START + DAY) for state in (BreachState.CLOSED, BreachState.LIFTED))
    assert against(breach(25)).breaches(25) == 1
    assert against(breach(25)).breaches(7, 15) == 0
    assert against(breach(25), lifted).breaches(25) == 0
    assert against(breach(25), closed).breaches(25) == 1
    assert against(breach(25), closed, now=START + YEAR_S + 1).breaches(25) == 0
    assert against(breach(25), now=START + YEAR_S + 1).breaches(25) == 1  # nobody closed it
    assert AUTHORITY not in against(breach(25)).keepers
