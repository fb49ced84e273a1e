"""Streams and the chain: putting a stream's root there, and proving records under the root that is there.

It does NOT verify proofs for others (``contracts.evidence.records.anchored`` does). Trust assumption: none in the
chain's RPC; the anchored size and root are proven under a sealed header before a proof is made for them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from contracts.artefacts import interfaces
from contracts.evidence.collect import collect_anchor
from contracts.notary.client import decode_stream, stream_fact
from contracts.notary.rules import Stream as Anchored
from gateway.network.connecting import officer_chain
from gateway.streams.notarizing import opened
from ledger.chain.port import Receipt
from ledger.errors import Conflict, NotFound
from ledger.log.anchor import anchor
from ledger.log.proof import StreamProof
from ledger.log.stream import Stream
from ledger.proofs.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust


def put_on_chain(directory: Path, config: NodeConfig) -> Receipt | None:
    """Anchor a stream with the officer's key; None if the chain holds this very state already."""
    chain = officer_chain(config)
    try:
        return anchor(opened(directory), chain)
    finally:
        chain.close()


def prove(directory: Path, index: int, config: NodeConfig) -> StreamProof:
    """Prove one record under the root that the chain holds; raises as `prove_anchored`."""
    stream, chain = opened(directory), officer_chain(config)
    try:
        view = ProvenView(chain, read_trust(config.trust), config.state / "officer-belief.sqlite", interfaces())
        return prove_anchored(stream, index, view)
    finally:
        chain.close()


def prove_anchored(stream: Stream, index: int, view: ProvenView) -> StreamProof:
    """Prove one record in the size that the chain, by proof, holds now; the proof carries the chain's side.

    Raises:
        NotFound: no such record, its salt was erased, or the stream was never anchored.
        Conflict: the record came after the last anchor, or the chain holds another stream of this name.
        VerificationError: the chain does not prove what it holds.
    """
    fact = stream_fact(stream.checkpoint.id)
    found = view.state(fact.contract, fact.slots)
    anchored = decode_stream(stream.checkpoint.id, found.values)
    _require_covered(stream, index, anchored)
    proof = stream.prove(index, size=anchored.size)
    return replace(proof, anchor=collect_anchor(view, proof.stream, proof.size).json())


def _require_covered(stream: Stream, index: int, anchored: Anchored) -> None:
    name, size = stream.checkpoint.name, stream.checkpoint.size
    if not anchored.size:
        raise NotFound(f"stream {name}: never anchored; append with --config, or prove without it")
    if anchored.size > size:
        raise Conflict(f"stream {name}: the chain holds {anchored.size} records, this copy only {size}")
    if stream.root_at(anchored.size) != anchored.root:
        raise Conflict(f"stream {name}: the chain holds another stream's root at {anchored.size} records")
    if anchored.size <= index < size:
        raise Conflict(f"stream {name}: record {index} is not anchored yet; the chain holds {anchored.size}")
