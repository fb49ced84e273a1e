"""The rules of Custody as values and functions: what ``custody.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. Who held an item when, ``holding.py`` reads from events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, TypeAlias

from contracts.addresses import CUSTODY
from contracts.history import NOTHING, Change, Journal
from contracts.world import ANY_PARTY_ROLE, AgentRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

ITEM_ENTERED: Final = "ItemEntered(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
ITEM_OFFERED: Final = "ItemOffered(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
ITEM_TAKEN: Final = "ItemTaken(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32)"
OFFER_ENDED: Final = "OfferEnded(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
SEAL_CHANGED: Final = "SealChanged(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
ITEM_CLOSED: Final = "ItemClosed(bytes32,uint256,uint256,bytes32,bytes32)"


class ItemState(IntEnum):
    """Where an item's custody is."""

    UNKNOWN = 0
    HELD = 1
    OFFERED = 2
    CLOSED = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One item; all zero for an id never used. seal: nothing while it is open; offered: the condition offered."""

    holder: bytes = NOTHING
    taker: bytes = NOTHING
    condition: bytes = NOTHING
    offered: bytes = NOTHING
    seal: bytes = NOTHING
    state: ItemState = ItemState.UNKNOWN

    @property
    def stated(self) -> bytes:
        """The condition last stated: as offered while it is offered."""
        return self.condition if self.offered == NOTHING else self.offered


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    items: Mapping[bytes, Item] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def item(self, id: bytes) -> Item:
        return self.items.get(id, Item())


@dataclass(frozen=True, slots=True)
class Enter:
    """Begin an item's custody."""

    id: bytes
    condition: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer an item to another party."""

    id: bytes
    taker: bytes
    condition: bytes


@dataclass(frozen=True, slots=True)
class Take:
    """Accept an item in the condition and under the seal stated."""

    id: bytes
    condition: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Decline:
    """End an offer."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Reseal:
    """Open or seal an item."""

    id: bytes
    condition: bytes
    seal: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """End an item's custody for good."""

    id: bytes
    outcome: bytes


Call: TypeAlias = Enter | Offer | Take | Decline | Reseal | Close
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Decline):
        world.require_open(CUSTODY)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Enter():
            return _enter(state, call, party)
        case Offer():
            return _offer(state, call, party, now, world)
        case Take():
            return _take(state, call, party)
        case Decline():
            return _decline(state, call, party)
        case Reseal():
            return _reseal(state, call, party)
        case Close():
            return _close(state, call, party)


def _enter(state: State, call: Enter, party: bytes) -> Result:
    if NOTHING in (call.id, call.condition):
        raise InvalidRecord("custody: condition missing")
    if state.item(call.id).state:
        raise Conflict("custody: exists")
    after = Item(party, condition=call.condition, seal=call.seal, state=ItemState.HELD)
    return _record(state, ITEM_ENTERED, call.id, after, party, call.condition, call.seal)


def _offer(state: State, call: Offer, party: bytes, now: int, world: World) -> Result:
    before = _held(state, call.id, party)
    if call.taker == party or not world.serving(call.taker, ANY_PARTY_ROLE, now):
        raise NotAuthorized("custody: no other valid party")
    if call.condition == NOTHING:
        raise InvalidRecord("custody: condition missing")
    after = replace(before, taker=call.taker, offered=call.condition, state=ItemState.OFFERED)
    return _record(state, ITEM_OFFERED, call.id, after, party, call.taker, call.condition)


def _take(state: State, call: Take, party: bytes) -> Result:
    before = _item(state, call.id, ItemState.OFFERED)
    if before.taker != party:
        raise NotAuthorized("custody: not the taker")
    if before.offered != call.condition:
        raise Conflict("custody: another condition")
    if before.seal != call.seal:
        raise Conflict("custody: another seal")
    after = Item(party, condition=call.condition, seal=call.seal, state=ItemState.HELD)
    return _record(state, ITEM_TAKEN, call.id, after, party, before.holder, call.condition, call.seal)


def _decline(state: State, call: Decline, party: bytes) -> Result:
    before = _item(state, call.id, ItemState.OFFERED)
    if party not in (before.holder, before.taker):
        raise NotAuthorized("custody: of other parties")
    if call.reason == NOTHING:
        raise InvalidRecord("custody: reason missing")
    after = replace(before, taker=NOTHING, offered=NOTHING, state=ItemState.HELD)
    return _record(state, OFFER_ENDED, call.id, after, party, before.taker, call.reason)


def _reseal(state: State, call: Reseal, party: bytes) -> Result:
    before = _held(state, call.id, party)
    if call.condition == NOTHING:
        raise InvalidRecord("custody: condition missing")
    if before.seal == call.seal:
        raise Conflict("custody: no change")
    after = replace(before, condition=call.condition, seal=call.seal)
    return _record(state, SEAL_CHANGED, call.id, after, party, call.condition, call.seal)


def _close(state: State, call: Close, party: bytes) -> Result:
    before = _held(state, call.id, party)
    if call.outcome == NOTHING:
        raise InvalidRecord("custody: outcome missing")
    return _record(state, ITEM_CLOSED, call.id, replace(before, state=ItemState.CLOSED), party, call.outcome)


def _held(state: State, id: bytes, party: bytes) -> Item:
    found = _item(state, id, ItemState.HELD)
    if found.holder != party:
        raise NotAuthorized("custody: not the holder")
    return found


def _item(state: State, id: bytes, expected: ItemState) -> Item:
    found = state.item(id)
    if not found.state:
        raise NotFound("custody: unknown")
    if found.state is not expected:
        raise Conflict("custody: state")
    return found


def _record(state: State, signature: str, id: bytes, after: Item, party: bytes, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return State({**state.items, id: after}, journal), (change,)
