"""Calls of Materials, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import MATERIALS
from contracts.layout import layout_of, word
from contracts.materials.rules import Material, Register, Rely, Withdraw
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.errors import InvalidRecord


def register(call: Register, *, op_id: bytes) -> Operation:
    """Build the call that registers a material."""
    return Operation(MATERIALS, "register", astuple(call), op_id)


def rely(call: Rely, *, op_id: bytes) -> Operation:
    """Build the call that records a reuse."""
    return Operation(MATERIALS, "rely", astuple(call), op_id)


def withdraw(call: Withdraw, *, op_id: bytes) -> Operation:
    """Build the call that withdraws a material."""
    return Operation(MATERIALS, "withdraw", astuple(call), op_id)


def material_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a material as it was registered last."""
    return struct_fact(MATERIALS, "materials", id, block_number=block_number)


def decode_material(id: bytes, values: Mapping[bytes, bytes]) -> Material:
    """Read the material from the words proven for material_fact; version 0 proves that there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Material, values, MATERIALS, "materials", id)


def purpose_fact(id: bytes, version: int, purpose: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: whether a version of a material may be relied on for a purpose."""
    return StateFact(MATERIALS, (_purpose_slot(id, version, purpose),), block_number)


def decode_purpose(id: bytes, version: int, purpose: bytes, values: Mapping[bytes, bytes]) -> bool:
    """Read the answer from the word proven for purpose_fact; raises InvalidRecord."""
    return _flag(layout.number(values, _purpose_slot(id, version, purpose)))


def reuse_fact(id: bytes, version: int, party: bytes, matter: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: whether a party relied on a version of a material for a matter."""
    return StateFact(MATERIALS, (_reuse_slot(id, version, party, matter),), block_number)


def decode_reuse(id: bytes, version: int, party: bytes, matter: bytes, values: Mapping[bytes, bytes]) -> bool:
    """Read the answer from the word proven for reuse_fact; raises InvalidRecord."""
    return _flag(layout.number(values, _reuse_slot(id, version, party, matter)))


def _purpose_slot(id: bytes, version: int, purpose: bytes) -> bytes:
    return layout_of(MATERIALS).slot("purposes", id, word(version), purpose)


def _reuse_slot(id: bytes, version: int, party: bytes, matter: bytes) -> bytes:
    return layout_of(MATERIALS).slot("reused", id, word(version), party, matter)


def _flag(value: int) -> bool:
    if value > 1:
        raise InvalidRecord(f"material: expected a boolean, got {value}")
    return bool(value)
