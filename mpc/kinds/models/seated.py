"""What every kind of training answers alike: its seat computes it, and nobody can repeat or pool it.

The seat is this node's part (``mpc.training.port``), put in where the node computes the run; a kind without one answers
what guard, audit, budget and evidence ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.commitment import Owner, Secret
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import Input
from mpc.kinds.kind import Part, Sent
from mpc.kinds.released import Release, Verdict
from mpc.protocols.join.run import Progress
from mpc.protocols.sums.agreement import Decide
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session
from mpc.training.port import Seat

NOT_REPEATED = "opened audit: rounds in fractions differ in their last bits between machines, so none is repeated"


class Seated(Protocol):
    """Answers of a kind that a seat computes; see ``mpc.kinds.kind.Kind``."""

    __slots__ = ()
    seat: Seat | None

    def follows(self) -> Mapping[str, str]:
        return {}

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        return owner.commit(secret.detail)

    def contribute(self, part: Part) -> Verdict:
        return self._seated.contribute(part)

    def repeated(self, sent: Sent) -> Engines:
        return NO_ENGINES

    def announced(self, session: Session, sent: Sent) -> Decide:
        raise InvalidRecord(NOT_REPEATED)

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        return self._seated.receive(session, channel)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        raise InvalidRecord(NOT_REPEATED)

    def pooled(self, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
        raise InvalidRecord("a model is trained, it is no sum of inputs")

    @property
    def _seated(self) -> Seat:
        if self.seat is None:
            raise ValueError("a training run is computed by the node's training service")
        return self.seat
