"""``shuxin federated run``: propose a training run on chain, have its messages carried, collect model and evidence.

A run over columns of several departments has no couriers: its messages go between the departments' nodes, as those of
statistics do, and what is collected is the evidence of a model whose parts stay with their departments.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from federated.flower import bundle
from gateway.federated.keeping import Keeper
from gateway.federated.places import courier_socket, read_place
from gateway.statistics.asking import ask, collect, read_specification
from gateway.statistics.events import Emit
from ledger.errors import InvalidRecord, NotFound
from mpc.node.config import NodeConfig
from mpc.spec.training import TrainingSpec
from mpc.spec.vertical import VerticalSpec

Say = Callable[[str], None]


def carried(path: Path) -> TrainingSpec:
    """Read the specification of a run that the couriers may carry; raises NotFound, InvalidRecord."""
    spec = read_specification(path)
    if not isinstance(spec, TrainingSpec):
        raise InvalidRecord(f"{path}: a training run expected; 'shuxin job run' asks for statistics")
    if bundle.digest() not in spec.apps:
        raise InvalidRecord(
            f"{path}: apps names {[app.hex()[:8] for app in spec.apps]}, not the couriers' {bundle.digest().hex()}, "
            "which 'shuxin federated app' prints"
        )
    return spec


def train(
    config: NodeConfig, path: Path, output: Path, deadline_s: int, *, say: Say, emit: Emit, nonce: str = ""
) -> list[Path]:
    """Run a training run to its end and return the files of its model.

    Raises:
        NotFound: the office has no link, or a department of the run no node. What ``ask`` and ``collect`` raise.
    """
    if isinstance(read_specification(path), VerticalSpec):
        # no courier: what departments of a run over columns tell each other goes between their nodes alone
        found = ask(config, path, deadline_s, say=say, nonce=nonce, emit=emit, hint="; --again WORD insists")
        return collect(config, found, output, deadline_s, say=say, emit=emit)
    spec, place = carried(path), read_place(config)
    parties = [source.party for source in spec.sources]
    if strangers := [party for party in parties if party not in place.nodes]:
        raise NotFound(f"no Flower node is registered for {', '.join(strangers)}; 'shuxin federated up' registers them")
    found = ask(config, path, deadline_s, say=say, nonce=nonce, emit=emit, hint="; --again WORD insists")
    with Keeper(lambda: read_place(config), found.job, parties, str(courier_socket(config)), say):
        return collect(config, found, output, deadline_s, say=say, emit=emit)
