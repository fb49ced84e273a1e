"""Makes the shared pieces of this folder (evm, network, lockstep) importable under pytest's importlib mode."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from network import Network


@pytest.fixture
def network() -> Network:
    return Network()
