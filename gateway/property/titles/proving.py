"""Gathering the proof of a title as of a block: what a verifier will ask for, from the chain and the registrar's book.

State is proven after that very block, so a node that has thrown old states away can only prove the newest; ours keep
them. Nothing is taken on a node's word: ``contracts.evidence.title.verify`` judges the file before anybody sees it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.addresses import NOTARY, RESTRICTIONS, TITLES
from contracts.applications.rules import RegistrationType
from contracts.evidence.collect import View, gather
from contracts.evidence.records.anchored import stream_id
from contracts.evidence.title.chain import UnitHistory, lineage, owner_of, read, slots_of
from contracts.evidence.title.document import MAX_UNITS, Closing, Past, Record, TitleEvidence, UnitChain, Withheld
from contracts.evidence.title.names import parties_of
from contracts.notary import client as notary
from contracts.parties.client import party_id
from contracts.titles.holding import extract, past_of
from contracts.titles.replay import Entry, read_entry
from gateway.property.book import Book
from gateway.property.entering.living import LivingBook
from gateway.property.imports.importing import EXTRACTS, REGISTRATIONS, holder_of, spatial_of
from gateway.property.titles.entries import EntryBook, Kept
from gateway.property.titles.finding import Found
from gateway.property.titles.openings import Openings
from ledger.errors import Conflict, NotFound
from ledger.log import salts
from ledger.log.record import leaf_of
from ledger.log.stream import Stream
from ledger.proofs.headers import Header


@dataclass(frozen=True, slots=True)
class Register:
    """What the registrar keeps: its book and its copy of the entries on chain."""

    book: Book
    entries: EntryBook


@dataclass(frozen=True, slots=True)
class Gathered:
    """The chains of a unit and of those it came from, and where their entries stand, in the order of the proof."""

    units: tuple[UnitChain, ...]
    kept: tuple[Kept, ...]

    @property
    def histories(self) -> tuple[UnitHistory, ...]:
        return tuple(map(read, self.units))


def collect(
    register: Register, view: View, found: Found, at: Header, codes: Mapping[bytes, str], *, opens_names: bool
) -> TitleEvidence:
    """Prove a title after a block.

    Args:
        codes: of parties by id, as far as they are known here.
        opens_names: without it no name, no claim and no record of the past is shown.

    Raises:
        NotFound: the unit was neither in the living register by then, nor is its past anchored.
        Conflict: the unit's extract came after the last anchor of that block.
        VerificationError: a proof does not hold.
    """
    gathered = _gathered(register, view, found, at, is_open=opens_names)
    units, past = [unit.unit for unit in gathered.units], gathered.units[0].past
    owner = _owner(view, past, at)
    slots = slots_of(units, past, owner, at.timestamp)
    states = {name: view.state(name, wanted, at) for name, wanted in slots.items()}
    moments = [view.event(kept.fact) for kept in gathered.kept]
    present = parties_of(gathered.histories) | {owner}
    return TitleEvidence(
        units=gathered.units,
        facts=gather(view, at, states, moments),
        names=Openings(register.book, found).of(gathered.histories[0], past, all=opens_names),
        parties=tuple(sorted(code for id, code in codes.items() if id in present and party_id(code) == id)),
    )


def successors(register: Register, unit: bytes, last: int) -> tuple[str, ...]:
    """Return the codes of the units that one was divided or merged into, as the book knows them; proves nothing."""
    ended = register.entries.of(TITLES, unit, last)[-1]
    beside = [one.event for one in register.entries.beside(ended.fact)]
    made = [one.topics[1] for one in beside if read_entry(one).origin == unit] or [read_entry(ended.event).origin]
    living = LivingBook(register.book)
    return tuple(living.code_of(id) or id.hex() for id in made)


def _owner(view: View, past: Past | None, at: Header) -> bytes:
    """Return the party of the stream that closes a past which the chain has not opened, zero if there is none."""
    if past is None or past.closing is None:
        return bytes(32)
    fact = notary.stream_fact(stream_id(past.stream))
    return owner_of(past, view.state(fact.contract, fact.slots, at).values)


def _gathered(register: Register, view: View, found: Found, at: Header, *, is_open: bool) -> Gathered:
    chains: dict[bytes, UnitChain] = {}
    kept: dict[bytes, list[Kept]] = {}
    waiting = [found.id]
    while waiting:
        unit = waiting.pop(0)
        if unit in chains:
            continue
        if len(chains) == MAX_UNITS:
            raise Conflict(f"unit {found.code}: came from more than {MAX_UNITS} others; no proof holds them all")
        titles, restrictions = (register.entries.of(name, unit, at.number) for name in (TITLES, RESTRICTIONS))
        first = read_entry(titles[0].event) if titles else None
        origins, parts = _origins(register.entries, titles, first)
        past = _past(register.book, view, found, unit, first, at, is_open=is_open)
        entered, burdened = (tuple(one.event for one in part) for part in (titles, restrictions))
        chains[unit], kept[unit] = UnitChain(unit, entered, burdened, parts, past), titles + restrictions
        waiting += origins
    order = lineage({unit: read(chain) for unit, chain in chains.items()})
    return Gathered(tuple(chains[unit] for unit in order), tuple(one for unit in order for one in kept[unit]))


def _origins(
    entries: EntryBook, titles: list[Kept], first: Entry | None
) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """Return the units that one came from, and of those the parts that a merger names in its digest."""
    if first is None or first.kind is not RegistrationType.ALTERATION:
        return (), ()
    unit = titles[0].event.topics[1]
    beside = entries.beside(titles[0].fact)
    parts = tuple(one.event.topics[1] for one in beside if read_entry(one.event).origin == unit)
    is_divided = first.origin in {one.event.topics[1] for one in beside}
    return ((first.origin,), ()) if is_divided else (parts, parts)


def _past(
    book: Book, view: View, found: Found, unit: bytes, first: Entry | None, at: Header, *, is_open: bool
) -> Past | None:
    """Find the past that a unit was opened from, or of one that the register does not have yet, the anchored one."""
    code = found.code if unit == found.id else LivingBook(book).code_of(unit) or book.code_of(unit)
    if first is not None:
        if first.kind is not RegistrationType.OPENING:
            return None
        if code is None:
            raise NotFound(f"unit {unit.hex()}: was opened from a past that this book does not have")
        return _opened(book, code, unit, first, is_open=is_open)
    return _closed(book, view, code, at, is_open=is_open) if code is not None and book.has(code) else None


def _opened(book: Book, code: str, unit: bytes, first: Entry, *, is_open: bool) -> Past:
    for n, end in book.extracts_of(code):
        salt = salts.read(book.directory / EXTRACTS, n)
        content = extract(unit, first.spatial, first.right, first.held.digest(), end)
        if leaf_of(salt, content) == first.source:
            return Past(f"{book.registrar}/{EXTRACTS}", salt, _records(book, code, end, is_open=is_open), None)
    raise NotFound(f"unit {code}: was opened from an extract that this book does not have")


def _closed(book: Book, view: View, code: str, at: Header, *, is_open: bool) -> Past:
    unit, stream = book.unit(code), Stream(book.directory / EXTRACTS)
    if unit.extract is None:
        raise Conflict(f"unit {code}: its import is not finished; run it again")
    id = stream_id(stream.checkpoint.name)
    size = notary.decode_stream(id, view.state(NOTARY, notary.stream_fact(id).slots, at).values).size
    if unit.extract >= size:
        raise Conflict(
            f"unit {code}: after block {at.number} it is in no living register, and its past is not anchored; "
            f"`shuxin notary append {stream.directory} --config ...` anchors it"
        )
    proof = stream.prove(unit.extract, size=size)
    closing = Closing(spatial_of(unit), unit.right, holder_of(unit), unit.extract, size, proof.path)
    _, end = book.extracts_of(code)[0]
    return Past(proof.stream, proof.salt, _records(book, code, end, is_open=is_open), closing)


def _records(book: Book, code: str, end: bytes, *, is_open: bool) -> tuple[Record | Withheld, ...]:
    """Return a unit's records up to where an extract says that they ended."""
    found, reached = list[Record | Withheld](), bytes(32)
    for step in sorted(book.steps_of(code), key=lambda step: step.n):
        salt = salts.read(book.directory / REGISTRATIONS, step.n)
        leaf = leaf_of(salt, step.record)
        found.append(Record(step.record, salt) if is_open else Withheld(leaf))
        reached = past_of((leaf,), reached)
        if reached == end:
            return tuple(found)
    raise NotFound(f"unit {code}: the book's records are not those that its extract names")
