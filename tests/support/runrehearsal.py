"""A training run between threads, without nodes: the real rounds over channels in memory, some messages lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from trainingtown import OFFICE, Notary, asked, holdings

from contracts.authorizations.reasons import Ground
from federated.runs import department, office
from federated.runs.lines import Board
from mpc.commitment import Secret
from mpc.inputs import Input, TrainingRows
from mpc.kinds.kind import Part, Release, Verdict
from mpc.kinds.registry import kind_of
from mpc.node.guarding.guard import Refused
from mpc.sessions.channel import Channel, ChannelTimeout
from mpc.sessions.memory_channel import Network, deliver
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.session import Session
from mpc.spec.training import TrainingSpec
from mpc.training.port import Run

ROWS = {code: holding.csv for code, holding in holdings().items()}


def exact_rows(csv: str) -> Input:
    """A department's rows as an exact run takes them."""
    lines = csv.splitlines()[1:]
    return TrainingRows(tuple(zip(*(map(int, line.split(",")) for line in lines), strict=True)))


@dataclass
class Deaf:
    """A channel on which some messages never come."""

    channel: Channel
    never: frozenset[tuple[str, str]]

    def __post_init__(self) -> None:
        self.send, self.send_all = self.channel.send, self.channel.send_all

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        if (sender, step) in self.never:
            raise ChannelTimeout(sender, step)
        return self.channel.receive(sender, step, limit=limit)


@dataclass
class Rehearsal:
    """One run in memory. deaf: messages that never reach a party; withholding: a department that opens
    nothing. forbidden: the wave that the chain does not permit, if nodes ask (``is_guarded``)."""

    directory: Path
    spec: TrainingSpec = field(default_factory=asked)
    deaf: Mapping[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    intercept: Callable[..., Sequence[object]] = deliver
    rows: Mapping[str, str] = field(default_factory=lambda: ROWS)
    data: Callable[[str], Input] = exact_rows
    withholding: str = ""
    forbidden: int = 0
    is_guarded: bool = True
    said: list[str] = field(default_factory=list)

    def run(self) -> dict[str, object]:
        spec = self.spec
        owners = [source.party for source in spec.sources]
        self.sessions = sessions(owners, OFFICE, kind_of(spec).protocol, kind_of(spec).terms())
        self.network = network = Network([*owners, OFFICE], intercept=self.intercept)  # type: ignore[arg-type]
        programs = {code: self._department(self.sessions[code]) for code in owners}
        return network.run(programs | {OFFICE: self._office(self.sessions[OFFICE])})  # type: ignore[arg-type,operator,return-value]

    def _run(self, session: Session) -> Run:
        return Run(
            self.spec, session.job, 1, session.me, self.directory, Notary(), self._require, lambda: "",  # type: ignore[arg-type]
            self.said.append,
        )  # fmt: skip

    def steps(self, code: str) -> set[str]:
        """The steps under which a party sent."""
        return {message.step for message in self.network.sent if message.sender == code}

    def _require(self, wave: int) -> None:
        if self.is_guarded and wave == self.forbidden:
            raise Refused(Ground.REVOKED.code, Ground.REVOKED.text)

    def _heard(self, session: Session, channel: Channel) -> Channel:
        return Deaf(channel, self.deaf.get(session.me, frozenset()))

    def _department(self, session: Session) -> Callable[[Channel], Verdict]:
        data = self.data(self.rows[session.me])
        names = frozenset() if session.me == self.withholding else None

        def decide(bits: Mapping[str, bool]) -> frozenset[str]:
            return frozenset(bits) if names is None else names

        def program(channel: Channel) -> Verdict:
            heard = self._heard(session, channel)
            part = Part(session, heard, data, Secret(bytes(32), bytes(32)), MemoryJournal(), decide)
            return department.contribute(self._run(session), Board(), part)

        return program

    def _office(self, session: Session) -> Callable[[Channel], Release]:
        return lambda channel: office.receive(self._run(session), Board(), session, self._heard(session, channel))


def lost(code: str, wave: int) -> dict[str, frozenset[tuple[str, str]]]:
    """A department whose vector of a wave never comes."""
    return {OFFICE: frozenset({(code, f"upload/{wave}")})}
