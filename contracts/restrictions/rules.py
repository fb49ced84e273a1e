"""The rules of Restrictions as values and functions: what ``restrictions.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. A seizure is imposed, renewed and lifted by one
authority alone; everything else is entered by the unit's registrar, by application.
Source: Civil Code articles 220, 221, 366 and 406; Interpretation of the Civil Procedure Law (2022) article 485;
Interim Regulation on Real Estate Registration (2024) articles 3 and 21.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final, Protocol

from contracts.addresses import RESTRICTIONS
from contracts.applications.rules import Enter, RegistrationType
from contracts.restrictions.calls import Allow, Begin, Call, EnterRestriction, Lift, Release, Renew, Seize, Sue
from contracts.restrictions.entries import Result, State, add, finish, settle, use, write
from contracts.restrictions.record import (
    DAYS_OF,
    NOTHING,
    RENEWAL_SPAN,
    SEIZURE_DAYS,
    Restriction,
    RestrictionKind,
    RestrictionState,
    day_end,
    end,
    holding,
)
from contracts.titles.record import Unit, UnitState
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

ROLES: Final = AgentRole.OFFICER | AgentRole.NODE
DISPOSALS: Final = (RestrictionKind.MORTGAGE, RestrictionKind.PRENOTICE, RestrictionKind.RESIDENCE)
TYPE_OF: Final = {
    RestrictionKind.OBJECTION: RegistrationType.OBJECTION,
    RestrictionKind.PRENOTICE: RegistrationType.PRENOTICE,
}


class BurdenWorld(World, Protocol):
    """What the rules ask besides: Titles, Applications and Calendar."""

    def unit(self, unit: bytes) -> Unit:
        """Return a unit, all zero for one the register never had."""
        ...

    def check_entry(self, call: Enter) -> None:
        """Refuse an entry that its application does not ask for; raises as Applications does."""
        ...

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        ...


def apply(state: State, call: Call, caller: bytes, now: int, world: BurdenWorld) -> Result:
    """Return the state after a call, and its events. The application it consumes: see ``consumed``.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    match call:
        case EnterRestriction():
            return _enter(state, call, _officer(caller, PartyRole.REGISTRAR, now, world), now, world)
        case Begin() | Sue() | Allow() | Release():
            return _change(state, call, _officer(caller, PartyRole.REGISTRAR, now, world), now, world)
        case Seize():
            return _seize(state, call, _officer(caller, PartyRole.COURT, now, world), now, world)
        case Renew() | Lift():
            return _dispose(state, call, _officer(caller, PartyRole.COURT, now, world), now, world)


def obstacle(
    state: State,
    unit: bytes,
    registrar: bytes,
    beneficiary: bytes,
    acknowledged: bool,
    now: int,
    world: BurdenWorld,
    *,
    transfers: bool,
) -> str:
    """Return why a disposal is not permitted now, "" if it is.

    Args:
        registrar: the unit's; pre-notices that others entered before its first registration do not count.
        beneficiary: digest of the holdings it leads to; a pre-notice of exactly these is no obstacle.
    """
    entries = state.of(unit)
    if holding(entries, now):
        return "restriction: under seizure"
    for _, entry in entries:
        if entry.kind == RestrictionKind.SEIZURE or now >= end(entry, now, world):
            continue
        own = entry.registrar == registrar
        if entry.kind == RestrictionKind.PRENOTICE and own and entry.claim != beneficiary:
            return "restriction: pre-notice of another"
        if entry.kind == RestrictionKind.OBJECTION and not acknowledged:
            return "restriction: objection not accepted"
        if entry.kind == RestrictionKind.MORTGAGE and entry.ban and transfers:
            return "restriction: mortgage bans transfer"
    return ""


def seized(state: State, unit: bytes, now: int) -> bool:
    """Say whether a seizure holds now."""
    return holding(state.of(unit), now) is not None


