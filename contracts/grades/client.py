"""Calls of Grades, the facts one can have proven about it, and what the proven words mean.

Levels are registered by Governance alone: ``level_call`` is what a proposal carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import GRADES
from contracts.governance.client import Invocation, invocation
from contracts.grades.record import LOWEST, Column, Cover
from contracts.grades.rules import Covering, Grade, SetLevel
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.hashing import tagged


def column_id(salt: bytes, name: str) -> bytes:
    """Return the digest under which a column of an entry stands on chain; the owner keeps the salt."""
    return tagged("SHUXIN-COLUMN-V1", salt, name.encode())


def grade(call: Grade, *, op_id: bytes) -> Operation:
    """Build the call that lays open the columns of a filed entry."""
    return Operation(GRADES, "grade", (call.document, tuple(map(astuple, call.columns))), op_id)


def cover(call: Covering, *, op_id: bytes) -> Operation:
    """Build the call that states which columns some terms cover."""
    return Operation(GRADES, "cover", (call.asset, call.terms, call.columns, int(call.basis), call.assessment), op_id)


def level_call(call: SetLevel) -> Invocation:
    """Build the call (target, data) that a proposal carries to register a party's level."""
    return invocation(GRADES, "set_level", call.party, call.level)


def column_fact(document: bytes, id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a column of an entry."""
    return struct_fact(GRADES, "columns", document, id, block_number=block_number)


def decode_column(document: bytes, id: bytes, values: Mapping[bytes, bytes]) -> Column:
    """Read a column from the words proven for column_fact; grade 0 proves that the entry has no such column."""
    return decode_struct(Column, values, GRADES, "columns", document, id)


def cover_fact(asset: bytes, terms: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what some terms cover of an asset."""
    return struct_fact(GRADES, "covers", asset, terms, block_number=block_number)


def decode_cover(asset: bytes, terms: bytes, values: Mapping[bytes, bytes]) -> Cover:
    """Read a cover from the words proven for cover_fact; grade 0 proves that there is none."""
    return decode_struct(Cover, values, GRADES, "covers", asset, terms)


def level_fact(party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the level a party is registered with."""
    return StateFact(GRADES, (layout_of(GRADES).slot("levels", party),), block_number)


def decode_level(party: bytes, values: Mapping[bytes, bytes]) -> int:
    """Read a party's level from the word proven for level_fact; the lowest without a registration."""
    return max(layout.number(values, layout_of(GRADES).slot("levels", party)), LOWEST)
