"""The rules of Requests as values and functions: what ``requests.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract; a text ends with the rule that refuses. A yes makes the
authorization of the same id (``granted`` says which), with the scope asked for, under the catalogue entry of that day.
Deadlines are those of where the owner sits.
Source: Regulation on Government Data Sharing, articles 15, 20 to 22 (rules R02, R05, R08 to R13).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import REQUESTS
from contracts.authorizations.record import ALL_OPERATIONS, NOTHING, Scope
from contracts.authorizations.rules import Grant
from contracts.catalogue.rules import Category
from contracts.endorsements.rules import Endorsing, act, require_endorsed
from contracts.grades.rules import Grading, require_graded
from contracts.history import Change, Journal
from contracts.regions.rules import Located
from contracts.regulation.client import limit_id
from contracts.requests.calls import AskSupplement, Call, Consent, Extend, Refuse, Submit, Withdraw
from contracts.requests.record import Request, RequestState
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

REQUEST_RECEIVED: Final = (
    "RequestReceived(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,bytes32,bytes32,bytes32,bytes32,bytes32,"
    "bytes32,bytes32,uint256,bytes32,uint256,uint256,uint256)"
)
SUPPLEMENT_ASKED: Final = "SupplementAsked(bytes32,uint256,uint256,bytes32,bytes32)"
ANSWER_EXTENDED: Final = "AnswerExtended(bytes32,uint256,uint256,bytes32,uint256,bytes32)"
REQUEST_CONSENTED: Final = "RequestConsented(bytes32,uint256,uint256,bytes32,uint256,uint256)"
REQUEST_REFUSED: Final = "RequestRefused(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)"
REQUEST_WITHDRAWN: Final = "RequestWithdrawn(bytes32,uint256,uint256,bytes32)"

UNCONDITIONAL_ANSWER: Final = limit_id("answer-unconditional")
CONDITIONAL_ANSWER: Final = limit_id("answer-conditional")
EXTENSION: Final = limit_id("answer-extension")
SUPPLY: Final = limit_id("supply")
LAST_RULE: Final = 27
COMPLETENESS: Final = 8
LATE: Final = 3904
"""Article 39(4): not answered, or not supplied, in time."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    requests: Mapping[bytes, Request] = field(default_factory=dict)
    scopes: Mapping[bytes, Scope] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def request(self, id: bytes) -> Request:
        return self.requests.get(id, Request())


class StatuteWorld(World, Endorsing, Grading, Located, Protocol):
    """What the rules ask besides: Endorsements, Catalogue, Regions and Calendar."""

    def offered(self, asset: bytes) -> bytes:
        """Return the owner of an asset that is mounted and may be shared, zero for any other."""
        ...

    def entry(self, asset: bytes) -> tuple[int, bytes]:
        """Return an asset's sharing category and the digest of its catalogue entry."""
        ...

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        ...


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


def act_of(call: Submit | Consent | Refuse, n: int) -> bytes:
    """Return what the head of the acting party's sharing body agrees to before the call, which is the n-th change."""
    match call:
        case Submit():
            scope = astuple(call.scope)
            return act(REQUESTS, call.id, n, RequestState.RECEIVED, call.asset, call.owner, *call.grounds, *scope)
        case Consent():
            return act(REQUESTS, call.id, n, RequestState.CONSENTED, call.conditions)
        case Refuse():
            return act(REQUESTS, call.id, n, RequestState.REFUSED, call.rule, call.reason)


def _submit(state: State, call: Submit, caller: bytes, party: bytes, now: int, world: StatuteWorld) -> Result:
    if not world.serving(party, PartyRole.REQUESTER, now):
        raise NotAuthorized("request: party requests no data")
    if call.id == NOTHING:
        raise InvalidRecord("request: id missing")
    if NOTHING in call.grounds:
        raise InvalidRecord("request: ground missing (R08)")
    require_complete(call.scope, now)
    before = state.request(call.id)
    if before.state:
        _check_supplement(before, call, party)
    offered = world.offered(call.asset)
    if offered == NOTHING:
        raise Conflict("request: asset withdrawn")
    if offered != call.owner:
        raise NotAuthorized("request: not the owner")
    _require_endorsed(state, call, caller, party, now, world)
    category, entry = world.entry(call.asset)
    is_short = category == Category.UNCONDITIONAL
    limit = world.limit_of(call.owner, UNCONDITIONAL_ANSWER if is_short else CONDITIONAL_ANSWER)
    due = world.due(now, limit.amount, limit.unit, now)
    after = Request(
        call.asset, call.owner, party, category, entry, now, limit.amount, limit.unit, due, before.extended,
        bool(before.state), 0, RequestState.RECEIVED,
    )  # fmt: skip
    kept = replace(state, scopes={**state.scopes, call.id: call.scope})
    values = (call.asset, call.owner, due, entry, *call.grounds, *astuple(call.scope))
    return _record(kept, REQUEST_RECEIVED, call.id, after, party, *values)


