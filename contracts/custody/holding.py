"""Who held an item from when to when, in which condition and under which seal: a gapless line read from its events.

That no event is missing shows the proven history (``contracts.proven.verify_events``), not this module; times are those
of the blocks that the events stand in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

from ledger.abi import AbiValue
from ledger.errors import NotFound

BEGINS = ("ItemEntered", "ItemTaken", "SealChanged")


class Happened(Protocol):
    """What of an event is read."""

    @property
    def name(self) -> str: ...

    @property
    def args(self) -> Mapping[str, AbiValue]: ...

    @property
    def timestamp(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Holding:
    """Who held an item from a moment on. until: the first moment it was otherwise; 0 if it still is so."""

    holder: bytes
    since: int
    until: int
    condition: bytes
    seal: bytes

    def covers(self, moment: int) -> bool:
        return self.since <= moment and (moment < self.until or not self.until)


def holdings(events: Iterable[Happened]) -> list[Holding]:
    """Read the events of one item, in order; a new holder, condition or seal begins a new line."""
    found: list[Holding] = []
    for event in events:
        if event.name not in (*BEGINS, "ItemClosed"):
            continue
        if found:
            found[-1] = replace(found[-1], until=event.timestamp)
        if event.name in BEGINS:
            party, condition, seal = (cast(bytes, event.args[name]) for name in ("party", "condition", "seal"))
            found.append(Holding(party, event.timestamp, 0, condition, seal))
    return found


def holder_at(found: Sequence[Holding], moment: int) -> Holding:
    """Return the holding that covers a moment, unix seconds.

    Raises:
        NotFound: custody had not begun or had ended.
    """
    for held in found:
        if held.covers(moment):
            return held
    raise NotFound(f"custody: at {moment} the item was in nobody's custody")
