"""kill -9 at random moments under load: what was acknowledged is there, nothing happened twice, every link holds."""

from __future__ import annotations

import multiprocessing
import os
import random
import select
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from testchain import REGISTER, SENDERS, VALIDATORS, config, register, word

from ledger.chain.port import Operation
from ledger.embedded.engine import EmbeddedChain
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.production.builder import Pace
from ledger.embedded.production.cosign import CoSigner
from ledger.embedded.production.sealing import LocalSealers, RemoteSealers
from ledger.embedded.store import Store
from ledger.errors import VerificationError
from ledger.proofs.headers import parse_header, verify_header

LINES = 4  # submitters, each with its own key
ADDRESSES = [key.address for key in VALIDATORS]
FAST = Pace(heartbeat_s=60.0, linger_s=0.002)
FORK = multiprocessing.get_context("fork")  # spares importing the EVM fifty times; a killed fork is as dead as any


class RunningClock:
    """Moves on a second whenever it is read, so that blocks follow each other as fast as the disk allows."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def operation(line: int, number: int) -> Operation:
    key = word(number, SENDERS[line])
    return Operation("Register", "write", (key, word(1)), key)


def open_node(directory: Path, sealers: LocalSealers | RemoteSealers) -> tuple[EmbeddedNode, RunningClock]:
    clock = RunningClock()
    node = EmbeddedNode.open(directory / "chain", sealers, genesis=config(), clock=clock, pace=FAST)
    clock.now = float(parse_header(node.raw_header(node.head_number())).timestamp)
    return node, clock


def work(directory: Path, report: int, done: list[int], *, co_signed: bool) -> None:
    """Mine under load until killed; report each acknowledged operation in one write."""
    sealers = RemoteSealers(VALIDATORS[0]) if co_signed else LocalSealers(VALIDATORS)
    node, clock = open_node(directory, sealers)
    if co_signed:
        for i in (1, 2, 3):
            threading.Thread(target=co_sign, args=(node, directory / f"cosigner{i}", i, clock), daemon=True).start()
    node.start()
    lines = [threading.Thread(target=submit, args=(node, directory, report, line, done[line])) for line in range(LINES)]
    for thread in lines:
        thread.start()
    for thread in lines:
        thread.join()


def submit(node: EmbeddedNode, directory: Path, report: int, line: int, number: int) -> None:
    chain = EmbeddedChain(
        node,
        {"Register": register()[0]},
        addresses={"Register": REGISTER},
        key=SENDERS[line],
        outbox=directory / f"outbox{line}.sqlite",
    )
    while True:
        receipt = chain.submit(operation(line, number), timeout_s=60.0)
        place = f"{receipt.transaction_hash.hex()} {receipt.block_number} {receipt.block_hash.hex()}"
        os.write(report, f"{line} {number} {int(receipt.accepted)} {place}\n".encode())
        number += 1


def co_sign(node: EmbeddedNode, directory: Path, i: int, clock: RunningClock) -> None:
    cosigner = CoSigner.open(directory, VALIDATORS[i], genesis=config(), clock=clock)
    while True:
        while cosigner.head_number() < node.head_number():
            cosigner.finalize(node.block(cosigner.head_number() + 1))
        proposal = node.proposal(cosigner.head_number(), 1.0)
        if proposal is not None and node.head_number() == cosigner.head_number():
            try:
                seal = cosigner.consider(proposal)
            except VerificationError as exc:
                if str(exc).startswith("time:"):  # the clock starts again from the head; the proposal is newer
                    continue
                raise
            node.add_seal(seal.height, seal.block_hash, seal.seal)
            node.wait_head(cosigner.head_number(), 1.0)


@contextmanager
def killed_after(delay_s: float, directory: Path, done: list[int], *, co_signed: bool) -> Iterator[list[str]]:
    """Run a worker, kill it some time after its first acknowledgement, and give what it reported in whole lines."""
    reading, writing = os.pipe()
    worker = FORK.Process(target=work, args=(directory, writing, done), kwargs={"co_signed": co_signed}, daemon=True)
    worker.start()
    os.close(writing)
    assert select.select([reading], [], [], 60.0)[0], "the worker acknowledged nothing"
    time.sleep(delay_s)  # the moment of death is the input of this test
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(30.0)
    with os.fdopen(reading, "rb") as pipe:
        yield [line.decode() for line in pipe.read().splitlines(keepends=True) if line.endswith(b"\n")]


def check_acknowledged(node: EmbeddedNode, lines: list[str], done: list[int]) -> None:
    for line in lines:
        who, number, accepted, transaction_hash, block_number, block_hash = line.split()
        found = node.receipt(bytes.fromhex(transaction_hash))
        assert found is not None
        assert accepted == "1", "an operation was carried out twice"
        assert (found.block_number, found.block_hash.hex()) == (int(block_number), block_hash)
        done[int(who)] = max(done[int(who)], int(number) + 1)


def check_links(node: EmbeddedNode, first: int) -> int:
    parent = parse_header(node.raw_header(first))
    for number in range(first + 1, node.head_number() + 1):
        header = verify_header(node.raw_header(number), ADDRESSES)
        assert header.parent_hash == parent.block_hash
        assert header.number == number
        parent = header
    return parent.number


def check_count(node: EmbeddedNode, done: list[int]) -> None:
    """The state at the head is whole: at least all acknowledged writes, at most one more per submitter."""
    interface = register()[0]
    (count,) = interface.decode_output("count", node.call(REGISTER, interface.encode_call("count", ())))
    assert isinstance(count, int)
    assert sum(done) <= count <= sum(done) + LINES


def crash(directory: Path, times: int, seed: int, *, co_signed: bool) -> None:
    register()  # compiled once, before the first fork
    moments, done, seen = random.Random(seed), [0] * LINES, 0
    for _ in range(times):
        with killed_after(moments.uniform(0.0, 0.5), directory, done, co_signed=co_signed) as lines:
            node, _clock = open_node(directory, LocalSealers(VALIDATORS))
        try:
            check_acknowledged(node, lines, done)
            seen = check_links(node, seen)
            check_count(node, done)
        finally:
            node.close()
    assert seen >= times


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_by_fifty_kills(tmp_path: Path) -> None:
    crash(tmp_path, 50, 1, co_signed=False)


@pytest.mark.slow
def test_killing_builder_and_cosigners_forks_nothing(tmp_path: Path) -> None:
    crash(tmp_path, 12, 2, co_signed=True)
    chain = Store(tmp_path / "chain")
    for i in (1, 2, 3):
        replica = Store(tmp_path / f"cosigner{i}")
        for number in range((replica.height() or 0) + 1):
            assert replica.block_hash(number) == chain.block_hash(number)
        replica.close()
    chain.close()
