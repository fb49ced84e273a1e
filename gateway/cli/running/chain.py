"""``shuxin chain init``, ``shuxin chain serve`` and ``shuxin chain certificate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.proceeding import Json
from gateway.cli.running.certificate import Directory, Switch, renew
from gateway.cli.tongue import Language, Tongue

if TYPE_CHECKING:
    from contracts.world import PartyRole

app = typer.Typer(help="Found a network; build its blocks.", no_args_is_help=True)


@app.command()
def init(
    directory: Directory,
    validators: Annotated[int, typer.Option(min=1, max=16, help="How many parties seal blocks, builder included.")] = 4,
    chain_id: Annotated[int, typer.Option(min=1, help="The chain's number, which every transaction names.")] = 20261,
    chain_port: Annotated[int, typer.Option(min=1, max=65535, help="Where the chain listens, on 127.0.0.1.")] = 8545,
    relay_port: Annotated[int, typer.Option(min=1, max=65535, help="Where the relay listens, on 127.0.0.1.")] = 8600,
    trial_calendar: Annotated[
        bool, typer.Option("--trial-calendar", help="Count plain weeks where no holiday notice says otherwise.")
    ] = False,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="DEPARTMENT=ROLE", help="registrar, court or auditor as well; repeat."),
    ] = None,
) -> None:
    """Found a network whose departments are called department-1, department-2, ...

    An authority stands above them and a government above it, each with its officers' keys and no node.
    """
    from contracts.world import PartyRole
    from gateway.network.founding import Plan, Ports, authorities, found, utc_now, write_configurations

    roles = PartyRole.OWNER | PartyRole.REQUESTER
    codes = [f"department-{n}" for n in range(1, max(validators, 2))]
    further = _further(role or [], codes)
    others = [
        Plan(code, roles | further.get(code, PartyRole(0)), validator=validators > 1, governor=True) for code in codes
    ]
    plans = authorities(*others)
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


@app.command()
def certificate(
    directory: Directory, switch: Switch = False, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Make the chain's next certificate, or put it in force; the one before is kept."""
    from gateway.network.certificates import Service

    renew(directory, Service.CHAIN, is_switch=switch, language=language, as_json=as_json)


def _further(given: list[str], codes: list[str]) -> dict[str, PartyRole]:
    """Read which departments have which roles beside those of owner and requester."""
    from contracts.world import PartyRole

    known = {"registrar": PartyRole.REGISTRAR, "court": PartyRole.COURT, "auditor": PartyRole.AUDITOR}
    found: dict[str, PartyRole] = {}
    for text in given:
        code, _, name = text.partition("=")
        if code not in codes or name not in known:
            raise typer.BadParameter(
                f"--role: expected one of {', '.join(codes)}, then = and one of {', '.join(known)}; got {text!r}"
            )
        found[code] = found.get(code, PartyRole(0)) | known[name]
    return found
