"""The port between a job that trains a model and whoever computes it (``federated.runs``).

A node that runs no such service has ``NO_TRAINER``, and refuses the job before it promises anything. What the chain
permits is asked again before every wave (``Run.require``): a revocation ends the run there.

It does NOT decide what may leave: minimum, disclosure audit and the opening on chain come before the first wave, and
stand with the kind (``mpc.kinds.models.training``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from ledger.chain.port import Chain
from mpc.node.guarding.probing import ProbingLimits
from mpc.spec.training import TrainingSpec
from mpc.spec.vertical import VerticalSpec

if TYPE_CHECKING:
    from mpc.kinds.kind import Part
    from mpc.kinds.released import Release, Verdict
    from mpc.sessions.channel import Channel
    from mpc.sessions.session import Session


Spec = TypeVar("Spec")


@dataclass(frozen=True)  # no slots: a subscripted class notes itself on what it makes
class RunOf(Generic[Spec]):
    """One run at one node. home: the node's own directory of the job. chain: to anchor the run's stream.

    require: asked with the number of a wave before anything of it leaves; raises to end the run. ended: the ground that
    the chain gives for the attempt's end, empty while it goes on.
    say: tells the node's own report of the job. limits: how often this node lets itself be asked.
    """

    spec: Spec
    job: bytes
    attempt: int
    party: str
    home: Path
    chain: Chain = field(repr=False)
    require: Callable[[int], None] = field(repr=False)
    ended: Callable[[], str] = field(repr=False)
    say: Callable[[str], None] = field(repr=False)
    limits: ProbingLimits = field(default_factory=ProbingLimits)


Run: TypeAlias = RunOf[TrainingSpec]
VerticalRun: TypeAlias = RunOf[VerticalSpec]


class Seat(Protocol):
    """A party's part in one run."""

    def contribute(self, part: Part) -> Verdict:
        """Take part as a department; see ``mpc.kinds.kind.Kind.contribute``."""
        ...

    def receive(self, session: Session, channel: Channel) -> Release:
        """Coordinate, and return the model."""
        ...


class Trainer(Protocol):
    """What a node has that computes training runs."""

    @property
    def is_there(self) -> bool: ...

    def objection(self, spec: TrainingSpec) -> str:
        """Say why this node would compute no part in a run as an owner; empty if it would."""
        ...

    def seat(self, run: Run) -> Seat:
        """Take this node's seat in a run over rows of several departments."""
        ...

    def vertical(self, run: VerticalRun) -> Seat:
        """Take this node's seat in a run over columns of several departments."""
        ...


@dataclass(frozen=True, slots=True)
class _None:
    is_there: bool = False

    def objection(self, spec: TrainingSpec) -> str:
        raise ValueError(f"{spec.purpose}: this node trains no models")

    def seat(self, run: Run) -> Seat:
        raise ValueError(f"{run.party} trains no models")

    def vertical(self, run: VerticalRun) -> Seat:
        raise ValueError(f"{run.party} trains no models")


NO_TRAINER: Trainer = _None()
