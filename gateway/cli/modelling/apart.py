"""``shuxin federated link|admit|vouch|join``: departments on hosts of their own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from gateway.network.supervising import Processes

app = typer.Typer()

Office = Annotated[Path, typer.Option("--config", help="The node configuration of the office that coordinates.")]
Department = Annotated[Path, typer.Option("--config", help="The department's own node configuration.")]
Logs = Annotated[Path | None, typer.Option("--logs", help="Where the processes' logs go; else beside the state.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def link(
    config: Office,
    name: Annotated[str, typer.Option("--name", help="Host name or address by which departments call it.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: the last, or a free one.")] = 0,
    logs: Logs = None,
    language: Language = Tongue.EN,
) -> None:
    """Start the office's SuperLink for departments on hosts of their own; Ctrl-C stops it."""
    from gateway.cli.waiting import stop_signal
    from gateway.federated.apart import linked
    from gateway.federated.places import read_place
    from mpc.node import config as node_config

    office, stopping = node_config.load(config), stop_signal()
    with linked(office, name, logs or office.state / "logs", print, port=port) as running:
        place = read_place(office)
        host = name or place.link.address.rpartition(":")[0]
        told = Text(
            f"up at {host}:{place.link.port} for {len(place.nodes)} departments; its certificate for them is "
            f"{place.link.certificate}; Ctrl-C stops it",
            f"已在 {host}:{place.link.port} 启动，已准入 {len(place.nodes)} 个部门；供各部门使用的证书为 "
            f"{place.link.certificate}；按 Ctrl-C 停止",
        )
        _until(stopping.wait, running, told.of(language.value))


@app.command()
def admit(
    statement: Annotated[Path, typer.Argument(help="A department's statement, as 'shuxin federated vouch' wrote it.")],
    config: Office,
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Check a department's statement about its SuperNode against the chain, and admit the node."""
    from gateway.federated.apart import admit as admitting
    from mpc.node import config as node_config

    said = list[str]()
    word = admitting(node_config.load(config), statement, said.append if as_json else print).statement
    told = Text(f"{word.party}: admitted", f"{word.party}：已准入").of(language.value)
    print(json.dumps({"party": word.party, "said": said, "until": word.until}) if as_json else told)


@app.command()
def vouch(
    config: Department,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the statement for the office goes.")],
    anew: Annotated[
        bool, typer.Option("--anew", help="About another key: the SuperNode's present one stands no longer.")
    ] = False,
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Make the key of this department's SuperNode, and a signed, anchored statement about it for the office."""
    from gateway.federated.apart import vouched
    from mpc.node import config as node_config

    found = vouched(node_config.load(config), output, is_anew=anew)
    told = Text(f"{output}: hand it to the office, which runs 'shuxin federated admit'",
                f"{output}：请交给协调方，由其执行 'shuxin federated admit'")  # fmt: skip
    word, proof = found.statement, found.proof
    document = {"file": str(output), "party": word.party, "stream": proof.stream, "until": word.until}
    print(json.dumps(document) if as_json else told.of(language.value))


@app.command()
def join(
    address: Annotated[str, typer.Argument(help="host:port of the office's SuperLink.")],
    certificate: Annotated[Path, typer.Option(help="The SuperLink's certificate, as the office handed it out.")],
    config: Department,
    logs: Logs = None,
    language: Language = Tongue.EN,
) -> None:
    """Run this department's SuperNode beside its node; Ctrl-C stops it."""
    from gateway.cli.waiting import stop_signal
    from gateway.federated.apart import joined
    from mpc.node import config as node_config

    department, stopping = node_config.load(config), stop_signal()
    with joined(department, address, certificate, logs or department.state / "logs", print) as running:
        told = Text(f"joined {address}; Ctrl-C leaves", f"已加入 {address}；按 Ctrl-C 退出")
        _until(stopping.wait, running, told.of(language.value))


def _until(wait: Callable[[float], bool], running: Processes, told: str) -> None:
    print(told, flush=True)
    while not wait(1.0):
        running.check()
