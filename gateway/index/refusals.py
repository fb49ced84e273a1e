"""Applications about a unit that its registrar refused, as the index has them: of which type, and on which ground.

A second sale that the register's contracts turn away changes no title and writes no event; it stands here once the
registrar refuses its application. What it does NOT do: open the reasons, of which the chain has a salted digest.
Source: Interim Regulation on Real Estate Registration (2024), articles 3 and 22.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from contracts.addresses import APPLICATIONS
from contracts.applications.rules import RegistrationType
from gateway.index.finding import LIMIT, Finder
from ledger.chain.port import Cursor, Event


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused application. ground: item of article 22; reason: salted digest; time: unix seconds of its refusal."""

    application: bytes
    kind: RegistrationType
    ground: int
    reason: bytes
    time: int
    place: Cursor


def refusals(finder: Finder, unit: bytes, last: int, *, page: int = LIMIT) -> list[Refusal]:
    """Return the refused applications about a unit up to a block, in the order of their refusal."""
    accepted = {event.topics[1]: event for event in _accepted(finder, unit, last, page)}
    histories = finder.histories(APPLICATIONS, list(accepted), last)
    found = [
        _read(accepted[id], event)
        for id, events in histories.items()
        for event in events
        if event.name == "ApplicationRefused"
    ]
    return sorted(found, key=lambda one: one.place)


def _accepted(finder: Finder, unit: bytes, last: int, page: int) -> Iterator[Event]:
    after, argument = None, ""
    while found := finder.mentions(unit, last, after=after, argument=argument, limit=page):
        for one in found:
            if (one.event.contract, one.event.name, one.name) == (APPLICATIONS, "ApplicationAccepted", "unit"):
                yield one.event
        after, argument = found[-1].event.cursor, found[-1].name


def _read(accepted: Event, refused: Event) -> Refusal:
    kind = RegistrationType(cast(int, accepted.args["kind"]))
    ground, reason = cast(int, refused.args["ground"]), cast(bytes, refused.args["reason"])
    return Refusal(accepted.topics[1], kind, ground, reason, refused.timestamp, refused.cursor)
