"""Co-signers that dial in over HTTP: blocks become final, restarts are caught up with, refusals are reported."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from foundedchain import DIRECTORY, OFFICER, VALIDATORS, Ticking, anchor, config, embedded, open_node, trust_of

from contracts.artefacts import interfaces
from contracts.notary.client import decode_stream, stream_fact
from ledger.chain.connect import connect
from ledger.chain.jsonrpc import JsonRpcClient
from ledger.chain.port import Receipt
from ledger.embedded.production import cosign_client
from ledger.embedded.production.cosign import CoSigner
from ledger.embedded.production.cosign_client import CLOCK_RETRIES, CoSignLoop
from ledger.embedded.production.sealing import RemoteSealers
from ledger.embedded.records import Seal
from ledger.embedded.serving.server import serve
from ledger.errors import BackendError, TrustError, VerificationError
from ledger.hashing import keccak256
from ledger.proofs.headers import verify_header
from ledger.proofs.view import ProvenView

MEMBERS = tuple(key.address for key in VALIDATORS)


class Committee:
    """A builder with one key behind a server, three co-signers that dial in, all on one clock."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory, self.stack, self.clock = directory, stack, Ticking()
        self.node = open_node(directory / "builder", self.clock, sealers=RemoteSealers(VALIDATORS[0]))
        stack.callback(self.node.close)
        self.server = stack.enter_context(serve(self.node, "127.0.0.1", 0))
        self.refusals: list[tuple[int, TrustError]] = []
        self.held: list[str] = []
        self.told = threading.Semaphore(0)
        self.chain = embedded(self.node, OFFICER, directory / "outbox")
        stack.callback(self.chain.close)
        self.node.start()

    def cosign(self, i: int) -> tuple[CoSigner, CoSignLoop, threading.Thread]:
        replica = CoSigner.open(self.directory / f"replica{i}", VALIDATORS[i], genesis=config(), clock=self.clock)
        client = JsonRpcClient(self.server.url)
        loop = CoSignLoop(
            replica, client, on_refused=lambda *refusal: self.refusals.append(refusal),
            on_held=self.hold, wait_s=0.25,
        )  # fmt: skip
        thread = threading.Thread(target=loop.run)
        thread.start()
        self.stack.callback(self.end, replica, loop, thread)
        return replica, loop, thread

    def hold(self, fault: TrustError | None) -> None:
        self.held.append(str(fault or "goes on"))
        self.told.release()

    def end(self, replica: CoSigner, loop: CoSignLoop, thread: threading.Thread) -> None:
        if thread.is_alive():
            loop.stop()
            thread.join(60)
            assert not thread.is_alive()
            replica.close()

    def submit(self, stream: str) -> Receipt:
        return self.chain.submit(anchor(stream, 0, 1), timeout_s=30)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Committee]:
    with ExitStack() as stack:
        yield Committee(tmp_path, stack)


def test_three_dialling_co_signers_make_blocks_final(network: Committee) -> None:
    for i in (1, 2, 3):
        network.cosign(i)
    receipt = network.submit("a")
    assert receipt.accepted
    header = verify_header(network.node.raw_header(receipt.block_number), MEMBERS)
    assert len(header.seals) >= 3
    assert network.submit("b").block_number > receipt.block_number
    assert network.refusals == []


def test_a_dialling_node_proves_what_the_co_signers_sealed(network: Committee, tmp_path: Path) -> None:
    for i in (1, 2):
        network.cosign(i)
    assert network.submit("a").accepted
    chain = connect(network.server.url, interfaces=interfaces(), directory=DIRECTORY)
    trust = trust_of(network.node.genesis_hash)
    now = lambda: float(chain.head().timestamp)  # noqa: E731 - blocks go on, and so must the clock
    view = ProvenView(chain, trust, tmp_path / "belief", interfaces(), clock=now)
    stream = keccak256(b"a")
    assert decode_stream(stream, view.value("Notary", stream_fact(stream).slots)).size == 1
    view.close()
    chain.close()


def test_too_few_co_signers_make_nothing_final_until_one_more_comes(network: Committee) -> None:
    network.cosign(1)
    with pytest.raises(BackendError):
        network.chain.submit(anchor("a", 0, 1), timeout_s=0.5)
    assert network.node.head_number() == 0
    network.cosign(2)
    assert network.submit("a").accepted


def test_a_restarted_co_signer_catches_up_and_seals_again(network: Committee) -> None:
    first = network.cosign(1)
    network.cosign(2)
    assert network.submit("a").accepted
    network.end(*first)
    with pytest.raises(BackendError):
        network.chain.submit(anchor("b", 0, 1), timeout_s=0.2)
    network.cosign(1)
    assert network.submit("b").accepted


def test_a_restarted_builder_gets_the_seals_it_lost(network: Committee) -> None:
    """One seal had arrived when the builder stopped; its sender, still running, gives it again."""
    network.cosign(1)
    with pytest.raises(BackendError):
        network.chain.submit(anchor("a", 0, 1), timeout_s=0.5)
    port = int(network.server.url.rsplit(":", 1)[1])
    network.server.close()
    network.node.close()
    sealers = RemoteSealers(VALIDATORS[0])
    network.node = open_node(network.directory / "builder", network.clock, sealers=sealers)
    network.stack.callback(network.node.close)
    network.node.start()
    network.stack.enter_context(serve(network.node, "127.0.0.1", port))
    network.cosign(2)
    assert network.node.wait_head(0, 20) >= 1
    assert network.refusals == []


