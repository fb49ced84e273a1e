"""The chain's server keeps places free: no party's long polls stand in the way of another's, or of a co-signer's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3

from ledger.chain.jsonrpc import JsonRpcClient
from ledger.chain.wire import RpcError
from ledger.crypto.tls import Identity, create_identity
from ledger.embedded.serving import server as module
from ledger.embedded.serving.server import serve
from ledger.serving import Register

FOREVER = 1 << 50


class Slow:
    """A node whose head never comes before it is told to go on; its proposal is always there."""

    chain_id = 7

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.go_on = threading.Event()

    def head_number(self) -> int:
        return 5

    def wait_head(self, above: int, wait_s: float) -> int:
        if above == FOREVER:
            self.arrived.release()
            self.go_on.wait(20)
        return 5

    def proposal(self, above: int, wait_s: float) -> bytes:
        if above == FOREVER:
            self.wait_head(above, wait_s)
        return b"block"

    def add_seal(self, height: int, block_hash: bytes, seal: bytes) -> bool:
        return True

    def block(self, number: int) -> bytes:
        return b"block"


class Callers:
    """A server over the slow node, and parties that ask it and hold its places."""

    def __init__(self, stack: ExitStack, directory: Path, parties: tuple[str, ...]) -> None:
        now = datetime.now(UTC)
        self.node = Slow()
        self.own = create_identity(directory / "builder", "builder", now=now)
        self.identities = {code: create_identity(directory / code, code, now=now) for code in parties}
        register = Register(self.own, {code: identity.pem for code, identity in self.identities.items()})
        self.server = stack.enter_context(serve(self.node, "127.0.0.1", 0, register if parties else None))
        self.threads: list[threading.Thread] = []
        stack.callback(self.release)

    def ask(self, party: str | None, method: str, *params: object) -> object:
        own: Identity | None = self.identities[party] if party else None
        client = JsonRpcClient(self.server.url, server_pem=self.own.pem if own else None, identity=own, timeout_s=20)
        try:
            return client.call(method, *params)
        finally:
            client.close()

    def hold(self, party: str | None, method: str, count: int) -> None:
        """Let a party take so many places and keep them."""
        for _ in range(count):
            thread = threading.Thread(target=self.ask, args=(party, method, FOREVER, 1), daemon=True)
            thread.start()
            self.threads.append(thread)
            assert self.node.arrived.acquire(timeout=60)

    def release(self) -> None:
        self.node.go_on.set()
        for thread in self.threads:
            thread.join(20)


Found = Callable[..., Callers]


@pytest.fixture
def found(tmp_path: Path) -> Iterator[Found]:
    with ExitStack() as stack:
        yield lambda *parties: Callers(stack, tmp_path, parties)


def seals(callers: Callers, party: str | None) -> None:
    """Do what a co-signer does."""
    assert callers.ask(party, "shuxin_block", 5) == "0x626c6f636b"
    assert callers.ask(party, "shuxin_proposal", 4, 0.5) == "0x626c6f636b"
    assert callers.ask(party, "shuxin_seal", 5, "0x" + "11" * 32, "0x" + "22" * 65) is True


def test_a_peers_long_polls_are_bounded_and_leave_the_others_their_places(found: Found) -> None:
    callers = found("mallory", "tax")
    callers.hold("mallory", "shuxin_head", module.WAITERS_SHARE)
    with pytest.raises(RpcError, match="of one party"):
        callers.ask("mallory", "shuxin_head", FOREVER, 1)
    assert callers.ask("tax", "shuxin_head", 4, 1) == 5
    seals(callers, "tax")
    seals(callers, "mallory")


def test_a_peer_cannot_take_the_places_of_the_co_signers_either(found: Found) -> None:
    callers = found("mallory", "tax")
    callers.hold("mallory", "shuxin_proposal", module.SEALERS_SHARE)
    with pytest.raises(RpcError, match="of one party"):
        callers.ask("mallory", "shuxin_proposal", FOREVER, 1)
    seals(callers, "tax")


def test_with_all_places_for_heads_taken_blocks_are_still_sealed(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    """On plain http nobody is known, so that one caller can take all of one kind: never those of the co-signers."""
    monkeypatch.setattr(module, "WAITERS", 3)
    callers = found()
    callers.hold(None, "shuxin_head", 3)
    with pytest.raises(RpcError, match="more than 3"):
        callers.ask(None, "shuxin_head", 4, 1)
    seals(callers, None)


def test_busy_workers_do_not_keep_a_seal_waiting(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORKERS", 1)
    callers = found("mallory", "tax")

    def stuck() -> int:
        callers.node.arrived.release()
        callers.node.go_on.wait(20)
        return 5

    callers.node.head_number = stuck  # type: ignore[method-assign]
    asking = threading.Thread(target=callers.ask, args=("mallory", "eth_blockNumber"), daemon=True)
    callers.threads.append(asking)
    asking.start()
    assert callers.node.arrived.acquire(timeout=60)
    seals(callers, "tax")


def test_a_place_is_free_again_after_its_answer(found: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAITERS_SHARE", 1)
    callers = found("tax")
    assert [callers.ask("tax", "shuxin_head", 4, 1) for _ in range(4)] == [5] * 4


@pytest.mark.parametrize("method", ["[]", "{}", "null", "7"])
def test_a_method_that_is_no_text_is_an_error_of_the_asker(found: Found, method: str) -> None:
    body = f'{{"jsonrpc":"2.0","id":1,"method":{method},"params":[]}}'
    answer = urllib3.request("POST", found().server.url, body=body, retries=False, timeout=20)
    assert answer.status == 200
    assert answer.json()["error"]["code"] == -32600
