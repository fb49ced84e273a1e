"""Receipts of entries, made by the registrar for whoever applied."""

from __future__ import annotations

from contracts.addresses import APPLICATIONS
from contracts.applications.client import application_id
from contracts.evidence.collect import Events, View, find_events, gather
from contracts.evidence.receipt import Receipt, receipt_slots
from contracts.proven import verify_events
from gateway.property import plan
from gateway.property.book import Book
from gateway.property.living import LivingBook
from ledger.chain import EventFact
from ledger.errors import Conflict, NotFound


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
    moment = view.event(EventFact(entered.block_number, entered.index, entered.log_index))
    facts = gather(view, head, {APPLICATIONS: state}, (moment,))
    return Receipt(party, book.registrar, code, made.entry.papers, made.papers_salt, facts)
