"""A chain that answers questions and makes no further blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from foundedchain import OFFICER, Standing, anchor, open_node

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from ledger.chain.transactions import sign_call
from ledger.crypto.signing import Address
from ledger.embedded.node import EmbeddedNode


@pytest.fixture
def anchored(tmp_path: Path) -> Iterator[EmbeddedNode]:
    """A chain of one block with one anchor."""
    node = open_node(tmp_path / "anchored", Standing())
    payload = interfaces()["Notary"].encode_call("anchor", anchor("a", 0, 5).args)
    notary = Address(GENESIS_ADDRESSES["Notary"])
    node.send_raw(sign_call(OFFICER, chain_id=node.chain_id, nonce=0, to=notary, data=payload, gas=500_000))
    assert node.step() == 1
    yield node
    node.close()
