"""Three engines on this machine, linked as three nodes' are; skipped where no engine is installed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from ledger.errors import TrustError
from mpc.engine import environment
from mpc.engine.environment import Environment
from mpc.engine.linked import InstalledEngines
from mpc.engine.links import Address, Links
from mpc.engine.port import Calculation, Engines
from mpc.engine.process import Engine, started
from mpc.engine.shares import Ring, combine, split
from mpc.stream import Stream

DIRECTORY = Path(os.environ.get("SHUXIN_SPU", Path(__file__).resolve().parents[2] / ".spu"))
PARTIES = ("a", "b", "c")


@cache
def _installed() -> Environment | None:
    try:
        return environment.find(DIRECTORY)
    except TrustError:
        return None


needs_engine = pytest.mark.skipif(
    _installed() is None, reason=f"no engine in {DIRECTORY}: scripts/install-spu makes one, SHUXIN_SPU names another"
)


class Trio:
    """Three engines; what is asked of one is asked of all."""

    def __init__(self, engines: Sequence[Engine], pool: ThreadPoolExecutor, ring: Ring) -> None:
        self._engines, self._pool, self._ring = engines, pool, ring
        self._taken = 0

    def take(self, name: str, values: Sequence[int]) -> None:
        self._taken += 1
        shares = split(np.array(values, dtype=np.int64), self._ring, Stream(self._taken.to_bytes(32, "big")))
        self._each(lambda rank: self._engines[rank].take(name, shares[rank]))

    def run(self, name: str, inputs: Sequence[str], outputs: Sequence[str], **numbers: int) -> list[int]:
        """Run a computation and open its results."""
        self._each(lambda rank: self._engines[rank].run(name, inputs, outputs, numbers))
        return [combine(self._each(self._giver(output)), self._ring)[0] for output in outputs]

    def _giver(self, output: str) -> Callable[[int], bytes]:
        return lambda rank: self._engines[rank].give(output)

    def _each(self, ask: Callable[[int], bytes | None]) -> list[bytes]:
        return [answer or b"" for answer in self._pool.map(ask, range(len(PARTIES)))]


@contextmanager
def trio(ring: Ring = Ring.FM64, *, wait_s: float = 90) -> Iterator[Trio]:
    found = _installed()
    assert found is not None
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(len(PARTIES)))
        engines = [stack.enter_context(started(found, wait_s=wait_s)) for _ in PARTIES]
        addresses = met(stack)
        list(pool.map(lambda rank: engines[rank].link(rank, addresses[PARTIES[rank]], ring), range(len(PARTIES))))
        yield Trio(engines, pool, ring)


def met(stack: ExitStack) -> Mapping[str, list[str]]:
    """Link three parties over loopback; returns what each engine is told."""
    ports = dict(zip(PARTIES, free_ports(len(PARTIES)), strict=True))
    links = {party: Links(party, Address("127.0.0.1", ports[party])) for party in PARTIES}
    for one in links.values():
        stack.callback(one.close)
    ranks = {party: rank for rank, party in enumerate(PARTIES)}
    return {
        party: one.meet(
            ranks,
            {
                other: (Address("127.0.0.1", ports[other]), links[other].certificate)
                for other in PARTIES
                if other != party
            },
        )
        for party, one in links.items()
    }


def free_ports(count: int) -> list[int]:
    import socket

    with ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in found]


def each_its_own(parties: Sequence[str]) -> Engines:
    """Give every party an engine of its own, as nodes have."""
    ports = dict(zip(parties, free_ports(len(parties)), strict=True))

    class Each:
        def begin(self, party: str) -> AbstractContextManager[Calculation]:
            address = Address("127.0.0.1", ports[party])
            return InstalledEngines(DIRECTORY, address, address, 90).begin(party)

    return Each()
