"""``shuxin node`` and ``shuxin cosign``: what a department runs beside its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mpc.node.config import NodeConfig

SERVICES = "Which services to run: sign, stats, federated (comma-separated; federated needs stats)."
Config = Annotated[Path, typer.Option("--config", help="The node's TOML file.")]


def run(
    config: Config,
    services: Annotated[str, typer.Option(help=SERVICES)] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Only read the configuration, and say whether the engine it names is there.")
    ] = False,
) -> None:
    """Run a department's node until stopped."""
    from gateway.cli.waiting import stop_signal
    from gateway.network import services as known
    from mpc.node import config as node_config
    from mpc.node.node import Node

    read = node_config.load(config)
    missing = read.engine.fault() if read.engine else None
    if check:
        raise typer.Exit(_checked(read, missing))
    if missing:
        print(f"warning: {missing}; jobs that need it end at this node", flush=True)
    stopping = stop_signal()
    made = known.services(services.split(",") if services else known.usual(read), read, stopping)
    with Node(made, stopping):
        print(f"node {read.party}: {', '.join(service.name for service in made)}", flush=True)
        stopping.wait()


def cosign(config: Config) -> None:
    """Only seal blocks: needs the chain and a validator key, no data."""
    run(config, services="sign")


def _checked(config: NodeConfig, missing: str | None) -> int:
    """Say what a node would start with; 1 if something that it names is not there."""
    print(f"node {config.party}: {len(config.assets)} assets")
    if config.engine is None:
        print("engine: none is configured; only others' compute on shares (docs/spu.md)")
    else:
        print(missing or f"engine: {config.engine.directory}, reached at {config.engine.reached}")
    return 1 if missing else 0
