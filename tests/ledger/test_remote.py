"""The remote engine over other makers' nodes, lost answers, crashes and lies."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from chain_conformance import ChainConformance, Open
from foundedchain import (
    DIRECTORY,
    OFFICER,
    STRANGER,
    VALIDATORS,
    Standing,
    Ticking,
    anchor,
    embedded,
    open_node,
    private_key,
)

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from contracts.notary.client import stream_fact
from ledger import jsonrpc, remote, rlp, wire
from ledger.chain import Chain, EventFact
from ledger.connect import Account, connect
from ledger.embedded import rpc
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.server import serve
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, VerificationError
from ledger.hashing import keccak256
from ledger.headers import verify_header
from ledger.jsonrpc import JsonRpcClient
from ledger.keys import PrivateKey
from ledger.outbox import Outbox
from ledger.remote import RemoteChain
from ledger.remote_node import RemoteNode
from ledger.signing import Address
from ledger.transactions import sign_call

Answer = dict[str, object]
Honest = Callable[[], Answer]
Hook = Callable[[str, list[object], Honest], Answer]


class InProcess(JsonRpcClient):
    """A client that asks a node in this process; a hook may change questions and answers."""

    def __init__(self, node: EmbeddedNode, hook: Hook | None = None) -> None:
        super().__init__("http://127.0.0.1:1")
        self.node = node
        self.hook = hook
        self.asked: list[str] = []

    def answer(self, method: str, params: list[object], *, wait_s: float = 0.0) -> Answer:
        self.asked.append(method)

        def honest() -> Answer:
            return rpc.dispatch(self.node, {"id": 1, "method": method, "params": params})

        return self.hook(method, params, honest) if self.hook else honest()


def foreign(method: str, params: list[object], honest: Honest) -> Answer:
    """What Besu or GoQuorum would say: no debug methods, no extras, seals as they arrived, small log ranges."""
    if method.startswith(("debug_", "shuxin_")):
        return {"id": 1, "error": {"code": -32601, "message": "Method not found"}}
    if method == "web3_clientVersion":
        return {"id": 1, "result": "besu/v25.0"}
    if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) > 2:
        return {"id": 1, "error": {"code": -32005, "message": "Requested range exceeds maximum RPC range limit"}}
    answer = honest()
    match answer.get("error"):
        case {"code": -32003}:
            answer["error"] = {"code": -32007, "message": "Sender account not authorized to send transactions"}
        case {"code": int(code)} if code != 3:
            answer["error"]["code"] = -32000
    found = answer.get("result")
    if method == "eth_getBlockByNumber" and found:
        extra = list(rlp.decode(bytes.fromhex(found["extraData"][2:])))
        found["extraData"] = wire.data(rlp.encode((*extra[:4], tuple(reversed(extra[4])))))
    if method == "eth_getTransactionReceipt" and found:
        found.pop("revertReason", None)
    for log in logs_in(method, found):
        del log["blockTimestamp"]
    return answer


def logs_in(method: str, found: object) -> list[dict[str, object]]:
    match method, found:
        case "eth_getLogs", list():
            return found
        case "eth_getTransactionReceipt", {"logs": logs}:
            return logs
    return []


@pytest.fixture
def node(tmp_path: Path) -> Iterator[EmbeddedNode]:
    node = open_node(tmp_path / "chain", Ticking())
    node.start()
    yield node
    node.close()


def over(client: JsonRpcClient, key: PrivateKey | None, directory: Path) -> RemoteChain:
    outbox = directory / f"{key.address.hex()}.outbox" if key else None
    return RemoteChain(RemoteNode(client), interfaces(), DIRECTORY, key=key, outbox=outbox)


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
    assert chain.submit(anchor("a", 0, 5), timeout_s=1).accepted
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


# --- the outbox alone

SENDER, CALL = bytes(19) + b"\1", keccak256(b"call")


def raw(nonce: int) -> bytes:
    return b"raw %d" % nonce


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox", bytes(32))
    yield outbox
    outbox.close()


def test_nonces_are_the_lowest_free_ones(outbox: Outbox) -> None:
    ids = [keccak256(b"%d" % i) for i in range(4)]
    assert [outbox.reserve(op, SENDER, CALL, 7, raw).nonce for op in ids[:3]] == [7, 8, 9]
    outbox.discard(ids[1])
    assert outbox.reserve(ids[3], SENDER, CALL, 7, raw).nonce == 8
    assert [entry.nonce for entry in outbox.pending(SENDER)] == [7, 8, 9]


def test_the_same_operation_keeps_its_bytes(outbox: Outbox, tmp_path: Path) -> None:
    first = outbox.reserve(CALL, SENDER, CALL, 0, raw)
    second = Outbox(tmp_path / "outbox", bytes(32))
    assert second.reserve(CALL, SENDER, CALL, 5, lambda _: b"other bytes") == first
    second.close()
    with pytest.raises(Conflict):
        outbox.reserve(CALL, SENDER, keccak256(b"another call"), 0, raw)
    with pytest.raises(Conflict):
        outbox.reserve(CALL, bytes(20), CALL, 0, raw)


def test_settled_entries_are_kept_and_never_discarded_or_renewed(outbox: Outbox) -> None:
    entry = outbox.reserve(CALL, SENDER, CALL, 0, raw)
    outbox.settle(CALL)
    outbox.discard(CALL)
    assert outbox.renew(CALL, 9, 9, raw).raw == entry.raw
    assert outbox.pending(SENDER) == []


def test_an_entry_is_renewed_only_when_its_nonce_has_passed(outbox: Outbox) -> None:
    outbox.reserve(CALL, SENDER, CALL, 3, raw)
    assert outbox.renew(CALL, 3, 3, raw).nonce == 3
    assert outbox.renew(CALL, 4, 4, raw).nonce == 4


def test_a_failing_signature_leaves_nothing_behind(outbox: Outbox) -> None:
    def broken(_: int) -> bytes:
        raise InvalidRecord("no key")

    with pytest.raises(InvalidRecord):
        outbox.reserve(CALL, SENDER, CALL, 0, broken)
    assert outbox.find(CALL) is None


# --- lies


def lying(change: Callable[[str, object], object]) -> Hook:
    def hook(method: str, params: list[object], honest: Honest) -> Answer:
        answer = foreign(method, params, honest)
        if "result" in answer:
            answer["result"] = change(method, answer["result"])
        return answer

    return hook


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


def test_fields_that_do_not_hash_to_the_block_are_refused(anchored: EmbeddedNode, tmp_path: Path) -> None:
    def other_root(method: str, found: object) -> object:
        return found | {"stateRoot": "0x" + "11" * 32} if method == "eth_getBlockByNumber" else found

    members = [key.address for key in VALIDATORS]
    verify_header(over(InProcess(anchored, foreign), None, tmp_path).header(1).raw, members)
    with pytest.raises(BackendError, match="do not hash"):
        over(InProcess(anchored, lying(other_root)), None, tmp_path).header(1)


def test_another_block_than_asked_for_is_refused(anchored: EmbeddedNode, tmp_path: Path) -> None:
    def hook(method: str, params: list[object], honest: Honest) -> Answer:
        if method == "debug_getRawHeader":
            return {"id": 1, "result": wire.data(anchored.raw_header(0))}
        return honest()

    with pytest.raises(BackendError, match="gave block 0"):
        over(InProcess(anchored, hook), None, tmp_path).header(1)


def test_false_receipts_and_storage_give_no_proof(anchored: EmbeddedNode, tmp_path: Path) -> None:
    def falsify(method: str, found: object) -> object:
        if method == "eth_getBlockReceipts":
            found[0]["logs"][0]["data"] = "0x" + "00" * 160
        if method == "eth_getProof":
            found["storageProof"][0]["proof"] = found["storageProof"][1]["proof"]
        return found

    liar = over(InProcess(anchored, lying(falsify)), None, tmp_path)
    with pytest.raises(VerificationError):
        liar.prove(EventFact(1, 0, 0))
    with pytest.raises(VerificationError):
        liar.prove(stream_fact(keccak256(b"a")))
    honest = over(InProcess(anchored, foreign), None, tmp_path)
    honest.prove(EventFact(1, 0, 0))
    honest.prove(stream_fact(keccak256(b"a")))


@pytest.mark.parametrize("number", [0, 1, 2, 2**60])
def test_logs_of_blocks_that_were_not_asked_for_are_refused(
    anchored: EmbeddedNode, tmp_path: Path, number: int
) -> None:
    def elsewhere(method: str, found: object) -> object:
        for log in logs_in(method, found):
            log["blockNumber"] = hex(number)
        return found

    first = over(InProcess(anchored, foreign), None, tmp_path).events(None)[0].cursor
    lied_to = over(InProcess(anchored, lying(elsewhere)), None, tmp_path)
    if number <= 1:
        assert [event.block_number for event in lied_to.events(None)] == [number]
    else:  # past the head
        with pytest.raises(BackendError, match=f"told of block {number}"):
            lied_to.events(None)
    if number == 0:  # before the cursor
        with pytest.raises(BackendError, match="told of block 0"):
            lied_to.events(first)


@pytest.mark.parametrize("junk", [None, 5, "0xzz", [], {}, [1], {"hash": 1}, "0x", [{"logs": 1}]])
def test_answers_out_of_form_raise_only_our_errors(anchored: EmbeddedNode, tmp_path: Path, junk: object) -> None:
    from ledger.errors import TrustError

    chain = over(InProcess(anchored, lambda *_: {"id": 1, "result": junk}), None, tmp_path)
    for question in (
        chain.head,
        lambda: chain.header(1),
        lambda: chain.prove(EventFact(1, 0, 0)),
        lambda: chain.prove(stream_fact(keccak256(b"a"))),
        lambda: chain.events(None),
        lambda: chain.read("Notary", "anchored", bytes(32)),
        chain.capabilities,
    ):
        try:
            question()
        except TrustError:
            continue
        assert junk in ([], 5, {}), "only an empty answer may pass for one"


# --- the client


@pytest.fixture
def stub() -> Iterator[Callable[[bytes, int], JsonRpcClient]]:
    """A server that gives one fixed body to every question."""
    servers: list[HTTPServer] = []

    def start(body: bytes, status: int = 200) -> JsonRpcClient:
        class Fixed(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Fixed)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return JsonRpcClient(f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"id": 99, "result": 1}', b"[" * 200_000, b'{"id":1,"error":5}', b'{"id":1,"error":{}}'],
)
def test_nonsense_is_a_backend_error(stub: Callable[..., JsonRpcClient], body: bytes) -> None:
    with pytest.raises(BackendError):
        stub(body).call("eth_blockNumber")


def test_an_answer_past_the_limit_is_not_read(
    stub: Callable[..., JsonRpcClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stub(b'{"id": 1, "result": "' + b"x" * 5000 + b'"}')
    monkeypatch.setattr(jsonrpc, "MAX_ANSWER_BYTES", 4000)
    with pytest.raises(BackendError, match="cut off"):
        client.call("eth_blockNumber")


def test_an_answer_that_trickles_is_cut_off(
    stub: Callable[..., JsonRpcClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stub(b'{"id": 1, "result": 1}')
    monkeypatch.setattr(jsonrpc, "GRACE_S", -20.0)  # the time is over before the first piece
    with pytest.raises(BackendError, match="cut off"):
        client.call("eth_blockNumber")


def test_a_door_that_stays_shut_is_not_authorized(stub: Callable[..., JsonRpcClient]) -> None:
    with pytest.raises(NotAuthorized):
        stub(b"{}", 403).call("eth_blockNumber")


def test_a_refusal_without_data_keeps_the_reason_in_its_message(stub: Callable[..., JsonRpcClient]) -> None:
    client = stub(b'{"id": 1, "error": {"code": -32000, "message": "execution reverted: notary: stale size"}}')
    with pytest.raises(NotAuthorized, match=r"^notary: stale size$"):
        client.call("eth_call")


# --- small things


def test_transactions_need_a_chain_key_and_a_bounded_call() -> None:
    to = DIRECTORY
    with pytest.raises(InvalidRecord):
        sign_call(PrivateKey("ed25519", bytes(32)), chain_id=1, nonce=0, to=to, data=b"", gas=1)
    with pytest.raises(InvalidRecord):
        sign_call(OFFICER, chain_id=1, nonce=0, to=to, data=bytes((128 << 10) + 1), gas=1)


def test_signed_calls_are_what_other_software_signs() -> None:
    from eth_account import Account as EthAccount

    to = wire.data(DIRECTORY)
    wanted = {"nonce": 3, "gasPrice": 0, "gas": 99, "to": to, "value": 0, "data": b"abc", "chainId": 7}
    theirs = EthAccount.sign_transaction(wanted, OFFICER.secret).raw_transaction
    assert sign_call(OFFICER, chain_id=7, nonce=3, to=DIRECTORY, data=b"abc", gas=99) == bytes(theirs)


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


def test_connections_are_kept_open(anchored: EmbeddedNode) -> None:
    with serve(anchored, "127.0.0.1", 0) as server:
        client = JsonRpcClient(server.url)
        for _ in range(5):
            client.call("eth_getBlockByNumber", "0x1", True)
        (pool,) = (client._pool.pools[key] for key in client._pool.pools.keys())  # noqa: SIM118 - no plain dict
        assert (pool.num_connections, pool.num_requests) == (1, 5)


@pytest.mark.parametrize("address", ["", "ftp://x", "fabric:profile", "embedded", "http://example.org", "https://x"])
def test_addresses_of_no_known_kind_are_refused(address: str) -> None:
    with pytest.raises(InvalidRecord):
        connect(address, interfaces=interfaces(), directory=DIRECTORY)


def test_importing_the_edge_loads_neither_web3_nor_an_evm() -> None:
    """A command that only verifies or signs must not wait for them."""
    modules = "ledger.remote, ledger.view, ledger.connect, ledger.embedded.cosign_client, sys"
    heavy = "[name for name in ('web3', 'eth', 'aiohttp') if name in sys.modules]"
    ran = subprocess.run(
        [sys.executable, "-c", f"import {modules}; print({heavy})"], capture_output=True, text=True, timeout=60
    )
    assert (ran.stdout.strip(), ran.stderr) == ("[]", "")
