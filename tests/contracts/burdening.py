"""One registered flat of Ann's, and what is entered against it: for tests of restrictions and of titles."""

from __future__ import annotations

from dataclasses import replace

from land import CLERK, JUDGE, Land, held_by
from network import digest

from contracts.applications.rules import RegistrationType
from contracts.restrictions import client
from contracts.restrictions.calls import EnterRestriction, Seize
from contracts.restrictions.record import Restriction, RestrictionKind
from contracts.titles.calls import First, Transfer
from contracts.titles.record import RightKind

FLAT, PLAN = digest("flat"), digest("plan")
ANN, BOB, CAT = held_by("ann"), held_by("bob"), held_by("cat")
FIRST, TRANSFER = RegistrationType.FIRST, RegistrationType.TRANSFER
NOTHING = bytes(32)
TYPES = {RestrictionKind.OBJECTION: RegistrationType.OBJECTION, RestrictionKind.PRENOTICE: RegistrationType.PRENOTICE}


def registered() -> Land:
    land = Land()
    land.must(CLERK, First(land.apply_for(FLAT, FIRST), FLAT, PLAN, RightKind.BUILDING, ANN))
    return land


def entry(land: Land, label: str, kind: RestrictionKind, /, **changes: object) -> EnterRestriction:
    application = land.apply_for(FLAT, TYPES.get(kind, FIRST))
    rank = 1 if kind is RestrictionKind.MORTGAGE else 0
    call = EnterRestriction(
        application, digest(label), FLAT, int(kind), ANN.digest(), digest(f"holder of {label}"),
        digest(f"claim {label}"), rank,
    )  # fmt: skip
    return replace(call, **changes)  # type: ignore[arg-type]


def burden(land: Land, label: str, kind: RestrictionKind, /, **changes: object) -> bytes:
    call = entry(land, label, kind, **changes)
    land.must(CLERK, call)
    return call.id


def sell(land: Land, **changes: object) -> str:
    call = Transfer(land.apply_for(FLAT, TRANSFER), FLAT, ANN, BOB)
    return land.do(CLERK, replace(call, **changes)).reason  # type: ignore[arg-type]


def seize(land: Land, label: str, caller: bytes = JUDGE, days: int = 30) -> bytes:
    land.must(caller, Seize(digest(label), FLAT, digest(f"order {label}"), days))
    return digest(label)


def stored(land: Land, id: bytes) -> Restriction:
    found = client.decode_restriction(id, land.network.values("Restrictions", client.restriction_fact(id).slots))
    assert found == land.burdens.state.restriction(id)
    return found