class Refusing:
    """A validator to whom nothing is right."""

    def head_number(self) -> int:
        return 0

    def nothing_offered(self) -> None:
        raise AssertionError("there is a proposal")

    def consider(self, proposal: bytes) -> Seal:
        raise VerificationError("sender: not admitted")

    def finalize(self, block: bytes) -> None:
        raise AssertionError("nothing was final")


class Idle(Refusing):
    """A validator that notes when nothing is on offer."""

    def __init__(self) -> None:
        self.noted = 0

    def head_number(self) -> int:
        return 1000  # the builder has nothing above

    def nothing_offered(self) -> None:
        self.noted += 1


def test_a_cosigner_notes_that_nothing_is_on_offer_only_when_told_so(network: Committee) -> None:
    idle, client = Idle(), JsonRpcClient(network.server.url)
    loop = CoSignLoop(idle, client, on_refused=lambda *_: None, on_held=lambda _: None, wait_s=0.05)
    loop.step()
    assert idle.noted == 1
    network.server.close()
    with pytest.raises(BackendError):
        loop.step()
    assert idle.noted == 1


def test_a_refused_proposal_is_reported_and_the_loop_goes_on(network: Committee) -> None:
    with pytest.raises(BackendError):
        network.chain.submit(anchor("a", 0, 1), timeout_s=0.2)
    twice = threading.Semaphore(0)
    reasons: list[str] = []

    def refused(height: int, reason: TrustError) -> None:
        reasons.append(f"{height} {reason}")
        twice.release()

    loop = CoSignLoop(
        Refusing(), JsonRpcClient(network.server.url), on_refused=refused, on_held=lambda _: None, wait_s=0.5
    )
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert twice.acquire(timeout=60)
    assert twice.acquire(timeout=60)
    loop.stop()
    thread.join(60)
    assert reasons == ["1 sender: not admitted"] * 2
    assert network.node.head_number() == 0


class Early(Refusing):
    """A validator to whom some proposals are too early, and the next one wrong."""

    def __init__(self, times: int) -> None:
        self.times = times

    def consider(self, proposal: bytes) -> Seal:
        self.times -= 1
        if self.times >= 0:
            raise VerificationError(f"time: block is of {self.times}, the clock says 0")
        return super().consider(proposal)


@pytest.mark.parametrize(("times", "told"), [(CLOCK_RETRIES, 0), (3 * CLOCK_RETRIES, 1)])
def test_a_builders_clock_that_stays_ahead_is_reported_once_and_one_slightly_ahead_is_not(
    network: Committee, monkeypatch: pytest.MonkeyPatch, times: int, told: int
) -> None:
    monkeypatch.setattr(cosign_client, "CLOCK_RETRY_S", 0.01)
    with pytest.raises(BackendError):
        network.chain.submit(anchor("a", 0, 1), timeout_s=0.2)
    refused = threading.Event()
    loop = CoSignLoop(
        Early(times), JsonRpcClient(network.server.url), on_refused=lambda *_: refused.set(), on_held=network.hold,
        wait_s=0.5,
    )  # fmt: skip
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert refused.wait(60)
    loop.stop()
    thread.join(60)
    assert [said.partition(":")[0] for said in network.held] == ["time"] * told


class Full(Idle):
    """A validator whose disk has no room for its first few looks."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def head_number(self) -> int:
        self.looks -= 1
        if self.looks >= 0:
            raise BackendError("chain store: full")
        return super().head_number()


def test_a_replica_without_room_is_reported_once_and_again_when_it_goes_on(
    network: Committee, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosign_client, "LEAST_BACKOFF_S", 0.01)
    told, on = list[str](), threading.Event()

    def held(fault: TrustError | None) -> None:
        told.append(str(fault))
        if fault is None:
            on.set()

    client = JsonRpcClient(network.server.url)
    loop = CoSignLoop(Full(3), client, on_refused=lambda *_: None, on_held=held, wait_s=0.05)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert on.wait(60)
    loop.stop()
    thread.join(60)
    assert told == ["chain store: full", "None"]


def test_the_loop_outlives_a_builder_that_is_away_and_says_so(network: Committee) -> None:
    network.server.close()
    begun = [network.cosign(i) for i in (1, 2)]
    for _ in begun:
        assert network.told.acquire(timeout=60)  # each has met the builder's absence
    port = int(network.server.url.rsplit(":", 1)[1])
    network.stack.enter_context(serve(network.node, "127.0.0.1", port))
    assert network.submit("a").accepted
    assert all(thread.is_alive() for _, _, thread in begun)
    for _ in begun:
        assert network.told.acquire(timeout=60)
    assert sorted("cannot be reached" in said for said in network.held) == [False, False, True, True]
    assert network.held.count("goes on") == 2
