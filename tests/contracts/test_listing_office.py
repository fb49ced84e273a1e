"""A listing from its announcement to its repair as officers carry it out, months of it in a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from evm import Outcome
from network import digest
from sharing import OFFICE
from test_listings import FIRST, KEEPER, LIST, TERMS, Bureau

from contracts import slip
from contracts.calendar.dates import DAY
from contracts.listings.sheet import PleaSheet, Sheet, Voice, list_id
from contracts.listings.terms import ListingState
from contracts.parties.client import party_id
from gateway.statute.templates.listings import Listings
from ledger.chain.port import Operation, StateFact
from ledger.errors import Conflict, NotAuthorized, NotFound

LISTED = ("wage-arrears", "Example Ltd, 9144", "article 7", "wages of May unpaid", 90)


class Desk:
    """What of an Officer is needed here, on a network in memory: no block, no proof, the same words and calls."""

    def __init__(self, bureau: Bureau, caller: bytes, party: str, state: Path, told: list[SimpleNamespace]) -> None:
        self.party, self.config = party, SimpleNamespace(state=state / party)
        self._network, self._caller, self._told = bureau.network, caller, told

    def clock(self) -> float:
        return float(self._network.now)

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        return self._network.values(fact.contract, fact.slots)

    def changes(self, contract: str, id: bytes) -> int:
        return self._network.head(contract, id)[1]

    def history(self, contract: str, id: bytes) -> list[SimpleNamespace]:
        return [found for found in self._told if found.log.topics[1] == id]

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Outcome:
        operation = call(digest("op"))
        outcome = self._network.send(self._caller, operation.contract, operation.method, *operation.args)
        if not outcome.accepted:
            raise NotAuthorized(outcome.reason)
        header = SimpleNamespace(number=len(self._told) + 1, timestamp=self._network.now)
        self._told += [SimpleNamespace(log=log, header=header) for log in outcome.logs]
        return outcome


class Story:
    """The keeper of a list, and an office that passes pleas on."""

    def __init__(self, state: Path) -> None:
        assert (list_id("wage-arrears"), party_id("registrar-0")) == (LIST, KEEPER)
        self.bureau, told = Bureau(), list[SimpleNamespace]()
        assert self.bureau.set(TERMS) == ""
        self.keeper = Listings(Desk(self.bureau, FIRST, "registrar-0", state, told))  # type: ignore[arg-type]
        self.office = Listings(Desk(self.bureau, OFFICE, "audit-office", state, told))  # type: ignore[arg-type]

    def wait(self, until: int) -> None:
        self.bureau.network.now = until

    @property
    def now(self) -> int:
        return self.bureau.network.now

    def plea(self, sheet: Sheet, voice: Voice, kind: str, words: str) -> PleaSheet:
        number = self.office.next_number(sheet)
        return PleaSheet(sheet.id, number, kind, words, slip.fresh_salt()).sign(voice)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def test_a_listing_is_heard_published_objected_to_and_repaired(story: Story) -> None:
    keeper, office = story.keeper, story.office
    sheet, voice = keeper.draft(*LISTED)
    assert keeper.announce(sheet, voice) is not None
    assert keeper.announce(*keeper.draft(*LISTED)) is None
    with pytest.raises(NotAuthorized, match="time to object not over"):
        keeper.publish(sheet)
    story.wait(keeper.read(sheet).hearing)
    assert keeper.publish(sheet) is not None
    assert keeper.publish(sheet) is None
    assert keeper.read(sheet).is_in_force(story.now)

    objection = story.plea(sheet, voice, "objection", "paid on 3 June")
    assert office.plead(objection) is not None
    assert office.plead(objection) is None
    story.wait(keeper.read(sheet).due)
    assert not keeper.read(sheet).is_in_force(story.now)
    assert keeper.answer(sheet, "no payment is known", is_granted=False) is not None
    assert keeper.answer(sheet, "no payment is known", is_granted=False) is None
    assert keeper.read(sheet).is_in_force(story.now)

    story.wait(keeper.read(sheet).published + TERMS.repair * DAY)
    assert office.plead(story.plea(sheet, voice, "repair", "paid, receipts 1 to 7")) is not None
    assert keeper.answer(sheet, "receipts seen", is_granted=True) is not None
    assert keeper.read(sheet).state is ListingState.REPAIRED


def test_what_is_over_is_announced_as_another_listing_and_what_stands_is_not(story: Story) -> None:
    keeper = story.keeper
    sheet, voice = keeper.draft(*LISTED)
    keeper.announce(sheet, voice)
    story.wait(keeper.read(sheet).hearing)
    keeper.publish(sheet)
    story.wait(keeper.read(sheet).valid_until - 1)
    assert keeper.draft(*LISTED) == (sheet, voice)
    story.wait(keeper.read(sheet).valid_until)
    again, other = keeper.draft(*LISTED)
    assert again.id != sheet.id
    assert other.address != voice.address
    assert keeper.announce(again, other) is not None
    assert keeper.withdraw(again, "in error") is not None
    assert keeper.withdraw(again, "in error") is None


def test_a_sheet_that_was_not_announced_and_a_plea_of_another_number_are_refused(story: Story) -> None:
    sheet, voice = story.keeper.draft(*LISTED)
    with pytest.raises(NotFound, match="none of this sheet"):
        story.keeper.read(sheet)
    story.keeper.announce(sheet, voice)
    plea = PleaSheet(sheet.id, 3, "objection", "paid", slip.fresh_salt()).sign(voice)
    with pytest.raises(Conflict, match="signed as change 3 of the listing, the next one is 2"):
        story.office.plead(plea)
    with pytest.raises(NotAuthorized, match="keeper speaks for no subject"):
        story.keeper.plead(story.plea(sheet, voice, "objection", "paid"))
