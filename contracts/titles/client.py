"""Calls of Titles, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.addresses import TITLES
from contracts.records import decode_struct, struct_fact
from contracts.titles.calls import Alter, Call, Cancel, Correct, Divide, First, Merge, OpenRecord, Transfer
from contracts.titles.record import Unit
from ledger.abi import AbiValue
from ledger.chain.port import Operation, StateFact


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build the call of the contract."""
    method, arguments = _arguments(call)
    return Operation(TITLES, method, arguments, op_id)


def _arguments(call: Call) -> tuple[str, tuple[AbiValue, ...]]:
    match call:
        case First():
            return "first", (call.application, call.unit, call.spatial, call.right, call.held.values)
        case OpenRecord():
            place = (call.stream, call.size, call.index, call.salt, call.path)
            return "open_record", (call.unit, call.spatial, call.right, call.held.values, call.last, *place)
        case Alter():
            return "alter", (call.application, call.unit, call.spatial, call.before.values, call.after.values)
        case Transfer():
            lists = (call.before.values, call.after.values)
            return "transfer", (call.application, call.unit, *lists, call.acknowledged)
        case Correct():
            lists = (call.before.values, call.after.values)
            return "correct", (call.application, call.unit, call.spatial, *lists, call.reason)
        case Cancel():
            return "cancel", (call.application, call.unit, call.before.values)
        case Divide():
            parts = tuple((part.unit, part.spatial) for part in call.parts)
            return "divide", (call.application, call.unit, parts, call.held.values)
        case Merge():
            into = (call.into.unit, call.into.spatial)
            joined = tuple((part.unit, part.held.values) for part in call.parts)
            return "merge", (call.application, joined, into, call.held.values)


def unit_fact(unit: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a unit with its registrar, right, state and the digest of its holdings."""
    return struct_fact(TITLES, "units", unit, block_number=block_number)


def decode_unit(unit: bytes, values: Mapping[bytes, bytes]) -> Unit:
    """Read the unit from the words proven for unit_fact; its state is UNKNOWN if the register never had it.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Unit, values, TITLES, "units", unit)
