"""Custody: contract and rules agree; an item is handed on by two signatures only, and who held it when is provable."""

from __future__ import annotations

from itertools import pairwise
from typing import get_args

import pytest
from evm import Outcome
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from network import ADA, AGENTS, AUDIT, FINANCE, NOW, OPERATOR, STRANGER, TAX, Network, digest
from single import Single

from contracts.addresses import CUSTODY, GOVERNANCE, name_id
from contracts.artefacts import interfaces
from contracts.custody import client
from contracts.custody.holding import Holding, holder_at, holdings
from contracts.custody.rules import Call, Close, Decline, Enter, Item, ItemState, Offer, Reseal, State, Take, apply
from contracts.history import NOTHING
from contracts.proven import history_fact, verify_events
from contracts.world import AgentRole
from ledger.chain.port import Event
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.proofs.proof import Log

ITEM, GOOD, WET, SEAL, OTHER, WORD = map(digest, ("item", "good", "wet", "seal 17", "seal 18", "word"))
CLERK = {party: AGENTS[party, AgentRole.OFFICER] for party in (FINANCE, TAX, AUDIT, OPERATOR)}
ENTER = Enter(ITEM, GOOD, SEAL)


class Store(Single[State, Call]):
    """Three departments and an item."""

    def __init__(self) -> None:
        super().__init__(Network(), CUSTODY, State(), apply, dict.fromkeys(get_args(Call), client.operation))

    def must(self, party: bytes, call: Call) -> Outcome:
        self.network.now += 60
        return self.take(CLERK[party], call)

    def refused(self, party: bytes, call: Call, caller: bytes = b"") -> str:
        outcome = self.do(caller or CLERK[party], call)
        assert not outcome.accepted
        return outcome.reason

    @property
    def item(self) -> Item:
        return self.state.item(ITEM)


@pytest.fixture
def store() -> Store:
    found = Store()
    found.must(FINANCE, ENTER)
    return found


def test_an_item_is_handed_on_by_the_signatures_of_giver_and_taker(store: Store) -> None:
    store.must(FINANCE, Offer(ITEM, TAX, GOOD))
    assert (store.item.holder, store.item.state) == (FINANCE, ItemState.OFFERED)
    store.must(TAX, Take(ITEM, GOOD, SEAL))
    assert store.item == Item(TAX, condition=GOOD, seal=SEAL, state=ItemState.HELD)
    store.must(TAX, Offer(ITEM, AUDIT, WET))
    store.must(AUDIT, Take(ITEM, WET, SEAL))
    assert store.item.holder == AUDIT


def test_a_break_in_the_chain_is_refused(store: Store) -> None:
    """Neither signature alone, in another order or by another party moves the item."""
    assert store.refused(TAX, Take(ITEM, GOOD, SEAL)) == "custody: state"
    assert store.refused(TAX, Offer(ITEM, AUDIT, GOOD)) == "custody: not the holder"
    store.must(FINANCE, Offer(ITEM, TAX, GOOD))
    assert store.refused(FINANCE, Take(ITEM, GOOD, SEAL)) == "custody: not the taker"
    assert store.refused(AUDIT, Take(ITEM, GOOD, SEAL)) == "custody: not the taker"
    assert store.refused(FINANCE, Offer(ITEM, AUDIT, GOOD)) == "custody: state"
    assert store.refused(FINANCE, Reseal(ITEM, GOOD, NOTHING)) == "custody: state"
    assert store.refused(FINANCE, Close(ITEM, WORD)) == "custody: state"
    store.must(TAX, Take(ITEM, GOOD, SEAL))
    assert store.refused(FINANCE, Offer(ITEM, AUDIT, GOOD)) == "custody: not the holder"
    assert store.refused(FINANCE, Enter(ITEM, GOOD, SEAL)) == "custody: exists"


def test_who_takes_signs_for_the_condition_and_the_seal_that_the_giver_stated(store: Store) -> None:
    store.must(FINANCE, Offer(ITEM, TAX, GOOD))
    assert store.refused(TAX, Take(ITEM, WET, SEAL)) == "custody: another condition"
    assert store.refused(TAX, Take(ITEM, GOOD, OTHER)) == "custody: another seal"
    assert store.refused(TAX, Take(ITEM, GOOD, NOTHING)) == "custody: another seal"
    store.must(TAX, Take(ITEM, GOOD, SEAL))


