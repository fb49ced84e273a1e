"""Credit lists: heard before published, in force for a term, ended by answer, repair, withdrawal or time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pytest
from network import ADA, NOW, STRANGER, Network, digest
from sharing import INSTITUTE, OFFICE, OFFICER, REGISTRARS, agent, founding_of
from single import Single

from contracts.addresses import CALENDAR, GENESIS_ADDRESSES, GOVERNANCE, LISTINGS, name_id
from contracts.calendar import client as calendar_client
from contracts.calendar import rules as calendar
from contracts.calendar.dates import DAY, date_of, day_of, number_of
from contracts.layout import layout_of
from contracts.listings import client
from contracts.listings.rules import (
    Announce,
    Answer,
    Call,
    Plead,
    Publish,
    SetList,
    State,
    Withdraw,
    apply,
    signed_plea,
)
from contracts.listings.sheet import PleaSheet, Sheet, Voice
from contracts.listings.terms import NOBODY, NOTHING, Colour, Listed, Listing, ListingState, Plea
from contracts.proven import history_fact, verify_events
from contracts.states import States
from ledger.crypto.signing import address_of, public_of, sign_digest
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256

KEEPER, OTHER = REGISTRARS[:2]
FIRST, SECOND, THIRD = agent(KEEPER, OFFICER), agent(OTHER, OFFICER), agent(INSTITUTE, OFFICER)
KEY, FOREIGN = keccak256(b"the subject's key"), keccak256(b"another key")
VOICE = address_of(public_of(KEY))
ID, LIST, SUBJECT, GROUND, WORD = map(digest, ("listing", "wage-arrears", "subject", "ground", "word"))
# Heard for 5 working days, answered in 10, repair from the 30th day on, at most a year. Today is Friday 2026-05-29.
TERMS = Listed(KEEPER, Colour.BLACK, digest("provision"), 5, 10, 30, 365)
YEAR = calendar.SetSpan(
    number_of(date(2026, 1, 1)), number_of(date(2026, 12, 31)),
    tuple(number_of(date(2026, 6, day)) for day in range(8, 13)), (number_of(date(2026, 6, 6)),), digest("plain"),
)  # fmt: skip
ANNOUNCE = Announce(ID, LIST, SUBJECT, GROUND, VOICE, 90)
HEARING_ENDS = date(2026, 6, 5)
BUILDERS = {
    Announce: client.announce,
    Publish: client.publish,
    Plead: client.plead,
    Answer: client.answer,
    Withdraw: client.withdraw,
}


@dataclass(frozen=True, slots=True)
class World:
    """The registry with a calendar."""

    base: States
    days: calendar.State

    def require_open(self, name: str) -> None:
        self.base.require_open(name)

    def is_governance(self, caller: bytes) -> bool:
        return self.base.is_governance(caller)

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return self.base.acting(agent, role, now)

    def serving(self, party: bytes, role: int, now: int) -> bool:
        return self.base.serving(party, role, now)

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return calendar.due(self.days, start, days, unit, now)


class Bureau(Single[State, Call]):
    """A department competent for one list."""

    def __init__(self) -> None:
        network = Network(founding_of((KEEPER, OTHER)))
        super().__init__(network, LISTINGS, State(), apply, BUILDERS)  # type: ignore[arg-type]
        assert network.decide([calendar_client.set_call(YEAR)]).accepted
        days, _ = calendar.apply(calendar.State(), YEAR, GENESIS_ADDRESSES[GOVERNANCE], network.now, network.states)
        self.world = World(network.states, days)

    def set(self, terms: Listed = TERMS) -> str:
        """Have the quorum set the list's terms on both sides; return the reason of a refusal."""
        call = SetList(LIST, terms)
        _, data = client.set_call(call)
        outcome = self.lockstep.step(
            lambda state: apply(state, call, GENESIS_ADDRESSES[GOVERNANCE], self.network.now, self.world),  # type: ignore[arg-type]
            lambda: self.network.evm.send(GENESIS_ADDRESSES[GOVERNANCE], GENESIS_ADDRESSES[LISTINGS], data),
        )
        return outcome.reason

    @property
    def listing(self) -> Listing:
        return self.state.listing(ID)

    def plea(self, plea: Plea = Plea.OBJECTION, claim: bytes = WORD, key: bytes = KEY, id: bytes = ID) -> Plead:
        """What the holder of a key pleads next."""
        signed = signed_plea(id, self.state.journal.count(id) + 1, plea, claim)
        return Plead(id, plea, claim, sign_digest(key, signed))

    def published(self) -> Bureau:
        self.take(FIRST, ANNOUNCE)
        self.network.now = self.listing.hearing
        self.take(FIRST, Publish(ID))
        return self

    @property
    def is_in_force(self) -> bool:
        """Ask contract and rules."""
        (answer,) = self.network.read(LISTINGS, "is_in_force", ID)
        assert answer == self.listing.is_in_force(self.network.now)
        return bool(answer)


