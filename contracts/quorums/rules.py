"""The rules of Quorums as values and functions: what ``quorums.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. How an action stands at a moment follows from what is
stored and that moment: no call is needed for a term to be over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, TypeAlias

from contracts.addresses import QUORUMS
from contracts.history import NOTHING, Change, Journal
from contracts.world import ANY_PARTY_ROLE, AgentRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

ACTION_PROPOSED: Final = "ActionProposed(bytes32,uint256,uint256,bytes32,bytes32,uint256,uint256,bytes32[])"
ACTION_ANSWERED: Final = "ActionAnswered(bytes32,uint256,uint256,bytes32,bool,bytes32)"
ACTION_DECIDED: Final = "ActionDecided(bytes32,uint256,uint256,bytes32)"

MAX_PARTIES: Final = 16
MAX_TERM: Final = 366 * 86400


class ActionState(IntEnum):
    """Where an action is; OVER is never stored: it is OPEN past its term."""

    UNKNOWN = 0
    OPEN = 1
    IN_FORCE = 2
    REFUSED = 3
    OVER = 4


class Voice(IntEnum):
    """What a party has said of an action."""

    NOT_NAMED = 0
    NAMED = 1
    AGREED = 2
    OPPOSED = 3


@dataclass(frozen=True, slots=True)
class Action:
    """One action; all zero for an id never used. needed: how many of the named parties must agree."""

    action: bytes = NOTHING
    needed: int = 0
    named: int = 0
    agreed: int = 0
    opposed: int = 0
    expires: int = 0
    state: ActionState = ActionState.UNKNOWN

    def standing(self, now: int) -> ActionState:
        """Say how it stands at a moment."""
        return ActionState.OVER if self.state is ActionState.OPEN and now >= self.expires else self.state


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. voices: by action and party."""

    actions: Mapping[bytes, Action] = field(default_factory=dict)
    voices: Mapping[tuple[bytes, bytes], Voice] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def action(self, id: bytes) -> Action:
        return self.actions.get(id, Action())

    def voice(self, id: bytes, party: bytes) -> Voice:
        return self.voices.get((id, party), Voice.NOT_NAMED)

    def in_force(self, id: bytes, action: bytes) -> bool:
        """Say whether the parties have agreed to exactly this digest."""
        found = self.action(id)
        return found.state is ActionState.IN_FORCE and found.action == action


@dataclass(frozen=True, slots=True)
class Propose:
    """Name the parties that must agree, how many of them, and until when."""

    id: bytes
    action: bytes
    parties: tuple[bytes, ...]
    needed: int
    expires: int


@dataclass(frozen=True, slots=True)
class Agree:
    """Say yes to exactly this digest."""

    id: bytes
    action: bytes


@dataclass(frozen=True, slots=True)
class Oppose:
    """Say no."""

    id: bytes
    reason: bytes


Call: TypeAlias = Propose | Agree | Oppose
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Oppose):
        world.require_open(QUORUMS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Propose():
            return _propose(state, call, party, now, world)
        case Agree():
            return _agree(state, call, party, now)
        case Oppose():
            return _oppose(state, call, party, now)


def _propose(state: State, call: Propose, party: bytes, now: int, world: World) -> Result:
    if NOTHING in (call.id, call.action):
        raise InvalidRecord("quorum: action missing")
    if state.action(call.id).state:
        raise Conflict("quorum: exists")
    if not 0 < call.needed <= len(call.parties):
        raise InvalidRecord("quorum: more needed than named")
    if not now < call.expires <= now + MAX_TERM:
        raise InvalidRecord("quorum: term of a year at most")
    for before, named in zip((NOTHING, *call.parties), call.parties, strict=False):
        if named <= before:
            raise InvalidRecord("quorum: parties not in order")
        if not world.serving(named, ANY_PARTY_ROLE, now):
            raise NotAuthorized("quorum: party not serving")
    after = Action(call.action, call.needed, len(call.parties), expires=call.expires, state=ActionState.OPEN)
    voices = {**state.voices, **{(call.id, named): Voice.NAMED for named in call.parties}}
    values = (int(after.state), party, call.action, call.needed, call.expires, call.parties)
    journal, change = state.journal.record(ACTION_PROPOSED, call.id, *values)
    return State({**state.actions, call.id: after}, voices, journal), (change,)


def _agree(state: State, call: Agree, party: bytes, now: int) -> Result:
    before = _open(state, call.id, party, now)
    if before.action != call.action:
        raise Conflict("quorum: another action")
    after = replace(before, agreed=before.agreed + 1)
    decided = ActionState.IN_FORCE if after.agreed == after.needed else ActionState.OPEN
    return _answered(state, call.id, party, replace(after, state=decided), Voice.AGREED, NOTHING)


def _oppose(state: State, call: Oppose, party: bytes, now: int) -> Result:
    before = _open(state, call.id, party, now)
    if call.reason == NOTHING:
        raise InvalidRecord("quorum: reason missing")
    after = replace(before, opposed=before.opposed + 1)
    decided = ActionState.REFUSED if after.named - after.opposed < after.needed else ActionState.OPEN
    return _answered(state, call.id, party, replace(after, state=decided), Voice.OPPOSED, call.reason)


def _open(state: State, id: bytes, party: bytes, now: int) -> Action:
    found = state.action(id)
    if not found.state:
        raise NotFound("quorum: unknown")
    if found.state is not ActionState.OPEN:
        raise Conflict("quorum: state")
    if now >= found.expires:
        raise Conflict("quorum: term over")
    voice = state.voice(id, party)
    if voice is Voice.NOT_NAMED:
        raise NotAuthorized("quorum: not a named party")
    if voice is not Voice.NAMED:
        raise Conflict("quorum: said already")
    return found


def _answered(state: State, id: bytes, party: bytes, after: Action, voice: Voice, reason: bytes) -> Result:
    values = (int(ActionState.OPEN), party, voice is Voice.AGREED, reason)
    journal, change = state.journal.record(ACTION_ANSWERED, id, *values)
    changes = [change]
    if after.state is not ActionState.OPEN:
        journal, change = journal.record(ACTION_DECIDED, id, int(after.state), after.action)
        changes.append(change)
    voices = {**state.voices, (id, party): voice}
    return State({**state.actions, id: after}, voices, journal), tuple(changes)
