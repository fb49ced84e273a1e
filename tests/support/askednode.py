"""A node of this process that is asked directly or by the remote engine, which may hear another maker's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from foundedchain import DIRECTORY, OFFICER, Standing, anchor, open_node

from contracts.addresses import GENESIS_ADDRESSES
from contracts.artefacts import interfaces
from ledger import rlp
from ledger.chain import wire
from ledger.chain.jsonrpc import JsonRpcClient
from ledger.chain.remote import RemoteChain
from ledger.chain.remote_node import RemoteNode
from ledger.chain.transactions import sign_call
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving import rpc

NOTARY = GENESIS_ADDRESSES["Notary"]
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


def over(client: JsonRpcClient, key: PrivateKey | None, directory: Path) -> RemoteChain:
    outbox = directory / f"{key.address.hex()}.outbox" if key else None
    return RemoteChain(RemoteNode(client), interfaces(), DIRECTORY, key=key, outbox=outbox)


def raw_call(nonce: int, stream: str, old: int, new: int, key: object = OFFICER) -> bytes:
    operation = anchor(stream, old, new)
    payload = interfaces()["Notary"].encode_call("anchor", operation.args)
    return sign_call(key, chain_id=20261, nonce=nonce, to=Address(NOTARY), data=payload, gas=500_000)


@contextmanager
def two_blocks(directory: Path) -> Iterator[EmbeddedNode]:
    """A chain of two blocks: two anchors and a refused one, then one more."""
    clock = Standing()
    node = open_node(directory, clock)
    for nonce, (old, new) in enumerate(((0, 5), (5, 9), (5, 9))):
        node.send_raw(raw_call(nonce, "a", old, new))
    node.step()
    clock.now += 1
    node.send_raw(raw_call(3, "b", 0, 1))
    node.step()
    yield node
    node.close()
