"""Entering what was signed during an outage: in the order of signing, and never over what happened meanwhile.

An entry that the chain refuses, or whose unit has changed since its desk last saw the chain, stays in the queue with
the reason and what it conflicts with, and later entries of the same unit wait behind it; whoever signed decides. A run
that was interrupted is simply repeated. The chain decides what is lawful; here only what is *not* sent to it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from contracts.addresses import APPLICATIONS, RESTRICTIONS, TITLES
from contracts.applications.client import application_id
from contracts.applications.rules import ApplicationState, RegistrationType
from contracts.artefacts import interfaces
from contracts.parties.client import agent_fact, decode_agent, party_id
from contracts.restrictions.record import RestrictionKind
from contracts.titles.record import UnitState
from contracts.world import AgentRole
from gateway.property.book import Book
from gateway.property.entering import plan
from gateway.property.entering.desk import Clerk, Desk
from gateway.property.outages.outage import NOTHING, SignedEntry, state_digest, verify
from gateway.property.outages.queue import Queue, Queued, QueueState
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.proofs.view import MAX_AGE_S, ProvenView


class Returned(Clerk, Protocol):
    """A clerk whose chain is back; ``gateway.statute.officers.Officer`` is one."""

    @property
    def view(self) -> ProvenView:
        """What the clerk has proven to itself."""
        ...


class Reentry:
    """One registrar's desk, its clerk, and the queue."""

    def __init__(self, book: Book, clerk: Returned, queue: Queue) -> None:
        self._book, self._clerk, self._queue = book, clerk, queue
        self._desk = Desk(book, clerk)

    def run(self) -> list[Queued]:
        """Enter what can be entered; return the whole queue as it then is.

        Raises:
            VerificationError: the queue is not what officers of this registrar signed; nothing is entered.
            BackendError: the chain is out of reach again; what was entered is marked.
        """
        queue = self._queue.all()
        verify([known.entry for known in queue], self._queue.start)
        for known in queue:
            self._check_signer(known.entry)
        own = {application_id(self._book.registrar, known.entry.code) for known in queue}
        held: set[str] = set()
        for known in queue:
            if known.is_open and known.entry.unit not in held and not self._entered(known.entry, own):
                held.add(known.entry.unit)
        return self._queue.all()

    def _check_signer(self, entry: SignedEntry) -> None:
        try:
            signer = entry.signer
        except InvalidRecord as exc:
            raise VerificationError(f"outage queue: entry {entry.n} has no signature: {exc}") from exc
        agent = decode_agent(signer, self._clerk.proven(agent_fact(signer)))
        was_officer = agent.roles & AgentRole.OFFICER and agent.valid_from <= entry.time < agent.valid_until
        if agent.party != party_id(self._clerk.party) or not was_officer:
            raise VerificationError(f"outage queue: entry {entry.n} is not signed by an officer of {self._clerk.party}")

    def _entered(self, entry: SignedEntry, own: Collection[bytes]) -> bool:
        """Enter one, or mark why not."""
        id = application_id(self._book.registrar, entry.code)
        try:
            if self._desk.application(entry.code).state is not ApplicationState.ENTERED:
                self._require_unchanged(entry, own)
            self._desk.accept(plan.read(entry.plan).entry)
            self._desk.enter(entry.code)
        except _Changed as change:
            self._queue.mark(entry.n, QueueState.CONFLICT, str(change), change.against)
            return False
        except (NotAuthorized, Conflict, NotFound) as refusal:
            last = tuple(one.line for one in self._happened(entry)[-1:])
            self._queue.mark(entry.n, QueueState.CONFLICT, str(refusal), last)
            return False
        block = self._clerk.history(APPLICATIONS, id)[-1].header.number
        self._queue.mark(entry.n, QueueState.ENTERED, block=block)
        return True

    def _require_unchanged(self, entry: SignedEntry, own: Collection[bytes]) -> None:
        """Refuse to send an entry to the chain that was signed on another state than the chain has."""
        head = self._clerk.view.head()
        if entry.time > head.timestamp + MAX_AGE_S:  # so old may the head of an idle chain be
            reached = f"the chain's head is of {_moment(head.timestamp)}"
            raise _Changed("signed at a time that the chain has not reached", reached)
        happened = self._happened(entry)
        unseen = [one.line for one in happened if one.block > entry.seen and not one.causes & set(own)]
        if unseen:
            raise _Changed("the unit has changed since this desk last saw the chain", *unseen)
        unit = self._desk.unit(self._book.id_of(entry.unit))
        state = NOTHING if unit.state is UnitState.UNKNOWN else state_digest(unit.holdings, unit.spatial)
        if state != entry.before:
            last = (one.line for one in happened[-1:])
            raise _Changed("the unit is held or described otherwise than where this was signed", *last)
        if self._queue.living.planned(entry.code) != (entry.unit, entry.plan):
            raise _Changed("the book has another application under this number")

    def _happened(self, entry: SignedEntry) -> list[_Happened]:
        """Return all entries about a unit, in the order of the chain, proven and complete."""
        unit, found = self._book.id_of(entry.unit), list[_Happened]()
        for contract, kinds in ((TITLES, RegistrationType), (RESTRICTIONS, RestrictionKind)):
            for event in self._clerk.history(contract, unit):
                _, values = interfaces()[contract].decode_event(event.log)
                word = kinds(int(str(values["kind"]))).name.lower()
                causes = frozenset(values[name] for name in ("source", "origin") if name in values)
                found.append(_Happened(event.header.number, event.header.timestamp, word, causes))
        return sorted(found, key=lambda one: one.block)


@dataclass(frozen=True, slots=True)
class _Happened:
    """An entry about a unit: its block, and the application or order that it is from."""

    block: int
    time: int
    word: str
    causes: frozenset[AbiValue]

    @property
    def line(self) -> str:
        return f"{self.word} in block {self.block}, {_moment(self.time)}"


class _Changed(Conflict):
    """What an entry was signed on is no more; ``against``: what happened, a line each."""

    def __init__(self, reason: str, *against: str) -> None:
        super().__init__(reason)
        self.against = against


def _moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).isoformat().replace("+00:00", "Z")
