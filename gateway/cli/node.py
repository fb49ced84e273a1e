"""``shuxin node`` and ``shuxin cosign``: what a department runs beside its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from mpc.node.config import NodeConfig
    from mpc.node.service import Service

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
    from mpc.node import config as node_config
    from mpc.node.node import Node

    read = node_config.load(config)
    missing = read.engine.fault() if read.engine else None
    if check:
        raise typer.Exit(_checked(read, missing))
    if missing:
        print(f"warning: {missing}; jobs that need it end at this node", flush=True)
    usual = ["stats", "federated", *(["sign"] if read.key_names.validator else [])]
    stopping = stop_signal()
    made = _services(services.split(",") if services else usual, read, stopping)
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


def _services(names: Sequence[str], config: NodeConfig, stopping: threading.Event) -> list[Service]:
    """Make the services; training runs are jobs that ``stats`` finds and ``federated`` computes."""
    from mpc.training.port import NO_TRAINER

    if unknown := sorted(set(names) - {"sign", "stats", "federated"}):
        raise InvalidRecord(f"services: expected sign, stats or federated, got {unknown[0]!r}")
    if "federated" in names and "stats" not in names:
        raise InvalidRecord("services: federated computes jobs that stats finds: --services stats,federated")
    made: list[Service] = []
    trainer = NO_TRAINER
    if "federated" in names:
        from federated.runs.service import FederatedService, RunTrainer
        from gateway.federated.places import courier_socket

        trainer = RunTrainer()
        made.append(FederatedService(trainer, courier_socket(config)))
    if "stats" in names:
        from gateway.statistics.service import statistics_service

        made.append(statistics_service(config, stopping, trainer))
    if "sign" in names:
        from gateway.network.sealing import sealing

        made.append(sealing(config))
    return made
