"""Calls of Regions, the facts one can have proven about it, and what the proven words mean.

Regions are set and parties placed by Governance alone: ``call_of`` is what a proposal carries. A region's id is
``contracts.regulation.client.jurisdiction_id`` of its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import REGIONS
from contracts.governance.client import Invocation, invocation
from contracts.layout import layout_of
from contracts.regions.rules import Call, SetRegion
from contracts.regulation.rules import NATIONAL
from ledger.chain.port import StateFact


def call_of(call: Call) -> Invocation:
    """Build the call (target, data) that a proposal carries."""
    return invocation(REGIONS, "set_region" if isinstance(call, SetRegion) else "place", *astuple(call))


def above_fact(region: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: in which region another one lies."""
    return StateFact(REGIONS, (layout_of(REGIONS).slot("above", region),), block_number)


def decode_above(region: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read it from the word proven for above_fact; zero for the nation and for a region that was never set."""
    return layout.digest(values, layout_of(REGIONS).slot("above", region))


def place_fact(party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: where a party sits."""
    return StateFact(REGIONS, (layout_of(REGIONS).slot("places", party),), block_number)


def decode_place(party: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read the region from the word proven for place_fact; the nation if the party was placed nowhere."""
    found = layout.digest(values, layout_of(REGIONS).slot("places", party))
    return found if any(found) else NATIONAL