def relied(state: State, unit: bytes, registrar: bytes, now: int, world: BurdenWorld) -> bool:
    """Say whether somebody else's right, given by the holders of a unit of a registrar, stands now."""
    return any(entry.kind in DISPOSALS for entry in _standing(state, unit, registrar, now, world))


def burdened(state: State, unit: bytes, registrar: bytes, now: int, world: BurdenWorld) -> bool:
    """Say whether anything stands against a unit of a registrar now."""
    return seized(state, unit, now) or any(True for _ in _standing(state, unit, registrar, now, world))


def consumed(before: State, call: Call, registrar: bytes) -> Enter | None:
    """Return the entry that a call makes in Applications, None for one without application."""
    match call:
        case EnterRestriction():
            kind = TYPE_OF.get(RestrictionKind(call.kind), RegistrationType.FIRST)
            return Enter(call.application, registrar, call.unit, int(kind))
        case Allow():
            unit = before.restriction(call.id).unit
            return Enter(call.application, registrar, unit, int(RegistrationType.ALTERATION))
        case Release():
            unit = before.restriction(call.id).unit
            return Enter(call.application, registrar, unit, int(RegistrationType.CANCELLATION))
        case _:
            return None


def _standing(state: State, unit: bytes, registrar: bytes, now: int, world: BurdenWorld) -> Iterator[Restriction]:
    """Yield what stands against a unit of a registrar now, seizures aside."""
    for _, entry in state.of(unit):
        if entry.kind != RestrictionKind.SEIZURE and entry.registrar == registrar and now < end(entry, now, world):
            yield entry


def _officer(caller: bytes, role: PartyRole, now: int, world: World) -> bytes:
    world.require_open(RESTRICTIONS)
    party = world.acting(caller, ROLES, now)
    if not world.serving(party, role, now):
        raise NotAuthorized("restriction: not for this party")
    return party


def _check_unit(call: EnterRestriction, party: bytes, world: BurdenWorld) -> None:
    unit = world.unit(call.unit)
    if not unit.state and call.kind == RestrictionKind.PRENOTICE:
        if call.unit == NOTHING:
            raise InvalidRecord("restriction: unit missing")
        if call.holdings != NOTHING:
            raise Conflict("restriction: not the holders")
        return
    if unit.state is not UnitState.REGISTERED:
        raise Conflict("restriction: unit not registered")
    if unit.registrar != party:
        raise NotAuthorized("restriction: of another registrar")
    if unit.holdings != call.holdings:
        raise Conflict("restriction: not the holders")


def _enter(state: State, call: EnterRestriction, party: bytes, now: int, world: BurdenWorld) -> Result:
    _check_unit(call, party, world)
    state = settle(state, call.unit, party if call.holdings != NOTHING else NOTHING, now, world)
    if call.kind not in tuple(RestrictionKind) or call.kind == RestrictionKind.SEIZURE:
        raise InvalidRecord("restriction: kind")
    kind = RestrictionKind(call.kind)
    if kind in DISPOSALS:
        reason = obstacle(state, call.unit, party, NOTHING, call.acknowledged, now, world, transfers=False)
        if reason:
            raise Conflict(reason)
    mortgages = sum(entry.kind == RestrictionKind.MORTGAGE for _, entry in state.of(call.unit))
    checks = (
        (call.holder == NOTHING, "restriction: holder missing"),
        (call.claim == NOTHING, "restriction: claim missing"),
        (0 < call.until <= now, "restriction: ends before it begins"),
        (call.until and kind is not RestrictionKind.RESIDENCE, "restriction: no term of its own"),
        (call.ban and kind is not RestrictionKind.MORTGAGE, "restriction: only a mortgage bans"),
        (call.rank != (mortgages + 1 if kind is RestrictionKind.MORTGAGE else 0), "restriction: rank"),
    )
    for fails, reason in checks:
        if fails:
            raise InvalidRecord(reason)
    _consume(state, call, party, world)
    since = 0 if kind is RestrictionKind.PRENOTICE else now
    entry = Restriction(
        call.unit, party, int(kind), call.holder, call.claim, now, since, DAYS_OF.get(kind, 0), call.until, call.ban,
        RestrictionState.STANDING,
    )  # fmt: skip
    return add(state, call.id, call.application, entry)


