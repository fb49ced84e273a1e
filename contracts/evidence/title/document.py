"""The file that proves a title: a unit's whole chain as of the newest block in it, as one canonical JSON document.

    units    the unit, and those it was divided or merged from, each with every event of both histories and its past
    chain    sealed headers, storage proofs, and a receipt proof for every event (``contracts.evidence.facts``)
    names    texts and salts behind commitments, as far as the registrar opens them for this asker
    parties  codes of parties, to say who entered or imposed what

The same title has one form. This module reads and writes; ``contracts.evidence.title.verify`` judges.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contracts.evidence import facts
from contracts.evidence.bundle import LIMIT, RecordedEvent
from contracts.evidence.facts import MAX_ITEMS, ChainFacts, data, text, unhex
from contracts.slip import form_of
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.log.record import SALT_BYTES

FORMAT = "shuxin-title"
VERSION = 1
MAX_UNITS = 64
MAX_TEXT = 1 << 16


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a stream with the salt of its leaf."""

    record: bytes = field(repr=False)
    salt: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A record that the asker does not see: its salted leaf, which tells nothing and keeps the chain whole."""

    leaf: bytes


@dataclass(frozen=True, slots=True)
class Closing:
    """The extract of a unit that the chain has not opened: its content, and where it stands in the anchored stream."""

    spatial: bytes
    right: int
    holder: bytes
    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """A unit's past: all of its records, and the salt of the extract that closes it; ``closing`` if not opened."""

    stream: str
    salt: bytes
    records: tuple[Record | Withheld, ...]
    closing: Closing | None


@dataclass(frozen=True, slots=True)
class UnitChain:
    """Every event of one unit. parts: of which units it was made by merger."""

    unit: bytes
    titles: tuple[RecordedEvent, ...]
    restrictions: tuple[RecordedEvent, ...]
    parts: tuple[bytes, ...]
    past: Past | None


@dataclass(frozen=True, slots=True)
class Name:
    """The text behind a commitment. label: 16 bytes that say of what."""

    label: str
    salt: bytes = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TitleEvidence:
    """One file in memory."""

    units: tuple[UnitChain, ...]
    facts: ChainFacts
    names: tuple[Name, ...]
    parties: tuple[str, ...]

    def encode(self) -> bytes:
        """Write the file."""
        return canonical.encode(
            {
                "format": FORMAT,
                "version": VERSION,
                "units": [_unit(unit) for unit in self.units],
                "chain": self.facts.json(),
                "names": [{"label": n.label, "salt": n.salt.hex(), "text": n.text} for n in self.names],
                "parties": list(self.parties),
            }
        )


def is_title(encoded: bytes) -> bool:
    """Say whether a file calls itself a proof of a title; nothing is verified."""
    return form_of(encoded, limit=LIMIT) == FORMAT


def parse(encoded: bytes) -> TitleEvidence:
    """Read a file.

    Raises:
        InvalidRecord: not exactly what ``TitleEvidence.encode`` writes.
    """
    match canonical.decode(encoded, limit=LIMIT):
        case {
            "format": "shuxin-title",
            "version": 1,
            "units": list(units),
            "chain": chain,
            "names": list(names),
            "parties": list(parties),
        } if 0 < len(units) <= MAX_UNITS and len(names) <= MAX_ITEMS and len(parties) <= MAX_ITEMS:
            pass
        case _:
            raise InvalidRecord("title: not the proof of a title")
    found = TitleEvidence(
        units=tuple(map(_read_unit, units)),
        facts=facts.read(chain),
        names=tuple(map(_read_name, names)),
        parties=tuple(map(_text, parties)),
    )
    if found.encode() != encoded:
        raise InvalidRecord("title: unknown fields, or tables that are not sorted and used throughout")
    return found


def _unit(unit: UnitChain) -> JsonValue:
    return {
        "unit": unit.unit.hex(),
        "titles": _events(unit.titles),
        "restrictions": _events(unit.restrictions),
        "parts": [part.hex() for part in unit.parts],
        "past": None if unit.past is None else _past(unit.past),
    }


