"""Putting a title together from what has been proven."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from contracts.evidence.title.chain import UnitHistory
from contracts.evidence.title.names import Opened
from contracts.evidence.title.past import PastChain
from contracts.evidence.title.title import (
    CANCELLED,
    LIVING,
    PAST,
    PAST_ONLY,
    REGISTERED,
    SUCCEEDED,
    UNREGISTERED,
    Burden,
    Holder,
    Registration,
    Title,
    end_of,
    moment,
)
from contracts.restrictions.record import RestrictionKind, RestrictionState
from contracts.titles.holding import Holdings
from contracts.titles.record import UnitState
from contracts.titles.replay import Standing
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.proofs.headers import Header

_STANDINGS = {
    UnitState.REGISTERED: REGISTERED,
    UnitState.CANCELLED: CANCELLED,
    UnitState.SUCCEEDED: SUCCEEDED,
}


def tell(
    histories: Sequence[UnitHistory],
    pasts: Mapping[bytes, PastChain],
    stands: Sequence[Standing],
    opened: Opened,
    newest: Header,
) -> Title:
    """Say what a unit is as of a block; the first history is the unit's, the others those it came from."""
    history, id = histories[0], histories[0].chain.unit
    own = pasts.get(id)
    last = history.entries[-1] if history.entries else None
    source = last or own
    registrar = last.registrar if last else own.owner if own else bytes(32)
    state = _STANDINGS[last.state] if last else PAST_ONLY if own else UNREGISTERED
    held = source.held if source and state in (REGISTERED, PAST_ONLY) else None
    return Title(
        unit=id,
        code=own.code if own else "",
        standing=state,
        registrar=registrar,
        registrar_code=opened.party(registrar),
        right=source.right if source else 0,
        description=_described(opened.text(source.spatial)) if source else None,
        holders=_holders(held, opened) if held else (),
        burdens=tuple(_burden(one, opened) for one in stands),
        registrations=tuple(_chain(histories, pasts, opened)),
        block=newest.number,
        time=newest.timestamp,
    )


def _chain(
    histories: Sequence[UnitHistory], pasts: Mapping[bytes, PastChain], opened: Opened
) -> Iterator[Registration]:
    """Yield the past of all units by day, then their entries by block; what is of one block in the order of proof."""
    found = [(unit, record) for unit, past in pasts.items() for record in past.records]
    days = sorted(found, key=lambda step: str(step[1]["day"]) if step[1] else "")
    yield from (_past(unit, record) for unit, record in days)
    living = [step for history in reversed(histories) for step in _living(history, opened)]
    yield from sorted(living, key=lambda step: step.block)


def _past(unit: bytes, record: dict[str, JsonValue] | None) -> Registration:
    if record is None:
        return Registration(PAST, "", unit, "title", "withheld", 0, bytes(32), "", bytes(32))
    kind, day = str(record["kind"]), str(record["day"])
    return Registration(PAST, day, unit, "title", kind, 0, bytes(32), "", bytes(32), record=record)


def _living(history: UnitHistory, opened: Opened) -> Iterator[Registration]:
    unit = history.chain.unit
    for entry, at in history.entered:
        yield Registration(
            LIVING, moment(at.time), unit, "title", entry.kind.name.lower(), at.block, entry.registrar,
            opened.party(entry.registrar), entry.source, _holders(entry.held, opened),
        )  # fmt: skip
    for burden, at in history.burdened:
        party = burden.after.holder if burden.after.kind == RestrictionKind.SEIZURE else burden.after.registrar
        change = "ended" if burden.after.state is RestrictionState.ENDED else "entered"
        kind = RestrictionKind(burden.after.kind).name.lower()
        yield Registration(
            LIVING, moment(at.time), unit, kind, change, at.block, party, opened.party(party), burden.source
        )


def _holders(held: Holdings, opened: Opened) -> tuple[Holder, ...]:
    return tuple(Holder(share, holder, opened.text(holder)) for holder, share in held.shares().items())


def _burden(one: Standing, opened: Opened) -> Burden:
    entry, is_seizure = one.restriction, one.kind is RestrictionKind.SEIZURE
    party = entry.holder if is_seizure else entry.registrar
    return Burden(
        kind=one.kind,
        id=one.id,
        rank=one.rank,
        party=party,
        by=opened.party(party),
        beneficiary="" if is_seizure else opened.text(entry.holder),
        claim=opened.text(entry.claim),
        entered=entry.entered,
        until=end_of(one.until),
        is_queued=one.is_queued,
        bans_transfer=entry.ban,
    )


def _described(text: str) -> JsonValue:
    """Read a description; what is no canonical JSON stays a text."""
    try:
        return canonical.decode(text.encode()) if text else None
    except InvalidRecord:
        return text
