"""Evidence with one defect each, and the step that must find it: for the tests and for the committed vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import forgery
import jobtown
from foundedchain import committee, private_key

from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.rules import AUTHORIZATION_REVOKED, AUTHORIZATION_SUSPENDED
from contracts.evidence import dsse, statement
from contracts.evidence.bundle import Evidence, RecordedEvent
from contracts.evidence.facts import ChainFacts
from contracts.history import NOTHING
from contracts.layout import layout_of, word
from contracts.parties import client as parties
from contracts.parties.client import party_id
from ledger import canonical, rlp
from ledger.abi import decode, encode, topic
from ledger.crypto.signing import Address
from ledger.hashing import keccak256
from ledger.proofs.headers import extra_data, parse_header

Defect = Callable[[Evidence], bytes]


def _facts(evidence: Evidence, **changes: object) -> Evidence:
    facts: ChainFacts = replace(evidence.facts, **changes)  # type: ignore[arg-type]
    return replace(evidence, facts=facts)


def _last_header(evidence: Evidence, change: Callable[[bytes], bytes]) -> bytes:
    *others, last = evidence.facts.headers
    return _facts(evidence, headers=(*others, change(last))).encode()


def invented_validators(evidence: Evidence) -> bytes:
    """The newest block, sealed by four invented validators that it names itself."""
    own = committee("invented")
    secrets = [private_key(f"invented {i}").secret for i in range(4)]

    def change(raw: bytes) -> bytes:
        header, items = parse_header(raw), rlp.decode(raw)
        assert isinstance(items, tuple)
        extra = extra_data(header.vanity, tuple(Address(key.address) for key in own))
        return forgery.sealed_by(rlp.encode((*items[:12], extra, *items[13:])), secrets)

    evidence = forgery.forge(evidence)  # so that only the seals are wrong
    return _rehash(evidence, change)


def _rehash(evidence: Evidence, change: Callable[[bytes], bytes]) -> bytes:
    """Change the newest header and everything that names its hash."""
    old = evidence.facts.headers[-1]
    new = change(old)
    before, after = parse_header(old).block_hash, parse_header(new).block_hash

    def moved(proof):  # type: ignore[no-untyped-def]
        return replace(proof, header_hash=after) if proof.header_hash == before else proof

    states = tuple(replace(state, proof=moved(state.proof)) for state in evidence.facts.states)
    moments = tuple(map(moved, evidence.facts.moments))
    headers = (*evidence.facts.headers[:-1], new)
    return _facts(evidence, headers=headers, states=states, moments=moments).encode()


def _seals(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> Defect:
    def build(evidence: Evidence) -> bytes:
        def reseal(raw: bytes) -> bytes:
            header, items = parse_header(raw), rlp.decode(raw)
            assert isinstance(items, tuple)
            extra = extra_data(header.vanity, header.validators, change(header.seals))
            return rlp.encode((*items[:12], extra, *items[13:]))

        return _last_header(evidence, reseal)

    return build


def _other_vanity(evidence: Evidence) -> bytes:
    """A block of another network that the same validators seal."""

    def change(raw: bytes) -> bytes:
        header, items = parse_header(raw), rlp.decode(raw)
        assert isinstance(items, tuple)
        extra = extra_data(bytes(32), header.validators)
        return forgery.resealed(rlp.encode((*items[:12], extra, *items[13:])))

    return _rehash(evidence, change)


def _envelope(change: Callable[[dict[str, bytes], bytes], dict[str, bytes]]) -> Defect:
    def build(evidence: Evidence) -> bytes:
        old = evidence.envelope
        return replace(evidence, envelope=replace(old, signatures=change(dict(old.signatures), old.payload))).encode()

    return build


def _without_office(signatures: dict[str, bytes], _payload: bytes) -> dict[str, bytes]:
    del signatures[jobtown.OFFICE]
    return signatures


def _wrong_key(signatures: dict[str, bytes], payload: bytes) -> dict[str, bytes]:
    other = next(party for party in signatures if party != jobtown.OFFICE)
    return signatures | {jobtown.OFFICE: dsse.sign(payload, jobtown.statement_key(other))}


def _stranger(signatures: dict[str, bytes], payload: bytes) -> dict[str, bytes]:
    return signatures | {"stranger": dsse.sign(payload, jobtown.statement_key("stranger"))}


def _before_use(signature: str) -> Defect:
    """An authorization that its owner ended or stopped right before the job used it."""

    def build(evidence: Evidence) -> bytes:
        job, first, *others = evidence.histories
        *granted, used = first.events
        owner = decode(["uint256", "uint256", "bytes32"], granted[-1].data[:96])[2]
        n, is_end = len(granted) + 1, signature == AUTHORIZATION_REVOKED
        values = (n, int(AuthorizationState.REVOKED if is_end else AuthorizationState.SUSPENDED), owner, word(1))
        words = encode(["uint256", "uint256", "bytes32", "bytes32"], values)
        stopped = words if is_end else words + bytes(32)
        event = RecordedEvent((topic(signature), first.entity), stopped)
        later = RecordedEvent(used.topics, (n + 1).to_bytes(32, "big") + used.data[32:])
        history = replace(first, events=(*granted, event, later))
        return forgery.forge(evidence, histories=[job, history, *others]).encode()

    return build


def _grant_word(place: int, value: int | bytes) -> Defect:
    """An authorization whose grant said something else; place counts the words of the event's data."""

    def build(evidence: Evidence) -> bytes:
        job, first, *others = evidence.histories
        data = first.events[0].data
        changed = data[: 32 * place] + word(value) + data[32 * place + 32 :]
        events = (replace(first.events[0], data=changed), *first.events[1:])
        return forgery.forge(evidence, histories=[job, replace(first, events=events), *others]).encode()

    return build


