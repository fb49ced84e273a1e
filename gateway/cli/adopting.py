"""What ``shuxin calendar adopt`` and ``shuxin rules adopt`` share: a member's connection, and how a turn is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.network.governing import Member, Standing


@contextmanager
def adopting(config: Path, key: str) -> Iterator[tuple[Member, Callable[[str, Standing], None]]]:
    """Open a member's connection for one turn."""
    from gateway.network.governing import member
    from mpc.node import config as node_config

    connected = member(node_config.load(config), key)
    try:
        yield connected, _tell
    finally:
        connected.close()


def _tell(file: str, standing: Standing) -> None:
    counted = f" ({standing.approvals} of {standing.quorum} members)" if standing.approvals else "; nothing to do"
    print(f"{file}: {standing.progress.value}{counted}")
