"""Where a deployment's files lie, and what an office remembers of its link.

STATE/flower/link/      beside the office: what ``federated.flower.programs`` says, link.json and statements/
STATE/flower/node/      at a department
STATE/apps/             at a department: apps of others that it allows
STATE/courier/run.sock  the socket on which a department's node answers its courier, an office's its ServerApp
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from federated.flower.programs import HOST, Link
from federated.foreign.shelf import Shelf
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from mpc.node.config import NodeConfig
from mpc.node.whole import write_whole

if TYPE_CHECKING:
    from federated.flower.control import Control

MAX_BYTES = 64 * 1024
_FORMAT = "shuxin-flower-link-v2"


@dataclass(frozen=True, slots=True)
class Place:
    """An office's link. nodes: the Flower node of each department that vouched for one."""

    link: Link
    nodes: Mapping[str, int]

    def control(self) -> Control:
        """Connect to the SuperLink."""
        from federated.flower.control import Control

        return Control(self.link.address, self.link.certificate, self.link.token)

    def write(self) -> None:
        """Remember it."""
        nodes: JsonValue = {party: str(node) for party, node in self.nodes.items()}  # 64 bits are no JSON numbers
        document = canonical.encode({"format": _FORMAT, "name": self.link.name, "nodes": nodes, "port": self.link.port})
        write_whole(self.link.directory / "link.json", document)


def link_directory(config: NodeConfig) -> Path:
    """Return where an office's SuperLink keeps its files."""
    return config.state / "flower" / "link"


def node_directory(config: NodeConfig) -> Path:
    """Return where a department's SuperNode keeps its files."""
    return config.state / "flower" / "node"


def courier_socket(config: NodeConfig) -> Path:
    """Return where a node answers couriers."""
    return config.state / "courier" / "run.sock"


def shelf(config: NodeConfig) -> Shelf:
    """Return the apps of others that a department allows."""
    return Shelf(config.state / "apps")


def read_place(config: NodeConfig) -> Place:
    """Read what an office remembers of its link; raises NotFound, InvalidRecord."""
    path = link_directory(config) / "link.json"
    if not path.is_file():
        raise NotFound(f"{config.party} has no SuperLink; 'shuxin federated up' starts one")
    found = canonical.decode(path.read_bytes(), limit=MAX_BYTES)
    if not isinstance(found, dict) or set(found) != {"format", "name", "nodes", "port"} or found["format"] != _FORMAT:
        raise InvalidRecord(f"{path}: {_FORMAT} expected")
    port, nodes, name = found["port"], found["nodes"], found["name"]
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 1 << 16 or not isinstance(nodes, dict):
        raise InvalidRecord(f"{path}: a port and nodes expected")
    if not isinstance(name, str):
        raise InvalidRecord(f"{path}: a name expected")
    return Place(Link(path.parent, port, name), {party: _number(path, node) for party, node in nodes.items()})


def known_port(config: NodeConfig) -> int:
    """Return the port that an office's SuperLink had before, or a free one."""
    return read_place(config).link.port if (link_directory(config) / "link.json").is_file() else free_port()


def free_port() -> int:
    """Return a port of this machine that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])


def _number(path: Path, node: JsonValue) -> int:
    if not isinstance(node, str) or not node.isdecimal() or len(node) > 20:
        raise InvalidRecord(f"{path}: a node's number expected")
    return int(node)
