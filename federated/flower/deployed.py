"""The apps as SuperLink and SuperNodes load them: nodes are reached by local sockets, named in their settings.

The bundle (``bundle``) names ``server`` and ``client`` here. A path comes from whoever started the process on this
machine: of a SuperNode from its department, of the ServerApp from the office.
"""

from __future__ import annotations

from pathlib import Path

from federated.courier.client import Courier
from federated.flower.apps import COURIER, NODE, OFFICE, Ask, client_app, server_app
from federated.flower.bundle import digest
from federated.flower.library import ClientApp, Context, Grid, hasten, let_go
from ledger.errors import InvalidRecord


def client_of(app: bytes) -> ClientApp:
    """Make the app of a department's side for a bundle of the given digest."""

    def dial(context: Context) -> Ask:
        node = context.node_config.get(NODE)
        key = bytes.fromhex(node) if isinstance(node, str) else b""
        return Courier(_path(context.node_config.get(COURIER)), app, node=key).ask

    return client_app(dial)


def _office(context: Context, grid: Grid) -> Courier:
    hasten()
    let_go(grid)
    return Courier(_path(context.run_config.get(OFFICE)), bytes.fromhex(grid.run.fab_hash))


def _path(found: object) -> Path:
    if not isinstance(found, str) or not found:
        raise InvalidRecord("courier: the path of the node's socket is missing in the settings")
    return Path(found)


server = server_app(_office)
client = client_of(digest())
