"""Whether the past of a unit is the one that its registrar closed: every record of it, none left out.

The extract of a unit names one hash over all its records in order (``contracts.titles.holding.past_of``). Of an opened
unit the contract has checked that its extract is in the registrar's anchored stream, and recorded the extract's leaf;
of another one the file carries the inclusion proof.

What it does NOT say: that the registrar's records are true, or that it has no later extract which it does not show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.applications.rules import RegistrationType
from contracts.evidence.records.anchored import stream_id
from contracts.evidence.report import Words
from contracts.evidence.title.chain import UnitHistory
from contracts.evidence.title.document import Closing, Past, Withheld
from contracts.notary import client as notary
from contracts.titles.holding import Holdings, extract, past_of, sole
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError
from ledger.log.record import leaf_of
from ledger.merkle import verify_inclusion

RECORD_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class PastChain:
    """The records of a unit's past, and what its extract says.

    Attributes:
        code: the unit's old one, "" if every record is withheld.
        records: None for one that is withheld.
        owner: party of the stream, zero where the chain opened the unit.
    """

    code: str
    records: tuple[dict[str, JsonValue] | None, ...]
    spatial: bytes
    right: int
    held: Holdings
    owner: bytes


def require_pasts(
    histories: tuple[UnitHistory, ...], words: Mapping[bytes, bytes]
) -> tuple[dict[bytes, PastChain], Words]:
    """Verify the past of every unit that has one.

    Args:
        words: of the Notary, where the first unit is not opened.
    Raises:
        VerificationError, InvalidRecord: a past is missing or is not the one that the extract closes.
    """
    found = {}
    for place, history in enumerate(histories):
        past, unit = history.chain.past, history.chain.unit
        if history.entries and history.entries[0].kind is RegistrationType.OPENING:
            if past is None or past.closing is not None:
                raise VerificationError(f"past: unit {unit.hex()} was opened from a past that is left out")
            found[unit] = _opened(history, past)
        elif past is not None:
            if place or history.entries or past.closing is None:
                raise VerificationError(f"past: unit {unit.hex()} was not opened from it")
            found[unit] = _closed(unit, past, past.closing, words)
    count = sum(len(past.records) for past in found.values())
    return found, Words(
        f"{count} registrations before the living register, all that their extracts name",
        f"链上登记之前的登记 {count} 条,与登记摘要所载一致",
    )


def _opened(history: UnitHistory, past: Past) -> PastChain:
    entry = history.entries[0]
    if entry.origin != stream_id(past.stream):
        raise VerificationError(f"past: opened from another stream than {past.stream}")
    content = extract(history.chain.unit, entry.spatial, entry.right, entry.held.digest(), _end(past))
    if leaf_of(past.salt, content) != entry.source:
        raise VerificationError("past: these are not the records that the unit was opened from")
    return PastChain(*_records(past), entry.spatial, entry.right, entry.held, bytes(32))


def _closed(unit: bytes, past: Past, closing: Closing, words: Mapping[bytes, bytes]) -> PastChain:
    held, stream = sole(closing.holder), stream_id(past.stream)
    content = extract(unit, closing.spatial, closing.right, held.digest(), _end(past))
    root = notary.decode_root(stream, closing.size, words)
    if not any(root):
        raise VerificationError(f"past: {past.stream} is not anchored at {closing.size} records")
    verify_inclusion(leaf_of(past.salt, content), closing.index, closing.size, closing.path, root)
    owner = notary.decode_stream(stream, words).owner
    return PastChain(*_records(past), closing.spatial, closing.right, held, owner)


def _end(past: Past) -> bytes:
    return past_of(
        record.leaf if isinstance(record, Withheld) else leaf_of(record.salt, record.record) for record in past.records
    )


def _records(past: Past) -> tuple[str, tuple[dict[str, JsonValue] | None, ...]]:
    """Read the records; all name one code."""
    found, codes = list[dict[str, JsonValue] | None](), set[str]()
    for record in past.records:
        if isinstance(record, Withheld):
            found.append(None)
            continue
        read = canonical.decode(record.record, limit=RECORD_LIMIT)
        match read:
            case {"format": "shuxin-registration", "unit": str(code), "day": str(), "kind": str()} if isinstance(
                read, dict
            ):
                found.append(read)
                codes.add(code)
            case _:
                raise InvalidRecord("past: a record is no registration")
    if len(codes) > 1:
        raise VerificationError("past: the records are of several units")
    return "".join(codes), tuple(found)
