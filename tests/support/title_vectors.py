"""Titles for the committed vectors: a unit with past and burdens, one never opened, one merged, and single entries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from landtown import COURT, FLAT, HOUSE, POLICE, REGISTRAR, SHOP, LandTown, holder

from contracts.addresses import APPLICATIONS, RESTRICTIONS
from contracts.applications.client import application_id
from contracts.evidence.bundle import History, RecordedEvent
from contracts.evidence.collect import find_events, gather
from contracts.evidence.records import occurrence
from contracts.evidence.records.occurrence import Occurrence
from contracts.evidence.states import history_slots
from contracts.evidence.title import document
from contracts.parties.client import party_id
from gateway.property.certificates.receipting import act_of
from gateway.property.titles.asking import question
from gateway.statute.papers import Papers
from ledger.chain.port import EventFact

TRUST = "title.trust.json"
LOAN = '[restriction]\nholder = "{}"\nclaim = "a loan"\nrank = {}'
# Of each file, the step that must fail.
VERDICTS = {
    "title.json": None,
    "title.past.json": None,
    "title.merged.json": None,
    "title.lapsed.json": None,
    "title.hidden-restriction.json": "register",
    "title.strange-name.json": "names",
    "act.json": None,
    "act.of-another.json": "register",
    "event.json": None,
    "event.another.json": "event",
}


def title_files(directory: Path) -> dict[str, bytes]:
    """Tell a register's story and write what a court would be shown of it."""
    directory.mkdir(parents=True, exist_ok=True)
    town = LandTown(directory)
    try:
        town.anchor()
        for unit in (HOUSE, FLAT):
            town.desk.open_unit(unit)
        town.enter("1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
        town.divide("d-1", FLAT, f"{FLAT}-a", f"{FLAT}-b")
        town.merge("m-1", f"{FLAT}-c", f"{FLAT}-a", f"{FLAT}-b")
        town.enter("2", "mortgage", LOAN.format("Bank", 1))
        town.enter("3", "objection", '[restriction]\nholder = "Dan"\nclaim = "it is mine"')
        house = town.book.id_of(HOUSE)
        court = town.authority(COURT)
        court.seize("c-1", house, town.order(), 30)
        town.authority(POLICE).seize("p-1", house, town.order(), 30)
        files = {
            "title.json": _title(town, HOUSE),
            "title.past.json": _title(town, SHOP),
            "title.merged.json": _title(town, f"{FLAT}-c"),
            "event.json": _event(town).encode(),
        }
        codes = {party_id(code): code for code in (REGISTRAR, COURT, POLICE)}
        papers = Papers(directory / f"papers of {COURT}")
        act = act_of(house, RESTRICTIONS, 3, town.chain(), town.view, codes, papers)
        town.town.at("2026-03-25T10:00:00+08:00")
        town.town.block()
        files["title.lapsed.json"] = _title(town, HOUSE)
        trust = town.trust.encode()
    finally:
        town.close()
    told = document.parse(files["title.json"])
    first, *others = told.units
    bare = replace(told, units=(replace(first, restrictions=first.restrictions[:-1]), *others))
    name, *names = told.names
    strange = replace(told, names=(replace(name, text=f"{name.text}!"), *names))
    event = replace(occurrence.parse(files["event.json"]), n=1)
    return files | {
        TRUST: trust,
        "act.json": act.encode(),
        "act.of-another.json": replace(act, party=POLICE).encode(),
        "title.hidden-restriction.json": bare.encode(),
        "title.strange-name.json": strange.encode(),
        "event.another.json": event.encode(),
    }


def _title(town: LandTown, unit: str) -> bytes:
    contract = town.directory / "contract.pdf"
    contract.write_bytes(b"a contract")
    with town.registrar() as registrar:
        return registrar.title(unit, question("transaction", "a bank", contract), None).proof


def _event(town: LandTown) -> Occurrence:
    """Prove the second event of an application: its entry."""
    id, head = application_id(town.book.registrar, "2"), town.view.head()
    events = find_events(town.chain(), {(APPLICATIONS, id)}, head)[APPLICATIONS, id]
    moment = town.view.event(EventFact(events[1].block_number, events[1].index, events[1].log_index))
    recorded = tuple(RecordedEvent((one.topics[0], id), one.data) for one in events)
    state = town.view.state(APPLICATIONS, history_slots(APPLICATIONS, (id,)), head)
    facts = gather(town.view, head, {APPLICATIONS: state}, (moment,))
    return Occurrence(2, History(APPLICATIONS, id, recorded), facts)