def _granted_by_another(evidence: Evidence) -> bytes:
    job, first, *others = evidence.histories
    data = first.events[0].data
    granted = replace(first.events[0], data=data[:64] + word(7) + data[96:])
    history = replace(first, events=(granted, *first.events[1:]))
    return forgery.forge(evidence, histories=[job, history, *others]).encode()


def _signed_differently(evidence: Evidence) -> bytes:
    """One party recorded another result than the others."""
    job, *others = evidence.histories
    *before, last_but_one, last = job.events
    differs = replace(last_but_one, data=last_but_one.data[:-64] + word(7) + last_but_one.data[-32:])
    return forgery.forge(evidence, histories=[replace(job, events=(*before, differs, last)), *others]).encode()


def _never_used(evidence: Evidence) -> bytes:
    job, first, *others = evidence.histories
    history = replace(first, events=first.events[:-1])
    return forgery.forge(evidence, histories=[job, history, *others]).encode()


def _figure_changed(evidence: Evidence) -> bytes:
    """All parties sign another figure; the owners' openings do not give it."""
    assert evidence.disclosure is not None
    text = canonical.encode(evidence.disclosure.release)
    at = text.index(b'"count":"') + 9 if b'"count":"' in text else text.index(b'"rows":"') + 8
    digit = b"9" if text[at : at + 1] != b"9" else b"8"
    return _released(evidence, text[:at] + digit + text[at + 1 :], lambda signed: signed)


def _released(evidence: Evidence, release: bytes, change: Callable) -> bytes:  # type: ignore[type-arg]
    assert evidence.disclosure is not None
    document = canonical.decode(release)
    disclosure = replace(evidence.disclosure, release=document)

    def commit(signed: statement.Statement) -> statement.Statement:
        session = canonical.digest(signed.session)
        return replace(change(signed), result=statement.commit(session, disclosure.salt, document))

    return forgery.resign(replace(evidence, disclosure=disclosure), commit).encode()


def _withheld_cell_added(evidence: Evidence) -> bytes:
    """All parties sign that a withheld cell was opened; no owner's opening has it."""

    def change(signed: statement.Statement) -> statement.Statement:
        cells = _cells(signed)
        return replace(signed, opened=cells, withheld=())

    assert evidence.disclosure is not None
    return _released(evidence, canonical.encode(evidence.disclosure.release), change)


def _cell_in_both_lists(evidence: Evidence) -> bytes:
    return forgery.resign(evidence, lambda signed: replace(signed, opened=_cells(signed))).encode()


def _cell_dropped(evidence: Evidence) -> bytes:
    return forgery.resign(evidence, lambda signed: replace(signed, withheld=())).encode()


def _cells(signed: statement.Statement) -> tuple[str, ...]:
    session = signed.session
    assert isinstance(session, dict)
    match session["terms"]:
        case {"groups": list(groups)}:
            return tuple(str(group) for group in groups)
        case {"cells": list(cells)}:
            return tuple(str(cell["name"]) for cell in cells if isinstance(cell, dict))
    raise AssertionError("terms without cells")


def _other_statement(evidence: Evidence) -> bytes:
    """Every party signs a statement with another transcript, but on chain stands the first one."""
    signed = replace(statement.parse(evidence.envelope.payload), transcript=NOTHING).encode()
    signatures = {p: dsse.sign(signed, jobtown.statement_key(p)) for p in evidence.envelope.signatures}
    return replace(evidence, envelope=dsse.Envelope(signed, signatures)).encode()


def _other_role(evidence: Evidence) -> bytes:
    def change(signed: statement.Statement) -> statement.Statement:
        members = tuple(replace(member, role="witness") for member in signed.members)
        return replace(signed, members=members)

    return forgery.resign(evidence, change).encode()


def _other_genesis(evidence: Evidence) -> bytes:
    def change(signed: statement.Statement) -> statement.Statement:
        assert isinstance(signed.session, dict)
        return replace(signed, session={**signed.session, "genesis": "00" * 32})

    return forgery.resign(evidence, change).encode()


def _missing_event(evidence: Evidence) -> bytes:
    """One acceptance is left out of the job's history."""
    job, *others = evidence.histories
    return replace(evidence, histories=(replace(job, events=job.events[:1] + job.events[2:]), *others)).encode()


def _unsigned_job(evidence: Evidence) -> bytes:
    """The job as it was before the last party signed."""
    job, *others = evidence.histories
    return forgery.forge(evidence, histories=[replace(job, events=job.events[:-1]), *others]).encode()


