"""A JSON-RPC client with bounded answers and waits, over plain http to this machine or pinned mutual TLS.

It does NOT interpret answers and trusts none of them; callers verify. Thread-safe.

Source: JSON-RPC 2.0. Trust assumption: none beyond TLS for who the peer is.
"""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

import urllib3

from ledger.chain.wire import REVERTED, UNKNOWN_METHOD, error_of, load_json, read_revert
from ledger.crypto.tls import Identity, client_pool, is_loopback, network_error
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound

MAX_ANSWER_BYTES = 32 << 20  # 10,000 log rows of 1 kB as hexadecimal digits, with room
CONNECT_S = 5.0
GRACE_S = 10.0  # an answer to a long poll may come this much later than the wait that was asked for


class JsonRpcClient:
    """Calls methods of one server."""

    def __init__(
        self,
        url: str,
        *,
        server_pem: bytes | None = None,
        identity: Identity | None = None,
        timeout_s: float = 15.0,
        connections: int = 8,
    ) -> None:
        """Prepare the connection; nothing is sent yet.

        Raises: InvalidRecord for an address that is neither https with a server certificate nor loopback http.
        """
        self.peer = _check(url, server_pem)
        self._url = url
        self._timeout_s = timeout_s
        self._ids = itertools.count(1)
        self._pool = client_pool(server_pem, identity, connections=connections)
        self._ours: bool | None = None

    def call(self, method: str, *params: object, wait_s: float = 0.0) -> object:
        """Call a method and return its result as parsed JSON.

        Args: wait_s: how long the server itself may wait before it answers (long polls).
        Raises: Reverted for a contract's refusal; NotAuthorized if either side refuses the other; BackendError
            if the server cannot be reached, is late or answers nonsense; else the error the server names.
        """
        answer = self.answer(method, list(params), wait_s=wait_s)
        if answer.get("error") is not None:
            self._raise(method, answer["error"])
        return answer.get("result")

    def answer(self, method: str, params: list[object], *, wait_s: float = 0.0) -> dict[str, object]:
        """Call a method and return the whole JSON-RPC answer, errors included, as web3.py wants it."""
        identifier = next(self._ids)
        request = {"jsonrpc": "2.0", "id": identifier, "method": method, "params": params}
        answer = self._post(json.dumps(request).encode(), wait_s)
        if not isinstance(answer, dict) or answer.get("id") != identifier:
            raise BackendError(f"rpc: {self.peer} did not answer the question to {method}")
        return answer

    def is_ours(self) -> bool:
        """Tell whether the peer is this project's server, whose error codes and long polls are known."""
        if self._ours is None:
            name = self.answer("web3_clientVersion", []).get("result")
            self._ours = isinstance(name, str) and name.startswith("shuxin/")
        return self._ours

    def close(self) -> None:
        self._pool.clear()

    def _post(self, body: bytes, wait_s: float) -> object:
        timeout = urllib3.Timeout(connect=CONNECT_S, read=max(self._timeout_s, wait_s + GRACE_S))
        headers = {"Content-Type": "application/json"}
        try:
            answer = self._pool.request(
                "POST", self._url, body=body, headers=headers, timeout=timeout, preload_content=False,
                redirect=False,
            )  # fmt: skip
            try:
                content = _read(answer, time.monotonic() + self._timeout_s + wait_s + GRACE_S)
            finally:
                answer.close()  # a connection whose answer was read to the end is back in the pool already
        except (urllib3.exceptions.HTTPError, OSError) as exc:
            raise network_error(exc, self.peer) from exc
        return self._parse(answer.status, content)

    def _parse(self, status: int, content: bytes) -> object:
        if status in (401, 403):
            raise NotAuthorized(f"rpc: {self.peer} does not accept this party's certificate")
        try:
            return load_json(content)
        except InvalidRecord as exc:
            raise BackendError(f"rpc: {self.peer} answered with HTTP {status} and no JSON") from exc

    def _raise(self, method: str, error: object) -> None:
        if not isinstance(error, dict) or not isinstance(error.get("code"), int):
            raise BackendError(f"rpc: {self.peer} answered {method} with an error out of form")
        code, message = error["code"], str(error.get("message", ""))[:500]
        if code == REVERTED or "execution reverted" in message.lower():
            raise read_revert(message, error.get("data"))
        if code == UNKNOWN_METHOD:
            raise NotFound(f"rpc: {self.peer} has no method {method}")
        raise error_of(code, message, ours=self.is_ours())


def read_certificate(path: Path) -> bytes:
    """Read a server certificate for pinning; Raises: NotFound."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise NotFound(f"tls: cannot read the certificate {path.name}") from exc


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Read the body piece by piece, so that neither a flood nor a trickle holds the caller."""
    pieces: list[bytes] = []
    size = 0
    while size <= MAX_ANSWER_BYTES and time.monotonic() < deadline:
        piece = answer.read1(1 << 16, decode_content=True)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        size += len(piece)
    raise BackendError(f"rpc: an answer of more than {size - 1} bytes, or one that does not end, was cut off")


def _check(url: str, server_pem: bytes | None) -> str:
    try:
        parts = urlsplit(url)
        peer = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    except ValueError as exc:
        raise InvalidRecord("rpc: the server address is not a URL") from exc
    if parts.scheme == "https" and parts.hostname:
        if server_pem is None:
            raise InvalidRecord("rpc: https needs the certificate of the server")
    elif parts.scheme != "http" or not parts.hostname or not is_loopback(parts.hostname):
        raise InvalidRecord("rpc: expected https, or http to this machine")
    elif server_pem is not None:
        raise InvalidRecord("rpc: a server certificate was given for plain http")
    return peer
