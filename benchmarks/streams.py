"""Streams: salted leaves a second from a text file to a durable, anchored root, beside pymerkle and beside SHA-256.

One million lines of 39 bytes, one process. The sides are measured in turns and each shows its best of three, since
whatever else runs on the machine can only slow them down:

* ours: read the file, draw salts, hash, write tiles and salts, fsync, replace the checkpoint; then the same with the
  root anchored on an embedded chain (four seals, one durable commit, waiting for the block included);
* pymerkle, InmemoryTree (its fastest backend: nothing durable, no salts): append every line, then ask for the root.
  It is measured on fewer lines and scaled linearly, which favours it: its cost a leaf grows with the tree;
* the hardware limit: SHA-256 compressions a second over one large buffer, at five a leaf. The rest is the price of a
  Python call a hash: about 0.4 us each, where a compression takes 0.05 us.

Prints the rates by the wall clock and by CPU time, the ratio to pymerkle (required: 3) and the share of the limit. Exit
code 1 if ours, anchored, is below 300,000 leaves a CPU second, or the ratio below 3.

    python benchmarks/streams.py
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from foundedchain import OFFICER, START, embedded, open_node  # noqa: E402
from pymerkle import InmemoryTree  # noqa: E402

from ledger.chain.port import Chain  # noqa: E402
from ledger.log import source  # noqa: E402
from ledger.log.anchor import anchor  # noqa: E402
from ledger.log.stream import Stream, StreamWriter  # noqa: E402

LINES = 1_000_000
PEER_LINES = 50_000
ROUNDS = 3
REQUIRED_RATE = 300_000
REQUIRED_RATIO = 3
COMPRESSIONS = 5  # a leaf: label, salt and line are two blocks, the leaf hash one, its share of inner nodes two


@dataclass(frozen=True, slots=True)
class Rate:
    """Units a second by the clock on the wall and by CPU time of this process."""

    wall: float
    cpu: float


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        text = write_lines(directory / "lines.csv")
        node = open_node(directory / "chain", chain_clock())
        node.start()
        chain = embedded(node, OFFICER, directory / "outbox")
        ours, anchored, peer, limit = [], [], [], []
        for turn in range(ROUNDS):
            stream = directory / str(turn)
            ours.append(measure(LINES, partial(append, stream.with_suffix(".plain"), text)))
            anchored.append(measure(LINES, partial(append_and_anchor, stream, text, chain)))
            peer.append(measure(PEER_LINES, partial(append_peer, text)))
            limit.append(compressions())
        proof = measure(1, lambda: Stream(directory / "0").prove(LINES // 3))
        chain.close()
        node.close()
    return report(best(ours), best(anchored), best(peer), best(limit), proof)


def report(ours: Rate, anchored: Rate, peer: Rate, limit: Rate, proof: Rate) -> int:
    print(f"{'':30}{'wall':>12}{'CPU':>12}")
    print(f"{'streams, durable':30}{ours.wall:12,.0f}{ours.cpu:12,.0f}  salted leaves/s of {LINES:,}")
    print(
        f"{'streams, durable and anchored':30}{anchored.wall:12,.0f}{anchored.cpu:12,.0f}  (required {REQUIRED_RATE:,})"
    )
    print(
        f"{'pymerkle, in memory, unsalted':30}{peer.wall:12,.0f}{peer.cpu:12,.0f}  leaves/s of {PEER_LINES:,}, scaled"
    )
    print(f"{'SHA-256, one buffer':30}{limit.wall:12,.0f}{limit.cpu:12,.0f}  compressions/s")
    ratio = ours.cpu / peer.cpu
    share = ours.cpu * COMPRESSIONS / limit.cpu
    print(f"ratio to pymerkle {ratio:.1f} (required {REQUIRED_RATIO})")
    print(f"share of the hardware limit {share:.0%}, {COMPRESSIONS} compressions a leaf")
    print(f"proof after reopening {1000 / proof.wall:.1f} ms")
    return 0 if anchored.cpu >= REQUIRED_RATE and ratio >= REQUIRED_RATIO else 1


def write_lines(path: Path) -> Path:
    with path.open("w") as file:
        file.writelines(
            f"{n:010d},{n * 37 % 10**9:09d},2019-06-{n % 30 + 1:02d},{n % 10**7:07d}\n" for n in range(LINES)
        )
    return path


def append(directory: Path, text: Path) -> None:
    with StreamWriter(directory, f"benchmark/{directory.name}") as writer:
        assert writer.append_batches(source.lines(text)).size == LINES


def append_and_anchor(directory: Path, text: Path, chain: Chain) -> None:
    append(directory, text)
    receipt = anchor(Stream(directory), chain)
    assert receipt is not None
    assert receipt.accepted


def append_peer(text: Path) -> None:
    tree = InmemoryTree(algorithm="sha256")
    with text.open("rb") as file:
        for _ in range(PEER_LINES):
            tree.append_entry(file.readline().rstrip(b"\n"))
    tree.get_root()


def compressions() -> Rate:
    buffer = bytes(1 << 27)
    return measure(len(buffer) // 64, lambda: hashlib.sha256(buffer).digest())


def chain_clock() -> Callable[[], float]:
    """Real seconds, but from the time at which the demonstration network was founded."""
    begin = time.monotonic()
    return lambda: START + 100 + time.monotonic() - begin


def measure(units: int, work: Callable[[], object]) -> Rate:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Rate(units / (time.perf_counter() - wall), units / (time.process_time() - cpu))


def best(rates: list[Rate]) -> Rate:
    return Rate(max(rate.wall for rate in rates), max(rate.cpu for rate in rates))


if __name__ == "__main__":
    sys.exit(main())
