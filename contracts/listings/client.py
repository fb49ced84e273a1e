"""Calls of Listings, the facts one can have proven about it, and what the proven words mean.

A list's terms are set by Governance alone: ``set_call`` is what a proposal carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts.addresses import LISTINGS
from contracts.governance.client import Invocation, invocation
from contracts.listings.rules import Announce, Answer, Plead, Publish, SetList, Withdraw
from contracts.listings.terms import Listed, Listing
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact

V_OFFSET = 27
"""What the EVM adds to the last byte of a signature."""


def set_call(call: SetList) -> Invocation:
    """Build the call (target, data) that a proposal carries to set a list's terms."""
    return invocation(LISTINGS, "set_list", call.list, astuple(call.terms))


def announce(call: Announce, *, op_id: bytes) -> Operation:
    """Build the call that announces a listing."""
    return Operation(LISTINGS, "announce", astuple(call), op_id)


def publish(call: Publish, *, op_id: bytes) -> Operation:
    """Build the call that publishes a listing."""
    return Operation(LISTINGS, "publish", astuple(call), op_id)


def plead(call: Plead, *, op_id: bytes) -> Operation:
    """Build the call that passes a subject's plea on."""
    r, s, v = call.signature[:32], call.signature[32:64], call.signature[64] + V_OFFSET
    return Operation(LISTINGS, "plead", (call.id, call.plea, call.claim, v, r, s), op_id)


def answer(call: Answer, *, op_id: bytes) -> Operation:
    """Build the call that answers a plea."""
    return Operation(LISTINGS, "answer", astuple(call), op_id)


def withdraw(call: Withdraw, *, op_id: bytes) -> Operation:
    """Build the call that withdraws a listing."""
    return Operation(LISTINGS, "withdraw", astuple(call), op_id)


def list_fact(list: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a list's keeper and terms."""
    return struct_fact(LISTINGS, "lists", list, block_number=block_number)


def decode_list(list: bytes, values: Mapping[bytes, bytes]) -> Listed:
    """Read the terms from the words proven for list_fact; all zero proves that there is no such list.

    Raises:
        InvalidRecord: the proof does not cover it.
    """
    return decode_struct(Listed, values, LISTINGS, "lists", list)


def listing_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a listing with its state, term and what is pleaded."""
    return struct_fact(LISTINGS, "listings", id, block_number=block_number)


def decode_listing(id: bytes, values: Mapping[bytes, bytes]) -> Listing:
    """Read the listing from the words proven for listing_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Listing, values, LISTINGS, "listings", id)
