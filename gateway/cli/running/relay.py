"""``shuxin relay serve`` and ``shuxin relay certificate``."""

from __future__ import annotations

import typer

from gateway.cli.proceeding import Json
from gateway.cli.running.certificate import Directory, Switch, renew
from gateway.cli.tongue import Language, Tongue

app = typer.Typer(help="Carry sealed messages between nodes.", no_args_is_help=True)


@app.command()
def serve(directory: Directory) -> None:
    """Store and forward sealed messages over mutual TLS until stopped."""
    from gateway.cli.waiting import stop_signal
    from gateway.network.serving import serve_relay

    stopping = stop_signal()
    with serve_relay(directory) as server:
        print(f"relay: {server.url}", flush=True)
        stopping.wait()


@app.command()
def certificate(
    directory: Directory, switch: Switch = False, language: Language = Tongue.EN, as_json: Json = False
) -> None:
    """Make the relay's next certificate, or put it in force; the one before is kept."""
    from gateway.network.certificates import Service

    renew(directory, Service.RELAY, is_switch=switch, language=language, as_json=as_json)
