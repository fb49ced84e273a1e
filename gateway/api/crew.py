"""A gateway of several processes: each serves the whole API on the one port, the first also follows the chain.

Connections are spread over the processes by the kernel (SO_REUSEPORT, socket(7)). They share what stands on disk:
index, accounts, counts, keys, the registrar's queries, what was taken in; each has an access log and its stream of its
own, and their figures are one (``metrics``). If one ends, all end, and whoever started the gateway starts it again.
What it does NOT do: the pages, a process of their own.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from threading import Event, Thread
from typing import Final

from gateway.api import metrics
from gateway.api.opening import ground
from gateway.api.serving import opened, serve
from gateway.api.settings import GatewaySettings
from ledger.errors import BackendError, TrustError

LATE_S = 10
"""How long after its requests' grace a process may take to close what it has open."""
ENDING: Final = (signal.SIGINT, signal.SIGTERM)
Clock = Callable[[], float]
_log = logging.getLogger(__name__)


def run(
    settings: GatewaySettings, stopping: Event, *, clock: Clock = time.time, say: Callable[[int], None] = lambda _: None
) -> None:
    """Serve with ``settings.workers`` processes until stopped.

    Args:
        clock: of all of them; it is sent to each.
        say: told the port before they begin to listen on it.

    Raises:
        BackendError, VerificationError, Conflict: as ``serving.opened``, before any process is begun.
        BackendError: a process ended by itself; the others are ended.
    """
    with ground(settings, clock):
        pass  # what cannot be opened is said once, here
    with _port(settings) as held, _figures():
        settings = settings.model_copy(update={"port": held})
        say(held)
        begin = multiprocessing.get_context("spawn").Process
        crew = [begin(target=_serve, args=(settings, n, clock), name=f"gateway {n}") for n in range(settings.workers)]
        for process in crew:
            process.start()
        try:
            ended = _watched(crew, stopping)
        finally:
            _end(crew, settings.grace_s + LATE_S)
    if ended is not None:
        raise BackendError(f"gateway: process {ended.name} ended by itself, exit code {ended.exitcode}")


def _serve(settings: GatewaySettings, number: int, clock: Clock) -> None:
    """Be one process, as long as the one that began it."""
    for signum in ENDING:  # the server has handlers of its own, and raises them at its end
        signal.signal(signum, _leave)
    Thread(target=_outlive_not, name="parent", daemon=True).start()
    try:
        with opened(settings, number=number, clock=clock) as gateway, listening(settings) as listener:
            serve(settings, gateway, listener)
    except TrustError as fault:
        sys.exit(f"gateway {number}: {fault}")


def _leave(_number: int, _frame: object) -> None:
    """End at the first signal; a second one must not break into the closing of what is open."""
    for signum in ENDING:
        signal.signal(signum, signal.SIG_IGN)
    sys.exit(0)


def _outlive_not() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _watched(crew: Sequence[BaseProcess], stopping: Event) -> BaseProcess | None:
    """Wait until it is to stop, or a process ends: that one."""
    sentinels = {process.sentinel: process for process in crew}
    while not stopping.is_set():
        for found in wait(list(sentinels), 0.5):
            if not stopping.is_set():  # a terminal and systemd tell all processes at once, and each may be first to end
                return sentinels[found]  # type: ignore[index]  # a sentinel is what was given
    return None


def _end(crew: Sequence[BaseProcess], within_s: float) -> None:
    """Let all end what they are at; whoever does not is killed."""
    until = time.monotonic() + within_s
    for process in crew:
        process.terminate()
    for process in crew:
        process.join(max(0.0, until - time.monotonic()))
        if process.is_alive():
            _log.warning("%s: did not end in %d s and is killed", process.name, within_s)
            process.kill()
            process.join()


def listening(settings: GatewaySettings) -> socket.socket:
    """Open one process's socket on the port of all; raises BackendError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048, reuse_port=True)
    except OSError as fault:
        raise BackendError(f"gateway: cannot listen on {settings.host}:{settings.port}: {fault.strerror}") from fault


@contextmanager
def _port(settings: GatewaySettings) -> Iterator[int]:
    """Hold the port for this gateway alone and return it; raises BackendError if anybody else listens there.

    The processes may share a port only with sockets that say so; another gateway's would say so too, hence the look.
    It does NOT see another that looks in the seconds before the processes listen.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.create_server((settings.host, settings.port), family=family) as alone:
            port: int = alone.getsockname()[1]
        with socket.socket(family) as held:
            for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
                held.setsockopt(socket.SOL_SOCKET, option, 1)
            held.bind((settings.host, port))
            yield port
    except OSError as fault:
        raise BackendError(f"gateway: cannot listen on {settings.host}:{settings.port}: {fault.strerror}") from fault


@contextmanager
def _figures() -> Iterator[None]:
    """Give the processes a directory in which their figures come together; it goes with them."""
    with tempfile.TemporaryDirectory(prefix="shuxin-figures-") as directory:
        os.environ[metrics.TOGETHER] = directory
        try:
            yield
        finally:
            del os.environ[metrics.TOGETHER]