@pytest.fixture
def bureau() -> Bureau:
    found = Bureau()
    assert found.set() == ""
    return found


def test_a_listing_is_published_after_the_time_to_object_and_ends_with_its_term(bureau: Bureau) -> None:
    bureau.take(FIRST, ANNOUNCE)
    assert not bureau.is_in_force
    assert date_of(day_of(bureau.listing.hearing - 1)) == HEARING_ENDS
    bureau.network.now = bureau.listing.hearing - 1
    bureau.refuse(FIRST, Publish(ID), "listing: time to object not over")
    bureau.network.now += 1
    bureau.take(FIRST, Publish(ID))
    bureau.refuse(FIRST, Publish(ID), "listing: state")
    end = bureau.network.now + 90 * DAY
    for now, in_force in ((bureau.network.now, True), (end - 1, True), (end, False)):
        bureau.network.now = now
        assert bureau.is_in_force == in_force


def test_an_objection_in_time_is_answered_before_anything_is_published(bureau: Bureau) -> None:
    bureau.take(FIRST, ANNOUNCE)
    bureau.take(OFFICE, bureau.plea())
    bureau.network.now = bureau.listing.hearing
    bureau.refuse(FIRST, Publish(ID), "listing: objection not answered")
    bureau.take(FIRST, Answer(ID, False, WORD))
    bureau.refuse(OFFICE, bureau.plea(), "listing: objection answered")
    bureau.take(FIRST, Publish(ID))
    assert bureau.is_in_force


def test_an_objection_that_is_granted_ends_the_listing(bureau: Bureau) -> None:
    bureau.take(FIRST, ANNOUNCE)
    bureau.take(OFFICE, bureau.plea())
    bureau.take(FIRST, Answer(ID, True, WORD))
    assert bureau.listing.state is ListingState.WITHDRAWN
    bureau.network.now = bureau.listing.hearing
    bureau.refuse(FIRST, Publish(ID), "listing: state")
    bureau.refuse(OFFICE, bureau.plea(), "listing: over")


def test_an_objection_unanswered_when_due_takes_the_listing_out_of_force_until_it_is_answered(bureau: Bureau) -> None:
    bureau.published()
    bureau.take(OFFICE, bureau.plea())
    assert date_of(day_of(bureau.listing.due - 1)) == date(2026, 6, 26)  # ten working days, a week off before them
    bureau.network.now = bureau.listing.due - 1
    assert bureau.is_in_force
    bureau.network.now += 1
    assert not bureau.is_in_force
    outcome = bureau.take(FIRST, Answer(ID, False, WORD))
    assert int.from_bytes(outcome.logs[0].data[-32:], "big") == 1  # late
    assert bureau.is_in_force


def test_an_answer_before_it_is_due_is_not_late(bureau: Bureau) -> None:
    bureau.published()
    bureau.take(OFFICE, bureau.plea())
    bureau.network.now = bureau.listing.due - 1
    outcome = bureau.take(FIRST, Answer(ID, False, WORD))
    assert int.from_bytes(outcome.logs[0].data[-32:], "big") == 0
    bureau.take(OFFICE, bureau.plea())  # once published, it may be objected to again


def test_a_repair_is_pleaded_after_its_time_and_takes_the_listing_off(bureau: Bureau) -> None:
    bureau.take(FIRST, ANNOUNCE)
    bureau.refuse(OFFICE, bureau.plea(Plea.REPAIR), "listing: too early to repair")
    bureau.network.now = bureau.listing.hearing
    bureau.take(FIRST, Publish(ID))
    bureau.network.now += 30 * DAY - 1
    bureau.refuse(OFFICE, bureau.plea(Plea.REPAIR), "listing: too early to repair")
    bureau.network.now += 1
    bureau.take(OFFICE, bureau.plea(Plea.REPAIR))
    bureau.refuse(OFFICE, bureau.plea(), "listing: answer awaited")
    bureau.network.now = bureau.listing.due
    assert bureau.is_in_force  # an unanswered plea for repair changes nothing
    bureau.take(FIRST, Answer(ID, True, WORD))
    assert bureau.listing.state is ListingState.REPAIRED
    assert not bureau.is_in_force


