"""Receipts of entries: of an application by its registrar, of any entry about a unit by whoever follows the chain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from contracts.addresses import APPLICATIONS, RESTRICTIONS, TITLES
from contracts.applications.client import application_id
from contracts.evidence.bundle import History, RecordedEvent
from contracts.evidence.collect import Events, View, find_events, gather
from contracts.evidence.register.act import Act, Order
from contracts.evidence.register.acted import say
from contracts.evidence.register.receipt import Receipt, receipt_slots
from contracts.evidence.states import history_slots
from contracts.proven import verify_events
from gateway.property.book import Book
from gateway.property.entering import plan
from gateway.property.entering.living import LivingBook
from gateway.statute.papers import Papers
from ledger.chain.port import Event, EventFact
from ledger.errors import Conflict, NotFound

_FILE: Final = re.compile("sha256:([0-9a-f]{64})")


def receipt_of(code: str, party: str, book: Book, chain: Events, view: View) -> Receipt:
    """Prove that an application was entered.

    Args:
        party: code of the registrar's party.
    Raises:
        NotFound: there is no such application. Conflict: it was not entered.
    """
    planned = LivingBook(book).planned(code)
    if planned is None:
        raise NotFound(f"application {code}: none of this number; `shuxin property apply` accepts one")
    made, id = plan.read(planned[1]), application_id(book.registrar, code)
    head = view.head()
    events = find_events(chain, {(APPLICATIONS, id)}, head)[APPLICATIONS, id]
    state = view.state(APPLICATIONS, receipt_slots(id), head)
    verify_events(APPLICATIONS, id, events, state.values)
    entered = next((event for event in events if event.name == "ApplicationEntered"), None)
    if entered is None:
        raise Conflict(f"application {code}: not entered yet; `shuxin property enter` enters it")
    moment = view.event(_fact(entered))
    facts = gather(view, head, {APPLICATIONS: state}, (moment,))
    return Receipt(party, book.registrar, code, made.entry.papers, made.papers_salt, facts)


def act_of(
    unit: bytes,
    contract: str | None,
    n: int | None,
    chain: Events,
    view: View,
    codes: Mapping[bytes, str],
    papers: Papers,
) -> Act:
    """Prove that an entry about a unit was made, whether or not an application asked for it.

    Args:
        contract, n: Titles or Restrictions, and the number of the entry there; without them the unit's newest entry.
        codes: of parties by id, as far as they are known here.
        papers: the department's own; if the order behind the entry is among them, the receipt opens its digest.
    Raises:
        NotFound: there is no such entry, or the code of the party that made it is not known here.
    """
    head = view.head()
    found = find_events(chain, {(TITLES, unit), (RESTRICTIONS, unit)}, head)
    newest = max((TITLES, RESTRICTIONS), key=lambda name: [one.cursor for one in found[name, unit][-1:]])
    contract = contract or newest
    events = found[contract, unit]
    number = len(events) if n is None else n
    if not 0 < number <= len(events):
        raise NotFound(f"unit {unit.hex()}: {contract} has {len(events)} entries about it, none is number {number}")
    state = view.state(contract, history_slots(contract, (unit,)), head)
    verify_events(contract, unit, events, state.values)
    history = History(contract, unit, tuple(RecordedEvent((one.topics[0], unit), one.data) for one in events))
    said = say(history, number)
    if said.party not in codes:
        raise NotFound(f"party {said.party.hex()}: made the entry, and this node does not have its code")
    facts = gather(view, head, {contract: state}, (view.event(_fact(events[number - 1])),))
    return Act(number, codes[said.party], _order(papers, said.source), history, facts)


def _order(papers: Papers, source: bytes) -> Order | None:
    """Return what opens an order's digest, if it is here and stands for a file; other words stay here."""
    paper = papers.find(source)
    file = _FILE.fullmatch(paper.words) if paper else None
    return Order(bytes.fromhex(file[1]), paper.salt) if paper and file else None


def _fact(event: Event) -> EventFact:
    return EventFact(event.block_number, event.index, event.log_index)
