"""``shuxin relay serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Carry sealed messages between nodes.", no_args_is_help=True)


@app.callback()
def relay() -> None:
    """Carry sealed messages between nodes."""


@app.command()
def serve(directory: Annotated[Path, typer.Argument(help="The network's directory.")]) -> None:
    """Store and forward sealed messages over mutual TLS until stopped."""
    from gateway.cli.waiting import stop_signal
    from gateway.network.serving import serve_relay

    stopping = stop_signal()
    with serve_relay(directory) as server:
        print(f"relay: {server.url}", flush=True)
        stopping.wait()