def test_an_offer_declined_or_taken_back_leaves_the_item_where_it_is(store: Store) -> None:
    for who in (TAX, FINANCE):
        store.must(FINANCE, Offer(ITEM, TAX, GOOD))
        assert store.refused(AUDIT, Decline(ITEM, WORD)) == "custody: of other parties"
        assert store.refused(who, Decline(ITEM, NOTHING)) == "custody: reason missing"
        store.must(who, Decline(ITEM, WORD))
        assert store.item == Item(FINANCE, condition=GOOD, seal=SEAL, state=ItemState.HELD)
        assert store.refused(TAX, Take(ITEM, GOOD, SEAL)) == "custody: state"
        assert store.refused(who, Decline(ITEM, WORD)) == "custody: state"


def test_seals_are_opened_and_set_by_the_holder_and_nobody_else(store: Store) -> None:
    assert store.refused(TAX, Reseal(ITEM, GOOD, NOTHING)) == "custody: not the holder"
    assert store.refused(FINANCE, Reseal(ITEM, GOOD, SEAL)) == "custody: no change"
    assert store.refused(FINANCE, Reseal(ITEM, NOTHING, NOTHING)) == "custody: condition missing"
    store.must(FINANCE, Reseal(ITEM, WET, NOTHING))
    assert (store.item.seal, store.item.condition) == (NOTHING, WET)
    store.must(FINANCE, Reseal(ITEM, WET, OTHER))


def test_what_is_closed_is_handed_on_no_more(store: Store) -> None:
    assert store.refused(TAX, Close(ITEM, WORD)) == "custody: not the holder"
    assert store.refused(FINANCE, Close(ITEM, NOTHING)) == "custody: outcome missing"
    store.must(FINANCE, Close(ITEM, WORD))
    for call in (Offer(ITEM, TAX, GOOD), Reseal(ITEM, GOOD, NOTHING), Close(ITEM, WORD)):
        assert store.refused(FINANCE, call) == "custody: state"
    assert store.refused(FINANCE, ENTER) == "custody: exists"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (Enter(NOTHING, GOOD, SEAL), "custody: condition missing"),
        (Enter(OTHER, NOTHING, SEAL), "custody: condition missing"),
        (Offer(OTHER, TAX, GOOD), "custody: unknown"),
        (Offer(ITEM, FINANCE, GOOD), "custody: no other valid party"),
        (Offer(ITEM, digest("nobody"), GOOD), "custody: no other valid party"),
        (Offer(ITEM, TAX, NOTHING), "custody: condition missing"),
        (Take(OTHER, GOOD, SEAL), "custody: unknown"),
        (Decline(OTHER, WORD), "custody: unknown"),
    ],
)
def test_only_complete_calls_about_known_items_and_parties_are_taken(store: Store, call: Call, reason: str) -> None:
    assert store.refused(FINANCE, call) == reason


def test_only_officers_of_parties_hold(store: Store) -> None:
    assert store.refused(FINANCE, ENTER, STRANGER) == "parties: unknown agent"
    assert store.refused(FINANCE, ENTER, AGENTS[FINANCE, AgentRole.NODE]) == "parties: agent lacks the role"


def test_a_pause_keeps_nobody_from_saying_no(store: Store) -> None:
    store.must(FINANCE, Offer(ITEM, TAX, GOOD))
    assert store.network.send(ADA, GOVERNANCE, "pause", name_id(CUSTODY)).accepted
    taken = store.network.send(CLERK[TAX], CUSTODY, "take", ITEM, GOOD, SEAL)
    assert taken.reason == "governance: paused"
    assert store.network.send(CLERK[TAX], CUSTODY, "decline", ITEM, WORD).accepted


def read(logs: list[tuple[int, Log]]) -> list[Event]:
    found = []
    for time, log in logs:
        name, args = interfaces()[CUSTODY].decode_event(log)
        found.append(Event(CUSTODY, name, log.address, log.topics, log.data, args, 1, time, 0, 0))
    return found


