"""The rules of Requests as values and functions: what ``requests.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. A yes does not permit a use: the authorization it names
does. Not here yet: supply and its receipts (R13), and deadlines of other jurisdictions than the national one.
Source: Regulation on Government Data Sharing, articles 20 and 21 (rules R02, R08 to R12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import REQUESTS
from contracts.authorizations.record import Authorization, AuthorizationState
from contracts.catalogue.rules import Category
from contracts.endorsements.rules import Endorsing, act, require_endorsed
from contracts.history import Change, Journal
from contracts.regulation.client import limit_id
from contracts.regulation.rules import Limit
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

REQUEST_RECEIVED: Final = (
    "RequestReceived(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,bytes32,bytes32,bytes32,bytes32,bytes32)"
)
SUPPLEMENT_ASKED: Final = "SupplementAsked(bytes32,uint256,uint256,bytes32,bytes32)"
ANSWER_EXTENDED: Final = "AnswerExtended(bytes32,uint256,uint256,bytes32,uint256,bytes32)"
REQUEST_CONSENTED: Final = "RequestConsented(bytes32,uint256,uint256,bytes32,bool,bytes32)"
REQUEST_REFUSED: Final = "RequestRefused(bytes32,uint256,uint256,bytes32,bool,uint256,bytes32)"
REQUEST_WITHDRAWN: Final = "RequestWithdrawn(bytes32,uint256,uint256,bytes32)"

UNCONDITIONAL_ANSWER: Final = limit_id("answer-unconditional")
CONDITIONAL_ANSWER: Final = limit_id("answer-conditional")
EXTENSION: Final = limit_id("answer-extension")
NOTHING: Final = bytes(32)
LAST_RULE: Final = 27
COMPLETENESS: Final = 8


class RequestState(IntEnum):
    """Where a request is; overdue is derived from time, never stored."""

    UNKNOWN = 0
    RECEIVED = 1
    INCOMPLETE = 2
    CONSENTED = 3
    REFUSED = 4
    WITHDRAWN = 5


@dataclass(frozen=True, slots=True)
class Request:
    """One request; all zero for an id never used. due: whoever answers at it or later is late."""

    asset: bytes = NOTHING
    owner: bytes = NOTHING
    requester: bytes = NOTHING
    category: int = 0
    received: int = 0
    days: int = 0
    unit: int = 0
    due: int = 0
    extended: bool = False
    supplemented: bool = False
    state: RequestState = RequestState.UNKNOWN

    def is_overdue(self, now: int) -> bool:
        """Say whether the answer is late."""
        return self.state is RequestState.RECEIVED and now >= self.due


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    requests: Mapping[bytes, Request] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def request(self, id: bytes) -> Request:
        return self.requests.get(id, Request())


class StatuteWorld(World, Endorsing, Protocol):
    """What the rules ask besides: Endorsements, Catalogue, Authorizations, Regulation and Calendar."""

    def offered(self, asset: bytes) -> bytes:
        """Return the owner of an asset that is mounted and may be shared, zero for any other."""
        ...

    def category(self, asset: bytes) -> int:
        """Return an asset's sharing category."""
        ...

    def authorization(self, id: bytes) -> Authorization:
        """Return an authorization, all zero for an unknown one."""
        ...

    def national_limit(self, code: bytes) -> Limit:
        """Return a national limit; raises NotFound as Regulation does."""
        ...

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        ...


@dataclass(frozen=True, slots=True)
class Submit:
    """Ask, or hand in what was missing. grounds: digests of basis, scenario, scope, method and term of use."""

    id: bytes
    asset: bytes
    owner: bytes
    grounds: tuple[bytes, bytes, bytes, bytes, bytes]


@dataclass(frozen=True, slots=True)
class AskSupplement:
    """Say once what is missing."""

    id: bytes
    missing: bytes


@dataclass(frozen=True, slots=True)
class Extend:
    """Give the owner more time, by the authority."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Consent:
    """Say yes, with the authorization granted for it."""

    id: bytes
    authorization: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say no, with the number of the rule it rests on and a digest of the reasons."""

    id: bytes
    rule: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back a request that has no answer yet."""

    id: bytes


Call: TypeAlias = Submit | AskSupplement | Extend | Consent | Refuse | Withdraw
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: StatuteWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Refuse | Withdraw):  # a pause keeps nobody from saying no
        world.require_open(REQUESTS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Submit():
            return _submit(state, call, caller, party, now, world)
        case Extend():
            return _extend(state, call, party, now, world)
        case Withdraw():
            return _withdraw(state, call, party)
        case _:
            return _answer(state, call, caller, party, now, world)


def act_of(state: State, call: Submit | Consent | Refuse) -> bytes:
    """Return what the head of the acting party's sharing body agrees to before the call."""
    n = state.journal.count(call.id) + 1
    match call:
        case Submit():
            return act(REQUESTS, call.id, n, RequestState.RECEIVED, call.asset, call.owner, *call.grounds)
        case Consent():
            return act(REQUESTS, call.id, n, RequestState.CONSENTED, call.authorization)
        case Refuse():
            return act(REQUESTS, call.id, n, RequestState.REFUSED, call.rule, call.reason)


