"""Facts that every contract has in common: the history of an entity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contracts import layout
from contracts.history import Recorded, verify_history
from contracts.layout import layout_of
from ledger.chain.port import StateFact


def history_fact(contract: str, entity: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: how many changes an entity has had, and the hash over them."""
    found = layout_of(contract)
    return StateFact(contract, (found.slot("history", entity), found.slot("count", entity)), block_number)


def verify_events(contract: str, entity: bytes, events: Iterable[Recorded], values: Mapping[bytes, bytes]) -> None:
    """Verify that events are the whole history of an entity, given the words proven for history_fact.

    Raises:
        VerificationError: they are not.
    """
    found = layout_of(contract)
    history = layout.digest(values, found.slot("history", entity))
    verify_history(entity, events, history, layout.number(values, found.slot("count", entity)))
