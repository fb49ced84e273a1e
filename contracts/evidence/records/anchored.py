"""Proof that a record is in a stream whose root is on chain: a stream proof whose ``anchor`` carries the chain's side.

The file is a ``ledger.log.proof`` with the member ``anchor``: sealed headers, changes of validators, the Directory's
entry of the Notary, the stream's record there and the Notary's word for the root at exactly this size. A root is
written once, so that word proves that the tree of this size was anchored by the newest header's time at the latest.
``contracts.evidence.collect`` makes it.

What it does NOT say: that the record is true, or who brought it; the stream's owner is the party that anchored it.
"""

from __future__ import annotations

from dataclasses import replace

from contracts import slip
from contracts.addresses import NOTARY
from contracts.evidence import facts
from contracts.evidence.facts import ChainFacts
from contracts.evidence.network import Network, require_network
from contracts.evidence.report import FORM, Failed, Record, Verdict, Words
from contracts.evidence.states import Proven, require_states
from contracts.notary import client as notary
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import keccak256
from ledger.log import proof as stream_proof
from ledger.log.proof import StreamProof
from ledger.proofs.trust import Trust


def encode(proof: StreamProof, anchor: ChainFacts) -> bytes:
    """Write the proof file with the chain's side in it."""
    return replace(proof, anchor=anchor.json()).encode()


def parse(data: bytes) -> tuple[StreamProof, ChainFacts]:
    """Read a proof file with its anchor.

    Raises:
        InvalidRecord: not exactly what ``encode`` writes.
    """
    proof = stream_proof.parse(data)
    anchor = facts.read(proof.anchor)
    if encode(proof, anchor) != data:
        raise InvalidRecord("stream proof: unknown fields in the anchor, or tables that are not sorted and used")
    return proof, anchor


def is_stream_proof(data: bytes) -> bool:
    """Say whether a file calls itself a stream proof; nothing is verified."""
    return slip.form_of(data, limit=stream_proof.PROOF_LIMIT) == stream_proof.FORMAT


def verify_record(data: bytes, record: bytes, trust: Trust) -> Verdict:
    """Verify that a record is in a stream anchored on the trust file's network."""
    steps = Record()
    try:
        _examine(data, record, trust, steps)
    except Failed:
        return Verdict(tuple(steps.steps), trust.assurance)
    return Verdict(tuple(steps.steps), trust.assurance)


def anchor_slots(stream: bytes, size: int) -> tuple[bytes, ...]:
    """List the Notary's words that an anchor proves: the stream's record, and the root at a size."""
    return (*notary.stream_fact(stream).slots, *notary.root_fact(stream, size).slots)


def stream_id(name: str) -> bytes:
    """Return a stream's name on the chain."""
    return keccak256(name.encode())


def _examine(data: bytes, record: bytes, trust: Trust, steps: Record) -> None:
    proof, anchor = steps.take(FORM, lambda: (parse(data), Words(f"{len(data)} bytes", f"{len(data)} 字节")))
    network = steps.take("network", lambda: require_network(anchor, trust))
    proven = steps.take("contracts", lambda: require_states(anchor, network, (NOTARY,)))
    steps.take("anchor", lambda: _require_anchor(proof, anchor, network, proven))
    steps.take("inclusion", lambda: _require_inclusion(proof, record))


def _require_anchor(proof: StreamProof, anchor: ChainFacts, network: Network, proven: Proven) -> tuple[None, Words]:
    if anchor.moments:
        raise VerificationError("anchor: expected no receipts")
    stream = stream_id(proof.stream)
    proven.require_slots(NOTARY, anchor_slots(stream, proof.size))
    root = notary.decode_root(stream, proof.size, proven.values[NOTARY])
    if root != proof.root:
        raise VerificationError(f"anchor: the chain holds root {root.hex()} at {proof.size} records of {proof.stream}")
    owner, time = notary.decode_stream(stream, proven.values[NOTARY]).owner, network.newest.timestamp
    return None, Words(
        f"{proof.stream}: {proof.size} records, by party {owner.hex()}, at {time} at the latest (unix seconds)",
        f"{proof.stream}:{proof.size} 条记录,存证方 {owner.hex()},不晚于 {time}(unix 秒)",
    )


def _require_inclusion(proof: StreamProof, record: bytes) -> tuple[None, Words]:
    stream_proof.verify(record, proof, size=proof.size, root=proof.root)
    return None, Words(f"record {proof.index}, {len(record)} bytes", f"第 {proof.index} 条记录,{len(record)} 字节")