def _change(state: State, call: Begin | Sue | Allow | Release, party: bytes, now: int, world: BurdenWorld) -> Result:
    entry = state.restriction(call.id)
    if not entry.state:
        raise NotFound("restriction: unknown")
    if entry.registrar != party:
        raise NotAuthorized("restriction: of another registrar")
    if entry.state is not RestrictionState.STANDING or now >= end(entry, now, world):
        raise Conflict("restriction: ended")
    match call:
        case Begin() | Sue():
            return _clock(state, call, entry, now)
        case Allow():
            if entry.kind != RestrictionKind.MORTGAGE:
                raise InvalidRecord("restriction: only a mortgage bans")
            if entry.ban == call.ban:
                raise InvalidRecord("restriction: nothing changes")
            _consume(state, call, party, world)
            return write(state, call.id, call.application, replace(entry, ban=call.ban))
        case Release():
            _consume(state, call, party, world)
            return finish(state, call.id, call.application, entry, now)


def _clock(state: State, call: Begin | Sue, entry: Restriction, now: int) -> Result:
    """Begin the days of a pre-notice, or end those of an objection."""
    if isinstance(call, Begin) and (entry.kind != RestrictionKind.PRENOTICE or entry.since):
        raise Conflict("restriction: not a waiting pre-notice")
    if isinstance(call, Sue) and (entry.kind != RestrictionKind.OBJECTION or not entry.days):
        raise Conflict("restriction: no objection without suit")
    if call.source == NOTHING:
        raise InvalidRecord("restriction: source missing")
    after = replace(entry, since=now) if isinstance(call, Begin) else replace(entry, days=0)
    return write(state, call.id, call.source, after)


def _seize(state: State, call: Seize, party: bytes, now: int, world: BurdenWorld) -> Result:
    state = use(state, call.order)
    unit = world.unit(call.unit)
    if unit.state is not UnitState.REGISTERED:
        raise Conflict("restriction: unit not registered")
    _check_term(call.days)
    state = settle(state, call.unit, unit.registrar, now, world)
    holds = not seized(state, call.unit, now)
    entry = Restriction(
        call.unit, NOTHING, int(RestrictionKind.SEIZURE), party, NOTHING, now, now if holds else 0, call.days,
        day_end(now, call.days) if holds else 0, False, RestrictionState.STANDING,
    )  # fmt: skip
    return add(state, call.id, call.order, entry)


def _dispose(state: State, call: Renew | Lift, party: bytes, now: int, world: BurdenWorld) -> Result:
    state = use(state, call.order)
    unit = state.restriction(call.id).unit
    state = settle(state, unit, world.unit(unit).registrar, now, world)
    entry = state.restriction(call.id)
    if not entry.state or entry.kind != RestrictionKind.SEIZURE:
        raise NotFound("restriction: unknown")
    if entry.holder != party:
        raise NotAuthorized("restriction: of another authority")
    if entry.state is not RestrictionState.STANDING:
        raise Conflict("restriction: ended")
    if isinstance(call, Lift):
        return finish(state, call.id, call.order, entry, now)
    _check_term(call.days)
    held = holding(state.of(entry.unit), now)
    if held is None or held.id != call.id:
        raise Conflict("restriction: does not hold")
    if now + RENEWAL_SPAN < entry.until:
        raise Conflict("restriction: too early")
    after = replace(entry, until=day_end(entry.until - 1, call.days), days=call.days)
    return write(state, call.id, call.order, after)


def _consume(state: State, call: Call, party: bytes, world: BurdenWorld) -> None:
    if entry := consumed(state, call, party):
        world.check_entry(entry)


def _check_term(days: int) -> None:
    if not 0 < days <= SEIZURE_DAYS:
        raise InvalidRecord("restriction: term")
