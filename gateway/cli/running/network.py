"""``shuxin up``: a whole network on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[Path, typer.Argument(help="A network's directory, as 'shuxin chain init' makes it.")]


def up(directory: Directory) -> None:
    """Start chain, relay and every department's node as processes; Ctrl-C stops them."""
    from gateway.cli.waiting import stop_signal
    from gateway.network.supervising import Processes, network

    stopping = stop_signal()
    with Processes(network(directory), print) as running:
        print("up; Ctrl-C stops everything", flush=True)
        while not stopping.wait(1.0):
            running.check()
