"""The committed evidence files, as bytes and as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.evidence import bundle
from contracts.evidence.bundle import Evidence
from ledger.proofs import trust as trust_file
from ledger.proofs.trust import Trust

VECTORS = Path(__file__).resolve().parent.parent / "vectors" / "evidence" / "v1"


@pytest.fixture(scope="session")
def vectors() -> Path:
    return VECTORS


@pytest.fixture(scope="session")
def trust() -> Trust:
    return trust_file.parse((VECTORS / "trust.json").read_bytes())


@pytest.fixture(scope="session", params=["sums", "join"])
def encoded(request: pytest.FixtureRequest) -> bytes:
    """Evidence of each statistic."""
    return (VECTORS / f"{request.param}.json").read_bytes()


@pytest.fixture(scope="session")
def evidence(encoded: bytes) -> Evidence:
    return bundle.parse(encoded)
