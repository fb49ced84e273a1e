"""The service ``sign``: this department re-executes every block and seals it with its validator key."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ledger.chain.jsonrpc import JsonRpcClient
from ledger.embedded.production.cosign import CoSigner
from ledger.embedded.production.cosign_client import CoSignLoop
from ledger.errors import TrustError

STOP_S = 1.0  # a running long poll is left to its daemon thread; the replica survives a kill
_LOG = logging.getLogger(__name__)


class SealingService:
    """Seals blocks until stopped; what it refuses goes to the log and to ``on_refused``."""

    name = "sign"

    def __init__(
        self, signer: CoSigner, client: JsonRpcClient, on_refused: Callable[[int, str], None] | None = None
    ) -> None:
        self._signer = signer
        self._on_refused = on_refused
        self._loop = CoSignLoop(signer, client, on_refused=self._refused, on_held=_held)
        self._thread = threading.Thread(target=self._loop.run, name="sign", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.stop()
        self._thread.join(STOP_S)
        if not self._thread.is_alive():
            self._signer.close()

    def _refused(self, height: int, fault: TrustError) -> None:
        _LOG.error("block %d refused: %s", height, fault)
        if self._on_refused is not None:
            self._on_refused(height, str(fault))


def _held(fault: TrustError | None) -> None:
    if fault is None:
        _LOG.warning("the builder is followed again")
    else:
        _LOG.warning("no blocks are sealed now: %s", fault)
