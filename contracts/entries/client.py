"""Calls of Entries, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import ENTRIES
from contracts.entries.record import Entry
from contracts.entries.rules import File
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.errors import InvalidRecord


def file(call: File, *, op_id: bytes) -> Operation:
    """Build the call that states what the catalogue shall say of a data set."""
    return Operation(ENTRIES, "file", (call.asset, astuple(call.content), call.conditions), op_id)


def entry_fact(document: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an entry, by the digest of all it says."""
    return struct_fact(ENTRIES, "entries", document, block_number=block_number)


def decode_entry(document: bytes, values: Mapping[bytes, bytes]) -> Entry:
    """Read the entry from the words proven for entry_fact; filed at 0 proves that there is none."""
    return decode_struct(Entry, values, ENTRIES, "entries", document)


def condition_fact(document: bytes, condition: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: whether an entry names a condition."""
    return StateFact(ENTRIES, (_listed(document, condition),), block_number)


def decode_condition(document: bytes, condition: bytes, values: Mapping[bytes, bytes]) -> bool:
    """Read the answer from the word proven for condition_fact.

    Raises:
        InvalidRecord: the proof does not cover it, or the word is none the contract stores.
    """
    value = layout.number(values, _listed(document, condition))
    if value > 1:
        raise InvalidRecord(f"entry condition: expected a boolean, got {value}")
    return bool(value)


def _listed(document: bytes, condition: bytes) -> bytes:
    return layout_of(ENTRIES).slot("listed", document, condition)
