"""Evidence as it would look if all validators, and where needed all parties, lied together: every proof holds.

Only so can the later steps of a verification be tried: a lone liar never gets past seals and tries. The tries are built
by py-evm's ``trie``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import jobtown
from foundedchain import private_key
from sealed import nodes
from trie import HexaryTrie

from contracts.evidence import dsse, statement
from contracts.evidence.bundle import Evidence, History, RecordedEvent
from contracts.evidence.facts import ContractState
from contracts.evidence.statement import Statement
from contracts.history import extend
from contracts.jobs.calls import JOB_OPENED, JOB_SIGNED
from contracts.layout import layout_of
from ledger import canonical, rlp
from ledger.abi import topic
from ledger.crypto.signing import sign_digest
from ledger.hashing import keccak256
from ledger.proofs.headers import extra_data, parse_header, seal_hash, with_seals
from ledger.proofs.proof import ReceiptProof, SlotProof, StorageProof, verify_storage
from mpc.sessions.session import statement as signed_bytes

_STATE, _RECEIPTS, _EXTRA = 3, 5, 12
_SECRETS = {
    key.address: key.secret
    for label in ("town validator", "town successor")
    for key in (private_key(f"{label} {i}") for i in range(4))
}
Words = Mapping[str, Mapping[bytes, bytes]]
CHEAT = jobtown.REGISTRARS[1]
"""The owner that lies in ``changed``."""


def forge(evidence: Evidence, *, histories: Sequence[History] | None = None, words: Words | None = None) -> Evidence:
    """Put other histories or words on the chain and prove them under resealed headers."""
    told = tuple(histories or evidence.histories)
    newest = parse_header(evidence.facts.headers[-1])
    stored = {state.contract: verify_storage(newest, state.proof) for state in evidence.facts.states}
    values = {name: {**found.values, **(words or {}).get(name, {})} for name, found in stored.items()}
    for history in told:
        values[history.contract] |= _heads(history)
    storages = {name: _storage(found) for name, found in values.items()}
    accounts = HexaryTrie({})
    for name, found in stored.items():
        account = (rlp.encode_uint(1), b"", storages[name].root_hash, found.code_hash)
        accounts[keccak256(found.address)] = rlp.encode(account)
    receipts = [_receipt(stored["Jobs"].address, event) for event in _moments(told[0])]
    headers = {parse_header(raw).block_hash: raw for raw in evidence.facts.headers}
    roots: dict[bytes, dict[int, bytes]] = {newest.block_hash: {_STATE: accounts.root_hash}}
    for moment, trie in zip(evidence.facts.moments, receipts, strict=True):
        roots.setdefault(moment.header_hash, {})[_RECEIPTS] = trie.root_hash
    resealed = {old: reseal(raw, roots[old]) if old in roots else raw for old, raw in headers.items()}
    hashes = {old: parse_header(raw).block_hash for old, raw in resealed.items()}
    states = []
    for name, found in stored.items():
        proofs = tuple(SlotProof(slot, nodes(storages[name], keccak256(slot))) for slot in found.values)
        path = nodes(accounts, keccak256(found.address))
        states.append(ContractState(name, StorageProof(hashes[newest.block_hash], found.address, path, proofs)))
    moments = tuple(
        ReceiptProof(hashes[moment.header_hash], 0, nodes(trie, rlp.encode(rlp.encode_uint(0))), 0)
        for moment, trie in zip(evidence.facts.moments, receipts, strict=True)
    )
    facts = replace(evidence.facts, headers=tuple(resealed.values()), states=tuple(states), moments=moments)
    return replace(evidence, facts=facts, histories=told)


def resign(evidence: Evidence, change: Callable[[Statement], Statement]) -> Evidence:
    """Have every party sign another statement and record it on chain."""
    signed = change(statement.parse(evidence.envelope.payload))
    payload = signed.encode()
    envelope = dsse.Envelope(
        payload, {member.party: dsse.sign(payload, jobtown.statement_key(member.party)) for member in signed.members}
    )
    job, *others = evidence.histories
    events = tuple(
        replace(event, data=event.data[:-64] + signed.result + signed.digest)
        if event.topics[0] == topic(JOB_SIGNED)
        else event
        for event in job.events
    )
    return forge(replace(evidence, envelope=envelope), histories=[replace(job, events=events), *others])


def reseal(raw: bytes, roots: Mapping[int, bytes]) -> bytes:
    """Return the header with other roots, sealed by all its validators."""
    header, items = parse_header(raw), rlp.decode(raw)
    assert isinstance(items, tuple)
    extra = extra_data(header.vanity, header.validators)
    changed = rlp.encode(tuple(roots.get(i, extra if i == _EXTRA else item) for i, item in enumerate(items)))
    return resealed(changed)


def resealed(raw: bytes) -> bytes:
    """Return a header sealed by all the validators it names."""
    return sealed_by(raw, [_SECRETS[member] for member in parse_header(raw).validators])


def sealed_by(raw: bytes, secrets: Sequence[bytes]) -> bytes:
    digest = seal_hash(raw)
    return with_seals(raw, [sign_digest(secret, digest) for secret in secrets])


def _heads(history: History) -> dict[bytes, bytes]:
    layout, head = layout_of(history.contract), bytes(32)
    for event in history.events:
        head = extend(head, event)
    count = len(history.events).to_bytes(32, "big")
    return {layout.slot("history", history.entity): head, layout.slot("count", history.entity): count}


def _storage(values: Mapping[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for slot, word in values.items():
        if any(word):
            trie[keccak256(slot)] = rlp.encode(word.lstrip(b"\0"))
    return trie


def _moments(job: History) -> tuple[RecordedEvent, RecordedEvent]:
    opened = next(event for event in job.events if event.topics[0] == topic(JOB_OPENED))
    return opened, job.events[-1]


def _receipt(address: bytes, event: RecordedEvent) -> HexaryTrie:
    trie = HexaryTrie({})
    body = (b"\x01", rlp.encode_uint(50_000), bytes(256), ((address, event.topics, event.data),))
    trie[rlp.encode(rlp.encode_uint(0))] = rlp.encode(body)
    return trie


def changed(
    evidence: Evidence, name: str, step: str, change: Callable[[bytes], bytes], figures: dict[str, str] | None = None
) -> bytes:
    """Evidence in which one owner signed another message, and all parties a release with other figures."""
    assert evidence.disclosure is not None
    signed = statement.parse(evidence.envelope.payload)
    session = canonical.digest(signed.session)
    openings, release = evidence.disclosure.openings, evidence.disclosure.release
    body = change(bytes.fromhex(openings[CHEAT][name]["body"]))
    signed_with = signed_bytes("SHUXIN-MS-V1", step, session, CHEAT, "audit-office", body)
    signature = jobtown.statement_key(CHEAT).sign(signed_with)
    told = {**openings, CHEAT: {**openings[CHEAT], name: {"body": body.hex(), "signature": signature.hex()}}}
    document = {**release, "cells": {**release["cells"], **(figures or {})}}
    disclosure = replace(evidence.disclosure, openings=told, release=document)
    result = statement.commit(session, disclosure.salt, document)
    return resign(replace(evidence, disclosure=disclosure), lambda old: replace(old, result=result)).encode()
