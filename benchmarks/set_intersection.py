"""An intersection of two owners' keys, as joins and alignments compute it, beside openmined-psi in the same run.

    python -m benchmarks.set_intersection [--keys 10000 100000] [--without-peer]

Both owners are processes of their own over a pipe: each hashes and blinds its keys, raises the other's, and the first
compares; it learns which of its keys both hold. The curve, the hash and the messages' encoding are the protocols' own;
masks, gate, sums, relay, TLS and chain are left out. openmined-psi does both sides in one process, one after the other
(set and response uncompressed, so without false positives). Printed are wall and processor seconds of each side, peak
memory, bytes, and the ratios; budget: 100,000 keys a side in 20 s on two free cores, and faster than the peer.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection

from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.join.run import key_message, point
from mpc.stream import Stream

BUDGET_S = 20.0
SESSION = bytes(32)
SIZE = RISTRETTO255.element_bytes


@dataclass(frozen=True)
class Side:
    """What one owner measured. found: the keys in common, at the first owner."""

    wall_s: float
    cpu_s: float
    memory_mb: float
    sent_bytes: int
    found: int


def owner(seed: int, keys: Sequence[str], pipe: Connection, out: Connection) -> None:
    """Blind own keys, raise the other's, and as the first owner compare."""
    begun, cpu = time.perf_counter(), time.process_time()
    exponent = RISTRETTO255.random_scalar(Stream(bytes([seed]) * 32))
    points = [point(RISTRETTO255, key_message(SESSION, key)) for key in keys]
    blinded = RISTRETTO255.multiply_all(exponent, points)
    theirs = _split(_exchanged(pipe, b"".join(blinded)))
    raised = RISTRETTO255.multiply_all(exponent, theirs)
    answer = b"".join(raised) if seed else b""  # to the first owner alone, in that one's order
    own = _split(_exchanged(pipe, answer))
    found = len(set(own) & set(raised)) if seed == 0 else 0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sent = SIZE * len(blinded) + len(answer)
    out.send(Side(time.perf_counter() - begun, time.process_time() - cpu, memory, sent, found))


def ours(first: Sequence[str], second: Sequence[str]) -> tuple[Side, Side]:
    """Run both owners."""
    context = multiprocessing.get_context("spawn")
    ends = context.Pipe()
    reports = [context.Pipe() for _ in ends]
    processes = [
        context.Process(target=owner, args=(seed, keys, end, report[1]))
        for seed, (keys, end, report) in enumerate(zip((first, second), ends, reports, strict=True))
    ]
    for process in processes:
        process.start()
    sides = [report[0].recv() for report in reports]
    for process in processes:
        process.join()
    return sides[0], sides[1]


def peer(first: Sequence[str], second: Sequence[str]) -> Side | None:
    """Run openmined-psi, both sides in this process."""
    try:
        import private_set_intersection.python as psi
    except ImportError:
        return None
    begun, cpu = time.perf_counter(), time.process_time()
    client, server = psi.client.CreateWithNewKey(True), psi.server.CreateWithNewKey(True)
    setup = server.CreateSetupMessage(1e-9, len(first), list(second), psi.DataStructure.RAW)
    request = client.CreateRequest(list(first))
    response = server.ProcessRequest(request)
    found = len(client.GetIntersection(setup, response))
    sent = sum(len(message.SerializeToString()) for message in (setup, request, response))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Side(time.perf_counter() - begun, time.process_time() - cpu, memory, sent, found)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--keys", type=int, nargs="+", default=[10_000, 100_000])
    arguments.add_argument("--without-peer", action="store_true")
    given = arguments.parse_args()
    for count in given.keys:
        first = [f"1{number:09}" for number in range(count)]
        second = [f"1{number:09}" for number in range(count // 2, count // 2 + count)]
        sides = ours(first, second)
        assert sides[0].found == count - count // 2
        wall = max(side.wall_s for side in sides)
        print(f"{count:,} x {count:,} keys, {sides[0].found:,} in common")
        for name, side in zip(("first", "second"), sides, strict=True):
            print(
                f"  {name:6} wall {side.wall_s:7.2f} s  cpu {side.cpu_s:7.2f} s  {side.memory_mb:5.0f} MB"
                f"  sent {side.sent_bytes / 1e6:6.1f} MB"
            )
        print(f"  ours   {wall:.2f} s; {wall / BUDGET_S * 100_000 / count:.2f} of the budget, scaled to its size")
        other = None if given.without_peer else peer(first, second)
        if other is None:
            print("  openmined-psi was not run")
            continue
        assert other.found == sides[0].found
        print(
            f"  peer   {other.wall_s:.2f} s, cpu {other.cpu_s:.2f} s, {other.memory_mb:.0f} MB, "
            f"{other.sent_bytes / 1e6:.1f} MB"
        )
        both = sum(side.cpu_s for side in sides)
        print(f"  ours / peer: wall {wall / other.wall_s:.2f}, processor {both / other.cpu_s:.2f}")


def _exchanged(pipe: Connection, body: bytes) -> bytes:
    """Send and receive at once: two that only send first would wait for each other."""
    sender = threading.Thread(target=pipe.send_bytes, args=(body,))
    sender.start()
    received = pipe.recv_bytes()
    sender.join()
    return received


def _split(body: bytes) -> list[bytes]:
    return [body[start : start + SIZE] for start in range(0, len(body), SIZE)]


if __name__ == "__main__":
    main()
