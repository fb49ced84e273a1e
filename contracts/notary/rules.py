"""The rules of the Notary as values and functions: what ``notary.vy`` accepts, refuses and records.

The contract decides; this is its oracle in tests, the node's guard, and the source of messages. Same order of checks
and the same reason texts as the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.addresses import NOTARY
from contracts.history import Change, Journal
from contracts.world import AgentRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized

ANCHORED: Final = "Anchored(bytes32,uint256,bytes32,uint256,uint256,bytes32)"
MAX_SIZE: Final = (1 << 63) - 1
ROLES: Final = AgentRole.OFFICER | AgentRole.NODE
NO_ROOT: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Stream:
    """The newest anchor of a stream and the party that may extend it; all zero for a stream never used."""

    owner: bytes = bytes(32)
    size: int = 0
    root: bytes = NO_ROOT


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    streams: Mapping[bytes, Stream] = field(default_factory=dict)
    roots: Mapping[tuple[bytes, int], bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def stream(self, stream: bytes) -> Stream:
        return self.streams.get(stream, Stream())


@dataclass(frozen=True, slots=True)
class Anchor:
    """Commit the tree of the first new_size records of a stream."""

    stream: bytes
    old_size: int
    new_size: int
    root: bytes


def apply(state: State, call: Anchor, caller: bytes, now: int, world: World) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord: with the text of the contract's revert.
    """
    world.require_open(NOTARY)
    party = world.acting(caller, ROLES, now)
    check(state.stream(call.stream), call, party)
    journal, change = state.journal.record(ANCHORED, call.stream, party, call.old_size, call.new_size, call.root)
    streams = {**state.streams, call.stream: Stream(party, call.new_size, call.root)}
    return State(streams, {**state.roots, (call.stream, call.new_size): call.root}, journal), (change,)


def check(stream: Stream, call: Anchor, party: bytes) -> None:
    """Refuse an anchor that this stream cannot take from this party."""
    if stream.size and stream.owner != party:
        raise NotAuthorized("notary: stream of another party")
    if call.old_size != stream.size:
        raise Conflict("notary: stale size")
    if call.new_size <= call.old_size:
        raise Conflict("notary: stream must grow")
    if call.new_size > MAX_SIZE:
        raise InvalidRecord("notary: stream too long")
    if call.root == NO_ROOT:
        raise InvalidRecord("notary: root missing")
