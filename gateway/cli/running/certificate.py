"""``shuxin chain certificate`` and ``shuxin relay certificate``: one text and one way for both services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.tongue import Tongue

if TYPE_CHECKING:
    from gateway.network.certificates import Service

Directory = Annotated[Path, typer.Argument(help="The network's directory.")]
Switch = Annotated[bool, typer.Option("--switch", help="Put the next one in force; before it, hand it to everybody.")]


def renew(directory: Path, service: Service, *, is_switch: bool, language: Tongue, as_json: bool) -> None:
    """Make the next certificate of a service, or put it in force, and say what is left to do."""
    from gateway.network.certificates import prepare, published, switch
    from gateway.network.founding import utc_now
    from gateway.network.registration import NEXT
    from ledger.crypto.tls import validity

    found = (switch if is_switch else prepare)(directory, service, utc_now())
    name, digest, until = service.value, found.fingerprint.hex(), f"{validity(found.pem)[1]:%Y-%m-%d}"
    file = published(directory, service, "" if is_switch else NEXT)
    if as_json:
        print(json.dumps({"service": name, "sha256": digest, "until": until, "in_force": is_switch, "file": str(file)}))
    elif language is Tongue.ZH:
        print(f"{name}：证书 {digest}，有效至 {until}")
        print(_left_zh(file, is_switch=is_switch))
    else:
        print(f"{name}: certificate {digest}, until {until}")
        print(_left(file, is_switch=is_switch))


def _left(file: Path, *, is_switch: bool) -> str:
    if is_switch:
        return f"in force: start chain and relay again, and every node and gateway with this {file.name}"
    return f"not in force: hand {file} to every department, then run it once more with --switch"


def _left_zh(file: Path, *, is_switch: bool) -> str:
    if is_switch:
        return f"已启用：请重新启动链与中继，各节点与网关换用此 {file.name} 并重新启动"
    return f"尚未启用：请先将 {file} 送达各部门，再加 --switch 执行一次"
