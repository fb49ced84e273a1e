"""The evidence file: everything a verifier needs besides the trust file, as one canonical JSON document.

    envelope     the statement and every party's signature (DSSE)
    chain        sealed headers, changes of the validators, storage proofs, receipt proofs (``facts``)
    histories    every event of the job and of each authorization, from the first
    disclosure   figures, salt and the owners' signed openings; null in the owners' copies

The same evidence has one form. This module reads and writes; ``contracts.evidence.verify`` judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from contracts.evidence import dsse, facts
from contracts.evidence.dsse import Envelope
from contracts.evidence.facts import MAX_ITEMS, ChainFacts, data, text, unhex
from contracts.evidence.statement import SALT_BYTES
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

FORMAT = "shuxin-evidence-v1"
LIMIT = 1 << 24


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event as it entered a history: its type, the entity, and its data."""

    topics: tuple[bytes, bytes]
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class History:
    """All events of one entity of a contract, in order."""

    contract: str
    entity: bytes
    events: tuple[RecordedEvent, ...]


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What only the recipient may hand on: the release document, its salt, the owners' signed openings."""

    release: JsonValue = field(repr=False)
    salt: bytes = field(repr=False)
    openings: JsonValue = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One evidence file in memory."""

    envelope: Envelope
    facts: ChainFacts
    histories: tuple[History, ...]
    disclosure: Disclosure | None

    def encode(self) -> bytes:
        """Write the file."""
        return canonical.encode(
            {
                "format": FORMAT,
                "envelope": self.envelope.json(),
                "chain": self.facts.json(),
                "histories": [write_history(history) for history in self.histories],
                "disclosure": None if self.disclosure is None else _disclosure(self.disclosure),
            }
        )

    def without_figures(self) -> Evidence:
        """Return the owners' copy: the same proof without figures, salt and openings."""
        return replace(self, disclosure=None)


def parse(encoded: bytes) -> Evidence:
    """Read an evidence file.

    Raises:
        InvalidRecord: not exactly what ``Evidence.encode`` writes.
    """
    match canonical.decode(encoded, limit=LIMIT):
        case {
            "format": str(form),
            "envelope": envelope,
            "chain": chain,
            "histories": list(histories),
            "disclosure": disclosure,
        } if len(histories) <= MAX_ITEMS:
            if form != FORMAT:
                raise InvalidRecord(f"evidence: expected format {FORMAT}, got {form[:40]!r}")
        case _:
            raise InvalidRecord("evidence: not an evidence document")
    evidence = Evidence(
        envelope=dsse.parse(envelope),
        facts=facts.read(chain),
        histories=tuple(read_history(history) for history in histories),
        disclosure=None if disclosure is None else _read_disclosure(disclosure),
    )
    if evidence.encode() != encoded:
        raise InvalidRecord("evidence: unknown fields, or tables that are not sorted and used throughout")
    return evidence


def write_history(history: History) -> JsonValue:
    """Write a history; the inverse of ``read_history``."""
    events: list[JsonValue] = [{"type": e.topics[0].hex(), "data": text(e.data)} for e in history.events]
    return {"contract": history.contract, "entity": history.entity.hex(), "events": events}


def read_history(value: JsonValue) -> History:
    """Read a history; raises InvalidRecord."""
    match value:
        case {"contract": str(contract), "entity": entity, "events": list(events)} if len(events) <= MAX_ITEMS:
            found = unhex(entity)
            return History(contract, found, tuple(_read_event(event, found) for event in events))
    raise InvalidRecord("evidence: a history has contract, entity and events")


def _read_event(value: JsonValue, entity: bytes) -> RecordedEvent:
    match value:
        case {"type": kind, "data": encoded}:
            return RecordedEvent((unhex(kind), entity), data(encoded))
    raise InvalidRecord("evidence: an event has type and data")


def _disclosure(disclosure: Disclosure) -> JsonValue:
    return {"release": disclosure.release, "salt": disclosure.salt.hex(), "openings": disclosure.openings}


def _read_disclosure(value: JsonValue) -> Disclosure:
    match value:
        case {"release": release, "salt": salt, "openings": openings}:
            found = unhex(salt)
            if len(found) != SALT_BYTES:
                raise InvalidRecord(f"evidence: expected a salt of {SALT_BYTES} bytes")
            return Disclosure(release, found, openings)
    raise InvalidRecord("evidence: a disclosure has release, salt and openings")
