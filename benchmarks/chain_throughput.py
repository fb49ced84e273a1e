"""Transactions a second of the embedded chain against eth-tester, the same contract call, in one run.

Ours does all that production does: admission with sender check, 200-transaction blocks, seals by four keys, one durable
commit a block. eth-tester keeps everything in memory and mines a block per transaction, its default. The clock of our
chain is moved by hand, because in service it makes at most one block a second. The two take turns, and each is judged
by its median turn, so that a busy machine slows both alike.

    python benchmarks/chain_throughput.py [--turns 7] [--profile]
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import testchain  # noqa: E402
from testchain import REGISTER, SENDERS, Clock  # noqa: E402

BLOCK = 200
PEER_TURN = 40


class Ours:
    """Admission, execution, sealing and commit of full blocks."""

    def __init__(self, directory: Path, turns: int) -> None:
        self._clock = Clock()
        self._node = testchain.node(directory, self._clock)
        share = BLOCK // len(SENDERS)
        self._batches = iter(
            [
                [testchain.transaction(key, turn * share + i) for i in range(share) for key in SENDERS]
                for turn in range(turns)
            ]
        )

    def turn(self) -> None:
        """Make one block and see that its last transaction is in it."""
        self._clock.now += 1
        sent = [self._node.send_raw(raw) for raw in next(self._batches)]
        self._node.step()
        receipt = self._node.receipt(sent[-1])
        assert receipt is not None
        assert receipt.accepted

    def close(self) -> None:
        self._node.close()


class Peer:
    """eth-tester's own way: one block per transaction, in memory."""

    def __init__(self, turns: int) -> None:
        from eth_tester import EthereumTester, PyEVMBackend

        deployed = testchain.config().predeploys[0]
        storage = {int.from_bytes(slot, "big"): int.from_bytes(word, "big") for slot, word in deployed.storage.items()}
        state = {REGISTER: {"balance": 0, "nonce": 1, "code": deployed.code, "storage": storage}}
        rich = {"balance": 10**24, "nonce": 0, "code": b"", "storage": {}}
        backend = PyEVMBackend(genesis_state=state | {testchain.address_of(key): rich for key in SENDERS})
        self._chain = backend.chain
        self._tester = EthereumTester(backend)
        self._raws = iter([_paying(SENDERS[i % 8], i // 8, self._chain.chain_id) for i in range(turns * PEER_TURN)])
        self._sent = 0

    def turn(self) -> None:
        """Send some transactions and see that the contract counted them."""
        for _ in range(PEER_TURN):
            self._tester.send_raw_transaction(next(self._raws))
            self._sent += 1
        count = self._chain.get_vm().state.get_storage(REGISTER, testchain.register()[0].slot("count"))
        assert count == self._sent, f"eth-tester carried out {count} of {self._sent} calls"


def timed(turn: Callable[[], None], count: int) -> tuple[float, float]:
    """Return transactions a second of one turn: by the clock on the wall and by CPU time."""
    wall, cpu = time.perf_counter(), time.process_time()
    turn()
    return count / (time.perf_counter() - wall), count / (time.process_time() - cpu)


def _paying(key: testchain.PrivateKey, nonce: int, chain_id: int) -> str:
    """Sign the same call for a chain that wants a fee."""
    from eth_account import Account

    data = testchain.register()[0].encode_call("write", (testchain.word(nonce, key), testchain.word(1)))
    call = {"nonce": nonce, "gasPrice": 2 * 10**9, "gas": 500_000, "to": REGISTER, "value": 0, "data": data}
    return str(Account.sign_transaction({**call, "chainId": chain_id}, key.secret).raw_transaction.to_0x_hex())


def compare(turns: int, directory: Path) -> None:
    """Let both take turns after one that warms caches, and print the medians."""
    ours, peer = Ours(directory, turns + 1), Peer(turns + 1)
    pairs = [(timed(ours.turn, BLOCK), timed(peer.turn, PEER_TURN)) for _ in range(turns + 1)][1:]
    ours.close()
    (wall, cpu), (peer_wall, peer_cpu) = (
        tuple(statistics.median(pair[who][kind] for pair in pairs) for kind in (0, 1)) for who in (0, 1)
    )
    print(f"embedded chain  {wall:7.0f} tx/s wall  {cpu:7.0f} tx/s cpu  ({BLOCK} a block, 4 seals, durable)")
    print(f"eth-tester      {peer_wall:7.0f} tx/s wall  {peer_cpu:7.0f} tx/s cpu  (in memory)")
    print(f"ratio           {wall / peer_wall:7.2f} wall       {cpu / peer_cpu:7.2f} cpu  (at least 2 is required)")


def profiled(turns: int, directory: Path) -> None:
    """Print where our time goes."""
    ours, profile = Ours(directory, turns), cProfile.Profile()
    for _ in range(turns):
        profile.runcall(ours.turn)
    ours.close()
    pstats.Stats(profile).sort_stats("tottime").print_stats(35)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=7)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        (profiled if options.profile else compare)(options.turns, Path(scratch))


if __name__ == "__main__":
    main()
