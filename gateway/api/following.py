"""The thread that keeps the index up to date, and says what it could not believe.

A block that does not hold stops nothing but the index: the gateway goes on answering as of the last block that held,
and its health says why it is behind.
"""

from __future__ import annotations

import logging
import threading

from gateway.api.metrics import Metrics
from gateway.index.index import Index
from ledger.chain.port import Chain
from ledger.errors import TrustError
from ledger.proofs.view import ProvenView

_log = logging.getLogger(__name__)


class Follower:
    """Follows until it is stopped."""

    def __init__(self, index: Index, chain: Chain, view: ProvenView, every_s: float, metrics: Metrics) -> None:
        self._index, self._chain, self._view, self._every_s, self._metrics = index, chain, view, every_s, metrics
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="index", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the run that is being read."""
        self._stop.set()
        self._thread.join()

    def step(self) -> bool:
        """Look at the chain once; return whether what it shows held."""
        try:
            head = self._index.follow(self._chain, self._view, say=self._said)
        except TrustError as fault:
            self._metrics.faults.inc()
            _log.warning("index: %s", fault)
            return False
        self._metrics.block.set(head.number)
        self._metrics.lag.set(0)
        return True

    def _said(self, done: int, whole: int) -> None:
        self._metrics.lag.set(whole - done)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.step()
            self._stop.wait(self._every_s)
