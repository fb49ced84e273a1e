"""Calls of the Notary, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping

from contracts import layout
from contracts.addresses import NOTARY
from contracts.layout import layout_of
from contracts.notary.rules import Stream
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact


def anchor(stream: bytes, old_size: int, new_size: int, root: bytes, *, op_id: bytes) -> Operation:
    """Build the call that commits the tree of a stream's first new_size records."""
    return Operation(NOTARY, "anchor", (stream, old_size, new_size, root), op_id)


def stream_fact(stream: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: owner, size and root of a stream."""
    return struct_fact(NOTARY, "streams", stream, block_number=block_number)


def decode_stream(stream: bytes, values: Mapping[bytes, bytes]) -> Stream:
    """Read the record from the words proven for stream_fact."""
    return decode_struct(Stream, values, NOTARY, "streams", stream)


def root_fact(stream: bytes, size: int, block_number: int | None = None) -> StateFact:
    """Name the fact: the root anchored for exactly this size, zero if none was."""
    return StateFact(NOTARY, (_root_slot(stream, size),), block_number)


def decode_root(stream: bytes, size: int, values: Mapping[bytes, bytes]) -> bytes:
    """Read the root from the word proven for root_fact; zero proves that there is no such anchor."""
    return layout.digest(values, _root_slot(stream, size))


def _root_slot(stream: bytes, size: int) -> bytes:
    return layout_of(NOTARY).slot("roots", stream, layout.word(size))
