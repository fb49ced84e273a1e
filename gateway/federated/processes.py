"""The Flower processes of a deployment as supervised programs: link first, then its nodes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from federated.flower.programs import Link, Node, surroundings
from gateway.network.supervising import Program

_READY = {
    "link": "Application startup complete",
    "apps": "Starting Flower SuperExec",
    "node": "flower node: ",
    "stock": "SuperNode ID",
}


def link_programs(link: Link, logs: Path) -> list[Program]:
    """Return the processes of a SuperLink."""
    return _programs("flower", link.directory, link.commands(), logs)


def node_programs(nodes: Sequence[Node], logs: Path) -> list[Program]:
    """Return the processes of departments' SuperNodes."""
    found = list[Program]()
    for node in nodes:
        found += _programs(f"flower {node.party}", node.directory, node.commands(), logs)
    return found


def _programs(name: str, directory: Path, commands: dict[str, list[str]], logs: Path) -> list[Program]:
    environment = surroundings(directory, os.environ)
    return [
        Program(
            f"{name} {part}",
            command[1:],
            logs / f"{name} {part}.log".replace(" ", "-"),
            _READY[part],
            command[:1],
            environment,
        )
        for part, command in commands.items()
    ]
