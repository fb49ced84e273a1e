"""``shuxin node`` and ``shuxin cosign``: what a department runs beside its data."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.present import clock

if TYPE_CHECKING:
    from mpc.node.config import NodeConfig

SERVICES = "Which services to run: sign, stats, federated (comma-separated; federated needs stats)."
Config = Annotated[Path, typer.Option("--config", help="The node's TOML file.")]


def run(
    config: Config,
    services: Annotated[str, typer.Option(help=SERVICES)] = "",
    check: Annotated[
        bool, typer.Option("--check", help="Only look at keys, certificates, tables, state, chain and relay.")
    ] = False,
    offline: Annotated[bool, typer.Option("--offline", help="With --check: not at chain and relay.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --check: print one JSON object.")] = False,
) -> None:
    """Run a department's node until stopped."""
    from gateway.cli.waiting import stop_signal
    from gateway.network import services as known
    from mpc.node import config as node_config
    from mpc.node.node import Node

    read = node_config.load(config)
    if check:
        raise typer.Exit(_checked(read, is_online=not offline, as_json=as_json))
    if offline or as_json:
        raise typer.BadParameter("--offline and --json go with --check")
    if missing := read.engine.fault() if read.engine else None:
        print(f"warning: {missing}; jobs that need it end at this node", flush=True)
    stopping = stop_signal()
    made = known.services(services.split(",") if services else known.usual(read), read, stopping)
    with Node(made, stopping):
        print(f"node {read.party}: {', '.join(service.name for service in made)}", flush=True)
        stopping.wait()


def cosign(config: Config) -> None:
    """Only seal blocks: needs the chain and a validator key, no data."""
    run(config, services="sign")


def _checked(config: NodeConfig, *, is_online: bool, as_json: bool) -> int:
    """Say of each thing that a node needs how it was found; 1 if anything will not do."""
    from gateway.network.checking import findings

    failed, told = 0, list[dict[str, str | bool]]()
    for found in findings(config, datetime.fromtimestamp(clock()(), UTC), online=is_online):
        failed += not found.holds
        told.append({"name": found.name, "holds": found.holds, "said": found.said})
        if not as_json:
            print(f"{'ok   ' if found.holds else 'FAULT'} {found.name}: {found.said}", flush=True)
    if as_json:
        print(json.dumps({"party": config.party, "faults": failed, "findings": told}))
    else:
        print(f"node {config.party}: {len(told)} looked at, {failed} at fault")
    return 1 if failed else 0
