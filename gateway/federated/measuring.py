"""How good the models of an office's runs are, as their releases say: for ``shuxin federated status``.

It reads what the office's node kept of runs that were released, and derives the card's figures again. It does NOT check
a release: its evidence does.
"""

from __future__ import annotations

from contracts.evidence import statement
from federated.evaluation.card import Card
from federated.evaluation.released import card
from ledger import canonical
from ledger.files import read_bounded
from mpc.node.attempts import signed_release
from mpc.node.config import NodeConfig
from mpc.spec import reader as spec_reader
from mpc.spec.training import TrainingSpec


def measured(config: NodeConfig, job: str) -> Card | None:
    """Return the card of a run's model; None while there is none, or for a job of another kind.

    Raises:
        InvalidRecord: what was kept is no release of its specification.
    """
    directory = config.state / "jobs" / job
    if not job or job.strip("0123456789abcdef") or not (directory / "release.json").is_file():
        return None
    kept = signed_release.parse(read_bounded(directory / signed_release.FILE, canonical.LIMIT))
    spec = spec_reader.from_json(statement.parse(kept.envelope.payload).spec)
    return card(spec, kept.disclosure.release) if isinstance(spec, TrainingSpec) else None