def _require_endorsed(
    state: State, call: Submit | Consent | Refuse, caller: bytes, party: bytes, now: int, world: StatuteWorld
) -> None:
    act = act_of(call, state.journal.count(call.id) + 1)
    require_endorsed(world, party, act, caller, now)


def require_complete(scope: Scope, now: int) -> None:
    """Refuse a scope that leaves something open, or is over already.

    Raises:
        InvalidRecord: with the text of the module ``standing``.
    """
    checks = (
        (scope.purpose == NOTHING, "request: purpose missing (R08)"),
        (not 0 < scope.operations <= ALL_OPERATIONS, "request: operations (R08)"),
        (scope.terms == NOTHING, "request: terms missing (R08)"),
        (scope.valid_from >= scope.valid_until, "request: period (R08)"),
        (scope.max_uses == 0, "request: uses missing (R08)"),
        (now >= scope.valid_until, "request: period over (R08)"),
    )
    for fails, reason in checks:
        if fails:
            raise InvalidRecord(reason)


def _check_supplement(before: Request, call: Submit, party: bytes) -> None:
    if before.requester != party:
        raise NotAuthorized("request: of another party")
    if before.state is not RequestState.INCOMPLETE:
        raise Conflict("request: state")
    if (before.asset, before.owner) != (call.asset, call.owner):
        raise InvalidRecord("request: another asset")


def _extend(state: State, call: Extend, party: bytes, now: int, world: StatuteWorld) -> Result:
    if not world.serving(party, PartyRole.AUTHORITY, now):
        raise NotAuthorized("request: authority only (R10)")
    if call.reason == NOTHING:
        raise InvalidRecord("request: reason missing (R10)")
    before = state.request(call.id)
    _check_extension(before, now)
    limit = world.limit_of(before.owner, EXTENSION)
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
        (before.category == Category.UNCONDITIONAL, "request: unconditional (R09)"),
        (before.extended, "request: extended once (R10)"),
        (now >= before.due, "request: overdue (R10)"),
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
    breach = LATE if now >= before.due else 0
    match call:
        case AskSupplement():
            _check_asking(before, call, now)
            after = replace(before, state=RequestState.INCOMPLETE)
            return _record(state, SUPPLEMENT_ASKED, call.id, after, party, call.missing)
        case Consent():
            if call.conditions != before.entry:
                raise InvalidRecord("request: conditions added (R05)")
            scope = state.scopes[call.id]
            require_complete(scope, now)
            require_graded(world, before.asset, scope.terms, before.requester, scope.operations)
            _require_endorsed(state, call, caller, party, now, world)
            limit = world.limit_of(before.owner, SUPPLY)
            supply = world.due(now, limit.amount, limit.unit, now)
            after = replace(before, state=RequestState.CONSENTED, supply=supply)
            return _record(state, REQUEST_CONSENTED, call.id, after, party, breach, supply)
        case Refuse():
            _check_refusal(before, call)
            _require_endorsed(state, call, caller, party, now, world)
            after = replace(before, state=RequestState.REFUSED)
            return _record(state, REQUEST_REFUSED, call.id, after, party, breach, call.rule, call.reason)


def granted(state: State, id: bytes) -> Grant:
    """Return what the contract enters in Authorizations with a yes; that it refuses undoes the yes."""
    request = state.request(id)
    return Grant(id, request.asset, request.owner, request.requester, state.scopes[id])


def _check_asking(before: Request, call: AskSupplement, now: int) -> None:
    if before.supplemented:
        raise Conflict("request: supplemented once (R11)")
    if now >= before.due:
        raise Conflict("request: overdue (R11)")
    if call.missing == NOTHING:
        raise InvalidRecord("request: reason missing (R11)")


def _check_refusal(before: Request, call: Refuse) -> None:
    if not 0 < call.rule <= LAST_RULE:
        raise InvalidRecord("request: rule missing (R12)")
    if call.rule == COMPLETENESS and not before.supplemented:
        raise Conflict("request: ask for what is missing (R11)")
    if call.reason == NOTHING:
        raise InvalidRecord("request: reason missing (R12)")


def _record(state: State, signature: str, id: bytes, after: Request, party: bytes, *values: AbiValue) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return replace(state, requests={**state.requests, id: after}, journal=journal), (change,)
