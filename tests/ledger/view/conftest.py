"""A town whose head is one anchored stream, a liar before its chain, and a view of what the liar says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from foundedchain import Standing, anchor, trust_of
from viewedtown import Liar, Town, opened

from ledger.proofs.trust import Trust
from ledger.proofs.view import ProvenView


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def clock() -> Standing:
    return Standing()


@pytest.fixture
def town(tmp_path: Path, clock: Standing, stack: ExitStack) -> Town:
    town = Town(tmp_path / "town", clock)
    stack.callback(town.node.close)
    town.submit(anchor("a", 0, 5))
    return town


@pytest.fixture
def liar(town: Town) -> Liar:
    return Liar(town.chain)


@pytest.fixture
def trust(town: Town) -> Trust:
    return trust_of(town.node.genesis_hash)


@pytest.fixture
def view(liar: Liar, trust: Trust, tmp_path: Path, clock: Standing, stack: ExitStack) -> ProvenView:
    return opened(liar, trust, tmp_path / "belief", clock, stack)
