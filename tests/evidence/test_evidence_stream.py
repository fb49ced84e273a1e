"""A record is proven to be in a stream whose root stands on chain, and nothing else passes for one."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.evidence.records import anchored
from contracts.evidence.records.anchored import verify_record
from ledger.errors import InvalidRecord
from ledger.log import proof as stream_proof
from ledger.proofs.trust import Trust


@pytest.fixture(scope="module")
def proof(vectors: Path) -> bytes:
    return (vectors / "stream.json").read_bytes()


@pytest.fixture(scope="module")
def record(vectors: Path) -> bytes:
    return (vectors / "record.txt").read_bytes()


def test_a_record_of_an_anchored_stream_is_proven(proof: bytes, record: bytes, trust: Trust) -> None:
    verdict = verify_record(proof, record, trust)
    assert [step.name for step in verdict.steps] == ["form", "network", "contracts", "anchor", "inclusion"]
    assert verdict.failed is None


def test_another_record_is_rejected(proof: bytes, record: bytes, trust: Trust) -> None:
    assert verify_record(proof, record + b" ", trust).failed == "inclusion"
    assert verify_record(proof, b"", trust).failed == "inclusion"


def test_another_networks_trust_file_is_rejected(proof: bytes, record: bytes, trust: Trust) -> None:
    assert verify_record(proof, record, replace(trust, genesis_hash=bytes(32))).failed == "network"


@pytest.mark.parametrize(
    "change",
    [{"stream": "finance/other"}, {"size": 8}, {"root": bytes(32)}],
    ids=["another stream", "another size", "another root"],
)
def test_a_tree_that_the_notary_does_not_hold_is_rejected(
    change: dict[str, object], proof: bytes, record: bytes, trust: Trust
) -> None:
    told, anchor = anchored.parse(proof)
    assert verify_record(anchored.encode(replace(told, **change), anchor), record, trust).failed == "anchor"


def test_a_record_at_another_place_is_rejected(proof: bytes, record: bytes, trust: Trust) -> None:
    told, anchor = anchored.parse(proof)
    assert verify_record(anchored.encode(replace(told, index=6), anchor), record, trust).failed == "inclusion"


def test_a_proof_without_its_anchor_is_rejected(proof: bytes, record: bytes, trust: Trust) -> None:
    told = stream_proof.parse(proof)
    assert verify_record(replace(told, anchor=None).encode(), record, trust).failed == "form"
    assert isinstance(told.anchor, dict)
    more = replace(told, anchor={**told.anchor, "note": "hello"})
    assert verify_record(more.encode(), record, trust).failed == "form"


def test_evidence_of_a_job_is_no_stream_proof(vectors: Path) -> None:
    sums = (vectors / "sums.json").read_bytes()
    assert not anchored.is_stream_proof(sums)
    with pytest.raises(InvalidRecord):
        anchored.parse(sums)


def test_a_changed_byte_is_rejected(proof: bytes, record: bytes, trust: Trust) -> None:
    drawn = random.Random(5)
    for _ in range(400):
        changed = bytearray(proof)
        changed[drawn.randrange(len(proof))] ^= drawn.randrange(1, 256)
        assert verify_record(bytes(changed), record, trust).failed is not None
