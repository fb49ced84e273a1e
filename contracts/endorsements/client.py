"""Calls of Endorsements, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping

from contracts import layout
from contracts.addresses import ENDORSEMENTS
from contracts.layout import layout_of
from ledger.chain.port import Operation, StateFact


def endorse(act: bytes, *, op_id: bytes) -> Operation:
    """Build the call by which a head agrees to an act."""
    return Operation(ENDORSEMENTS, "endorse", (act,), op_id)


def withdraw(act: bytes, *, op_id: bytes) -> Operation:
    """Build the call that takes an endorsement back."""
    return Operation(ENDORSEMENTS, "withdraw", (act,), op_id)


def head_fact(party: bytes, act: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: who of a party agreed to an act."""
    return StateFact(ENDORSEMENTS, (_slot(party, act),), block_number)


def decode_head(party: bytes, act: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read the agent from the word proven for head_fact; zeros prove that nobody did."""
    return layout.address(values, _slot(party, act))


def _slot(party: bytes, act: bytes) -> bytes:
    return layout_of(ENDORSEMENTS).slot("heads", party, act)
