"""The rules of Titles as values and functions: what ``titles.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. A right changes by its entry, and an entry states whom
it takes the right from: of two entries about one state only the first holds. The registrar answers for having examined
signatures and papers; the contract sees commitments.
Source: Interim Regulation on Real Estate Registration (2024); Civil Code articles 209 to 221; ISO 19152 (LADM).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from contracts.applications.rules import Enter, RegistrationType
from contracts.history import Change
from contracts.titles.calls import Alter, Call, Cancel, Correct, Divide, First, Merge, OpenRecord, Part, Transfer
from contracts.titles.holding import extract, parts_digest, successors_digest
from contracts.titles.record import NOTHING, State, UnitState
from contracts.titles.register import Desk, RegisterWorld, registrar_of
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.log.record import leaf_of
from ledger.merkle import verify_inclusion

Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: RegisterWorld) -> Result:
    """Return the state after a call, and its events. The application it consumes: see ``consumed``.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    desk = Desk(state, registrar_of(caller, now, world), now, world)
    match call:
        case First():
            entry = desk.new(Part(call.unit, call.spatial), call.right, call.held)
            desk.consume(consumed(call, desk.registrar))
            desk.enter(call.unit, entry, RegistrationType.FIRST, call.application, NOTHING, call.held)
        case OpenRecord():
            _open(desk, call)
        case Alter():
            _alter(desk, call)
        case Transfer():
            _transfer(desk, call)
        case Correct():
            _correct(desk, call)
        case Cancel():
            entry = replace(desk.unburdened(call.unit, call.before), state=UnitState.CANCELLED)
            desk.consume(consumed(call, desk.registrar))
            desk.enter(call.unit, entry, RegistrationType.CANCELLATION, call.application, NOTHING, call.before)
        case Divide():
            _divide(desk, call)
        case Merge():
            _merge(desk, call)
    return desk.state, tuple(desk.changes)


def consumed(call: Call, registrar: bytes) -> Enter | None:
    """Return the entry that a call makes in Applications, None for one without application."""
    match call:
        case OpenRecord():
            return None
        case First():
            kind = RegistrationType.FIRST
        case Transfer():
            kind = RegistrationType.TRANSFER
        case Cancel():
            kind = RegistrationType.CANCELLATION
        case Correct():
            if call.application == NOTHING:
                return None
            kind = RegistrationType.CORRECTION
        case Alter() | Divide() | Merge():
            kind = RegistrationType.ALTERATION
    unit = call.parts[0].unit if isinstance(call, Merge) else call.unit
    return Enter(call.application, registrar, unit, int(kind))


def _open(desk: Desk, call: OpenRecord) -> None:
    entry = desk.new(Part(call.unit, call.spatial), call.right, call.held)
    if desk.world.stream_owner(call.stream) != desk.registrar:
        raise NotAuthorized("title: stream of another registrar")
    root = desk.world.stream_root(call.stream, call.size)
    if root == NOTHING:
        raise NotFound("title: no such anchor")
    record = extract(call.unit, call.spatial, call.right, entry.holdings, call.last)
    leaf = leaf_of(call.salt, record)
    try:
        verify_inclusion(leaf, call.index, call.size, call.path, root)
    except VerificationError as exc:
        raise VerificationError("title: not in the stream") from exc
    desk.enter(call.unit, entry, RegistrationType.OPENING, leaf, call.stream, call.held)


def _alter(desk: Desk, call: Alter) -> None:
    entry = desk.held(call.unit, call.before)
    after = replace(entry, spatial=call.spatial, holdings=call.after.digest())
    if call.spatial == NOTHING:
        raise InvalidRecord("title: spatial unit missing")
    if after.holdings != entry.holdings:  # no rule can tell a new name from another person
        _require_free(desk, call.unit, entry.registrar, after.holdings, acknowledged=True)
    if not call.before.divides_like(call.after):
        raise InvalidRecord("title: an alteration moves no share")
    desk.consume(consumed(call, desk.registrar))
    desk.enter(call.unit, after, RegistrationType.ALTERATION, call.application, NOTHING, call.after)


def _transfer(desk: Desk, call: Transfer) -> None:
    entry = desk.held(call.unit, call.before)
    after = replace(entry, holdings=call.after.digest())
    if after.holdings == entry.holdings:
        raise InvalidRecord("title: nothing changes")
    _require_free(desk, call.unit, entry.registrar, after.holdings, acknowledged=call.acknowledged)
    desk.consume(consumed(call, desk.registrar))
    desk.enter(call.unit, after, RegistrationType.TRANSFER, call.application, NOTHING, call.after)


def _require_free(desk: Desk, unit: bytes, registrar: bytes, beneficiary: bytes, *, acknowledged: bool) -> None:
    if reason := desk.world.obstacle(unit, registrar, beneficiary, acknowledged, desk.now):
        raise Conflict(reason)


def _correct(desk: Desk, call: Correct) -> None:
    entry = desk.held(call.unit, call.before)
    if call.reason == NOTHING:
        raise InvalidRecord("title: reason missing")
    if call.spatial == NOTHING:
        raise InvalidRecord("title: spatial unit missing")
    if desk.world.seized(call.unit, desk.now):
        raise Conflict("title: under seizure")
    after = replace(entry, spatial=call.spatial, holdings=call.after.digest())
    if after.holdings != entry.holdings and desk.world.relied(call.unit, entry.registrar, desk.now):
        raise Conflict("title: another right relies on it")
    desk.consume(consumed(call, desk.registrar))
    desk.enter(call.unit, after, RegistrationType.CORRECTION, call.reason, call.application, call.after)


def _divide(desk: Desk, call: Divide) -> None:
    entry = desk.unburdened(call.unit, call.held)
    if len(call.parts) < 2:
        raise InvalidRecord("title: at least two parts")
    desk.consume(consumed(call, desk.registrar))
    for part in call.parts:
        made = desk.new(part, entry.right, call.held)
        desk.enter(part.unit, made, RegistrationType.ALTERATION, call.application, call.unit, call.held)
    after = replace(entry, state=UnitState.SUCCEEDED)
    successors = successors_digest((part.unit, part.spatial) for part in call.parts)
    desk.enter(call.unit, after, RegistrationType.ALTERATION, call.application, successors, call.held)


def _merge(desk: Desk, call: Merge) -> None:
    if len(call.parts) < 2:
        raise InvalidRecord("title: at least two parts")
    right = desk.state.unit(call.parts[0].unit).right
    desk.consume(consumed(call, desk.registrar))
    for part in call.parts:
        entry = desk.unburdened(part.unit, part.held)
        if entry.right != right:
            raise InvalidRecord("title: another kind of right")
        if not part.held.divides_like(call.held):
            raise InvalidRecord("title: a merger moves no share")
        after = replace(entry, state=UnitState.SUCCEEDED)
        desk.enter(part.unit, after, RegistrationType.ALTERATION, call.application, call.into.unit, part.held)
    made = desk.new(call.into, right, call.held)
    origin = parts_digest(part.unit for part in call.parts)
    desk.enter(call.into.unit, made, RegistrationType.ALTERATION, call.application, origin, call.held)
