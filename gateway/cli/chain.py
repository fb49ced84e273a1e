"""``shuxin chain init`` and ``shuxin chain serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Found a network; build its blocks.", no_args_is_help=True)
Directory = Annotated[Path, typer.Argument(help="The network's directory.")]


@app.command()
def init(
    directory: Directory,
    validators: Annotated[int, typer.Option(min=1, max=16, help="How many parties seal blocks, builder included.")] = 4,
    chain_id: Annotated[int, typer.Option(min=1)] = 20261,
    chain_port: Annotated[int, typer.Option(min=1, max=65535)] = 8545,
    relay_port: Annotated[int, typer.Option(min=1, max=65535)] = 8600,
    trial_calendar: Annotated[
        bool, typer.Option("--trial-calendar", help="Count plain weeks where no holiday notice says otherwise.")
    ] = False,
) -> None:
    """Found a network whose departments are called department-1, department-2, ...

    An authority stands above them and a government above it, each with its officers' keys and no node.
    """
    from contracts.world import PartyRole
    from gateway.network.founding import Plan, Ports, authorities, found, utc_now, write_configurations

    roles = PartyRole.OWNER | PartyRole.REQUESTER
    others = [Plan(f"department-{n}", roles, validator=True, governor=True) for n in range(1, validators)]
    plans = authorities(*(others or [Plan("department-1", roles, governor=True)]))
    ports = Ports(chain_port, relay_port)
    trust = found(directory, plans, ports, chain_id=chain_id, now=utc_now(), is_trial=trial_calendar)
    write_configurations(directory, plans, ports, {})
    sealing = "1 validator" if validators == 1 else f"{validators} validators"
    print(f"{directory}: {sealing}, {trust.assurance.value}, genesis {trust.genesis_hash.hex()}")
    print(f"next: shuxin up {directory}")


@app.command()
def serve(directory: Directory) -> None:
    """Build blocks and answer JSON-RPC over mutual TLS until stopped."""
    from gateway.cli.waiting import stop_signal
    from gateway.network.serving import serve_chain

    stopping = stop_signal()
    with serve_chain(directory) as server:
        print(f"chain: {server.url}", flush=True)
        stopping.wait()
