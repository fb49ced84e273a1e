"""The remote engine over other makers' nodes, lost answers, crashes and lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from askednode import Answer, Honest, InProcess, foreign, over
from chainconformance import ChainConformance, Open
from foundedchain import DIRECTORY, OFFICER, STRANGER, Ticking, anchor, embedded, open_node

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from ledger.chain import remote
from ledger.chain.connect import Account, connect
from ledger.chain.outbox import Outbox
from ledger.chain.port import Chain
from ledger.crypto.keys import PrivateKey
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving import rpc
from ledger.embedded.serving.server import serve
from ledger.errors import BackendError, Conflict, NotAuthorized
from ledger.hashing import keccak256


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedNode]:
    node = open_node(tmp_path / "chain", Ticking())
    node.start()
    yield node
    node.close()


class TestForeignNode(ChainConformance):
    @pytest.fixture
    def open_chain(self, node: EmbeddedNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
        monkeypatch.setattr(remote, "POLL_S", 0.02)
        with ExitStack() as stack:

            def opened(key: PrivateKey | None) -> Chain:
                chain = over(InProcess(node, foreign), key, tmp_path)
                stack.callback(chain.close)
                return chain

            yield opened


def test_stock_web3_works_against_our_server(node: EmbeddedNode, tmp_path: Path) -> None:
    from web3 import HTTPProvider, Web3
    from web3.middleware import ExtraDataToPOAMiddleware

    chain = embedded(node, OFFICER, tmp_path / "outbox")
    receipt = chain.submit(anchor("a", 0, 5))
    with serve(node, "127.0.0.1", 0) as server:
        web3 = Web3(HTTPProvider(server.url))
        web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
        block = web3.eth.get_block(receipt.block_number, full_transactions=True)
        assert bytes(block["hash"]) == receipt.block_hash
        assert block["transactions"][0]["from"] == Web3.to_checksum_address(OFFICER.address)
        assert web3.eth.get_transaction_receipt(receipt.transaction_hash)["status"] == 1
        notary = Web3.to_checksum_address(GENESIS_ADDRESSES["Notary"])
        assert len(web3.eth.get_logs({"fromBlock": 0, "toBlock": "latest", "address": notary})) == 1
        assert len(web3.eth.get_proof(notary, [9], "latest")["storageProof"]) == 1
        assert web3.eth.get_transaction_count(web3.to_checksum_address(OFFICER.address)) == 1
    chain.close()


# --- answers that get lost, and crashes


class Losing:
    """Loses the way to (before=True) or from (before=False) the node for some transactions."""

    def __init__(self, *, before: bool, times: int = 1) -> None:
        self.before = before
        self.times = times

    def __call__(self, method: str, params: list[object], honest: Honest) -> Answer:
        if method == "eth_sendRawTransaction" and self.times:
            self.times -= 1
            if not self.before:
                honest()
            raise BackendError("network: cut")
        return honest()


@pytest.mark.parametrize("before", [True, False])
def test_a_retry_after_a_lost_message_happens_once(node: EmbeddedNode, tmp_path: Path, before: bool) -> None:
    chain = over(InProcess(node, Losing(before=before)), OFFICER, tmp_path)
    with pytest.raises(BackendError):
        chain.submit(anchor("a", 0, 5))
    assert chain.submit(anchor("a", 0, 5)).accepted
    assert len(chain.events(None)) == 1
    chain.close()


def test_what_a_crash_left_unsent_is_sent_before_the_next(node: EmbeddedNode, tmp_path: Path) -> None:
    crashed = over(InProcess(node, Losing(before=True)), OFFICER, tmp_path)
    with pytest.raises(BackendError):
        crashed.submit(anchor("a", 0, 5))
    crashed.close()
    chain = over(InProcess(node), OFFICER, tmp_path)
    assert chain.submit(anchor("b", 0, 1)).accepted
    assert [event.args["new_size"] for event in chain.events(None)] == [5, 1]
    chain.close()


def test_a_transaction_whose_nonce_was_used_elsewhere_is_signed_anew(node: EmbeddedNode, tmp_path: Path) -> None:
    chain = over(InProcess(node, Losing(before=True)), OFFICER, tmp_path)
    with pytest.raises(BackendError):
        chain.submit(anchor("a", 0, 5))
    elsewhere = over(InProcess(node), OFFICER, tmp_path / "elsewhere")
    assert elsewhere.submit(anchor("b", 0, 1)).accepted
    assert chain.submit(anchor("a", 0, 5)).accepted
    assert len(chain.events(None)) == 2
    for opened in (chain, elsewhere):
        opened.close()


def test_a_refused_sender_leaves_no_gap(node: EmbeddedNode, tmp_path: Path) -> None:
    chain = over(InProcess(node), STRANGER, tmp_path)
    with pytest.raises(NotAuthorized):
        chain.submit(anchor("a", 0, 5))
    chain.close()
    outbox = Outbox(tmp_path / f"{STRANGER.address.hex()}.outbox", node.genesis_hash)
    assert outbox.pending(STRANGER.address) == []
    outbox.close()


def test_an_operation_that_is_not_final_in_time_is_a_backend_error(tmp_path: Path) -> None:
    idle = open_node(tmp_path / "idle", Ticking())  # nobody makes blocks
    chain = over(InProcess(idle), OFFICER, tmp_path)
    with pytest.raises(BackendError, match="not final in time"):
        chain.submit(anchor("a", 0, 5), timeout_s=0.1)
    assert idle.step() == 1
    assert chain.submit(anchor("a", 0, 5), timeout_s=60).accepted
    chain.close()
    idle.close()


def test_an_operation_is_waited_for_also_without_a_place_for_a_long_poll(node: EmbeddedNode, tmp_path: Path) -> None:
    def crowded(method: str, params: list[object], honest: Honest) -> Answer:
        if method == "shuxin_head":
            return {"id": 1, "error": {"code": rpc.LIMIT_EXCEEDED, "message": "more than 8 such requests"}}
        return honest()

    chain = over(InProcess(node, crowded), OFFICER, tmp_path)
    assert chain.submit(anchor("a", 0, 5)).accepted
    chain.close()


def test_a_server_that_goes_away_is_a_backend_error_and_comes_back(node: EmbeddedNode, tmp_path: Path) -> None:
    account = Account(OFFICER, tmp_path / "outbox")
    server = serve(node, "127.0.0.1", 0)
    chain = connect(server.url, interfaces=interfaces(), directory=DIRECTORY, account=account)
    assert chain.submit(anchor("a", 0, 5)).accepted
    server.close()
    for attempt in (lambda: chain.submit(anchor("a", 5, 9)), chain.head, lambda: chain.events(None)):
        with pytest.raises(BackendError):
            attempt()
    with serve(node, "127.0.0.1", int(server.url.rsplit(":", 1)[1])):
        assert chain.submit(anchor("a", 5, 9)).accepted
        assert len(chain.events(None)) == 2
    chain.close()


def test_an_outbox_of_another_chain_is_refused(node: EmbeddedNode, tmp_path: Path) -> None:
    Outbox(tmp_path / f"{OFFICER.address.hex()}.outbox", keccak256(b"another chain")).close()
    chain = over(InProcess(node), OFFICER, tmp_path)
    with pytest.raises(Conflict, match="another chain"):
        chain.submit(anchor("a", 0, 5))
    chain.close()
