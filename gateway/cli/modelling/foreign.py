"""``shuxin federated allow|disallow|allowed``: which Flower apps of others a department's node runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Language, Tongue
from mpc.protocols.words import Text

if TYPE_CHECKING:
    from federated.foreign.fab import Bundle

app = typer.Typer()

Department = Annotated[Path, typer.Option("--config", help="The department's own node configuration.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
UNPROMISED = Text(
    "It runs without network and files, on the authorized columns alone, and only numbers like those it was sent "
    "leave, masked, in a sum of at least three departments. What the numbers mean nobody checks: an app can hide a row "
    "in them. Allow it only if somebody you trust has read its code.",
    "该应用在无网络、无文件访问的环境中运行，仅可见已授权字段；离开本部门的仅是与发给它的形状相同的数值，且加掩码，"
    "只以至少三个部门之和公开。无人核验数值的含义：应用可能将某行数据藏于其中。仅当可信人员审阅过其代码时方可准入。",
)


@app.command()
def allow(
    bundle: Annotated[Path, typer.Argument(help="A bundle that 'flwr build' made (.fab).")],
    config: Department,
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Let a Flower app of others improve models on this department's rows, in runs that name its digest."""
    from federated.foreign import fab, walls
    from gateway.federated.places import shelf
    from ledger.files import read_bounded
    from mpc.node import config as node_config

    walls.require()
    found = shelf(node_config.load(config)).allow(read_bounded(bundle, fab.MAX_BYTES))
    told = Text(f"{found.digest.hex()}  {found.name}: allowed", f"{found.digest.hex()}  {found.name}：已准入")
    if as_json:
        print(json.dumps(_shown(found), ensure_ascii=False))
        return
    print(told.of(language.value))
    print(UNPROMISED.of(language.value))


@app.command()
def disallow(
    digest: Annotated[str, typer.Argument(help="As 'shuxin federated allowed' lists it.")],
    config: Department,
    as_json: Json = False,
    language: Language = Tongue.EN,
) -> None:
    """Run an app no longer, from the next round of a run on."""
    from gateway.federated.places import shelf
    from mpc.node import config as node_config
    from mpc.training.terms import read_digest

    shelf(node_config.load(config)).disallow(read_digest(digest))
    told = Text(f"{digest}: not allowed any more", f"{digest}：已取消准入").of(language.value)
    print(json.dumps({"app": digest}) if as_json else told)


@app.command()
def allowed(config: Department, as_json: Json = False) -> None:
    """List the apps of others that this department runs."""
    from gateway.federated.places import shelf
    from mpc.node import config as node_config

    found = shelf(node_config.load(config)).allowed()
    if as_json:
        print(json.dumps({"apps": [_shown(one) for one in found]}, ensure_ascii=False))
        return
    for one in found:
        print(f"{one.digest.hex()}  {one.name}  {one.client}")


def _shown(found: Bundle) -> dict[str, str]:
    return {"app": found.digest.hex(), "client": found.client, "name": found.name}
