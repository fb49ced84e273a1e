"""``shuxin federated``: joint models on Flower: deploy couriers, train, look, stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.following import Events, following
from gateway.cli.modelling import apart, foreign
from gateway.cli.modelling.model import agree, mount
from gateway.cli.tongue import Language, Tongue
from ledger.errors import BackendError
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from federated.evaluation.card import Card
    from federated.flower.control import NodeState, RunState
    from ledger.canonical import JsonValue

app = typer.Typer(help="Train joint models: deploy Flower's couriers, run, status, log, stop.", no_args_is_help=True)
app.add_typer(apart.app)
app.add_typer(foreign.app)

Config = Annotated[Path, typer.Option("--config", help="The node configuration of the office that coordinates.")]
Number = Annotated[int, typer.Argument(help="The run's number, as 'status' lists it.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def up(
    directory: Annotated[Path, typer.Argument(help="A network's directory; its nodes run already ('shuxin up').")],
    office: Annotated[str, typer.Option("--office", help="Code of the party that coordinates runs.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the SuperLink here; 0: the last, or a free one.")] = 0,
    stock: Annotated[
        bool, typer.Option("--stock", help="Flower's own SuperNodes: slow, and they run code that an app brings.")
    ] = False,
    language: Language = Tongue.EN,
) -> None:
    """Start a SuperLink and the departments' SuperNodes as processes on this machine; Ctrl-C stops them."""
    from gateway.cli.waiting import stop_signal
    from gateway.federated.deploying import departments, deployed
    from mpc.node import config as node_config

    read = node_config.load(directory / "parties" / office / "node.toml")
    stopping = stop_signal()
    with deployed(read, departments(directory), directory / "logs", print, port=port, is_stock=stock) as running:
        print(Text("up; Ctrl-C stops the couriers", "已启动；按 Ctrl-C 停止传递进程").of(language.value), flush=True)
        while not stopping.wait(1.0):
            for processes in running:
                processes.check()


@app.command("app")
def app_digest(as_json: Json = False) -> None:
    """Print the digest of the couriers' app, which a specification names under "apps"."""
    from federated.flower import bundle

    digest = bundle.digest().hex()
    print(json.dumps({"app": digest}) if as_json else digest)


@app.command()
def run(
    spec: Annotated[Path, typer.Argument(help="The specification of a training run (JSON).")],
    config: Config,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where model and evidence go.")],
    again: Annotated[str, typer.Option(help="A word that makes this another job with the same question.")] = "",
    deadline: Annotated[int, typer.Option(min=60, max=604800, help="Seconds until the run is given up.")] = 3600,
    events: Events = None,
    language: Language = Tongue.EN,
    as_json: Json = False,
) -> None:
    """Propose the run on chain, have its rounds carried, and collect release.json and evidence.json."""
    from gateway.federated.asking import train
    from mpc.node import config as node_config

    read = node_config.load(config)
    with following(config, events, language, is_silent=as_json) as (say, emit):
        paths = train(read, spec, output, deadline, say=say, emit=emit, nonce=again)
    print(json.dumps({"files": [str(path) for path in paths]}) if as_json else "\n".join(map(str, paths)))


@app.command()
def status(config: Config, as_json: Json = False, language: Language = Tongue.EN) -> None:
    """List the departments' Flower nodes and the runs of the office's SuperLink, with what their models are worth."""
    from gateway.federated.measuring import measured
    from gateway.federated.places import read_place
    from mpc.node import config as node_config

    read = node_config.load(config)
    place = read_place(read)
    with place.control() as control:
        nodes, runs = {node.node: node for node in control.nodes()}, control.runs()
    found = {party: nodes.get(number) for party, number in place.nodes.items()}
    cards = {one.run: measured(read, str(one.settings.get("run", ""))) for one in runs}
    if as_json:
        listed = [_run(one) | _quality(cards[one.run]) for one in runs]
        print(json.dumps({"nodes": {party: _node(node) for party, node in found.items()}, "runs": listed}))
        return
    for party, node in sorted(found.items()):
        print(f"{party}: {_told(_node(node)['status'], language)}")
    for one in runs:
        ended = " ".join(filter(None, (one.outcome, one.details)))
        print(f"{one.run}  {_told(one.status, language)}  {ended}  job {one.settings.get('run', '')}")
        if (made := cards[one.run]) is not None:
            print(f"    {made.line(language.value)}")


