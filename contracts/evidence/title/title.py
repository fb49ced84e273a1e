"""A title as a proof says it: who holds a unit in which shares, what stands against it, and how it came to that.

Values only: every one has been proven by ``contracts.evidence.title.verify``, and is as of one block. A name is there
where the registrar opened it for the asker; everything else shows commitments. ``rows`` gives what a table needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from contracts.calendar.dates import ZONE
from contracts.restrictions.record import NEVER, RestrictionKind
from ledger.canonical import JsonValue

PAST, LIVING = "past", "living"
UNREGISTERED, PAST_ONLY, REGISTERED, CANCELLED, SUCCEEDED = (
    "unregistered", "past only", "registered", "cancelled", "succeeded",
)  # fmt: skip
"""Standing of a unit: PAST_ONLY has registrations that the living register has not taken up."""

LAST_MOMENT = 253_402_271_999
"""The last second that a date can say."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a share of the right. name: "" where it is not opened."""

    share: Fraction
    commitment: bytes
    name: str = ""

    def json(self) -> dict[str, JsonValue]:
        return {"share": str(self.share), "name": self.name or None, "commitment": self.commitment.hex()}


@dataclass(frozen=True, slots=True)
class Burden:
    """What stands against the unit.

    Attributes:
        rank: of a mortgage, counted from 1; of a seizure its place in the queue.
        by: code of the party that entered or imposed it, "" if it is not named; its id is ``party``.
        beneficiary, claim: "" where they are not opened.
        entered, until: unix seconds; until is None without an end of its own, and for a queued seizure.
    """

    kind: RestrictionKind
    id: bytes
    rank: int
    party: bytes
    by: str
    beneficiary: str
    claim: str
    entered: int
    until: int | None
    is_queued: bool
    bans_transfer: bool

    def json(self) -> dict[str, JsonValue]:
        return {
            "kind": self.kind.name.lower(),
            "id": self.id.hex(),
            "rank": self.rank or None,
            "party": self.party.hex(),
            "by": self.by or None,
            "beneficiary": self.beneficiary or None,
            "claim": self.claim or None,
            "entered": moment(self.entered),
            "until": None if self.until is None else moment(self.until),
            "queued": self.is_queued,
            "bans_transfer": self.bans_transfer,
        }


@dataclass(frozen=True, slots=True)
class Registration:
    """One step of the chain.

    Attributes:
        part: PAST or LIVING.
        when: the day of a past one; of a living one the moment of its block.
        unit: the unit it is about; another one than the title's if that came from it by division or merger.
        of: "title", or the kind of restriction.
        type: of registration, e.g. "transfer"; of a restriction "entered" or "ended".
        block: 0 for a past one.
        source: digest of the application, order or extract behind it; zero for a past one.
        record: what the registrar wrote down, of a past one.
    """

    part: str
    when: str
    unit: bytes
    of: str
    type: str
    block: int
    party: bytes
    by: str
    source: bytes
    holders: tuple[Holder, ...] = ()
    record: JsonValue = None

    def json(self) -> dict[str, JsonValue]:
        return {
            "part": self.part,
            "when": self.when,
            "unit": self.unit.hex(),
            "of": self.of,
            "type": self.type,
            "block": self.block or None,
            "party": self.party.hex() if any(self.party) else None,
            "by": self.by or None,
            "source": self.source.hex() if any(self.source) else None,
            "holders": [holder.json() for holder in self.holders],
            "record": self.record,
        }


@dataclass(frozen=True, slots=True)
class Title:
    """A unit as of a block. description: None where it is not opened; code: "" where no record shows it."""

    unit: bytes
    code: str
    standing: str
    registrar: bytes
    registrar_code: str
    right: int
    description: JsonValue
    holders: tuple[Holder, ...]
    burdens: tuple[Burden, ...]
    registrations: tuple[Registration, ...]
    block: int
    time: int

    def bears(self, kind: RestrictionKind) -> bool:
        """Say whether the living register has a restriction of a kind; False is proven as much as True."""
        return any(burden.kind is kind for burden in self.burdens)

    @property
    def absent(self) -> tuple[RestrictionKind, ...]:
        """The kinds of which the living register proves to have none; it has to have the unit."""
        if self.standing in (PAST_ONLY, UNREGISTERED):
            return ()
        return tuple(kind for kind in RestrictionKind if not self.bears(kind))

    def rows(self) -> list[dict[str, JsonValue]]:
        """Return the chain of registrations as flat rows, one a step, for a table."""
        rows = []
        for step in self.registrations:
            row = step.json()
            row["holders"] = "; ".join(f"{one.name or one.commitment.hex()[:12]} {one.share}" for one in step.holders)
            rows.append(row)
        return rows

    def json(self) -> dict[str, JsonValue]:
        """Return everything for programs."""
        return {
            "unit": self.unit.hex(),
            "code": self.code or None,
            "standing": self.standing,
            "as_of": {"block": self.block, "time": moment(self.time)},
            "registrar": self.registrar.hex() if any(self.registrar) else None,
            "registrar_code": self.registrar_code or None,
            "right": self.right or None,
            "description": self.description,
            "holders": [holder.json() for holder in self.holders],
            "restrictions": [burden.json() for burden in self.burdens],
            "none_of": [kind.name.lower() for kind in self.absent],
            "registrations": [step.json() for step in self.registrations],
        }


def moment(seconds: int) -> str:
    """Write a moment in the register's own time.

    >>> moment(1_780_000_000)
    '2026-05-29T04:26:40+08:00'
    """
    if seconds > LAST_MOMENT:
        return "9999-12-31T23:59:59+08:00"  # no calendar goes on; a right of residence may be entered beyond it
    return datetime.fromtimestamp(seconds, ZONE).isoformat()


def end_of(until: int) -> int | None:
    """Return an end, None for what has none."""
    return None if until == NEVER else until
