"""The service ``federated``: computes this node's training runs, and answers the couriers that carry their messages.

It stands beside ``stats``, which finds the jobs, guards them and takes them to the chain; without it a node refuses
training runs (``mpc.training.port.NO_TRAINER``).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

from federated.courier.client import MAX_PATH
from federated.courier.server import Admitting, CourierServer
from federated.foreign.improving import improving, objection
from federated.foreign.shelf import Shelf
from federated.runs import department, office
from federated.runs.answering import Answers
from federated.runs.lines import Board
from federated.vertical.jobs import office as columns_office
from federated.vertical.jobs import owner
from mpc.kinds.kind import Part
from mpc.kinds.released import Release, Verdict
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session
from mpc.spec.training import TrainingSpec
from mpc.training.port import Run, Seat, VerticalRun

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunSeat:
    """This node's seat in one run; see ``mpc.training.port.Seat``."""

    run: Run
    board: Board
    apps: Shelf | None

    def contribute(self, part: Part) -> Verdict:
        improve = improving(self.run.spec, self.apps, self.run.home) if self.apps else None
        return department.contribute(self.run, self.board, part, improve)

    def receive(self, session: Session, channel: Channel) -> Release:
        return office.receive(self.run, self.board, session, channel)


@dataclass(frozen=True, slots=True)
class VerticalSeat:
    """This node's seat in a run over columns of several departments; its messages go between the nodes alone."""

    run: VerticalRun

    def contribute(self, part: Part) -> Verdict:
        return owner.contribute(self.run, part)

    def receive(self, session: Session, channel: Channel) -> Release:
        return columns_office.receive(self.run, session, channel)


@dataclass(frozen=True, slots=True)
class RunTrainer:
    """Takes seats in runs; one a node, shared with the couriers' server through its board.

    apps: those of others that this department runs; None: none.
    """

    board: Board = field(default_factory=Board)
    apps: Shelf | None = None
    is_there: bool = True

    def objection(self, spec: TrainingSpec) -> str:
        return objection(spec, self.apps)

    def seat(self, run: Run) -> Seat:
        return RunSeat(run, self.board, self.apps)

    def vertical(self, run: VerticalRun) -> Seat:
        return VerticalSeat(run)


class FederatedService:
    """Listens to couriers as long as the node runs."""

    name = "federated"

    def __init__(self, trainer: RunTrainer, path: Path, admitting: Admitting | None = None) -> None:
        """Args: path: of the couriers' socket, in a directory of its own. admitting: see ``CourierServer``."""
        is_short = len(str(path).encode()) <= MAX_PATH
        self._server = CourierServer(path, Answers(trainer.board), admitting=admitting) if is_short else None
        self._path = path

    def start(self) -> None:
        if self._server is None:
            _LOG.warning("%s is too long a name for a socket: couriers are not answered, the relay carries", self._path)
        else:
            self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
