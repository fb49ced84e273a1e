"""A whole network in one process, for notebooks and trials: chain, relay and every department's node as threads.

It does NOT separate departments: who can read this process reads all their tables and keys. What nodes say to each
other, to the chain and to the relay is nonetheless what separate ones would, over TLS connections of this machine, so
that whatever they refuse is refused for the same reasons. In earnest every department runs ``shuxin node``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from gateway.network.services import services, usual
from gateway.network.serving import serve_chain, serve_relay
from mpc.node import config as node_config
from mpc.node.node import Node


@contextmanager
def running(directory: Path) -> Iterator[None]:
    """Run a founded network until the context ends.

    Raises:
        NotFound, InvalidRecord: no network in the directory. BackendError: a port is taken, or a node cannot start.
    """
    with ExitStack() as stack:
        stack.enter_context(serve_chain(directory))
        stack.enter_context(serve_relay(directory))
        for path in sorted((directory / "parties").glob("*/node.toml")):
            config, stopping = node_config.load(path), threading.Event()
            stack.enter_context(Node(services(usual(config), config, stopping), stopping))
        yield
