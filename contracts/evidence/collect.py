"""Gathering evidence for a released job: what a verifier will ask for, proven by the node's own view.

All storage proofs are taken under one header, the first believed one that shows the job released. It asks the chain's
RPC for events; that they are complete is proven by the histories, so a lying RPC can only make this fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from contracts.addresses import AUTHORIZATIONS, BUDGETS, DIRECTORY, GOVERNANCE, JOBS, NOTARY, PARTIES, VOUCHERS
from contracts.directory import client as directory
from contracts.evidence import statement
from contracts.evidence.bundle import Disclosure, Evidence, History, RecordedEvent
from contracts.evidence.dsse import Envelope
from contracts.evidence.facts import ChainFacts, ContractState, ProvenChange
from contracts.evidence.jobs import rounds
from contracts.evidence.jobs.payments import payment_slots
from contracts.evidence.jobs.permits import changes_since_use
from contracts.evidence.records.anchored import anchor_slots, stream_id
from contracts.evidence.records.occurrence import Occurrence
from contracts.evidence.records.vouched import VoucherProof
from contracts.evidence.states import MAX_EPOCHS, directory_slots, history_slots, key_slots
from contracts.notary import client as notary
from contracts.parties import client as parties
from contracts.proven import verify_events
from contracts.vouchers.client import decode_voucher, voucher_fact
from contracts.vouchers.document import Document, Holding
from ledger.chain.port import Cursor, Event, EventFact
from ledger.errors import InvalidRecord, NotFound
from ledger.proofs.headers import Header, parse_header
from ledger.proofs.proof import ReceiptProof
from ledger.proofs.trust import ValidatorChange
from ledger.proofs.view import ProvenEvent, ProvenState

MAX_PAGES = 1000


class View(Protocol):
    """What of a ``ledger.proofs.view.ProvenView`` is needed here."""

    def head(self) -> Header: ...

    def header(self, number: int) -> Header: ...

    def state(self, contract: str, slots: Sequence[bytes], at: Header | None = None) -> ProvenState: ...

    def event(self, fact: EventFact) -> ProvenEvent: ...

    def changes(self) -> tuple[ValidatorChange, ...]: ...


class Events(Protocol):
    """What of a ``ledger.chain.port.Chain`` is needed here."""

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]: ...


def collect(
    view: View,
    chain: Events,
    job: bytes,
    authorizations: Sequence[bytes],
    members: Sequence[bytes],
    envelope: Envelope,
    disclosure: Disclosure | None,
) -> Evidence:
    """Prove a released job.

    Args:
        authorizations, members: ids, as the job's roster names those of the released attempt.

    Raises:
        VerificationError: the chain's events are not the whole history, or a proof does not hold.
        NotFound: the chain does not show the job.
    """
    head = view.head()
    subjects = [(JOBS, job), *((AUTHORIZATIONS, id) for id in sorted(set(authorizations)))]
    model = statement.parse(envelope.payload)
    streams = [(NOTARY, rounds.stream_of(model)[0])] if model.is_model else []
    found = find_events(chain, {*subjects, *streams}, head)
    dated = _moments(found[JOBS, job])
    for stream in streams:
        dated += _throughout(found[JOBS, job], found[stream], [found[subject] for subject in subjects[1:]], job)
    moments = [view.event(_fact(event)) for event in dated]
    slots = {
        AUTHORIZATIONS: history_slots(AUTHORIZATIONS, sorted(set(authorizations))),
        BUDGETS: payment_slots(job, *_paying(envelope)),
        JOBS: history_slots(JOBS, (job,)),
        PARTIES: key_slots(_epochs(view, members, head, moments[0].header.timestamp)),
    }
    if model.is_model:
        slots[NOTARY] = rounds.slots(model)
    states = {name: view.state(name, found_slots, head) for name, found_slots in slots.items()}
    for contract, entity in subjects:
        verify_events(contract, entity, found[contract, entity], states[contract].values)
    return Evidence(
        envelope=envelope,
        facts=gather(view, head, states, moments),
        histories=tuple(
            History(contract, entity, tuple(map(_recorded, found[contract, entity]))) for contract, entity in subjects
        ),
        disclosure=disclosure,
    )


def collect_anchor(view: View, stream: str, size: int) -> ChainFacts:
    """Prove that a stream's root at a size is on chain: the ``anchor`` of its stream proofs (``anchored.encode``).

    Raises:
        NotFound: no such anchor. VerificationError: a proof does not hold.
    """
    head, id = view.head(), stream_id(stream)
    state = view.state(NOTARY, anchor_slots(id, size), head)
    if not any(notary.decode_root(id, size, state.values)):
        raise NotFound(f"stream {stream}: no anchor at {size} records")
    return gather(view, head, {NOTARY: state}, ())


def collect_voucher(view: View, document: Document, holding: Holding | None) -> VoucherProof:
    """Prove how a voucher stands now.

    Raises:
        NotFound: the chain has no voucher of this document. VerificationError: a proof does not hold.
    """
    head, fact = view.head(), voucher_fact(document.id)
    state = view.state(fact.contract, fact.slots, head)
    if not any(decode_voucher(document.id, state.values).issuer):
        raise NotFound(f"voucher {document.number}: the chain has none of this document")
    return VoucherProof(document, holding, gather(view, head, {VOUCHERS: state}, ()))


def collect_occurrence(view: View, contract: str, entity: bytes, events: Sequence[Event], at: Header) -> Occurrence:
    """Prove the last of an entity's events, and that these are all of them as of a block.

    Raises:
        NotFound: there are none. VerificationError: they are not the whole history, or a proof does not hold.
    """
    if not events:
        raise NotFound(f"event proof: the chain shows no event of {entity.hex()} in {contract}")
    state = view.state(contract, history_slots(contract, (entity,)), at)
    verify_events(contract, entity, events, state.values)
    history = History(contract, entity, tuple(map(_recorded, events)))
    return Occurrence(len(events), history, gather(view, at, {contract: state}, (view.event(_fact(events[-1])),)))


def gather(view: View, head: Header, states: Mapping[str, ProvenState], moments: Sequence[ProvenEvent]) -> ChainFacts:
    """Put proven states and events together with what makes their headers and accounts believable.

    Args:
        head: the block that evidence is as of; changes of the validators behind it are left out.
        states: by contract, in the order in which evidence has them, all after the head.
    """
    entries = ContractState(DIRECTORY, view.state(DIRECTORY, directory_slots(tuple(states)), head).proof.proof)
    before = (change for change in view.changes() if parse_header(change.header).number <= head.number)
    changes = tuple(_change(view, change) for change in before)
    headers = {0: view.header(0).raw, head.number: head.raw}
    headers |= {moment.header.number: moment.header.raw for moment in moments}
    headers |= {parse_header(change.change.header).number: change.change.header for change in changes}
    return ChainFacts(
        headers=tuple(raw for _, raw in sorted(headers.items())),
        changes=changes,
        states=(entries, *(ContractState(name, state.proof.proof) for name, state in states.items())),
        moments=tuple(_receipt(moment) for moment in moments),
    )


def find_events(chain: Events, wanted: set[tuple[str, bytes]], head: Header) -> Mapping[tuple[str, bytes], list[Event]]:
    """Find the events of these entities (contract, id) up to the head; proves nothing: verify_events does."""
    found: dict[tuple[str, bytes], list[Event]] = {subject: [] for subject in wanted}
    after: Cursor | None = None
    for _ in range(MAX_PAGES):
        page = chain.events(after)
        for event in page:
            subject = (event.contract, event.topics[1] if len(event.topics) > 1 else b"")
            if subject in found and event.block_number <= head.number:
                found[subject].append(event)
        if not page:
            return found
        after = page[-1].cursor
    raise NotFound("evidence: the chain has more events than can be searched")


def _paying(envelope: Envelope) -> tuple[int, list[str]]:
    """Return the attempt, and the assets of its members in the order in which evidence has them."""
    signed = statement.parse(envelope.payload)
    match signed.session:
        case {"attempt": int(attempt)}:
            return attempt, sorted(member.asset for member in signed.members if member.asset is not None)
    raise InvalidRecord("evidence: a session record without its attempt")


def _epochs(view: View, members: Sequence[bytes], head: Header, time: int) -> Mapping[bytes, int]:
    """Find the epoch of each member's keys that was current at a time."""
    return {member: _epoch(view, member, head, time) for member in set(members)}


