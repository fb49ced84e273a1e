"""The rules of Uses as values and functions: what ``uses.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. That the record behind a digest exists and is true is
for whoever inspects it; that it was promised, where, and until when, stands on chain.
Source: Regulation on Government Data Sharing, article 29 (rule R22).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import USES
from contracts.authorizations.known import KnownWorld, require_authorization
from contracts.authorizations.record import NOTHING, Authorization
from contracts.history import Change, Journal
from contracts.regions.rules import Located
from contracts.regulation.client import limit_id
from contracts.world import AgentRole, PartyRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

USE_RECORDED: Final = "UseRecorded(bytes32,uint256,bytes32,uint256,uint256,bytes32,bytes32,uint256)"
INSPECTION_ASKED: Final = "InspectionAsked(bytes32,uint256,bytes32,uint256,bytes32)"
INSPECTION_GIVEN: Final = "InspectionGiven(bytes32,uint256,bytes32,uint256,bytes32)"

RETENTION: Final = limit_id("retention")
YEAR: Final = 366 * 86400
"""The longest year, so that years counted in seconds are never short of years in a calendar."""


class Kind(IntEnum):
    """What a record is about (article 29)."""

    SCENARIO = 1
    PROCESS = 2
    EFFECT = 3
    STORAGE = 4
    DESTRUCTION = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One record; all zero for a number never given. kept_until: unix seconds."""

    kind: int = 0
    content: bytes = NOTHING
    store: bytes = NOTHING
    kept_until: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. asked: (authorization, number, inspector)."""

    records: Mapping[tuple[bytes, int], Entry] = field(default_factory=dict)
    numbers: Mapping[bytes, int] = field(default_factory=dict)
    asked: frozenset[tuple[bytes, int, bytes]] = frozenset()
    journal: Journal = field(default_factory=Journal)


class UseWorld(KnownWorld, Located, Protocol):
    """What the rules ask besides: the length of a limit."""


@dataclass(frozen=True, slots=True)
class Record:
    """Enter one record of a use."""

    authorization: bytes
    kind: int
    content: bytes
    store: bytes
    kept_until: int


@dataclass(frozen=True, slots=True)
class Inspect:
    """Ask to see a record."""

    authorization: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Give:
    """State that a record was shown to a party that had asked."""

    authorization: bytes
    number: int
    inspector: bytes


Call: TypeAlias = Record | Inspect | Give
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: UseWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, Record):
        world.require_open(USES)
    party = world.acting(caller, AgentRole.OFFICER, now)
    record = require_authorization(world, call.authorization)
    match call:
        case Record():
            return _enter(state, call, record, party, now, world)
        case Inspect():
            may = record.owner == party or world.serving(party, PartyRole.AUTHORITY, now)
            return _inspect(state, call, record, party, may=may)
        case Give():
            return _give(state, call, record, party)


def _enter(state: State, call: Record, record: Authorization, party: bytes, now: int, world: UseWorld) -> Result:
    if record.grantee != party:
        raise NotAuthorized("uses: not the grantee (R22)")
    if call.kind not in tuple(Kind):
        raise InvalidRecord("uses: unknown kind (R22)")
    if call.content == NOTHING:
        raise InvalidRecord("uses: content missing (R22)")
    if call.store == NOTHING:
        raise InvalidRecord("uses: store missing (R22)")
    if call.kept_until < now + world.limit_of(party, RETENTION).amount * YEAR:
        raise Conflict("uses: kept too short (R22)")
    id, number = call.authorization, state.numbers.get(call.authorization, 0) + 1
    entry = Entry(call.kind, call.content, call.store, call.kept_until)
    after = replace(state, records={**state.records, (id, number): entry}, numbers={**state.numbers, id: number})
    values = (number, call.kind, call.content, call.store, call.kept_until)
    return _record(after, USE_RECORDED, id, party, *values)


def _inspect(state: State, call: Inspect, record: Authorization, party: bytes, *, may: bool) -> Result:
    if not may:
        raise NotAuthorized("uses: no right to inspect (R22)")
    if (call.authorization, call.number) not in state.records:
        raise NotFound("uses: unknown record")
    key = (call.authorization, call.number, party)
    if key in state.asked:
        raise Conflict("uses: asked already")
    after = replace(state, asked=state.asked | {key})
    return _record(after, INSPECTION_ASKED, call.authorization, party, call.number, record.grantee)


def _give(state: State, call: Give, record: Authorization, party: bytes) -> Result:
    if record.grantee != party:
        raise NotAuthorized("uses: not the grantee (R22)")
    key = (call.authorization, call.number, call.inspector)
    if key not in state.asked:
        raise Conflict("uses: not asked")
    after = replace(state, asked=state.asked - {key})
    return _record(after, INSPECTION_GIVEN, call.authorization, party, call.number, call.inspector)


def _record(state: State, signature: str, id: bytes, party: bytes, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, party, *values)
    return replace(state, journal=journal), (change,)
