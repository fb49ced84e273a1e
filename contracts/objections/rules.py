"""The rules of Objections as values and functions: what ``objections.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. ``mark`` says how something derived from an asset
stands: it follows from the contract's storage and the moment of the derivation alone.
Source: Regulation on Government Data Sharing, article 26 (rule R17).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Final, TypeAlias

from contracts.addresses import OBJECTIONS
from contracts.authorizations.known import KnownWorld, require_authorization
from contracts.authorizations.record import NOTHING
from contracts.history import Change, Journal
from contracts.regulation.client import limit_id
from contracts.world import AgentRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

OBJECTION_RAISED: Final = "ObjectionRaised(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,bytes32,uint256)"
OBJECTION_ANSWERED: Final = "ObjectionAnswered(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256)"
OBJECTION_WITHDRAWN: Final = "ObjectionWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)"

CORRECTION: Final = limit_id("correction")
LATE: Final = 3906
"""Article 39(6): not verified, corrected and answered in time."""


class ObjectionState(IntEnum):
    """Where an objection is; CONFIRMED: the data were found right."""

    UNKNOWN = 0
    OPEN = 1
    CORRECTED = 2
    CONFIRMED = 3
    WITHDRAWN = 4


class Mark(StrEnum):
    """How something derived from an asset stands."""

    CLEAR = "clear"
    OBJECTED = "under objection"
    CORRECTED = "corrected since"


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection; all zero for an id never used. due: whoever answers at it or later is late."""

    asset: bytes = NOTHING
    owner: bytes = NOTHING
    party: bytes = NOTHING
    due: int = 0
    state: ObjectionState = ObjectionState.UNKNOWN


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. pending: open objections by asset; corrected: when last, by asset."""

    objections: Mapping[bytes, Objection] = field(default_factory=dict)
    pending: Mapping[bytes, int] = field(default_factory=dict)
    corrected: Mapping[bytes, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def objection(self, id: bytes) -> Objection:
        return self.objections.get(id, Objection())


@dataclass(frozen=True, slots=True)
class Object:
    """Report that granted data are wrong or incomplete."""

    id: bytes
    authorization: bytes
    fault: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Say what verification found."""

    id: bytes
    is_corrected: bool
    reply: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take an objection back."""

    id: bytes


Call: TypeAlias = Object | Answer | Withdraw
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def mark(pending: int, corrected: int, derived: int) -> Mark:
    """Say how what was derived from an asset at a moment (unix seconds) stands.

    >>> [mark(*case).value for case in ((0, 0, 5), (1, 9, 5), (0, 9, 5), (0, 9, 9))]
    ['clear', 'under objection', 'corrected since', 'clear']
    """
    if pending:
        return Mark.OBJECTED
    return Mark.CORRECTED if derived < corrected else Mark.CLEAR


def apply(state: State, call: Call, caller: bytes, now: int, world: KnownWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, Object):
        world.require_open(OBJECTIONS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Object():
            return _object(state, call, party, now, world)
        case Answer():
            return _answer(state, call, party, now)
        case Withdraw():
            return _withdraw(state, call, party)


def _object(state: State, call: Object, party: bytes, now: int, world: KnownWorld) -> Result:
    record = require_authorization(world, call.authorization)
    if record.grantee != party:
        raise NotAuthorized("objection: not the grantee (R17)")
    if NOTHING in (call.id, call.fault):
        raise InvalidRecord("objection: fault missing (R17)")
    if state.objection(call.id).state:
        raise Conflict("objection: exists")
    due = world.deadline(record.owner, CORRECTION, now)
    after = Objection(record.asset, record.owner, party, due, ObjectionState.OPEN)
    counted = replace(state, pending=_counted(state, record.asset, 1))
    values = (record.asset, record.owner, call.authorization, call.fault, due)
    return _record(counted, OBJECTION_RAISED, call.id, after, party, *values)


def _answer(state: State, call: Answer, party: bytes, now: int) -> Result:
    before = _open(state, call.id)
    if before.owner != party:
        raise NotAuthorized("objection: not the owner (R17)")
    if call.reply == NOTHING:
        raise InvalidRecord("objection: answer missing (R17)")
    reached = ObjectionState.CORRECTED if call.is_corrected else ObjectionState.CONFIRMED
    counted = replace(state, pending=_counted(state, before.asset, -1))
    if call.is_corrected:
        counted = replace(counted, corrected={**state.corrected, before.asset: now})
    breach = LATE if now >= before.due else 0
    after = replace(before, state=reached)
    return _record(counted, OBJECTION_ANSWERED, call.id, after, party, before.asset, call.reply, breach)


def _withdraw(state: State, call: Withdraw, party: bytes) -> Result:
    before = _open(state, call.id)
    if before.party != party:
        raise NotAuthorized("objection: of another party")
    counted = replace(state, pending=_counted(state, before.asset, -1))
    after = replace(before, state=ObjectionState.WITHDRAWN)
    return _record(counted, OBJECTION_WITHDRAWN, call.id, after, party, before.asset)


def _open(state: State, id: bytes) -> Objection:
    found = state.objection(id)
    if not found.state:
        raise NotFound("objection: unknown")
    if found.state is not ObjectionState.OPEN:
        raise Conflict("objection: state")
    return found


def _counted(state: State, asset: bytes, change: int) -> dict[bytes, int]:
    return {**state.pending, asset: state.pending.get(asset, 0) + change}


def _record(state: State, signature: str, id: bytes, after: Objection, party: bytes, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return replace(state, objections={**state.objections, id: after}, journal=journal), (change,)