def _epoch(view: View, member: bytes, head: Header, time: int) -> int:
    newest = parties.decode_epoch(member, view.state(PARTIES, parties.epoch_fact(member).slots, head).values)
    for epoch in range(newest, max(0, newest - MAX_EPOCHS), -1):
        slots = parties.keys_fact(member, epoch).slots
        if parties.decode_keys(member, epoch, view.state(PARTIES, slots, head).values).since <= time:
            return epoch
    raise NotFound(f"evidence: party {member.hex()} had no keys at the first opening")


def _moments(events: Sequence[Event]) -> list[Event]:
    """The first opening and the last signature: between them the release came about."""
    opened = [event for event in events if event.name == "JobOpened"]
    signed = [event for event in events if event.name == "JobSigned"]
    if not opened or not signed:
        raise NotFound("evidence: the chain does not show this job opened and signed")
    return [opened[0], signed[-1]]


def _throughout(
    jobs: Sequence[Event], anchors: Sequence[Event], histories: Sequence[Sequence[Event]], job: bytes
) -> list[Event]:
    """What shows that authorizations stood while a model was trained: see ``contracts.evidence.jobs.throughout``."""
    opened = [event for event in jobs if event.name == "JobOpened"]
    if not anchors:
        raise NotFound("evidence: the chain shows no anchor of the run's stream")
    found = [next(event for event in opened if event.args["attempt"] == opened[-1].args["attempt"]), anchors[-1]]
    for events in histories:
        history = History(AUTHORIZATIONS, events[0].topics[1], tuple(map(_recorded, events)))
        changed = [event for event, _ in changes_since_use(history, job)]
        found += [event for event, own in zip(events, history.events, strict=True) if own in changed]
    return found


def _change(view: View, change: ValidatorChange) -> ProvenChange:
    """Add who was Governance when the validators changed."""
    header = view.header(parse_header(change.header).number)
    entry = view.state(DIRECTORY, tuple(directory.entry_slots(GOVERNANCE).values()), header)
    return ProvenChange(change, entry.proof.proof)


def _fact(event: Event) -> EventFact:
    return EventFact(event.block_number, event.index, event.log_index)


def _receipt(moment: ProvenEvent) -> ReceiptProof:
    return moment.proof.proof


def _recorded(event: Event) -> RecordedEvent:
    return RecordedEvent((event.topics[0], event.topics[1]), event.data)
