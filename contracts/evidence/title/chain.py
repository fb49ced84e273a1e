"""Whether the histories in a file are whole, when each entry was made, and which units belong to one chain.

A unit that was made by division leads to the one it was part of, one made by merger to all of its parts, and so on to
first registrations and to the past. What the producer (``collect``) and the verifier prove of each contract is listed
here once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from contracts.addresses import CALENDAR, NOTARY, PARTIES, RESTRICTIONS, TITLES
from contracts.applications.rules import RegistrationType
from contracts.calendar import client as calendar
from contracts.calendar import rules as calendar_rules
from contracts.calendar.dates import Day, day_of
from contracts.calendar.rules import UnknownDay
from contracts.evidence.bundle import RecordedEvent
from contracts.evidence.network import Network
from contracts.evidence.records.anchored import anchor_slots, stream_id
from contracts.evidence.report import Words
from contracts.evidence.states import Proven, history_slots
from contracts.evidence.title.document import MAX_UNITS, Past, TitleEvidence, UnitChain
from contracts.notary import client as notary
from contracts.parties.client import party_fact
from contracts.proven import verify_events
from contracts.titles.holding import parts_digest
from contracts.titles.record import UnitState
from contracts.titles.replay import BurdenEntry, Entry, read_burden, read_entry
from ledger.errors import VerificationError
from ledger.proofs.proof import ReceiptProof, verify_receipt

# A limit of days ends within two weeks after its plain end, so these days around a moment decide about every end.
DAYS_BEFORE, DAYS_AFTER = 15, 45


@dataclass(frozen=True, slots=True)
class Moment:
    """The block that an entry stands in."""

    block: int
    time: int


@dataclass(frozen=True, slots=True)
class UnitHistory:
    """All entries about one unit in their order; entered_at and burdened_at: the moment of each, once proven."""

    chain: UnitChain
    entries: tuple[Entry, ...]
    burdens: tuple[BurdenEntry, ...]
    entered_at: tuple[Moment, ...] = ()
    burdened_at: tuple[Moment, ...] = ()

    @property
    def entered(self) -> list[tuple[Entry, Moment]]:
        return list(zip(self.entries, self.entered_at, strict=True))

    @property
    def burdened(self) -> list[tuple[BurdenEntry, Moment]]:
        return list(zip(self.burdens, self.burdened_at, strict=True))


@dataclass(frozen=True, slots=True)
class ProvenDays:
    """The Calendar, as far as its proven words go."""

    state: calendar_rules.State

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        return calendar_rules.due(self.state, start, days, unit, now)


def contracts_of(past: Past | None) -> tuple[str, ...]:
    """List the contracts whose states prove a title; past: the unit's, where the chain has not opened it."""
    closing = (NOTARY, PARTIES) if past is not None and past.closing is not None else ()
    return (CALENDAR, *closing, RESTRICTIONS, TITLES)


def slots_of(units: Sequence[bytes], past: Past | None, owner: bytes, now: int) -> dict[str, tuple[bytes, ...]]:
    """List the words that prove a title, by contract in the order of the proofs.

    Args:
        units: the unit and those it came from.
        past: the unit's.
        owner: party of the stream that closes the past, where the chain has not opened the unit.
        now: time of the block.
    """
    slots = {name: history_slots(name, units) for name in (TITLES, RESTRICTIONS)} | {CALENDAR: day_slots(now)}
    if past is not None and past.closing is not None:
        slots[NOTARY] = anchor_slots(stream_id(past.stream), past.closing.size)
        slots[PARTIES] = party_fact(owner).slots
    return {name: slots[name] for name in contracts_of(past)}


def owner_of(past: Past | None, words: Mapping[bytes, bytes]) -> bytes:
    """Return the party of the stream that a unit's past is closed in, from the Notary's words."""
    return notary.decode_stream(stream_id(past.stream), words).owner if past is not None else bytes(32)


def day_slots(now: int) -> tuple[bytes, ...]:
    """List the Calendar's words for the days around a moment."""
    return _day_slots(day_of(now))


@lru_cache(maxsize=64)
def _day_slots(today: int) -> tuple[bytes, ...]:
    facts = (calendar.day_fact(Day(day)) for day in range(today - DAYS_BEFORE, today + DAYS_AFTER))
    return tuple(dict.fromkeys(slot for fact in facts for slot in fact.slots))


def proven_days(values: Mapping[bytes, bytes], now: int) -> ProvenDays:
    """Read the days around a moment from the words proven for day_slots; days without a notice are left out."""
    today, days = day_of(now), dict[int, bool]()
    for day in range(today - DAYS_BEFORE, today + DAYS_AFTER):
        try:
            days[day] = calendar.decode_day(Day(day), values)
        except UnknownDay:
            continue
    return ProvenDays(calendar_rules.State(days=days))