def test_who_held_it_when_follows_from_a_history_that_is_proven_whole(store: Store) -> None:
    item = digest("another item")
    calls: tuple[tuple[bytes, Call], ...] = (
        (FINANCE, Enter(item, GOOD, SEAL)), (FINANCE, Offer(item, TAX, GOOD)), (TAX, Decline(item, WORD)),
        (FINANCE, Offer(item, TAX, WET)), (TAX, Take(item, WET, SEAL)), (TAX, Reseal(item, WET, NOTHING)),
        (TAX, Close(item, WORD)),
    )  # fmt: skip
    logs = [(store.network.now, log) for party, call in calls for log in store.must(party, call).logs]
    values = store.network.values(CUSTODY, history_fact(CUSTODY, item).slots)
    verify_events(CUSTODY, item, [log for _, log in logs], values)
    for wrong in (logs[:-1], logs[:4] + logs[5:]):
        with pytest.raises(VerificationError):
            verify_events(CUSTODY, item, [log for _, log in wrong], values)
    entered, taken, opened, closed = (NOW + 60 * n for n in (2, 6, 7, 8))
    found = holdings(read(logs))
    assert found == [
        Holding(FINANCE, entered, taken, GOOD, SEAL),
        Holding(TAX, taken, opened, WET, SEAL),
        Holding(TAX, opened, closed, WET, NOTHING),
    ]
    at = {moment: holder_at(found, moment).holder for moment in (entered, taken - 1, taken, closed - 1)}
    assert list(at.values()) == [FINANCE, FINANCE, TAX, TAX]
    for outside in (entered - 1, closed):
        with pytest.raises(NotFound, match="in nobody's custody"):
            holder_at(found, outside)


def test_the_present_holder_is_the_last_one_and_words_read_back(store: Store) -> None:
    values = store.network.values(CUSTODY, client.item_fact(ITEM).slots)
    assert client.decode_item(ITEM, values) == store.item
    unknown = store.network.values(CUSTODY, client.item_fact(OTHER).slots)
    assert client.decode_item(OTHER, unknown) == Item()
    with pytest.raises(InvalidRecord, match="item state"):
        client.decode_item(ITEM, dict.fromkeys(values, b"\xff" * 32))
    (log,) = store.must(FINANCE, Enter(digest("third"), GOOD, NOTHING)).logs
    (held,) = holdings(read([(store.network.now, log)]))
    assert holder_at([held], store.network.now + 10**9) == held
    assert held.until == 0


class CustodyMachine(RuleBasedStateMachine):
    """Three departments offer, take, decline, seal and close two items in any order."""

    @initialize()
    def found(self) -> None:
        self.store, self.logs = Store(), list[tuple[int, Log]]()

    @rule(
        party=st.sampled_from((FINANCE, TAX, AUDIT)),
        item=st.sampled_from((ITEM, OTHER)),
        kind=st.sampled_from(("enter", "offer", "offer", "take", "take", "decline", "reseal", "close")),
        taker=st.sampled_from((FINANCE, TAX, AUDIT)),
        condition=st.sampled_from((GOOD, GOOD, WET)),
        seal=st.sampled_from((SEAL, SEAL, NOTHING)),
    )
    def call(self, party: bytes, item: bytes, kind: str, taker: bytes, condition: bytes, seal: bytes) -> None:
        calls: dict[str, Call] = {
            "enter": Enter(item, condition, seal), "offer": Offer(item, taker, condition),
            "take": Take(item, condition, seal), "decline": Decline(item, WORD),
            "reseal": Reseal(item, condition, seal), "close": Close(item, WORD),
        }  # fmt: skip
        self.store.network.now += 60
        outcome = self.store.do(CLERK[party], calls[kind])
        self.logs += [(self.store.network.now, log) for log in outcome.logs]

    @invariant()
    def every_holder_but_the_first_had_it_from_the_one_before(self) -> None:
        for item in (ITEM, OTHER):
            events = read([(time, log) for time, log in self.logs if log.topics[1] == item])
            found = holdings(events)
            givers = [event.args["giver"] for event in events if event.name == "ItemTaken"]
            changes = [one.holder for one, next in pairwise(found) if one.holder != next.holder]
            assert givers == changes
            assert all(one.until == next.since for one, next in pairwise(found))
            held = self.store.state.item(item)
            assert not found or (found[-1].until == 0) is (held.state is not ItemState.CLOSED)
            assert not found or found[-1].holder == held.holder


TestCustodyMachine = CustodyMachine.TestCase
TestCustodyMachine.settings = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
