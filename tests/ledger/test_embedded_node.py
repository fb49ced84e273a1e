"""What a node says of a block between its commit to disk and the moment from which the node answers for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from foundedchain import OFFICER, Standing, anchor, open_node

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from ledger.chain.transactions import sign_call
from ledger.crypto.signing import Address
from ledger.embedded.replica import Replica


def test_a_receipt_is_told_when_its_block_is_the_head_and_not_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = open_node(tmp_path / "chain", Standing())
    payload = interfaces()["Notary"].encode_call("anchor", anchor("a", 0, 5).args)
    to = Address(GENESIS_ADDRESSES["Notary"])
    hash_ = node.send_raw(sign_call(OFFICER, chain_id=20261, nonce=0, to=to, data=payload, gas=500_000))
    told = []
    moved = Replica._tip

    def moving(replica: Replica, raw: bytes) -> object:
        told.append((node.head_number(), node.receipt(hash_)))
        return moved(replica, raw)

    monkeypatch.setattr(Replica, "_tip", moving)
    node.step()
    assert told == [(0, None)]
    found = node.receipt(hash_)
    assert found is not None
    assert (found.block_number, node.head_number(), found.accepted) == (1, 1, True)
    node.close()
