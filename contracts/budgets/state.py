"""What Budgets stores, and whom its rules ask about the other areas. No rules here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias

from contracts.authorizations.record import Authorization
from contracts.budgets.calls import Limiting
from contracts.budgets.record import Pot, Proposal, Rate, Reservation, Window
from contracts.history import Change, Journal
from contracts.jobs.record import Job, Roster
from contracts.world import World
from ledger.abi import AbiValue


class BudgetWorld(World, Protocol):
    """What the rules ask besides: Catalogue, Authorizations and Jobs."""

    def offered(self, asset: bytes) -> bytes:
        """Return the owner of a mounted, shareable asset, else zero."""
        ...

    def authorization(self, id: bytes) -> Authorization:
        """Return a record, all zero for an unknown one."""
        ...

    def job(self, job: bytes) -> Job:
        """Return a record, all zero for an unknown one."""
        ...

    def roster(self, job: bytes) -> Roster:
        """Return who takes part, nobody for an unknown job."""
        ...


ReservationKey: TypeAlias = tuple[bytes, int, bytes]
"""Job, attempt and asset."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    pots: Mapping[tuple[bytes, bytes], Pot] = field(default_factory=dict)
    rates: Mapping[tuple[bytes, bytes], Rate] = field(default_factory=dict)
    windows: Mapping[bytes, Window] = field(default_factory=dict)
    proposals: Mapping[tuple[bytes, bytes, bool], Proposal] = field(default_factory=dict)
    reservations: Mapping[ReservationKey, Reservation] = field(default_factory=dict)
    classes: Mapping[bytes, bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def pot(self, asset: bytes, period: bytes) -> Pot:
        return self.pots.get((asset, period), Pot())

    def rate(self, asset: bytes, recipient_class: bytes) -> Rate:
        return self.rates.get((asset, recipient_class), Rate())

    def window(self, window: bytes) -> Window:
        return self.windows.get(window, Window())

    def proposal(self, call: Limiting) -> Proposal:
        return self.proposals.get((call.asset, call.pot, call.length != 0), Proposal())

    def reservation(self, job: bytes, attempt: int, asset: bytes) -> Reservation:
        return self.reservations.get((job, attempt, asset), Reservation())

    def recorded(self, signature: str, entity: bytes, *values: AbiValue) -> Moved:
        """Extend an entity's history by an event."""
        journal, change = self.journal.record(signature, entity, *values)
        return replace(self, journal=journal), (change,)


Moved: TypeAlias = tuple[State, tuple[Change, ...]]
"""The state after a call, and its events."""
