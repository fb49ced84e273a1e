"""A load over keep-alive connections from a process of its own, and what it costs: used by ``gateway_load.py``.

One request at a time on each connection, the next as soon as an answer is whole (a closed loop). Answers are read by
their Content-Length and not parsed, on uvloop where it is installed, so that the load takes little of the processors
that the server needs; how much it takes is told. A status other than 200 ends it.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Load:
    """Answers to one kind of request.

    Attributes:
        times: of each answer, in seconds.
        client_s, server_s: processor time of the load's process and of the server's.
    """

    times: list[float]
    seconds: float
    client_s: float
    server_s: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def rate_of_processor(self) -> float:
        return len(self.times) / self.server_s

    def percentile_ms(self, part: float) -> float:
        return sorted(self.times)[int(len(self.times) * part)] * 1000 if self.times else float("inf")


class Connection(asyncio.Protocol):
    """One connection: sends, waits for the whole answer, sends the next."""

    def __init__(self, requests: Sequence[bytes], start: int, end: float, times: list[float]) -> None:
        self._requests, self._at, self._end, self._times = requests, start, end, times
        self._buffer, self._began = bytearray(), 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        lines = bytes(self._buffer[:head]).lower()
        length = int(lines.split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        if len(self._buffer) < head + 4 + length:
            return
        if not lines.startswith(b"http/1.1 200"):
            asked = self._requests[self._at % len(self._requests)][:200]
            self.done.set_exception(RuntimeError(f"{asked!r}: {bytes(self._buffer[:1200])!r}"))
            self._transport.close()
            return
        del self._buffer[: head + 4 + length]
        now = time.perf_counter()
        self._times.append(now - self._began)
        self._at += 1
        if now < self._end:
            self._send()
        else:
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(f"the server closed a connection: {exc}"))

    def _send(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._requests[self._at % len(self._requests)])  # type: ignore[attr-defined]


def flooded(port: int, requests: Sequence[bytes], connections: int, seconds: float, spent: Callable[[], float]) -> Load:
    """Send requests from a process of its own. spent: returns the server's processor time so far."""
    said = {"port": port, "connections": connections, "seconds": seconds, "requests": [one.hex() for one in requests]}
    before = spent()
    done = subprocess.run(
        [sys.executable, __file__], input=json.dumps(said), stdout=subprocess.PIPE, text=True, check=True
    )
    return Load(**json.loads(done.stdout), server_s=spent() - before)


def get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, body: object, token: str) -> bytes:
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


async def _flood(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> tuple[list[float], float]:
    times, loop, began = list[float](), asyncio.get_running_loop(), time.perf_counter()
    share = max(2, len(requests) // connections // 2 * 2)  # each begins elsewhere, all with the same kind
    made = [
        loop.create_connection(lambda n=n: Connection(requests, n * share, began + seconds, times), "127.0.0.1", port)  # type: ignore[misc]
        for n in range(connections)
    ]
    opened = await asyncio.gather(*made)
    await asyncio.gather(*(protocol.done for _, protocol in opened))
    return times, time.perf_counter() - began


def main() -> int:
    said = json.loads(sys.stdin.read())
    requests = [bytes.fromhex(one) for one in said["requests"]]
    try:
        from uvloop import run
    except ImportError:
        run = asyncio.run
    before = time.process_time()
    times, seconds = run(_flood(said["port"], requests, said["connections"], said["seconds"]))
    spent = time.process_time() - before
    print(json.dumps({"times": times, "seconds": seconds, "client_s": spent}))
    return 0


def peak_mib() -> float:
    """Return the most memory that this process had since ``forget_peak``, in MiB."""
    with open("/proc/self/status", encoding="ascii") as file:
        found = next((line for line in file if line.startswith("VmHWM:")), None)
    return int(found.split()[1]) / 1024 if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def forget_peak() -> None:
    """Let the peak begin anew (Linux, proc(5), clear_refs)."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


if __name__ == "__main__":
    sys.exit(main())
