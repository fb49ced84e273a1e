"""The services of a department's node, chosen by name where a node is put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    import threading

    from mpc.node.config import NodeConfig
    from mpc.node.service import Service


def usual(config: NodeConfig) -> list[str]:
    """Name what a node runs unless told otherwise: it seals blocks if it has a validator's key."""
    return ["stats", "federated", *(["sign"] if config.key_names.validator else [])]


def services(names: Sequence[str], config: NodeConfig, stopping: threading.Event) -> list[Service]:
    """Make the services; training runs are jobs that ``stats`` finds and ``federated`` computes.

    Raises:
        InvalidRecord: an unknown name, or ``federated`` without ``stats``.
    """
    from mpc.training.port import NO_TRAINER

    if unknown := sorted(set(names) - {"sign", "stats", "federated"}):
        raise InvalidRecord(f"services: expected sign, stats or federated, got {unknown[0]!r}")
    if "federated" in names and "stats" not in names:
        raise InvalidRecord("services: federated computes jobs that stats finds: --services stats,federated")
    made: list[Service] = []
    trainer = NO_TRAINER
    if "federated" in names:
        from federated.runs.service import FederatedService, RunTrainer
        from gateway.federated.places import courier_socket, shelf
        from gateway.federated.standing import own_node

        trainer = RunTrainer(apps=shelf(config))
        made.append(FederatedService(trainer, courier_socket(config), own_node(config)))
    if "stats" in names:
        from gateway.statistics.service import statistics_service

        made.append(statistics_service(config, stopping, trainer))
    if "sign" in names:
        from gateway.network.sealing import sealing

        made.append(sealing(config))
    return made
