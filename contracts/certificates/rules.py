"""The rules of Certificates as values and functions: what ``certificates.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. A certificate is good while its unit has had no further
entry and its bit is not set; bits are never unset.
Source: W3C Bitstring Status List 1.0 (2025).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import CERTIFICATES
from contracts.certificates.bits import PLACES, bits_of, root_of
from contracts.history import Change, Journal
from contracts.titles.record import Unit, UnitState
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import encode
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256

CERTIFICATE_ISSUED: Final = "CertificateIssued(bytes32,uint256,bytes32,uint256,bytes32,uint256,bytes32)"
CERTIFICATE_REVOKED: Final = "CertificateRevoked(bytes32,uint256,bytes32,uint256,bytes32,bytes32)"
NOTHING: Final = bytes(32)
ROLES: Final = AgentRole.OFFICER | AgentRole.NODE


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate; all zero for a place never used. version: how many entries its unit had had."""

    unit: bytes = NOTHING
    version: int = 0
    digest: bytes = NOTHING
    since: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores, the words and the tree over them as the set places of each list."""

    certificates: Mapping[tuple[bytes, int], Certificate] = field(default_factory=dict)
    revoked: Mapping[bytes, frozenset[int]] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def certificate(self, list: bytes, place: int) -> Certificate:
        return self.certificates.get((list, place), Certificate())

    def bits(self, list: bytes) -> bytes:
        """Return the bits of a list."""
        return bits_of(self.revoked.get(list, frozenset()))


@dataclass(frozen=True, slots=True)
class Issue:
    """Record a certificate at a free place."""

    number: int
    place: int
    unit: bytes
    version: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Revoke:
    """Set a certificate's bit."""

    number: int
    place: int
    reason: bytes


Call: TypeAlias = Issue | Revoke
Result: TypeAlias = tuple[State, tuple[Change, ...]]


class TitlesWorld(World, Protocol):
    """What the rules ask besides: Titles."""

    def unit(self, unit: bytes) -> Unit:
        """Return a unit of the living register."""
        ...

    def entries(self, unit: bytes) -> int:
        """Return how many entries a unit has had."""
        ...


def list_id(party: bytes, number: int) -> bytes:
    """Return the id of a registrar's list."""
    return keccak256(encode(("bytes32", "uint256"), (party, number)))


def apply(state: State, call: Call, caller: bytes, now: int, world: TitlesWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, Issue):
        world.require_open(CERTIFICATES)
    party = world.acting(caller, ROLES, now)
    if not world.serving(party, PartyRole.REGISTRAR, now):
        raise NotAuthorized("certificate: registrar only")
    match call:
        case Issue():
            return _issue(state, call, party, now, world)
        case Revoke():
            return _revoke(state, call, party)


def _issue(state: State, call: Issue, party: bytes, now: int, world: TitlesWorld) -> Result:
    if call.place >= PLACES:
        raise InvalidRecord("certificate: no such place")
    if call.digest == NOTHING:
        raise InvalidRecord("certificate: digest missing")
    unit = world.unit(call.unit)
    if unit.state is not UnitState.REGISTERED:
        raise Conflict("certificate: no title in force")
    if unit.registrar != party:
        raise NotAuthorized("certificate: of another registrar")
    if world.entries(call.unit) != call.version:
        raise Conflict("certificate: the title has moved on")
    list = list_id(party, call.number)
    if state.certificate(list, call.place).since:
        raise Conflict("certificate: place taken")
    issued = {**state.certificates, (list, call.place): Certificate(call.unit, call.version, call.digest, now)}
    values = (party, call.place, call.unit, call.version, call.digest)
    journal, change = state.journal.record(CERTIFICATE_ISSUED, list, *values)
    return replace(state, certificates=issued, journal=journal), (change,)


def _revoke(state: State, call: Revoke, party: bytes) -> Result:
    list = list_id(party, call.number)
    if not state.certificate(list, call.place).since:
        raise NotFound("certificate: unknown")
    if call.reason == NOTHING:
        raise InvalidRecord("certificate: reason missing")
    before = state.revoked.get(list, frozenset())
    if call.place in before:
        raise Conflict("certificate: revoked already")
    after = replace(state, revoked={**state.revoked, list: before | {call.place}})
    values = (party, call.place, call.reason, root_of(after.bits(list)))
    journal, change = state.journal.record(CERTIFICATE_REVOKED, list, *values)
    return replace(after, journal=journal), (change,)
