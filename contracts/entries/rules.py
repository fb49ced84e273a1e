"""The rules of Entries as values and functions: what ``entries.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. Fields are digests; the words stay with the departments.
Source: Regulation on Government Data Sharing, articles 3, 13, 14 and 15 (rules R01, R03, R04, R05).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from typing import Final, Protocol

from contracts.addresses import ENTRIES, name_id
from contracts.catalogue.rules import Category, Grade
from contracts.endorsements.rules import Endorsing, act, require_endorsed
from contracts.entries.record import NOTHING, Content, Entry, Secrecy
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import AbiValue, encode
from ledger.errors import Conflict, InvalidRecord, NotAuthorized
from ledger.hashing import keccak256

ENTRY_FILED: Final = (
    "EntryFiled(bytes32,uint256,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,uint256,uint256,uint256,bytes32,"
    "bytes32,bytes32,bytes32,bytes32[])"
)
MAX_CONDITIONS: Final = 16
_CONTENT: Final = f"({','.join(['bytes32'] * 5 + ['uint256'] * 3 + ['bytes32'] * 4)})"


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores; listed: the conditions of each entry."""

    entries: Mapping[bytes, Entry] = field(default_factory=dict)
    listed: Mapping[bytes, frozenset[bytes]] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def entry(self, document: bytes) -> Entry:
        return self.entries.get(document, Entry())

    def lists(self, document: bytes, condition: bytes) -> bool:
        """Say whether an entry names a condition."""
        return condition in self.listed.get(document, frozenset())


class SignedWorld(World, Endorsing, Protocol):
    """What the rules ask besides: Endorsements."""


@dataclass(frozen=True, slots=True)
class File:
    """State what the catalogue shall say of a data set."""

    asset: bytes
    content: Content
    conditions: tuple[bytes, ...] = ()


def apply(state: State, call: File, caller: bytes, now: int, world: SignedWorld) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord: with the text of the contract's revert.
    """
    world.require_open(ENTRIES)
    party = world.acting(caller, AgentRole.OFFICER, now)
    if not world.serving(party, PartyRole.OWNER, now):
        raise NotAuthorized("entries: party owns no data")
    check(call)
    document = document_of(call, party)
    if state.entry(document).filed:
        raise Conflict("entries: filed already")
    n = state.journal.count(call.asset) + 1
    require_endorsed(world, party, act_of(call, party, n), caller, now)
    entry = Entry(call.asset, party, call.content.category, call.content.grade, call.content.columns, now)
    journal, change = state.journal.record(
        ENTRY_FILED, call.asset, party, document, *astuple(call.content), call.conditions
    )
    listed = {**state.listed, document: frozenset(call.conditions)}
    return State({**state.entries, document: entry}, listed, journal), (change,)


def check(call: File) -> None:
    """Refuse secrets, an incomplete entry, and conditions where none belong.

    Raises:
        InvalidRecord, NotAuthorized: with the text of the contract's revert.
    """
    content = call.content
    fields = (content.name, content.items, content.format, content.frequency, content.method, content.columns)
    if call.asset == NOTHING:
        raise InvalidRecord("entries: id missing")
    if content.secrecy != Secrecy.NONE:
        raise NotAuthorized("entries: state or work secret (R01)")
    if NOTHING in fields:
        raise InvalidRecord("entries: field missing (R03)")
    if NOTHING in (content.secrecy_assessment, content.personal_assessment):
        raise InvalidRecord("entries: assessment missing (R03)")
    if content.grade not in tuple(Grade):
        raise InvalidRecord("entries: grade (R03)")
    if content.category not in tuple(Category):
        raise InvalidRecord("entries: category (R04)")
    if content.category == Category.NOT_SHARED and content.law == NOTHING:
        raise InvalidRecord("entries: law not cited (R04)")
    if bool(call.conditions) != (content.category == Category.CONDITIONAL) or NOTHING in call.conditions:
        raise InvalidRecord("entries: conditions (R05)")


def document_of(call: File, party: bytes) -> bytes:
    """Return the digest by which an entry is known."""
    types = ["bytes32", "bytes32", "bytes32", _CONTENT, "bytes32[]"]
    values: list[AbiValue] = [name_id(ENTRIES), call.asset, party, astuple(call.content), call.conditions]
    return keccak256(encode(types, values))


def act_of(call: File, party: bytes, n: int) -> bytes:
    """Return what the head of the owner's sharing body agrees to before the entry is filed, n-th of its asset."""
    return act(ENTRIES, call.asset, n, document_of(call, party))
