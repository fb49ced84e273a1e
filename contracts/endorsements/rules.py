"""The rules of Endorsements as values and functions: what ``endorsements.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. Two keys stand for two people; that one person does not
hold both the chain cannot see.
Source: Regulation on Government Data Sharing, articles 11 and 20 (rule R02).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from contracts.addresses import name_id
from contracts.history import Change, Journal
from contracts.layout import word
from contracts.parties.record import NOBODY, Agent
from contracts.world import AgentRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256

ENDORSED: Final = "Endorsed(bytes32,uint256,bytes32,address)"
ENDORSEMENT_WITHDRAWN: Final = "EndorsementWithdrawn(bytes32,uint256,bytes32,address)"
NOTHING: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. heads: who agreed, by party and act."""

    heads: Mapping[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def head(self, party: bytes, act: bytes) -> bytes:
        return self.heads.get((party, act), NOBODY)


class Endorsing(Protocol):
    """What the rules of a contract ask that demands a second signature."""

    def endorsed(self, party: bytes, act: bytes, handler: bytes, now: int) -> bool:
        """Say whether a head of the party, in office and not the handler, has agreed to an act."""
        ...


@dataclass(frozen=True, slots=True)
class Endorse:
    """Agree to an act of one's own party."""

    act: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take an endorsement of one's own party back."""

    act: bytes


Call: TypeAlias = Endorse | Withdraw


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    party = world.acting(caller, AgentRole.HEAD, now)
    match call:
        case Endorse():
            if call.act == NOTHING:
                raise InvalidRecord("endorsements: act missing")
            if state.head(party, call.act) == caller:
                raise Conflict("endorsements: endorsed already")
            return _record(state, ENDORSED, call.act, party, caller, caller)
        case Withdraw():
            if state.head(party, call.act) == NOBODY:
                raise NotFound("endorsements: not endorsed")
            return _record(state, ENDORSEMENT_WITHDRAWN, call.act, party, NOBODY, caller)


def act(contract: str, entity: bytes, n: int, *content: bytes | int) -> bytes:
    """Compute the digest of an act: the n-th change of an entity of a contract, with its content word by word."""
    return keccak256(b"".join((name_id(contract), entity, word(n), *map(word, content))))


def endorsed(state: State, head: Agent, party: bytes, act: bytes, handler: bytes, now: int) -> bool:
    """Say whether a head in office, who is not the handler, has agreed.

    Args:
        head: the record of the agent whom the state names.
    """
    named = state.head(party, act)
    in_office = head.valid_from <= now < head.valid_until
    return named not in (NOBODY, handler) and in_office and head.party == party and bool(head.roles & AgentRole.HEAD)


def require_endorsed(world: Endorsing, party: bytes, act: bytes, handler: bytes, now: int) -> None:
    """Refuse what only one of the two people has signed.

    Raises:
        NotAuthorized: with the text of the module ``endorsing``.
    """
    if not world.endorsed(party, act, handler, now):
        raise NotAuthorized("endorsements: the head has not agreed (R02)")


def _record(
    state: State, signature: str, act: bytes, party: bytes, after: bytes, caller: bytes
) -> tuple[State, tuple[Change, ...]]:
    journal, change = state.journal.record(signature, act, party, caller)
    return State({**state.heads, (party, act): after}, journal), (change,)
