"""The rules of Vouchers as values and functions: what ``vouchers.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. What a voucher says stands in its document
(``contracts.vouchers.document``); here are its digests and its times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, TypeAlias

from contracts.addresses import VOUCHERS
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import encode
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256

VOUCHER_ISSUED: Final = "VoucherIssued(bytes32,uint256,bytes32,bytes32,bytes32,uint256,uint256)"
VOUCHER_TRANSFERRED: Final = "VoucherTransferred(bytes32,uint256,bytes32,bytes32)"
VOUCHER_REVOKED: Final = "VoucherRevoked(bytes32,uint256,bytes32,uint256,bytes32)"

NOTHING: Final = bytes(32)
HOLDER: Final = keccak256(b"shuxin voucher holder v1")


class Ground(IntEnum):
    """Why a voucher was revoked."""

    ERROR = 1
    FALSEHOOD = 2
    ASSET_GONE = 3
    ORDERED = 4
    RENOUNCED = 5


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher; all zero for an id never used. holder: a commitment. revoked: when; zero if it was not."""

    issuer: bytes = NOTHING
    asset: bytes = NOTHING
    holder: bytes = NOTHING
    valid_from: int = 0
    valid_until: int = 0
    revoked: int = 0
    ground: int = 0

    def is_valid(self, now: int) -> bool:
        return not self.revoked and self.valid_from <= now < self.valid_until


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. latest: the last voucher of an issuer and asset."""

    vouchers: Mapping[bytes, Voucher] = field(default_factory=dict)
    latest: Mapping[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def voucher(self, id: bytes) -> Voucher:
        return self.vouchers.get(id, Voucher())


@dataclass(frozen=True, slots=True)
class Issue:
    """Issue a voucher, as registrar."""

    id: bytes
    asset: bytes
    holder: bytes
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand a voucher on, as its holder: open the commitment that stands, name the next one."""

    id: bytes
    salt: bytes
    holder: bytes


@dataclass(frozen=True, slots=True)
class Revoke:
    """End a voucher for ever, as its issuer."""

    id: bytes
    ground: int
    reason: bytes


Call: TypeAlias = Issue | Transfer | Revoke
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def holder_of(party: bytes, salt: bytes) -> bytes:
    """Return the commitment that stands on chain for a party that holds a voucher."""
    return keccak256(encode(["bytes32", "bytes32", "bytes32"], [HOLDER, party, salt]))


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Revoke):
        world.require_open(VOUCHERS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Issue():
            return _issue(state, call, party, now, world)
        case Transfer():
            return _transfer(state, call, party, now)
        case Revoke():
            return _revoke(state, call, party, now)


def _issue(state: State, call: Issue, party: bytes, now: int, world: World) -> Result:
    if not world.serving(party, PartyRole.REGISTRAR, now):
        raise NotAuthorized("voucher: registrar only")
    if NOTHING in (call.id, call.asset):
        raise InvalidRecord("voucher: asset missing")
    if call.holder == NOTHING:
        raise InvalidRecord("voucher: holder missing")
    if not max(call.valid_from, now) < call.valid_until:
        raise InvalidRecord("voucher: period")
    if state.voucher(call.id).issuer != NOTHING:
        raise Conflict("voucher: exists")
    before = state.voucher(state.latest.get((party, call.asset), NOTHING))
    if not before.revoked and now < before.valid_until:
        raise Conflict("voucher: asset has one in force")
    after = Voucher(party, call.asset, call.holder, call.valid_from, call.valid_until)
    issued = replace(state, latest={**state.latest, (party, call.asset): call.id})
    values = (party, call.asset, call.holder, call.valid_from, call.valid_until)
    return _record(issued, VOUCHER_ISSUED, call.id, after, *values)


def _transfer(state: State, call: Transfer, party: bytes, now: int) -> Result:
    before = _known(state, call.id)
    if holder_of(party, call.salt) != before.holder:
        raise NotAuthorized("voucher: not the holder")
    if not before.is_valid(now):
        raise Conflict("voucher: not in force")
    if call.holder in (NOTHING, before.holder):
        raise InvalidRecord("voucher: holder missing")
    after = replace(before, holder=call.holder)
    return _record(state, VOUCHER_TRANSFERRED, call.id, after, party, call.holder)


def _revoke(state: State, call: Revoke, party: bytes, now: int) -> Result:
    before = _known(state, call.id)
    if before.issuer != party:
        raise NotAuthorized("voucher: not the issuer")
    if before.revoked:
        raise Conflict("voucher: revoked")
    if call.ground not in tuple(Ground):
        raise InvalidRecord("voucher: unknown ground")
    if call.reason == NOTHING:
        raise InvalidRecord("voucher: reason missing")
    after = replace(before, revoked=now, ground=call.ground)
    return _record(state, VOUCHER_REVOKED, call.id, after, party, call.ground, call.reason)


def _known(state: State, id: bytes) -> Voucher:
    found = state.voucher(id)
    if found.issuer == NOTHING:
        raise NotFound("voucher: unknown")
    return found


def _record(state: State, signature: str, id: bytes, after: Voucher, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, *values)
    return replace(state, vouchers={**state.vouchers, id: after}, journal=journal), (change,)