def _submit(state: State, call: Submit, caller: bytes, party: bytes, now: int, world: StatuteWorld) -> Result:
    if not world.serving(party, PartyRole.REQUESTER, now):
        raise NotAuthorized("request: party requests no data")
    if call.id == NOTHING:
        raise InvalidRecord("request: id missing")
    if NOTHING in call.grounds:
        raise InvalidRecord("request: ground missing")
    before = state.request(call.id)
    if before.state:
        _check_supplement(before, call, party)
    offered = world.offered(call.asset)
    if offered == NOTHING:
        raise Conflict("request: asset withdrawn")
    if offered != call.owner:
        raise NotAuthorized("request: not the owner")
    require_endorsed(world, party, act_of(state, call), caller, now)
    category = world.category(call.asset)
    limit = world.national_limit(
        UNCONDITIONAL_ANSWER if category == Category.UNCONDITIONAL else CONDITIONAL_ANSWER
    )
    due = world.due(now, limit.amount, limit.unit, now)
    after = Request(
        call.asset, call.owner, party, category, now, limit.amount, limit.unit, due, before.extended,
        bool(before.state), RequestState.RECEIVED,
    )  # fmt: skip
    return _record(state, REQUEST_RECEIVED, call.id, after, party, call.asset, call.owner, due, *call.grounds)


def _check_supplement(before: Request, call: Submit, party: bytes) -> None:
    if before.requester != party:
        raise NotAuthorized("request: of another party")
    if before.state is not RequestState.INCOMPLETE:
        raise Conflict("request: state")
    if (before.asset, before.owner) != (call.asset, call.owner):
        raise InvalidRecord("request: another asset")


def _extend(state: State, call: Extend, party: bytes, now: int, world: StatuteWorld) -> Result:
    if not world.serving(party, PartyRole.AUTHORITY, now):
        raise NotAuthorized("request: authority only")
    if call.reason == NOTHING:
        raise InvalidRecord("request: reason missing")
    before = state.request(call.id)
    _check_extension(before, now)
    limit = world.national_limit(EXTENSION)
    if limit.unit != before.unit:
        raise Conflict("request: another kind of limit")
    days = before.days + limit.amount
    due = world.due(before.received, days, before.unit, now)
    after = replace(before, days=days, due=due, extended=True)
    return _record(state, ANSWER_EXTENDED, call.id, after, party, due, call.reason)


def _check_extension(before: Request, now: int) -> None:
    if not before.state:
        raise NotFound("request: unknown")
    checks = (
        (before.state is not RequestState.RECEIVED, "request: state"),
        (before.category == Category.UNCONDITIONAL, "request: unconditional"),
        (before.extended, "request: extended once"),
        (now >= before.due, "request: overdue"),
    )
    for fails, reason in checks:
        if fails:
            raise Conflict(reason)


def _withdraw(state: State, call: Withdraw, party: bytes) -> Result:
    before = state.request(call.id)
    if not before.state:
        raise NotFound("request: unknown")
    if before.requester != party:
        raise NotAuthorized("request: of another party")
    if before.state not in (RequestState.RECEIVED, RequestState.INCOMPLETE):
        raise Conflict("request: state")
    return _record(state, REQUEST_WITHDRAWN, call.id, replace(before, state=RequestState.WITHDRAWN), party)


def _answer(
    state: State, call: AskSupplement | Consent | Refuse, caller: bytes, party: bytes, now: int, world: StatuteWorld
) -> Result:
    before = state.request(call.id)
    if not before.state:
        raise NotFound("request: unknown")
    if before.owner != party:
        raise NotAuthorized("request: not the owner")
    if before.state is not RequestState.RECEIVED:
        raise Conflict("request: state")
    late = now >= before.due
    match call:
        case AskSupplement():
            if before.supplemented:
                raise Conflict("request: supplemented once")
            if late:
                raise Conflict("request: overdue")
            if call.missing == NOTHING:
                raise InvalidRecord("request: reason missing")
            after = replace(before, state=RequestState.INCOMPLETE)
            return _record(state, SUPPLEMENT_ASKED, call.id, after, party, call.missing)
        case Consent():
            _check_granted(before, world.authorization(call.authorization))
            require_endorsed(world, party, act_of(state, call), caller, now)
            after = replace(before, state=RequestState.CONSENTED)
            return _record(state, REQUEST_CONSENTED, call.id, after, party, late, call.authorization)
        case Refuse():
            _check_refusal(before, call)
            require_endorsed(world, party, act_of(state, call), caller, now)
            after = replace(before, state=RequestState.REFUSED)
            return _record(state, REQUEST_REFUSED, call.id, after, party, late, call.rule, call.reason)


def _check_granted(before: Request, granted: Authorization) -> None:
    if granted.state is not AuthorizationState.GRANTED:
        raise Conflict("request: not granted")
    if (granted.owner, granted.grantee) != (before.owner, before.requester):
        raise NotAuthorized("request: other parties")
    if granted.asset != before.asset:
        raise InvalidRecord("request: another asset")


def _check_refusal(before: Request, call: Refuse) -> None:
    if not 0 < call.rule <= LAST_RULE:
        raise InvalidRecord("request: rule missing")
    if call.rule == COMPLETENESS and not before.supplemented:
        raise Conflict("request: ask for what is missing")
    if call.reason == NOTHING:
        raise InvalidRecord("request: reason missing")


def _record(state: State, signature: str, id: bytes, after: Request, party: bytes, *values: AbiValue) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return State({**state.requests, id: after}, journal), (change,)
