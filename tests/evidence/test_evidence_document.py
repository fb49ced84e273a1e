"""The vectors printed in docs/evidence.md are what the code computes."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.evidence import bundle, dsse, leakage, statement
from contracts.evidence.report import TITLES
from contracts.layout import layout_of
from ledger.hashing import tagged

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "evidence.md"


@pytest.fixture(scope="module")
def document() -> str:
    return " ".join(DOCUMENT.read_text().split())


def test_printed_digests_are_right(document: str) -> None:
    assert tagged("example v1", b"ab", b"c").hex() in document
    release = {"cells": {"count": "10"}, "withheld": []}
    assert statement.commit(bytes(32), b"\1" * 32, release).hex() in document
    assert dsse.pae(b"{}").decode() in document


def test_the_printed_job_and_slot_are_those_of_the_vector(document: str, vectors: Path) -> None:
    job = bundle.parse((vectors / "sums.json").read_bytes()).histories[0]
    assert job.entity.hex() in document
    assert layout_of("Jobs").slot("history", job.entity).hex() in document
    assert f"over {len(job.events)} events" in document


def test_every_step_and_protocol_is_described(document: str) -> None:
    for step in TITLES:
        assert f"**{step}**" in document
    for name in (bundle.FORMAT, statement.PREDICATE_TYPE, statement.MODEL_TYPE, *leakage.KNOWN):
        assert name in document
