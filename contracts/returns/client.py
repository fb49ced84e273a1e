"""Calls of Returns, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import RETURNS
from contracts.layout import layout_of
from contracts.returns.rules import Claim, Gather
from ledger.chain.port import Operation, StateFact


def gather(call: Gather, *, op_id: bytes) -> Operation:
    """Build the call that states which region's data an asset holds."""
    return Operation(RETURNS, "gather", astuple(call), op_id)


def claim(call: Claim, *, op_id: bytes) -> Operation:
    """Build the call that has data flow back."""
    return Operation(RETURNS, "claim", astuple(call), op_id)


def gathered_fact(asset: bytes, region: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: whether an asset is stated to hold data of a region."""
    return StateFact(RETURNS, (layout_of(RETURNS).slot("gathered", asset, region),), block_number)


def decode_gathered(asset: bytes, region: bytes, values: Mapping[bytes, bytes]) -> bool:
    """Read it from the word proven for gathered_fact."""
    return layout.number(values, layout_of(RETURNS).slot("gathered", asset, region)) != 0


def due_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: until when a claimed return is supplied in time."""
    return StateFact(RETURNS, (layout_of(RETURNS).slot("due", id),), block_number)


def decode_due(id: bytes, values: Mapping[bytes, bytes]) -> int:
    """Read the moment from the word proven for due_fact; zero proves that nothing was claimed under the id."""
    return layout.number(values, layout_of(RETURNS).slot("due", id))