def test_nobody_pleads_but_with_the_key_of_the_notice(bureau: Bureau) -> None:
    bureau.take(FIRST, ANNOUNCE)
    bureau.refuse(OFFICE, bureau.plea(key=FOREIGN), "listing: not signed by its subject")
    right = bureau.plea()
    for changed in (replace(right, claim=digest("other")), replace(right, signature=bytes(65))):
        bureau.refuse(OFFICE, changed, "listing: not signed by its subject")
    r, s, v = right.signature[:32], int.from_bytes(right.signature[32:64], "big"), right.signature[64]
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    second_form = r + (order - s).to_bytes(32, "big") + bytes([1 - v])
    bureau.refuse(OFFICE, replace(right, signature=second_form), "listing: not signed by its subject")
    bureau.refuse(FIRST, right, "listing: keeper speaks for no subject")
    bureau.take(SECOND, right)


def test_the_sheets_that_people_hand_each_other_are_what_the_contract_takes(bureau: Bureau) -> None:
    sheet = Sheet("other-list", "bureau", "Example Ltd", "article 7", "wages unpaid", 90, WORD)
    voice = Voice(sheet.id, KEY)
    bureau.take(FIRST, replace(sheet.announcement(voice.address), list=LIST))
    pleas = [PleaSheet(sheet.id, number, "objection", "paid", WORD).sign(voice) for number in (2, 3)]
    bureau.refuse(OFFICE, pleas[1].call, "listing: not signed by its subject")
    bureau.take(OFFICE, pleas[0].call)


def test_a_plea_is_passed_on_once(bureau: Bureau) -> None:
    bureau.published()
    plea = bureau.plea()
    bureau.take(OFFICE, plea)
    bureau.take(FIRST, Answer(ID, False, WORD))
    bureau.refuse(OFFICE, plea, "listing: not signed by its subject")


def test_only_the_competent_department_lists_publishes_answers_and_withdraws(bureau: Bureau) -> None:
    bureau.refuse(SECOND, ANNOUNCE, "listing: not competent")
    bureau.refuse(FIRST, replace(ANNOUNCE, list=WORD), "listing: unknown list")
    bureau.take(FIRST, ANNOUNCE)
    bureau.take(OFFICE, bureau.plea())
    for call in (Publish(ID), Answer(ID, True, WORD), Withdraw(ID, WORD)):
        bureau.refuse(SECOND, call, "listing: not competent")
    bureau.refuse(STRANGER, Publish(ID), "parties: unknown agent")


def test_a_list_goes_over_to_another_department_with_all_its_listings(bureau: Bureau) -> None:
    bureau.take(FIRST, ANNOUNCE)
    assert bureau.set(replace(TERMS, keeper=OTHER)) == ""
    bureau.refuse(FIRST, Withdraw(ID, WORD), "listing: not competent")
    bureau.take(SECOND, Withdraw(ID, WORD))


def test_what_was_withdrawn_is_not_in_force_and_never_comes_back(bureau: Bureau) -> None:
    bureau.published()
    bureau.refuse(FIRST, Withdraw(ID, NOTHING), "listing: reason missing")
    bureau.take(OFFICE, bureau.plea())
    bureau.take(FIRST, Withdraw(ID, WORD))
    assert not bureau.is_in_force
    bureau.refuse(FIRST, Withdraw(ID, WORD), "listing: state")
    bureau.refuse(FIRST, Answer(ID, True, WORD), "listing: nothing to answer")
    bureau.refuse(FIRST, ANNOUNCE, "listing: exists")


def test_an_announcement_has_all_it_needs(bureau: Bureau) -> None:
    for call, reason in (
        (replace(ANNOUNCE, id=NOTHING), "listing: subject missing"),
        (replace(ANNOUNCE, subject=NOTHING), "listing: subject missing"),
        (replace(ANNOUNCE, ground=NOTHING), "listing: ground missing"),
        (replace(ANNOUNCE, voice=NOBODY), "listing: voice missing"),
        (replace(ANNOUNCE, days=0), "listing: term"),
        (replace(ANNOUNCE, days=366), "listing: term"),
        (replace(ANNOUNCE, id=LIST), "listing: exists"),
    ):
        bureau.refuse(FIRST, call, reason)


