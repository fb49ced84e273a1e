"""Sets of a million keys: SPU's private set intersection beside our own, in one run.

    python benchmarks/spu_psi.py --engine .spu                       # 1 M x 1 M by RR22 and KKRT, ours at 20 k
    python benchmarks/spu_psi.py --engine .spu --keys 100000 --own 100000

Two processes a run on this machine, plain connections, no relay, no chain. SPU's find the intersection and give it to
the first party, in the open: that is for owners whose authorization names who may see which keys both have. Ours here
is the double Diffie-Hellman over ristretto255 below our joins, blinding and comparing only; a join adds shares, gate
and padding (``benchmarks/join.py``). Both are linear in the keys, so the last column compares per key.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from mpc.engine import environment
from mpc.groups import suites
from mpc.stream import Stream

PROGRAM = """
import json, sys, time
from spu import libspu, psi
rank, keys, out, protocol, *ports = sys.argv[1:]
description = libspu.link.Desc()
for place, port in enumerate(ports):
    description.add_party(str(place), "127.0.0.1:" + port)
link = libspu.link.create_brpc(description, int(rank))
kind = getattr(psi.PsiProtocol, "PROTOCOL_" + protocol)
config = psi.PsiExecuteConfig(
    protocol_conf=psi.PsiProtocolConfig(protocol=kind, receiver_rank=0, broadcast_result=False),
    input_params=psi.InputParams(path=keys, selected_keys=["key"], keys_unique=True),
    output_params=psi.OutputParams(path=out, disable_alignment=True),
)
start, used = time.perf_counter(), time.process_time()
report = psi.psi_execute(config, link)
print(json.dumps({"wall": time.perf_counter() - start, "cpu": time.process_time() - used,
                  "found": report.intersection_count}), flush=True)
"""


def keys_of(party: int, count: int) -> list[str]:
    """Give a party its keys; the halves of two parties overlap by half."""
    return [f"{place:018d}" for place in range(party * count // 2, party * count // 2 + count)]


def theirs(python: Path, protocol: str, count: int) -> dict[str, float]:
    """Run SPU's protocol with two processes; the receiver's wall time and both CPU times."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as one:
        with socket.create_server(("127.0.0.1", 0)) as two:
            ports = [str(found.getsockname()[1]) for found in (one, two)]
        one.close()
        running = []
        for rank in (0, 1):
            path = Path(folder) / f"{rank}.csv"
            with path.open("w", newline="") as file:
                csv.writer(file).writerows([["key"], *([key] for key in keys_of(rank, count))])
            command = [str(python), "-c", PROGRAM, str(rank), str(path), f"{folder}/{rank}.out", protocol, *ports]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        said = [_figures(process.communicate()[0]) for process in running]
    assert said[0]["found"] == count // 2, said
    return {"wall": said[0]["wall"], "cpu": said[0]["cpu"] + said[1]["cpu"]}


def _figures(printed: str) -> dict[str, float]:
    """Find our line among what the library logs on the same stream."""
    found: dict[str, float] = json.loads(next(line for line in printed.splitlines() if line.startswith('{"wall"')))
    return found


def _blind(rank: int, keys: Sequence[str], pipe: Connection, result: Connection) -> None:
    group, tag = suites.DEFAULT, b"SHUXIN-BENCHMARK-SPU-PSI"
    start, used = time.perf_counter(), time.process_time()
    secret = group.random_scalar(Stream(bytes([rank + 1]) * 32))
    own = group.multiply_all(secret, (group.hash_to_group(key.encode(), tag) for key in keys))
    twice = group.multiply_all(secret, _exchanged(rank, own, pipe))
    found = len(set(twice) & set(_exchanged(rank, twice, pipe)))
    result.send((time.perf_counter() - start, time.process_time() - used, found))


def _exchanged(rank: int, elements: Sequence[bytes], pipe: Connection) -> list[bytes]:
    """Swap lists; one sends first, or both would wait for a full pipe to empty."""
    if rank == 0:
        pipe.send_bytes(b"".join(elements))
    body = pipe.recv_bytes()
    if rank == 1:
        pipe.send_bytes(b"".join(elements))
    size = suites.DEFAULT.element_bytes
    return [body[place : place + size] for place in range(0, len(body), size)]


def ours(count: int) -> dict[str, float]:
    """Run the double Diffie-Hellman with two processes."""
    ends = multiprocessing.Pipe()
    results = [multiprocessing.Pipe(duplex=False) for _ in ends]
    running = [
        multiprocessing.Process(target=_blind, args=(rank, keys_of(rank, count), end, results[rank][1]))
        for rank, end in enumerate(ends)
    ]
    for process in running:
        process.start()
    said = [result[0].recv() for result in results]
    assert {found for _, _, found in said} == {count // 2}, said
    return {"wall": max(wall for wall, _, _ in said), "cpu": sum(cpu for _, cpu, _ in said)}


def main() -> None:
    """Print one line a protocol."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", type=Path, required=True, help="what scripts/install-spu made")
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--own", type=int, default=20_000, help="keys of our own run; it is some hundred times slower")
    asked = parser.parse_args()
    python = environment.find(asked.engine).python
    lines = [("ours, DH over ristretto255", asked.own, ours(asked.own))]
    lines += [(f"SPU, {name}", asked.keys, theirs(python, name, asked.keys)) for name in ("RR22", "KKRT")]
    base = lines[0][2]["cpu"] / asked.own
    print(f"{'protocol':28} {'keys a side':>12} {'wall s':>8} {'CPU s':>8} {'CPU us a key':>13} {'ours / this':>12}")
    for name, keys, took in lines:
        each = took["cpu"] / keys
        print(f"{name:28} {keys:12,} {took['wall']:8.1f} {took['cpu']:8.1f} {each * 1e6:13.1f} {base / each:12.1f}")


if __name__ == "__main__":
    main()
