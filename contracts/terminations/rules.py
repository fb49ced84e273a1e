"""The rules of Terminations as values and functions: what ``terminations.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. It ends nothing itself: Authorizations asks it whether
an owner may.
Source: Regulation on Government Data Sharing, article 27 (rule R20).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import TERMINATIONS
from contracts.authorizations.known import KnownWorld, require_authorization
from contracts.authorizations.record import NOTHING, Authorization
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized

TERMINATION_ANNOUNCED: Final = "TerminationAnnounced(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
TERMINATION_ANSWERED: Final = "TerminationAnswered(bytes32,uint256,uint256,bytes32,bool,bytes32)"
TERMINATION_FILED: Final = "TerminationFiled(bytes32,uint256,uint256,bytes32)"


class TerminationState(IntEnum):
    """How far the end of a service has come."""

    UNKNOWN = 0
    ANNOUNCED = 1
    AGREED = 2
    OPPOSED = 3
    FILED = 4


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. announced: the number of a service's last announcement in its history."""

    states: Mapping[bytes, TerminationState] = field(default_factory=dict)
    announced: Mapping[bytes, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def of(self, authorization: bytes) -> TerminationState:
        return self.states.get(authorization, TerminationState.UNKNOWN)

    def disputable(self, authorization: bytes) -> int:
        """Return the announcement that may be disputed now: one not agreed on and not filed; zero if there is none."""
        is_open = self.of(authorization) in (TerminationState.ANNOUNCED, TerminationState.OPPOSED)
        return self.announced.get(authorization, 0) if is_open else 0


class TerminationWorld(KnownWorld, Protocol):
    """What the rules ask besides: Disputes."""

    def winner(self, subject: bytes, ending: int, now: int) -> bytes:
        """Return for whom the dispute about an announced end was decided for good, zero if it was not."""
        ...


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the grantee that the service is to end, and why."""

    authorization: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """Say, as grantee, whether the service may end."""

    authorization: bytes
    agrees: bool
    word: bytes


@dataclass(frozen=True, slots=True)
class File:
    """File a termination with an authority."""

    authorization: bytes


Call: TypeAlias = Announce | Answer | File
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: TerminationWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, Announce):
        world.require_open(TERMINATIONS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    if isinstance(call, File) and not world.serving(party, PartyRole.AUTHORITY, now):
        raise NotAuthorized("termination: authority only (R20)")
    record, before = require_authorization(world, call.authorization), state.of(call.authorization)
    match call:
        case Announce():
            return _announce(state, call, record, before, party)
        case Answer():
            return _answer(state, call, record, before, party)
        case File():
            if before in (TerminationState.UNKNOWN, TerminationState.FILED):
                raise Conflict("termination: state")
            if before is not TerminationState.AGREED:
                _require_decided(state, call.authorization, record, now, world)
            return _record(state, TERMINATION_FILED, call.authorization, TerminationState.FILED, party)


def _require_decided(state: State, id: bytes, record: Authorization, now: int, world: TerminationWorld) -> None:
    if world.winner(id, state.announced.get(id, 0), now) != record.owner:
        raise Conflict("termination: not agreed on or decided (R20)")


def _announce(state: State, call: Announce, record: Authorization, before: TerminationState, party: bytes) -> Result:
    if record.owner != party:
        raise NotAuthorized("termination: not the owner")
    if before not in (TerminationState.UNKNOWN, TerminationState.OPPOSED):
        raise Conflict("termination: state")
    if call.reason == NOTHING:
        raise InvalidRecord("termination: cause missing (R20)")
    id, values = call.authorization, (record.grantee, call.reason)
    numbered = replace(state, announced={**state.announced, id: state.journal.count(id) + 1})
    return _record(numbered, TERMINATION_ANNOUNCED, id, TerminationState.ANNOUNCED, party, *values)


def _answer(state: State, call: Answer, record: Authorization, before: TerminationState, party: bytes) -> Result:
    if record.grantee != party:
        raise NotAuthorized("termination: not the grantee (R20)")
    if before is not TerminationState.ANNOUNCED:
        raise Conflict("termination: state")
    if call.word == NOTHING:
        raise InvalidRecord("termination: word missing (R20)")
    reached = TerminationState.AGREED if call.agrees else TerminationState.OPPOSED
    return _record(state, TERMINATION_ANSWERED, call.authorization, reached, party, call.agrees, call.word)


def _record(
    state: State, signature: str, id: bytes, after: TerminationState, party: bytes, *values: int | bytes
) -> Result:
    journal, change = state.journal.record(signature, id, int(after), party, *values)
    return replace(state, states={**state.states, id: after}, journal=journal), (change,)
