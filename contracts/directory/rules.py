"""The rules of the Directory as values and functions: what ``directory.vy`` accepts, refuses and records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.addresses import DIRECTORY, GOVERNANCE, name_id
from contracts.history import Change, Journal
from ledger.errors import Conflict, InvalidRecord, NotAuthorized

REGISTERED: Final = "Registered(bytes32,uint256,address,uint256,bytes32)"
NOBODY: Final = bytes(20)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a name stands for; all zero for a name never registered."""

    account: bytes = NOBODY
    version: int = 0
    code_hash: bytes = bytes(32)
    since: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. names: the one name an account serves or once served."""

    entries: Mapping[bytes, Entry] = field(default_factory=dict)
    names: Mapping[bytes, bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def at(self, name: bytes) -> bytes:
        return self.entries.get(name, Entry()).account


@dataclass(frozen=True, slots=True)
class Set:
    """Register the next version of a contract."""

    name: bytes
    account: bytes
    code_hash: bytes


def apply(
    state: State, call: Set, caller: bytes, now: int, codes: Mapping[bytes, bytes]
) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Args:
        codes: hash of the code of every account that has any.
    Raises:
        NotAuthorized, Conflict, InvalidRecord: with the text of the contract's revert.
    """
    if caller != state.at(name_id(GOVERNANCE)):
        raise NotAuthorized("directory: governance only")
    if call.name == name_id(DIRECTORY):
        raise NotAuthorized("directory: cannot replace itself")
    if call.name == bytes(32):
        raise InvalidRecord("directory: name missing")
    if call.account in state.names:
        raise Conflict("directory: account already used")
    if codes.get(call.account) != call.code_hash:
        raise Conflict("directory: other code")
    version = state.entries.get(call.name, Entry()).version + 1
    journal, change = state.journal.record(REGISTERED, call.name, call.account, version, call.code_hash)
    entries = {**state.entries, call.name: Entry(call.account, version, call.code_hash, now)}
    return State(entries, {**state.names, call.account: call.name}, journal), (change,)
