"""Three owners with an engine each on this machine, for benchmarks of protocols that compute on shares."""

from __future__ import annotations

import argparse
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from mpc.engine.linked import InstalledEngines
from mpc.engine.links import Address
from mpc.engine.port import Engines
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Network

OWNERS, OFFICE = ("a", "b", "c"), "office"
Programs = Mapping[str, Callable[[Channel], object]]


def options(description: str | None) -> argparse.Namespace:
    """Read where the engines are installed, and how many rows are asked for."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", type=Path, required=True, help="what scripts/install-spu made")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    return parser.parse_args()


def engines(directory: Path, wait_s: float) -> dict[str, Engines]:
    """Give every owner an engine with a port of its own."""
    with ExitStack() as stack:
        servers = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in OWNERS]
        addresses = [Address("127.0.0.1", server.getsockname()[1]) for server in servers]
    return {
        owner: InstalledEngines(directory, address, address, wait_s)
        for owner, address in zip(OWNERS, addresses, strict=True)
    }


def run(programs: Programs, wait_s: float) -> object:
    """Run owners and office as threads; return what the office's program returned, or end with what all met."""
    outcomes = Network((*OWNERS, OFFICE), timeout_s=wait_s).run(programs)
    if isinstance(outcomes[OFFICE], BaseException):
        raise SystemExit(f"{outcomes}")
    return outcomes[OFFICE]


def everything(bits: Mapping[str, bool]) -> frozenset[str]:
    """Open whatever passed."""
    return frozenset(name for name, passed in bits.items() if passed)
