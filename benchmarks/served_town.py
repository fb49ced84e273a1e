"""A land town's gateway as ``shuxin gateway serve`` serves it, in processes of its own: used by ``gateway_load.py``.

The town's chain answers over mutual TLS from the process that measures and makes a block every few seconds, as a live
one does; the gateway's processes have their configuration from files and know nothing of each other or of the town.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import active_children
from pathlib import Path
from typing import Final

from landtown import COURT, POLICE, REGISTRAR, LandTown
from people import CHEAP, PASSWORD
from smallnetwork import free_ports
from statutetown import key_of

from gateway.accounts.book import AccountBook
from gateway.accounts.caller import Scope
from gateway.accounts.enrolment import AccountName, Enrolment, sign
from gateway.accounts.membership import Membership
from gateway.accounts.signin.gate import Gate
from gateway.api import crew
from gateway.api.opening import ACCOUNTS
from gateway.api.settings import GatewaySettings, load
from ledger.crypto import tls
from ledger.embedded.serving.server import serve
from ledger.errors import BackendError
from ledger.serving import Register

EVERY_S: Final = 10.0
"""How often the chain makes a block."""
DAY: Final = 86_400
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Later:
    """The town's time, which goes as fast as ours."""

    offset: float

    def __call__(self) -> float:
        return time.time() + self.offset


@dataclass(frozen=True, slots=True)
class Served:
    """Where a gateway answers, and what its processes cost."""

    port: int

    def processor_s(self) -> float:
        """Return the processor time of all its processes so far."""
        return sum(sum(map(int, _stat(child.pid)[11:13])) for child in active_children()) / TICKS

    def peak_mib(self) -> list[float]:
        """Return the most memory that each of its processes had."""
        return [_peak_mib(child.pid) for child in active_children()]


@contextmanager
def served(land: LandTown, directory: Path, database: str, workers: int) -> Iterator[Served]:
    """Serve the town's chain and a gateway over it; ends both."""
    clock = Later(land.town.clock.now - time.time())
    identity, own = (tls.create_identity(directory / name, name, now=_now()) for name in ("chain", "gateway"))
    port = free_ports().chain
    settings = _settings(land, directory, database, port, identity.pem, workers)
    with serve(land.town.node, "127.0.0.1", port, Register(identity, {"gateway": own.pem})):
        stopping, began = threading.Event(), threading.Event()
        found: list[int] = []

        def say(port: int) -> None:
            found.append(port)
            began.set()

        def run() -> None:
            try:
                crew.run(settings, stopping, clock=clock, say=say)
            finally:
                began.set()

        threads = [threading.Thread(target=run), threading.Thread(target=_beat, args=(land, clock, stopping))]
        for thread in threads:
            thread.start()
        try:
            began.wait()
            if not found:
                raise BackendError("the gateway did not begin; why stands above")
            while _listening(found[0]) < workers and threads[0].is_alive():
                time.sleep(0.1)
            yield Served(found[0])
        finally:
            stopping.set()
            for thread in threads:
                thread.join()


def clerk_token(land: LandTown, state: Path) -> str:
    """Make a registrar's clerk in the gateway's accounts, and a token of its."""
    clock = land.town.clock
    book = AccountBook(state / ACCOUNTS)
    try:
        gate = Gate(book, Membership(land.view, land.trust.genesis_hash, clock), clock, CHEAP)
        gate.add_local("clerk", "", PASSWORD)
        stated = Enrolment(land.trust.genesis_hash, AccountName("clerk"), REGISTRAR, gate.now + 300 * DAY)
        gate.enrol("clerk", sign(stated, key_of(REGISTRAR).signer()).encode())
        scopes = (Scope.PROVENANCE, Scope.TITLES, Scope.TITLES_EX_OFFICIO)
        return gate.tokens.issue(gate.caller("clerk"), "load", scopes, gate.now, lasts_s=DAY)
    finally:
        book.close()


def _settings(
    land: LandTown, directory: Path, database: str, chain: int, certificate: bytes, workers: int
) -> GatewaySettings:
    (directory / "trust.json").write_bytes(land.trust.encode())
    (directory / "chain.pem").write_bytes(certificate)
    for code in (REGISTRAR, COURT, POLICE):
        pem = tls.create_identity(directory / "made" / code, code, now=_now()).pem
        (directory / "parties").mkdir(exist_ok=True)
        (directory / "parties" / f"{code}.pem").write_bytes(pem)
    (directory / "terms").mkdir()
    (directory / "node.toml").write_text(
        f'party = "{REGISTRAR}"\nstate = "state"\nterms = "terms"\n[chain]\nurl = "https://127.0.0.1:{chain}"\n'
        'certificate = "chain.pem"\ntrust = "trust.json"\nparties = "parties"\n'
        '[keys]\ndirectory = "keys"\npassphrase_file = "passphrase"\ntls = "gateway"\n'
    )
    (directory / "gateway.toml").write_text(
        f'node = "node.toml"\nport = 0\nregister_directory = "{land.register}"\ndatabase = "{database}"\n'
        f"workers = {workers}\nper_s = 1e6\nfollow_s = 3600\nburst = 1_000_000\n"
    )
    return load(directory / "gateway.toml")


def _beat(land: LandTown, clock: Later, stopping: threading.Event) -> None:
    while not stopping.wait(EVERY_S):
        land.town.clock.now = clock()
        land.town.block(0.0)


def _listening(port: int) -> int:
    """Count the sockets that listen on a port (proc(5), net/tcp; 0A is LISTEN)."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def _now() -> datetime:
    return datetime.now(UTC)


def _stat(pid: int | None) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _peak_mib(pid: int | None) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))
