"""The rules of Breaches as values and functions: what ``breaches.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. What a contract sees by itself carries its item there;
here is what only people see. Whether a finding is right they say too.
Source: Regulation on Government Data Sharing, articles 39 to 41 (rule R27).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, TypeAlias

from contracts.addresses import BREACHES
from contracts.history import Change, Journal
from contracts.regulation.rule_set import BREACH_ITEMS
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

BREACH_FOUND: Final = "BreachFound(bytes32,uint256,uint256,bytes32,bytes32,uint256,uint256,bytes32,bytes32,uint256)"
BREACH_CORRECTED: Final = "BreachCorrected(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bool)"
BREACH_CLOSED: Final = "BreachClosed(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32)"

NOTHING: Final = bytes(32)
ITEMS: Final = frozenset(article * 100 + n for article, count in BREACH_ITEMS.items() for n in range(1, count + 1))
LAST_RULE: Final = 27


class BreachState(IntEnum):
    """Where a breach is; one that did not hold is lifted."""

    UNKNOWN = 0
    FOUND = 1
    CORRECTED = 2
    CLOSED = 3
    LIFTED = 4


@dataclass(frozen=True, slots=True)
class Breach:
    """One breach; all zero for an id never used. due: whoever corrects it at it or later is late."""

    accused: bytes = NOTHING
    authority: bytes = NOTHING
    item: int = 0
    rule: int = 0
    due: int = 0
    state: BreachState = BreachState.UNKNOWN


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    breaches: Mapping[bytes, Breach] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def breach(self, id: bytes) -> Breach:
        return self.breaches.get(id, Breach())


@dataclass(frozen=True, slots=True)
class Find:
    """Find a breach of an item, under a rule, and order it corrected."""

    id: bytes
    accused: bytes
    item: int
    rule: int
    subject: bytes
    evidence: bytes
    due: int


@dataclass(frozen=True, slots=True)
class Correct:
    """Report what was done."""

    id: bytes
    report: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """End the case, or lift it as unfounded."""

    id: bytes
    is_lifted: bool
    outcome: bytes


Call: TypeAlias = Find | Correct | Close
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, Find):
        world.require_open(BREACHES)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Find():
            if not world.serving(party, PartyRole.AUTHORITY, now):
                raise NotAuthorized("breach: authority only (R27)")
            return _find(state, call, party, now)
        case Correct():
            return _correct(state, call, party, now)
        case Close():
            return _close(state, call, party)


def _find(state: State, call: Find, party: bytes, now: int) -> Result:
    if NOTHING in (call.id, call.evidence):
        raise InvalidRecord("breach: finding missing (R27)")
    if state.breach(call.id).state:
        raise Conflict("breach: exists")
    if call.accused in (NOTHING, party):
        raise InvalidRecord("breach: accused")
    if call.item not in ITEMS:
        raise InvalidRecord("breach: unknown item (R27)")
    if not 0 < call.rule <= LAST_RULE:
        raise InvalidRecord("breach: rule missing (R27)")
    if call.due <= now:
        raise InvalidRecord("breach: due in the past (R27)")
    after = Breach(call.accused, party, call.item, call.rule, call.due, BreachState.FOUND)
    values = (call.accused, call.item, call.rule, call.subject, call.evidence, call.due)
    return _record(state, BREACH_FOUND, call.id, after, party, *values)


def _correct(state: State, call: Correct, party: bytes, now: int) -> Result:
    before = _known(state, call.id)
    if before.accused != party:
        raise NotAuthorized("breach: of another party")
    if before.state is not BreachState.FOUND:
        raise Conflict("breach: state")
    if call.report == NOTHING:
        raise InvalidRecord("breach: report missing (R27)")
    after = replace(before, state=BreachState.CORRECTED)
    values = (before.authority, call.report, now >= before.due)
    return _record(state, BREACH_CORRECTED, call.id, after, party, *values)


def _close(state: State, call: Close, party: bytes) -> Result:
    before = _known(state, call.id)
    if before.authority != party:
        raise NotAuthorized("breach: before another authority (R27)")
    if before.state not in (BreachState.FOUND, BreachState.CORRECTED):
        raise Conflict("breach: state")
    if call.outcome == NOTHING:
        raise InvalidRecord("breach: outcome missing (R27)")
    after = replace(before, state=BreachState.LIFTED if call.is_lifted else BreachState.CLOSED)
    return _record(state, BREACH_CLOSED, call.id, after, party, before.accused, before.item, call.outcome)


def _known(state: State, id: bytes) -> Breach:
    found = state.breach(id)
    if not found.state:
        raise NotFound("breach: unknown")
    return found


def _record(state: State, signature: str, id: bytes, after: Breach, party: bytes, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return replace(state, breaches={**state.breaches, id: after}, journal=journal), (change,)
