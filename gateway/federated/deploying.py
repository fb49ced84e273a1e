"""``shuxin federated up``: the SuperLink of an office and the SuperNodes of a network's departments, as processes.

The network itself runs already (``shuxin up``); its nodes decide, these processes carry. All processes are of this
machine, and every department's key store is read to sign its statement; for departments apart, see ``apart``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from federated.flower.anchored import Anchored
from federated.flower.programs import Link, Node
from gateway.federated.places import Place, courier_socket, free_port, known_port, link_directory, node_directory
from gateway.federated.processes import link_programs, node_programs
from gateway.federated.settling import settle
from gateway.federated.standing import standings
from gateway.federated.vouching import admit, held, vouch
from gateway.network.supervising import Processes
from ledger.errors import NotFound
from mpc.node import config as node_config
from mpc.node.config import NodeConfig

Say = Callable[[str], None]


def departments(directory: Path) -> list[NodeConfig]:
    """Return the configurations of a network's parties that have tables; raises NotFound, InvalidRecord."""
    found = [node_config.load(path) for path in sorted((directory / "parties").glob("*/node.toml"))]
    owners = [config for config in found if config.assets]
    if not owners:
        raise NotFound(f"{directory}: no department with tables; found a network with 'shuxin chain init {directory}'")
    return owners


@contextmanager
def deployed(
    office: NodeConfig, owners: Sequence[NodeConfig], logs: Path, say: Say, *, port: int = 0, is_stock: bool = False
) -> Iterator[list[Processes]]:
    """Run an office's link and departments' nodes; yields what is to be watched.

    Args:
        port: of the SuperLink on this machine; 0 for the one it had before, or a free one.
        is_stock: Flower's own SuperNodes, which start a process for each message and run what a bundle brings.
    """
    now = datetime.now(UTC)
    link = _link(office, port)
    link.prepare(now)
    Place(link, {}).write()  # nobody is connected until nodes are admitted, whatever the SuperLink remembers
    with ExitStack() as stack:
        running = [stack.enter_context(Processes(link_programs(link, logs), say))]
        place = _opened(office, link, owners, say)
        nodes = [_node(config, place, is_stock) for config in owners]
        for node in nodes:
            node.prepare(now)
        running.append(stack.enter_context(Processes(node_programs(nodes, logs), say)))
        yield running


def _opened(office: NodeConfig, link: Link, owners: Sequence[NodeConfig], say: Say) -> Place:
    """Clear what a killed link left, admit the nodes that are vouched for, and remember them."""
    now, standing_of = datetime.now(UTC), standings(office)
    with Place(link, {}).control() as control:
        for number in settle(control):
            say(f"run {number} was cut off with the last SuperLink: stopped; ask for its job again and it goes on")
        nodes = admit(control, _vouched(owners, now), standing_of, now)
        if stale := held(control, nodes):
            nodes = admit(control, _vouched(owners, now, stale), standing_of, now)
    place = Place(link, nodes)
    place.write()
    return place


def _vouched(owners: Sequence[NodeConfig], now: datetime, stale: Sequence[str] = ()) -> list[Anchored]:
    """Have all departments vouch at once, for each waits for a block; those that are stale for another key."""
    with ThreadPoolExecutor(len(owners)) as pool:
        return list(pool.map(lambda config: vouch(config, now, is_anew=config.party in stale), owners))


def _link(office: NodeConfig, port: int) -> Link:
    return Link(link_directory(office), port or known_port(office))


def _node(config: NodeConfig, place: Place, is_stock: bool) -> Node:
    stock_port = free_port() if is_stock else 0
    link = place.link
    return Node(
        node_directory(config), config.party, courier_socket(config), link.address, link.certificate, stock_port
    )
