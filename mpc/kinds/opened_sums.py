"""What every kind of masked sums answers alike: its cells are counts, tested by a gate, and totals that follow them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from contracts.evidence.questions.arrangement import arranged
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.commitment import Owner, Secret
from mpc.engine.port import NO_ENGINES, Engines
from mpc.inputs import CellValues, Input, integer_of, object_of
from mpc.kinds.kind import Part, Sent
from mpc.kinds.released import Release, Verdict, body_of, signed
from mpc.kinds.stacked import Addressed, Stacked
from mpc.protocols.join.run import Progress
from mpc.protocols.sums import agreement, descriptor, office, owner
from mpc.protocols.sums.agreement import Decide
from mpc.protocols.sums.committed import commit_cells
from mpc.protocols.sums.schema import Schema, parse
from mpc.protocols.sums.upload import MASKED, OPEN
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session

SECONDS = 1.0
"""Masked sums with their gate, over relay and TLS (``benchmarks/job_steps.py``); the rows' own arithmetic is below."""


class Summed(Addressed, Protocol):
    """A specification of masked sums."""

    @property
    def minimum(self) -> int: ...
    @property
    def contributors(self) -> int: ...
    def json(self) -> JsonValue: ...


class OpenedSums(Stacked, Protocol):
    """Answers of a kind of masked sums; see ``mpc.kinds.kind.Kind``."""

    __slots__ = ()
    spec: Summed

    @property
    def layout(self) -> Schema:
        """The cells as the protocol reads them."""
        ...

    @property
    def contributors(self) -> int:
        return self.spec.contributors

    def rules(self) -> Mapping[str, JsonValue]:
        return {"minimum": self.spec.minimum, "contributors": self.spec.contributors}

    def read_input(self, party: str, value: JsonValue) -> Input:
        return CellValues({name: integer_of(total) for name, total in object_of(value).items()})

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        """Bind a commitment to every cell."""
        return commit_cells(owner, self.layout, values_of(data), secret).input

    def terms(self) -> Mapping[str, JsonValue]:
        return self.layout.terms()

    def contribute(self, part: Part) -> Verdict:
        """Put the cells on record before the gate can tell anything; noised ones tell nothing."""
        values, session = values_of(part.data), part.session
        done = owner.run_owner(session, part.channel, values, part.decide, part.journal, part.secret, part.before_bits)
        return Verdict.of(parse(session.terms).names, done.opened, done.transcript)

    def repeated(self, sent: Sent) -> Engines:
        return NO_ENGINES

    def announced(self, session: Session, sent: Sent) -> Decide:
        return agreement.announced(sent, session.others[0], parse(session.terms).names)

    def receive(self, session: Session, channel: Channel, progress: Progress) -> Release:
        """Run the recipient's role, and lay the figures out as the specification asks."""
        released = office.run_recipient(session, channel)
        figures: dict[str, JsonValue] = {name: str(total) for name, total in released.values.items()}
        document = arranged(self.spec.json(), figures, released.withheld)
        openings: JsonValue = {
            part.party: {"upload": signed(part.upload), "opening": signed(part.opening)}
            for part in released.contributions
        }
        verdict = Verdict(tuple(released.values), released.withheld, released.transcript)
        return Release.of(session, document, openings, verdict)

    def shown(self, openings: JsonValue) -> Mapping[str, str]:
        match openings:
            case {"upload": masked, "opening": opened}:
                return {MASKED: body_of(masked), OPEN: body_of(opened)}
        raise InvalidRecord("openings: an owner has upload and opening")

    def public_numbers(self) -> Mapping[str, int]:
        return descriptor.public(self.layout)

    def most_numbers(self) -> Mapping[str, int]:
        return {}

    def seconds(self) -> float:
        return SECONDS


def values_of(data: Input) -> Mapping[str, int]:
    """Return an owner's totals; raises InvalidRecord for the input of another protocol."""
    if not isinstance(data, CellValues):
        raise InvalidRecord("input: of another statistic")
    return data.values