def _compromised(evidence: Evidence) -> bytes:
    """A key that was in other hands before the job; the register says so afterwards."""
    slots = parties.keys_fact(party_id(jobtown.OFFICE), 1).slots
    return forgery.forge(evidence, words={"Parties": {slots[5]: word(1)}}).encode()


def _reservation(**words: int) -> Defect:
    """What the first asset has reserved, in other words than it has."""

    def build(evidence: Evidence) -> bytes:
        job, attempt = evidence.histories[0].entity, word(1)
        members = statement.parse(evidence.envelope.payload).members
        asset = party_id(min(member.asset for member in members if member.asset))
        slots = layout_of("Budgets").record("reservations", job, attempt, asset)
        changed = {slots[name]: word(value) for name, value in words.items()}
        return forgery.forge(evidence, words={"Budgets": changed}).encode()

    return build


def _moment(evidence: Evidence) -> bytes:
    """The last signature, offered as the first opening too."""
    _first, last = evidence.facts.moments
    return _facts(evidence, headers=_used(evidence), moments=(last, last)).encode()


def _used(evidence: Evidence) -> tuple[bytes, ...]:
    first = evidence.facts.moments[0].header_hash
    return tuple(raw for raw in evidence.facts.headers if parse_header(raw).block_hash != first)


def _other_code(evidence: Evidence) -> bytes:
    """The directory registers other code for Jobs than its account runs."""
    slot = layout_of("Directory").slot("entries", keccak256(b"Jobs"), member="code_hash")
    return forgery.forge(evidence, words={"Directory": {slot: keccak256(b"other code")}}).encode()


def _short_ledger(evidence: Evidence) -> bytes:
    def change(signed: statement.Statement) -> statement.Statement:
        assert isinstance(signed.leakage, dict)
        return replace(signed, leakage={**signed.leakage, "leakage": []})

    return forgery.resign(evidence, change).encode()


def _pads_of_others(evidence: Evidence) -> bytes:
    """One owner's opening in place of another's."""
    assert evidence.disclosure is not None
    openings = evidence.disclosure.openings
    assert isinstance(openings, dict)
    first, second, *_ = sorted(openings)
    swapped = {**openings, first: openings[second]}
    return replace(evidence, disclosure=replace(evidence.disclosure, openings=swapped)).encode()


DEFECTS: Mapping[str, tuple[Defect, str]] = {
    "not-canonical": (lambda evidence: evidence.encode() + b"\n", "form"),
    "invented-validators": (invented_validators, "network"),
    "duplicate-seal": (_seals(lambda seals: (seals[0], *seals[:-1])), "network"),
    "unsorted-seals": (_seals(lambda seals: seals[::-1]), "network"),
    "too-few-seals": (_seals(lambda seals: seals[:2]), "network"),
    "other-vanity": (_other_vanity, "network"),
    "other-code": (_other_code, "contracts"),
    "missing-event": (_missing_event, "job"),
    "not-signed-by-all": (_unsigned_job, "job"),
    "signed-differently": (_signed_differently, "job"),
    "moment-of-another-event": (_moment, "moments"),
    "statement-not-on-chain": (_other_statement, "statement"),
    "other-role": (_other_role, "statement"),
    "session-of-another-network": (_other_genesis, "statement"),
    "compromised-key": (_compromised, "statement"),
    "signature-missing": (_envelope(_without_office), "signatures"),
    "signature-of-another-key": (_envelope(_wrong_key), "signatures"),
    "signature-of-a-stranger": (_envelope(_stranger), "signatures"),
    "authorization-revoked": (_before_use(AUTHORIZATION_REVOKED), "authorizations"),
    "authorization-suspended": (_before_use(AUTHORIZATION_SUSPENDED), "authorizations"),
    "authorization-expired": (_grant_word(9, 1), "authorizations"),
    "authorization-not-yet-valid": (_grant_word(8, 1 << 40), "authorizations"),
    "authorization-for-another-purpose": (_grant_word(5, keccak256(b"other")), "authorizations"),
    "authorization-for-other-operations": (_grant_word(6, 64), "authorizations"),
    "authorization-granted-by-another": (_granted_by_another, "authorizations"),
    "authorization-not-used": (_never_used, "authorizations"),
    "budget-not-reserved": (_reservation(period=0, mode=0, amount=0, side=0, state=0), "budget"),
    "budget-refunded": (_reservation(state=4), "budget"),
    "budget-of-another-amount": (_reservation(amount=499_999), "budget"),
    "budget-of-other-figures": (_reservation(mode=2), "budget"),
    "budget-of-another-part-shown": (_reservation(side=1), "budget"),
    "budget-of-no-period": (_reservation(period=0), "budget"),
    "cell-in-both-lists": (_cell_in_both_lists, "rules"),
    "cell-in-no-list": (_cell_dropped, "rules"),
    "figure-changed": (_figure_changed, "figures"),
    "withheld-cell-added": (_withheld_cell_added, "figures"),
    "opening-of-another-owner": (_pads_of_others, "figures"),
    "leakage-left-out": (_short_ledger, "leakage"),
}
