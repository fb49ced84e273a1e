"""What members of Governance decide by command: a member's connection for one turn, and how the turn is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.present import clock
from gateway.cli.tongue import Tongue

if TYPE_CHECKING:
    from gateway.network.governing import Member, Standing

Config = Annotated[Path, typer.Option("--config", help="The member's node configuration.")]
Key = Annotated[str, typer.Option(help="The member's key in its key store.")]


@contextmanager
def adopting(config: Path, key: str) -> Iterator[Member]:
    """Open a member's connection for one turn."""
    from gateway.network.governing import member
    from mpc.node import config as node_config

    with closing(member(node_config.load(config), key, clock=clock())) as connected:
        yield connected


def tell_turn(what: str, standing: Standing, language: Tongue) -> None:
    """Say how far a decision has come."""
    counted = standing.approvals, standing.quorum
    if language is Tongue.ZH:
        progress = {"in force": "已生效", "open": "待其他成员表决"}[standing.progress.value]
        print(f"{what}：{progress}" + (f"（{counted[0]}/{counted[1]} 名成员）" if standing.approvals else "，无需重复"))
        return
    told = f" ({counted[0]} of {counted[1]} members)" if standing.approvals else "; nothing to do"
    print(f"{what}: {standing.progress.value}{told}")
