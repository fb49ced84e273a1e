"""Calls of Restrictions, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import RESTRICTIONS
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from contracts.restrictions.calls import Allow, Begin, Call, EnterRestriction, Lift, Release, Renew, Seize, Sue
from contracts.restrictions.record import MAX_STANDING, Restriction
from ledger.chain.port import Operation, StateFact
from ledger.errors import InvalidRecord

_METHODS = {
    Begin: "begin", Sue: "sue", Allow: "allow", Release: "release", Seize: "seize", Renew: "renew", Lift: "lift",
}  # fmt: skip


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build the call of the contract."""
    if isinstance(call, EnterRestriction):
        application, *entry = astuple(call)
        return Operation(RESTRICTIONS, "enter", (application, tuple(entry)), op_id)
    return Operation(RESTRICTIONS, _METHODS[type(call)], astuple(call), op_id)


def restriction_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: one restriction."""
    return struct_fact(RESTRICTIONS, "restrictions", id, block_number=block_number)


def decode_restriction(id: bytes, values: Mapping[bytes, bytes]) -> Restriction:
    """Read a restriction from the words proven for restriction_fact; UNKNOWN if the id was never used.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Restriction, values, RESTRICTIONS, "restrictions", id)


def standing_fact(unit: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: how many restrictions stand against a unit. Zero proves that there is none."""
    return StateFact(RESTRICTIONS, (layout_of(RESTRICTIONS).slot("standing", unit),), block_number)


def standing_ids_fact(unit: bytes, count: int, block_number: int | None = None) -> StateFact:
    """Name the fact: the ids of the restrictions that stand, with their number."""
    return StateFact(RESTRICTIONS, _standing_slots(unit, count), block_number)


def decode_standing(unit: bytes, count: int, values: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    """Read the ids in the order of their registration, from the words proven for standing_ids_fact.

    Raises:
        InvalidRecord: the proof does not cover them, or another number of them stands.
    """
    number, *ids = _standing_slots(unit, count)
    if layout.number(values, number) != count:
        raise InvalidRecord(f"restriction: expected {count} standing, got {layout.number(values, number)}")
    return tuple(layout.digest(values, slot) for slot in ids)


def _standing_slots(unit: bytes, count: int) -> tuple[bytes, ...]:
    if not 0 <= count <= MAX_STANDING:
        raise InvalidRecord(f"restriction: at most {MAX_STANDING} stand")
    found = layout_of(RESTRICTIONS)
    return tuple(found.slot("standing", unit, offset=offset) for offset in range(count + 1))
