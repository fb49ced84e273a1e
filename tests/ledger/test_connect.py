"""Addresses of chains are told apart, and opened with the keys they need and no more imports than they need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from foundedchain import DIRECTORY, OFFICER, anchor, private_key

from contracts.artefacts import interfaces
from ledger.chain.connect import Account, connect
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving.server import serve
from ledger.errors import Conflict, InvalidRecord


def test_an_embedded_directory_is_opened_with_its_seal_keys(anchored: EmbeddedNode, tmp_path: Path) -> None:
    anchored.close()
    place = f"embedded:{tmp_path / 'anchored'}"
    keys = [private_key(f"validator {i}") for i in range(4)]
    account = Account(OFFICER, tmp_path / "outbox")
    chain = connect(place, interfaces=interfaces(), directory=DIRECTORY, account=account, seal_keys=keys)
    try:
        assert chain.submit(anchor("a", 5, 9)).accepted
        with pytest.raises(Conflict):
            connect(place, interfaces=interfaces(), directory=DIRECTORY, seal_keys=keys)
    finally:
        chain.close()


@pytest.mark.parametrize("address", ["", "ftp://x", "fabric:profile", "embedded", "http://example.org", "https://x"])
def test_addresses_of_no_known_kind_are_refused(address: str) -> None:
    with pytest.raises(InvalidRecord):
        connect(address, interfaces=interfaces(), directory=DIRECTORY)


def test_importing_the_edge_loads_neither_web3_nor_an_evm() -> None:
    """A command that only verifies or signs must not wait for them."""
    own = "ledger.chain.remote, ledger.proofs.view, ledger.chain.connect, ledger.embedded.production.cosign_client"
    modules = f"{own}, sys"
    heavy = "[name for name in ('web3', 'eth', 'aiohttp') if name in sys.modules]"
    ran = subprocess.run(
        [sys.executable, "-c", f"import {modules}; print({heavy})"], capture_output=True, text=True, timeout=60
    )
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")


def test_a_node_of_ours_is_asked_without_web3(anchored: EmbeddedNode) -> None:
    code = (
        "import sys\nfrom ledger.chain.jsonrpc import JsonRpcClient\nfrom ledger.chain.remote_node import RemoteNode\n"
        "node = RemoteNode(JsonRpcClient(sys.argv[1]))\nprint(node.chain_id, node.head_number(), 'web3' in sys.modules)"
    )
    with serve(anchored, "127.0.0.1", 0) as server:
        command = [sys.executable, "-c", code, server.url]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == [str(anchored.chain_id), "1", "False"]
