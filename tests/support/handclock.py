"""The time that the builder, the co-signers and the commands of one town share, moved by hand; and waiting for it."""

from __future__ import annotations

import time
from pathlib import Path

from ledger.chain.remote_node import RemoteNode
from mpc.node import config as node_config
from mpc.node.node import open_rpc

WAIT_S, TRIES = 30.0, 4


class HandClock:
    """Runs with this machine's clock, so many seconds ahead of it, or is held at a moment."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._held: float | None = None

    def __call__(self) -> float:
        return self._held if self._held is not None else time.time() + self._ahead_s

    def hold(self, moment: float) -> None:
        """Stand still at a moment: every block from now on is of this second, so there is one at most."""
        self._held = float(moment)

    def run(self) -> None:
        """Go on from where it stands."""
        if self._held is not None:
            self._ahead_s, self._held = self._held - time.time(), None


def await_block(config: Path, moment: int) -> None:
    """Wait until the chain has a block of a moment or after it: an idle one makes one half a minute after the last."""
    read = node_config.load(config)
    node = RemoteNode(open_rpc(read.chain, read))
    try:
        for _ in range(TRIES):
            if (head := node.header(None)).timestamp >= moment:
                return
            node.wait_head(head.number, WAIT_S)
        raise AssertionError(f"the chain has made no block of {moment}; its last one is of {head.timestamp}")
    finally:
        node.close()