@app.command()
def stop(run: Number, config: Config, as_json: Json = False, language: Language = Tongue.EN) -> None:
    """Stop carrying a run; 'shuxin job cancel' ends its job."""
    from gateway.federated.places import read_place
    from mpc.node import config as node_config

    with read_place(node_config.load(config)).control() as control:
        is_stopped = control.stop(run)
        found = control.run(run)
    if not is_stopped and not found.is_finished:
        raise BackendError(f"run {run}: the SuperLink did not stop it; ask again")
    told = Text(f"run {run}: was over already, {found.outcome}", f"运行 {run}：此前已结束，{found.outcome}")
    if is_stopped:
        told = Text(
            f"run {run}: stopped; its job goes on until it is cancelled or its time is over, "
            "and whoever still waits for it with 'shuxin federated run' begins another run",
            f"运行 {run}：已停止；其任务在取消或到期之前仍然有效，仍在等待它的 'shuxin federated run' 会发起新的运行",
        )
    print(json.dumps(_run(found)) if as_json else told.of(language.value))


@app.command()
def log(run: Number, config: Config, as_json: Json = False) -> None:
    """Print what a run's ServerApp has said: waves, and who was missing and why."""
    from gateway.federated.places import read_place
    from mpc.node import config as node_config

    with read_place(node_config.load(config)).control() as control:
        found = control.log(run)
    print(json.dumps({"log": found, "run": str(run)}, ensure_ascii=False) if as_json else found.rstrip())


@app.command()
def card(
    spec: Annotated[Path, typer.Argument(help="The specification of the training run (JSON).")],
    release: Annotated[Path, typer.Argument(help="The release.json of that run.")],
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Print a released model's card (Markdown): purpose, quality, what is protected and what is not."""
    from federated.evaluation.released import card as card_of
    from gateway.statistics.asking import read_specification
    from ledger import canonical
    from ledger.errors import InvalidRecord
    from ledger.files import read_bounded
    from mpc.spec.training import TrainingSpec

    asked = read_specification(spec)
    if not isinstance(asked, TrainingSpec):
        raise InvalidRecord("card: the specification of a training run expected")
    found = card_of(asked, canonical.parse(read_bounded(release, canonical.LIMIT)))
    print(found.encode().decode() if as_json else found.markdown(language.value).rstrip())


app.command()(agree)
app.command()(mount)

_WORDS = {
    "online": "在线",
    "offline": "离线",
    "registered": "已登记，未连接",
    "absent": "未登记",
    "pending": "等待",
    "starting": "启动中",
    "running": "运行中",
    "finished": "已结束",
}


def _told(word: str, language: Tongue) -> str:
    return _WORDS.get(word, word) if language is Tongue.ZH else word


def _node(node: NodeState | None) -> dict[str, str]:
    return {"node": str(node.node), "status": node.status} if node else {"node": "", "status": "absent"}


def _quality(made: Card | None) -> dict[str, JsonValue]:
    """Say of a released model what its card says, under the names of the card."""
    told = {} if made is None else made.json()
    return {name: told.get(name) for name in ("quality", "held_out")} if isinstance(told, dict) else {}


def _run(run: RunState) -> dict[str, JsonValue]:
    return {
        "app": run.app,
        "bytes_received": run.bytes_received,
        "bytes_sent": run.bytes_sent,
        "details": run.details,
        "job": run.settings.get("run", ""),
        "outcome": run.outcome,
        "run": str(run.run),
        "status": run.status,
    }
