"""The node's side of the courier's port: a local socket that only the node's own account can open.

Requests are bounded in size and time and few at once. What is asked goes to one function of the node, which checks
everything itself; a refusal goes back with its ground and reason.

It does NOT decide anything, and what an app says of itself it passes on. Trust: the machine's account; on Linux the
kernel says whose process is at the other end, elsewhere only the file's permissions keep others out.
"""

from __future__ import annotations

import logging
import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from federated.courier import message
from federated.courier.client import ANSWER, ASK, MAX_PATH, Refusal, receive
from federated.courier.message import Message
from ledger.canonical import JsonValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, TrustError

Answering = Callable[[Message, bytes], bytes]
"""Answers a message that an app of the given digest handed over; raises Refusal, or another TrustError."""
Admitting = Callable[[Message, bytes, bytes], None]
"""Decides before that, given the fingerprint of the Flower node's key at which the app runs; raises alike."""
MAX_LINES: Final = 8
READ_S: Final = 60.0
MAX_REASON: Final = 800
_PEER = struct.Struct("3i")
_LOG = logging.getLogger(__name__)


class CourierServer:
    """Listens at one path from ``start`` until ``stop``; usable as a context."""

    def __init__(
        self, path: Path, answering: Answering, *, admitting: Admitting | None = None, read_s: float = READ_S
    ) -> None:
        """Make a server that listens nowhere yet.

        Args:
            path: in a directory of its own. admitting: None: every courier of this account is admitted.
            read_s: for a whole request to come, and for its answer to leave.
        """
        if len(str(path).encode()) > MAX_PATH:
            raise InvalidRecord(f"courier: {path}: the name of a socket has {MAX_PATH} bytes at most")
        self._path, self._answering, self._admitting, self._read_s = path, answering, admitting, read_s
        self._lines = threading.BoundedSemaphore(MAX_LINES)
        self._stopping = threading.Event()
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to listen; returns at once.

        Raises:
            NotAuthorized: the directory is open to other accounts. Conflict: somebody listens there already.
        """
        _own_directory(self._path.parent)
        _clear(self._path)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self._path))
        self._path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        listening.listen(MAX_LINES)
        self._socket = listening
        self._thread = threading.Thread(target=self._listen, args=(listening,), name="courier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more requests; one that is being answered is left to its thread."""
        self._stopping.set()
        if self._socket is not None:
            with suppress(OSError):  # wakes the thread that waits in accept; not connected is what a listener is
                self._socket.shutdown(socket.SHUT_RDWR)
            self._socket.close()
            self._path.unlink(missing_ok=True)
        if self._thread is not None:
            self._thread.join(5.0)

    def _listen(self, listening: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                line, _ = listening.accept()
            except OSError:
                return  # closed by stop
            if not self._lines.acquire(blocking=False):
                line.close()  # the courier sees a node that went away, and may come again
                continue
            threading.Thread(target=self._serve, args=(line,), name="courier line", daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        try:
            with line:
                answer = self._answer(line)
                line.settimeout(self._read_s)
                line.sendall(answer)
        except OSError as gone:
            _LOG.warning("a courier went away: %s", gone)
        except Exception:
            # The edge of a thread: a bug must show in the log, and the node go on listening.
            _LOG.exception("a courier's message: unexpected fault")
        finally:
            self._lines.release()

    def _answer(self, line: socket.socket) -> bytes:
        try:
            _require_own_account(line)
            app, node, asked = _asked(*receive(line, time.monotonic() + self._read_s))
            if self._admitting is not None:
                self._admitting(asked, app, node)
            return message.frame(_header("", ""), self._answering(asked, app))
        except Refusal as refusal:
            return message.frame(_header(refusal.ground, str(refusal)), b"")
        except TrustError as fault:
            return message.frame(_header(f"fault: {type(fault).__name__}", str(fault)), b"")


def _asked(header: Mapping[str, JsonValue], body: bytes) -> tuple[bytes, bytes, Message]:
    if set(header) != {"app", "format", "node"} or header["format"] != ASK:
        raise InvalidRecord("courier: no request of a courier")
    node = _digest(header["node"]) if header["node"] != "" else b""
    return _digest(header["app"]), node, message.parse_message(body)


def _digest(found: JsonValue) -> bytes:
    if not isinstance(found, str) or len(found) != 64 or found.strip("0123456789abcdef"):
        raise InvalidRecord("courier: digests of app and node of 64 hexadecimal digits expected")
    return bytes.fromhex(found)


def _header(ground: str, reason: str) -> dict[str, JsonValue]:
    return {"format": ANSWER, "ground": ground[:MAX_REASON], "reason": reason[:MAX_REASON]}


def _own_directory(directory: Path) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = directory.stat()
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise NotAuthorized(f"courier: {directory} must belong to this account alone (mode 700)")


def _clear(path: Path) -> None:
    """Remove the socket that a killed node left; one that still answers stays."""
    if not path.exists():
        return
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as fault:
            raise Conflict(f"courier: {path} is in the way") from fault
    raise Conflict(f"courier: another node listens at {path}")


def _require_own_account(line: socket.socket) -> None:
    if not hasattr(socket, "SO_PEERCRED"):
        return
    _, account, _ = _PEER.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    if account not in (os.getuid(), 0):
        raise Refusal("courier: account", "courier: this node answers processes of its own account only")
