"""Transactions a second of the embedded chain against eth-tester, the same contract call, in one run.

Ours does all that production does: admission with sender check, 200-transaction blocks, seals by four keys, one durable
commit a block. eth-tester keeps everything in memory and mines a block per transaction, its default. The clock of our
chain is moved by hand, because in service it makes at most one block a second.

    python benchmarks/chain_throughput.py [--blocks 5] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import testchain  # noqa: E402
from testchain import REGISTER, SENDERS, Clock  # noqa: E402

BLOCK = 200
PEER_TRANSACTIONS = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """Transactions a second by the clock on the wall and by CPU time of this process."""

    wall: float
    cpu: float


def ours(blocks: int, directory: Path) -> Rate:
    """Measure admission, execution, sealing and commit of full blocks."""
    clock = Clock()
    batches = [_batch(i) for i in range(blocks + 1)]
    node = testchain.node(directory, clock)
    try:
        _produce(node, clock, batches[0])  # warms caches and imports
        wall, cpu = time.perf_counter(), time.process_time()
        for batch in batches[1:]:
            _produce(node, clock, batch)
        return _rate(blocks * BLOCK, wall, cpu)
    finally:
        node.close()


def peer(count: int) -> Rate:
    """Measure eth-tester's own way: one block per transaction, in memory."""
    from eth_tester import EthereumTester, PyEVMBackend

    config = testchain.config()
    deployed = config.predeploys[0]
    storage = {int.from_bytes(slot, "big"): int.from_bytes(word, "big") for slot, word in deployed.storage.items()}
    state = {REGISTER: {"balance": 0, "nonce": 1, "code": deployed.code, "storage": storage}}
    rich = {"balance": 10**24, "nonce": 0, "code": b"", "storage": {}}
    state |= {testchain.address_of(key): rich for key in SENDERS}
    backend = PyEVMBackend(genesis_state=state)
    tester = EthereumTester(backend)
    chain_id, price = backend.chain.chain_id, 2 * 10**9
    raws = [_paying(SENDERS[i % 8], i // 8, chain_id, price) for i in range(count + 8)]
    for raw in raws[:8]:
        tester.send_raw_transaction(raw)
    wall, cpu = time.perf_counter(), time.process_time()
    for raw in raws[8:]:
        tester.send_raw_transaction(raw)
    rate = _rate(count, wall, cpu)
    word = backend.chain.get_vm().state.get_storage(REGISTER, testchain.register()[0].slot("count"))
    assert word == count + 8, f"eth-tester carried out {word} of {count + 8} calls"
    return rate


def _batch(number: int) -> list[bytes]:
    share = BLOCK // len(SENDERS)
    return [testchain.transaction(key, number * share + i) for i in range(share) for key in SENDERS]


def _produce(node: testchain.EmbeddedNode, clock: Clock, batch: list[bytes]) -> None:
    clock.now += 1
    for raw in batch:
        last = node.send_raw(raw)
    node.step()
    receipt = node.receipt(last)
    assert receipt is not None
    assert receipt.accepted


def _paying(key: testchain.PrivateKey, nonce: int, chain_id: int, price: int) -> str:
    """Sign the same call for a chain that wants a fee."""
    from eth_account import Account

    data = testchain.register()[0].encode_call("write", (testchain.word(nonce, key), testchain.word(1)))
    call = {"nonce": nonce, "gasPrice": price, "gas": 500_000, "to": REGISTER, "value": 0, "data": data}
    return str(Account.sign_transaction({**call, "chainId": chain_id}, key.secret).raw_transaction.to_0x_hex())


def _rate(count: int, wall: float, cpu: float) -> Rate:
    return Rate(count / (time.perf_counter() - wall), count / (time.process_time() - cpu))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if options.profile:
            profile = cProfile.Profile()
            profile.runcall(ours, options.blocks, Path(scratch))
            pstats.Stats(profile).sort_stats("tottime").print_stats(35)
            return
        mine = ours(options.blocks, Path(scratch))
    theirs = peer(PEER_TRANSACTIONS)
    print(
        f"embedded chain  {mine.wall:7.0f} tx/s wall  {mine.cpu:7.0f} tx/s cpu  (blocks of {BLOCK}, 4 seals, durable)"
    )
    print(f"eth-tester      {theirs.wall:7.0f} tx/s wall  {theirs.cpu:7.0f} tx/s cpu  (in memory)")
    print(f"ratio           {mine.wall / theirs.wall:7.2f} wall       {mine.cpu / theirs.cpu:7.2f} cpu")


if __name__ == "__main__":
    main()
