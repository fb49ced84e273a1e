"""Links between three engines: TLS 1.3 between the nodes, each end pinned to the other's key of this attempt.

SPU's own links (brpc) can be given certificates, but admit whoever any of the given authorities names, whichever party
it says it is. So its links end on this machine: for each peer there is a local door that leads, through one TLS
connection that shows our key and accepts only that peer's, to the peer's engine.

What is protected: everything between the machines, against reading, changing and impersonation, with keys that are
made for one attempt and forgotten. Not protected: the last step within a machine, from door to engine, where other
accounts of the same machine could speak to the engine; and sizes and times, which anybody on the way sees.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import tempfile
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ledger.crypto import tls
from ledger.crypto.tls import Fingerprint, Identity
from ledger.errors import BackendError, InvalidRecord, TrustError

_CHUNK = 1 << 16
_LOCAL = "127.0.0.1"
_TRIES, _PAUSE_S = 300, 0.1
"""How often the own engine, which is still starting, is tried: half a minute."""

_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a node's link is reached."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``host:port``; raises InvalidRecord."""
        host, _, port = text.rpartition(":")
        host = host.removeprefix("[").removesuffix("]")
        is_port = port.isascii() and port.isdecimal() and len(port) < 6 and 0 < int(port) < 1 << 16
        if not is_port or not 0 < len(host) < 254 or not host.isascii() or not host.isprintable() or " " in host:
            raise InvalidRecord(f"engine: {text[:40]!r} is not host:port")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Links:
    """One node's end: a listener for its two peers, and a local door to each of them; ``close`` it."""

    def __init__(self, party: str, listen: Address) -> None:
        """Listen, and make the key of this attempt; raises BackendError if the address cannot be used."""
        self._party = party
        try:
            self._listener = socket.create_server((listen.host, listen.port), backlog=16)
        except OSError as fault:
            raise BackendError(f"engine: cannot listen on {listen}") from fault
        self._folder = tempfile.TemporaryDirectory()
        self._identity = tls.create_identity(Path(self._folder.name), party, now=datetime.now(UTC))
        self._engine = _free_port()
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[object] | None] = set()
        self._is_closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"links of {party}", daemon=True)
        self._thread.start()

    @property
    def certificate(self) -> bytes:
        """The certificate of this attempt, PEM, for the peers."""
        return self._identity.pem

    def meet(self, ranks: Mapping[str, int], peers: Mapping[str, tuple[Address, bytes]]) -> list[str]:
        """Open the doors.

        Args:
            ranks: all three parties by name. peers: address and certificate of the other two, as they have signed them.

        Returns:
            what the engine takes for the addresses of the three parties, by rank.
        """
        return asyncio.run_coroutine_threadsafe(self._meet(ranks, peers), self._loop).result()

    def close(self) -> None:
        """Cut everything, and forget the key."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._listener.close()
        self._folder.cleanup()

    async def _meet(self, ranks: Mapping[str, int], peers: Mapping[str, tuple[Address, bytes]]) -> list[str]:
        context = tls.server_context(self._identity, [pem for _, pem in peers.values()])
        admitted = {tls.fingerprint(pem) for _, pem in peers.values()}
        await self._serve(self._listener, self._inward(admitted), context)
        found = {self._party: self._engine}
        for party, (address, pem) in peers.items():
            door = socket.create_server((_LOCAL, 0), backlog=16)
            found[party] = door.getsockname()[1]
            await self._serve(door, self._outward(address, pem))
        return [f"{_LOCAL}:{found[party]}" for party in sorted(found, key=lambda party: ranks[party])]

    async def _serve(
        self, listener: socket.socket, lead: Callable[[_Ends], Awaitable[_Ends]], context: ssl.SSLContext | None = None
    ) -> None:
        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            near = (reader, writer)
            self._carrying.add(asyncio.current_task())
            self._open.add(writer)
            try:
                far = await lead(near)
                self._open.add(far[1])
                await asyncio.gather(_pump(reader, far[1]), _pump(far[0], writer))
            except (OSError, TrustError):
                writer.close()  # the other side finds the link cut, and its attempt ends in its own time

        self._servers.append(await asyncio.start_server(carry, sock=listener, ssl=context))

    async def _end(self) -> None:
        """Cut connections rather than cancel: every task then finds its end and finishes by itself."""
        self._is_closed = True
        for server in self._servers:
            server.close()
        for writer in self._open:
            writer.close()
        await asyncio.gather(*(task for task in self._carrying if task is not None))

    def _inward(self, admitted: set[Fingerprint]) -> Callable[[_Ends], Awaitable[_Ends]]:
        async def lead(near: _Ends) -> _Ends:
            _require_key(near[1], admitted)
            for _ in range(_TRIES):
                if self._is_closed:
                    break
                try:
                    return await asyncio.open_connection(_LOCAL, self._engine)
                except ConnectionRefusedError:
                    await asyncio.sleep(_PAUSE_S)
            raise BackendError("engine: it does not listen")

        return lead

    def _outward(self, address: Address, pem: bytes) -> Callable[[_Ends], Awaitable[_Ends]]:
        context = _client_context(self._identity, pem)

        async def lead(_: _Ends) -> _Ends:
            far = await asyncio.open_connection(address.host, address.port, ssl=context)
            _require_key(far[1], {tls.fingerprint(pem)})
            return far

        return lead


def _client_context(identity: Identity, pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the key decides, not a name
    context.load_cert_chain(identity.certificate, identity.key)
    tls.trust(context, pem)
    return context


def _require_key(writer: asyncio.StreamWriter, admitted: set[Fingerprint]) -> None:
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    if shown is None or tls.fingerprint_der(shown) not in admitted:
        writer.close()
        raise BackendError("engine: a peer shows another key than it signed")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()  # the other way ends with it


def _free_port() -> int:
    """Find a port that the engine, which binds by itself, can have."""
    with socket.create_server((_LOCAL, 0)) as found:
        return int(found.getsockname()[1])
