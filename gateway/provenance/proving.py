"""The proof of an edge, and that nothing is missing: from the node's own view, never from the index or an RPC.

The index says where to look. An event is shown by its receipt under a sealed header, and the events that the index has
of its entity must be all that the contract's storage commits to (ADR 0006). What does not hold raises and is not shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.addresses import AUTHORIZATIONS, CASES, CATALOGUE, JOBS, NOTARY, RESTRICTIONS, TITLES
from contracts.evidence.bundle import History, RecordedEvent
from contracts.evidence.collect import gather
from contracts.evidence.records.occurrence import Occurrence
from contracts.evidence.states import history_slots
from contracts.proven import verify_events
from gateway.index.finding import Finder
from gateway.provenance.graph import Kind, Node
from ledger.chain.port import Cursor, Event, EventFact
from ledger.errors import NotFound, VerificationError
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenState, ProvenView

KEPT_BY: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.ASSET: (CATALOGUE,),
    Kind.AUTHORIZATION: (AUTHORIZATIONS,),
    Kind.JOB: (JOBS,),
    Kind.STREAM: (NOTARY,),
    Kind.UNIT: (TITLES, RESTRICTIONS),
    Kind.CASE: (CASES,),
}
"""Contracts in which nodes of a kind have their own history."""


@dataclass(frozen=True, slots=True)
class Complete:
    """All events of an entity in one contract up to a block, proven to be all."""

    contract: str
    entity: bytes
    events: tuple[Event, ...]
    block: int


def complete(view: ProvenView, finder: Finder, node: Node, at: Header) -> list[Complete]:
    """Prove of every contract in which a node has a history that the index has all of it.

    The contracts that keep nodes of its kind are asked whatever the index says; of others the index names those.

    Raises:
        VerificationError: something is missing, or the chain's proofs do not hold.
    """
    names = sorted({*finder.entities(node.id, at.number), *KEPT_BY.get(node.kind, ())})
    found = [_complete(view, finder, name, node.id, at)[0] for name in names]
    return [one for one in found if one.events]


def prove(view: ProvenView, finder: Finder, place: Cursor, at: Header) -> Occurrence:
    """Prove the event at a place, with the whole history of its entity as of a block.

    Raises:
        NotFound: the index has no such event, or it came after the block.
        VerificationError: the index or the chain's answers do not hold.
    """
    event = finder.event(place)
    if place.block_number > at.number:
        raise NotFound(f"event proof: block {place.block_number} came after block {at.number}")
    found, state = _complete(view, finder, event.contract, event.topics[1], at)
    moment = view.event(EventFact(place.block_number, place.index, place.log_index))
    if (moment.log.topics, moment.log.data, moment.log.address) != (event.topics, event.data, event.address):
        raise VerificationError("event proof: the sealed block has another event at this place than the index")
    history = History(event.contract, event.topics[1], _recorded(found.events))
    facts = gather(view, at, {event.contract: state}, (moment,))
    return Occurrence(found.events.index(event) + 1, history, facts)


def _complete(
    view: ProvenView, finder: Finder, contract: str, entity: bytes, at: Header
) -> tuple[Complete, ProvenState]:
    events = finder.history(contract, entity, at.number)
    state = view.state(contract, history_slots(contract, (entity,)), at)
    verify_events(contract, entity, events, state.values)
    return Complete(contract, entity, tuple(events), at.number), state


def _recorded(events: Sequence[Event]) -> tuple[RecordedEvent, ...]:
    return tuple(RecordedEvent((event.topics[0], event.topics[1]), event.data) for event in events)