def _events(events: tuple[RecordedEvent, ...]) -> list[JsonValue]:
    return [{"type": event.topics[0].hex(), "data": text(event.data)} for event in events]


def _past(past: Past) -> JsonValue:
    return {
        "stream": past.stream,
        "salt": past.salt.hex(),
        "records": [_record(record) for record in past.records],
        "closing": None if past.closing is None else _closing(past.closing),
    }


def _closing(closing: Closing) -> JsonValue:
    return {
        "spatial": closing.spatial.hex(),
        "right": closing.right,
        "holder": closing.holder.hex(),
        "index": closing.index,
        "size": closing.size,
        "path": [node.hex() for node in closing.path],
    }


def _record(record: Record | Withheld) -> JsonValue:
    if isinstance(record, Withheld):
        return {"leaf": record.leaf.hex()}
    return {"record": text(record.record), "salt": record.salt.hex()}


def _read_unit(value: JsonValue) -> UnitChain:
    match value:
        case {
            "unit": unit, "titles": list(titles), "restrictions": list(restrictions), "parts": list(parts),
            "past": past,
        } if max(map(len, (titles, restrictions, parts))) <= MAX_ITEMS:  # fmt: skip
            id = _word(unit)
            return UnitChain(
                id,
                tuple(_read_event(event, id) for event in titles),
                tuple(_read_event(event, id) for event in restrictions),
                tuple(map(_word, parts)),
                None if past is None else _read_past(past),
            )
    raise InvalidRecord("title: a unit has titles, restrictions, parts and past")


def _read_event(value: JsonValue, entity: bytes) -> RecordedEvent:
    match value:
        case {"type": kind, "data": encoded}:
            return RecordedEvent((_word(kind), entity), data(encoded))
    raise InvalidRecord("title: an event has type and data")


def _read_past(value: JsonValue) -> Past:
    match value:
        case {"stream": stream, "salt": salt, "records": list(records), "closing": closing} if (
            0 < len(records) <= MAX_ITEMS
        ):
            read = None if closing is None else _read_closing(closing)
            return Past(_text(stream), _salt(salt), tuple(map(_read_record, records)), read)
    raise InvalidRecord("title: a past has stream, salt, records and closing")


def _read_closing(value: JsonValue) -> Closing:
    match value:
        case {"spatial": spatial, "right": int(right), "holder": holder, "index": index, "size": size,
              "path": list(path)} if len(path) <= 64:  # fmt: skip
            place = _natural(index), _natural(size), tuple(map(_word, path))
            return Closing(_word(spatial), _natural(right), _word(holder), *place)
    raise InvalidRecord("title: a closing has spatial, right, holder, index, size and path")


def _read_record(value: JsonValue) -> Record | Withheld:
    match value:
        case {"leaf": leaf}:
            return Withheld(_word(leaf))
        case {"record": record, "salt": salt}:
            return Record(data(record), _salt(salt))
    raise InvalidRecord("title: a record has its bytes and its salt, or its leaf")


def _read_name(value: JsonValue) -> Name:
    match value:
        case {"label": label, "salt": salt, "text": content}:
            return Name(_text(label), _salt(salt), _text(content))
    raise InvalidRecord("title: a name has label, salt and text")


def _word(value: JsonValue) -> bytes:
    found = unhex(value)
    if len(found) != 32:
        raise InvalidRecord(f"title: expected 32 bytes, got {len(found)}")
    return found


def _salt(value: JsonValue) -> bytes:
    found = unhex(value)
    if len(found) != SALT_BYTES:
        raise InvalidRecord(f"title: expected a salt of {SALT_BYTES} bytes, got {len(found)}")
    return found


def _natural(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise InvalidRecord("title: expected a whole number")
    return value


def _text(value: JsonValue) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise InvalidRecord("title: expected a text")
    return value