def test_nothing_happens_to_an_unknown_listing(bureau: Bureau) -> None:
    plea = Plead(ID, Plea.OBJECTION, WORD, bytes(65))
    for call in (Publish(ID), Answer(ID, True, WORD), Withdraw(ID, WORD), plea):
        bureau.refuse(OFFICE, call, "listing: unknown")


def test_a_plea_and_its_answer_have_words(bureau: Bureau) -> None:
    bureau.take(FIRST, ANNOUNCE)
    bureau.refuse(OFFICE, bureau.plea(claim=NOTHING), "listing: claim missing")
    bureau.refuse(OFFICE, replace(bureau.plea(), plea=3), "listing: plea")
    bureau.take(OFFICE, bureau.plea())
    bureau.refuse(FIRST, Answer(ID, True, NOTHING), "listing: answer missing")


def test_a_list_rests_on_a_provision_and_has_a_keeper_and_times(bureau: Bureau) -> None:
    for terms, reason in (
        (replace(TERMS, keeper=NOTHING), "listing: keeper missing"),
        (replace(TERMS, colour=0), "listing: colour"),
        (replace(TERMS, colour=3), "listing: colour"),
        (replace(TERMS, provision=NOTHING), "listing: provision missing"),
        (replace(TERMS, hearing=0), "listing: time to object"),
        (replace(TERMS, hearing=61), "listing: time to object"),
        (replace(TERMS, answer=0), "listing: time to answer"),
        (replace(TERMS, answer=61), "listing: time to answer"),
        (replace(TERMS, term=0), "listing: term"),
        (replace(TERMS, term=3661), "listing: term"),
        (replace(TERMS, repair=365), "listing: term"),
    ):
        assert bureau.set(terms) == reason


def test_only_the_quorum_sets_a_list(bureau: Bureau) -> None:
    _, data = client.set_call(SetList(LIST, TERMS))
    for caller in (ADA, FIRST):
        assert bureau.network.evm.send(caller, GENESIS_ADDRESSES[LISTINGS], data).reason == "listing: governance only"
    assert bureau.network.decide([client.set_call(SetList(WORD, replace(TERMS, colour=Colour.RED)))]).accepted


def test_a_time_that_no_notice_covers_is_refused_and_not_guessed(bureau: Bureau) -> None:
    bureau.network.now = NOW + 216 * DAY  # the last day of the year
    bureau.refuse(FIRST, ANNOUNCE, "calendar: day without a calendar")
    assert bureau.network.states.directory.at(name_id(CALENDAR))


def test_a_pause_stops_listing_and_nothing_that_helps_a_subject(bureau: Bureau) -> None:
    bureau.published()
    network = bureau.network
    assert network.send(ADA, GOVERNANCE, "pause", name_id(LISTINGS)).accepted
    for call in (replace(ANNOUNCE, id=WORD), Publish(ID)):
        operation = BUILDERS[type(call)](call, op_id=ID)  # type: ignore[operator]
        assert network.send(FIRST, LISTINGS, operation.method, *operation.args).reason == "governance: paused"
    bureau.take(OFFICE, bureau.plea())
    bureau.take(FIRST, Answer(ID, False, WORD))
    bureau.take(FIRST, Withdraw(ID, WORD))


def test_the_events_are_the_whole_history_and_words_read_back(bureau: Bureau) -> None:
    logs = list(bureau.take(FIRST, ANNOUNCE).logs)
    logs += bureau.take(OFFICE, bureau.plea()).logs
    logs += bureau.take(FIRST, Answer(ID, False, WORD)).logs
    network = bureau.network
    values = network.values(LISTINGS, history_fact(LISTINGS, ID).slots)
    verify_events(LISTINGS, ID, logs, values)
    with pytest.raises(VerificationError):
        verify_events(LISTINGS, ID, logs[1:], values)
    words = network.values(LISTINGS, client.listing_fact(ID).slots)
    assert client.decode_listing(ID, words) == bureau.listing
    for member in ("state", "plea", "heard", "voice"):
        slot = layout_of(LISTINGS).slot("listings", ID, member=member)
        with pytest.raises(InvalidRecord):
            client.decode_listing(ID, {**words, slot: b"\xff" * 32})
    assert client.decode_listing(ID, dict.fromkeys(words, bytes(32))) == Listing()
    found = network.values(LISTINGS, client.list_fact(LIST).slots)
    assert client.decode_list(LIST, found) == TERMS
