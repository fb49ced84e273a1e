"""How far the chain's clock is from the real one under full load: offset of each new head, in real time.

Blocks as in service: at most one a second, four seals, durable. A feeder keeps more than a block's worth of
transactions waiting at all times. The requirement is an offset of at most one second after ten minutes.

    python benchmarks/chain_clock.py [--minutes 0.5]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import testchain  # noqa: E402
from testchain import SENDERS, VALIDATORS  # noqa: E402

from ledger.embedded.node import EmbeddedNode  # noqa: E402
from ledger.embedded.production.sealing import LocalSealers  # noqa: E402
from ledger.proofs.headers import parse_header  # noqa: E402

WAITING = 600  # transactions kept in the pool


def feed(node: EmbeddedNode, stop: threading.Event) -> None:
    """Keep the pool full."""
    sent = 0
    while not stop.is_set():
        final = sum(node.nonce(testchain.address_of(key)) for key in SENDERS)
        while sent - final < WAITING and not stop.is_set():
            node.send_raw(testchain.transaction(SENDERS[sent % len(SENDERS)], sent // len(SENDERS)))
            sent += 1
        stop.wait(0.02)


def watch(node: EmbeddedNode, seconds: float) -> tuple[list[float], int, int]:
    """Note the offset of each head the moment it is final; return offsets, blocks and transactions."""
    offsets: list[float] = []
    first = head = node.head_number()
    end = time.time() + seconds
    while time.time() < end:
        newer = node.wait_head(head, 5.0)
        if newer > head:
            head = newer
            offsets.append(time.time() - parse_header(node.raw_header(head)).timestamp)
    transactions = sum(len(node.transactions(number)) for number in range(first + 1, head + 1))
    return offsets, head - first, transactions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=0.25)
    seconds = parser.parse_args().minutes * 60
    with tempfile.TemporaryDirectory() as scratch:
        node = EmbeddedNode.open(Path(scratch), LocalSealers(VALIDATORS), genesis=testchain.config())
        stop = threading.Event()
        feeder = threading.Thread(target=feed, args=(node, stop))
        feeder.start()
        node.start()
        offsets, blocks, transactions = watch(node, seconds)
        stop.set()
        feeder.join()
        node.close()
    late, ordered = offsets[len(offsets) // 2 :], sorted(offsets)
    print(f"{blocks} blocks, {transactions} transactions in {seconds:.0f} s: {transactions / seconds:.0f} tx/s")
    spread = f"{ordered[0]:.2f} .. {ordered[-1]:.2f} s, median {ordered[len(ordered) // 2]:.2f} s"
    print(f"clock minus head's timestamp when it became final: {spread}")
    print(f"second half: {min(late):.2f} .. {max(late):.2f} s; at the end {offsets[-1]:.2f} s (at most 1 is required)")


if __name__ == "__main__":
    main()
