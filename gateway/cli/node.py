"""``shuxin node`` and ``shuxin cosign``: what a department runs beside its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    import threading

    from mpc.node.config import NodeConfig
    from mpc.node.service import Service

Config = Annotated[Path, typer.Option("--config", help="The node's TOML file.")]


def run(
    config: Config,
    services: Annotated[str, typer.Option(help="Which services to run: sign, stats (comma-separated).")] = "",
) -> None:
    """Run a department's node until stopped."""
    from gateway.cli.waiting import stop_signal
    from mpc.node import config as node_config
    from mpc.node.node import Node

    read = node_config.load(config)
    names = services.split(",") if services else ["stats", *(["sign"] if read.key_names.validator else [])]
    stopping = stop_signal()
    made = [_service(name, read, stopping) for name in names]
    with Node(made, stopping):
        print(f"node {read.party}: {', '.join(service.name for service in made)}", flush=True)
        stopping.wait()


def cosign(config: Config) -> None:
    """Only seal blocks: needs the chain and a validator key, no data."""
    run(config, services="sign")


def _service(name: str, config: NodeConfig, stopping: threading.Event) -> Service:
    if name == "sign":
        from gateway.network.sealing import sealing

        return sealing(config)
    if name == "stats":
        from gateway.statistics.service import statistics_service

        return statistics_service(config, stopping)
    raise InvalidRecord(f"services: expected sign or stats, got {name!r}")
