"""An HTTP server on a thread of its own, and the register of certificates it admits.

``ledger.embedded.serving.server`` and ``mpc.relay.server`` build on it; each has its own routes. Plain http is served
to this machine only. Everybody else comes over TLS 1.3 with a registered certificate, which is looked up again on every
request, so that a removed party is out at once. It does NOT decide who is registered.

Trust assumption: the given certificates belong to their parties.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Self

from aiohttp import web

from ledger.crypto.tls import Fingerprint, Identity, fingerprint, fingerprint_der, is_loopback, server_context, trust
from ledger.errors import BackendError, InvalidRecord

START_S = 15.0
STOP_S = 5.0
LOOK_S = 0.1  # how often the thread looks whether it should stop
_LOG = logging.getLogger(__name__)


class Register:
    """Which certificate is which party's; can be replaced while a server runs."""

    def __init__(self, identity: Identity, parties: Mapping[str, bytes]) -> None:
        """Args: identity: the server's own; parties: PEM certificate by party code."""
        self.context = server_context(identity, ())
        self._loaded: set[Fingerprint] = set()
        self._codes: dict[Fingerprint, str] = {}
        self._lock = threading.Lock()
        self.replace(parties)

    def replace(self, parties: Mapping[str, bytes]) -> None:
        """Admit exactly these parties from the next request on.

        Raises:
            InvalidRecord: not a certificate, or one certificate for two parties.
        """
        codes = {fingerprint(pem): code for code, pem in parties.items()}
        if len(codes) != len(parties):
            raise InvalidRecord("register: two parties have the same certificate")
        with self._lock:
            for new in codes.keys() - self._loaded:
                trust(self.context, parties[codes[new]])
                self._loaded.add(new)
                _LOG.info("admitted %s", codes[new])
            self._codes = codes

    def party(self, der: bytes | None) -> str | None:
        """Return whose certificate this is; None if nobody's."""
        return self._codes.get(fingerprint_der(der)) if der else None

    def caller(self, request: web.Request) -> str | None:
        """Return who asks, told by the certificate of the connection alone; None if nobody registered."""
        session: ssl.SSLObject | None = request.get_extra_info("ssl_object")
        return self.party(session.getpeercert(binary_form=True)) if session else None

    def knows(self, code: str) -> bool:
        """Tell whether this is a registered party's code."""
        return code in self._codes.values()


class Server(ABC):
    """One listening server; `start` returns when it accepts connections, `close` when it has stopped."""

    def __init__(self, name: str, host: str, port: int, register: Register | None) -> None:
        """Args: name: what errors call it; port: 0 takes a free one; register: None serves plain http, on loopback."""
        if register is None and not is_loopback(host):
            raise InvalidRecord(f"{name}: plain http is for this machine only, not for {host}")
        self._name, self._host, self._port = name, host, port
        self._register = register
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)

    @abstractmethod
    def application(self) -> web.Application:
        """Build the routes; called once, on the server's thread."""

    @property
    def url(self) -> str:
        """Where it listens, once started."""
        scheme = "http" if self._register is None else "https"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{self._port}"

    def start(self) -> Self:
        """Listen. Raises: BackendError if the address cannot be had."""
        self._thread.start()
        if not self._ready.wait(START_S) or self._failure is not None:
            self.close()
            raise BackendError(f"{self._name}: cannot listen on {self._host}:{self._port}: {self._failure}")
        return self

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the server was told to stop; tell whether it was."""
        return self._stopping.wait(timeout_s)

    def close(self) -> None:
        """Stop, and wait until the requests under way have ended or were cut off."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2 * STOP_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as exc:  # a thread's edge: `start` reports it
            self._failure = exc
        finally:
            self._ready.set()
            self._stopping.set()

    async def _serve(self) -> None:
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=STOP_S)
        await runner.setup()
        try:
            context = self._register.context if self._register else None
            await web.TCPSite(runner, self._host, self._port, ssl_context=context).start()
            self._port = runner.addresses[0][1]
            self._ready.set()
            while not self._stopping.is_set():
                await asyncio.sleep(LOOK_S)
        finally:
            await runner.cleanup()