def require_histories(evidence: TitleEvidence, proven: Proven) -> tuple[tuple[UnitHistory, ...], Words]:
    """Verify that every unit's events are all there are, and that these are the units of one chain.

    Raises:
        VerificationError, InvalidRecord: an event is missing, added or changed; a unit is missing or does not belong.
    """
    for unit in evidence.units:
        for contract, events in ((TITLES, unit.titles), (RESTRICTIONS, unit.restrictions)):
            try:
                verify_events(contract, unit.unit, events, proven.values[contract])
            except VerificationError as fault:
                raise VerificationError(f"{contract}, unit {unit.unit.hex()}: {fault}") from fault
    found = tuple(map(read, evidence.units))
    if lineage({history.chain.unit: history for history in found}) != [unit.unit for unit in evidence.units]:
        raise VerificationError("register: expected the unit, then those it came from, each once")
    entries, burdens = (sum(map(len, part)) for part in zip(*((h.entries, h.burdens) for h in found), strict=True))
    words = Words(
        f"{len(found)} units, {entries} entries of titles and {burdens} of restrictions, complete and in order",
        f"{len(found)} 个单元,权利登记 {entries} 条,限制登记 {burdens} 条,完整有序",
    )
    return found, words


def read(unit: UnitChain) -> UnitHistory:
    """Read the events of a unit; raises InvalidRecord."""
    burdens = tuple(read_burden(unit.unit, event) for event in unit.restrictions)
    return UnitHistory(unit, tuple(map(read_entry, unit.titles)), burdens)


def lineage(units: Mapping[bytes, UnitHistory]) -> list[bytes]:
    """List the first of these units and those it came from, nearest first.

    Raises:
        VerificationError: one of them is not among these, or did not end in it.
    """
    waiting, found = [next(iter(units))], list[bytes]()
    while waiting and len(found) <= MAX_UNITS:
        unit = waiting.pop(0)
        if unit in found:
            continue
        found.append(unit)
        for parent in parents(units[unit]):
            if parent not in units:
                raise VerificationError(f"register: unit {unit.hex()} came from {parent.hex()}, which is left out")
            last = units[parent].entries[-1:]
            if not last or last[0].state is not UnitState.SUCCEEDED or last[0].source != units[unit].entries[0].source:
                raise VerificationError(f"register: unit {parent.hex()} did not end in unit {unit.hex()}")
            waiting.append(parent)
    return found


def parents(history: UnitHistory) -> tuple[bytes, ...]:
    """Return the units that one was divided or merged from; none for one that was registered or opened first.

    Raises:
        VerificationError: the named parts are not those that the entry commits to.
    """
    if not history.entries or history.entries[0].kind is not RegistrationType.ALTERATION:
        if history.chain.parts:
            raise VerificationError("register: a unit that was not merged has parts")
        return ()
    origin = history.entries[0].origin
    if not history.chain.parts:
        return (origin,)
    if parts_digest(history.chain.parts) != origin:
        raise VerificationError("register: the parts are not those that the merger names")
    return history.chain.parts


def require_moments(
    evidence: TitleEvidence, network: Network, proven: Proven, histories: Sequence[UnitHistory]
) -> tuple[tuple[UnitHistory, ...], Words]:
    """Verify in which block each entry was made.

    Raises:
        VerificationError: a receipt proof does not hold, or shows another event than the history's.
    """
    proofs = iter(evidence.facts.moments)
    found = []
    for history in histories:
        titles, restrictions = (
            tuple(_moment(network, proven.accounts[name], next(proofs, None), event) for event in events)
            for name, events in ((TITLES, history.chain.titles), (RESTRICTIONS, history.chain.restrictions))
        )
        for part in (titles, restrictions):
            if any(later.block < earlier.block for earlier, later in pairwise(part)):
                raise VerificationError("moments: an entry stands before the one that it follows")
        found.append(replace(history, entered_at=titles, burdened_at=restrictions))
    if next(proofs, None) is not None:
        raise VerificationError("moments: a receipt of no entry")
    last = network.newest
    words = Words(
        f"{len(evidence.facts.moments)} entries, each in its block; as of block {last.number} (unix {last.timestamp})",
        f"{len(evidence.facts.moments)} 条登记均在所示区块;截至第 {last.number} 块(unix {last.timestamp})",
    )
    return tuple(found), words


def _moment(network: Network, account: bytes, proof: ReceiptProof | None, event: RecordedEvent) -> Moment:
    if proof is None:
        raise VerificationError("moments: an entry without its receipt")
    header = network.header(proof.header_hash)
    log = verify_receipt(header, proof)
    if (log.address, log.topics, log.data) != (account, event.topics, event.data):
        raise VerificationError(f"moments: block {header.number} shows another event than the history's")
    return Moment(header.number, header.timestamp)
