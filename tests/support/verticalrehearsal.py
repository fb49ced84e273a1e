"""A run over columns of several departments between threads, without chain or node: what each party comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from trainingtown import Notary
from verticaltown import BANK, CIVIL, OFFICE, TAX, asked, holdings

from contracts.authorizations.reasons import Ground
from federated.vertical.jobs import office, owner
from mpc.commitment import Secret
from mpc.inputs import AlignedRows
from mpc.kinds.kind import Part
from mpc.kinds.models.vertical import Vertical
from mpc.kinds.released import Release, Verdict
from mpc.node.guarding.guard import Refused
from mpc.node.guarding.probing import ProbingLimits
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Intercept, Network, deliver
from mpc.sessions.rehearsal import JOB, MemoryJournal, sessions
from mpc.sessions.session import Session
from mpc.spec.vertical import VerticalSpec
from mpc.training.port import VerticalRun

OWNERS = (BANK, CIVIL, TAX)


@dataclass
class Rehearsal:
    """One run in memory.

    job: names the directory of each party's files. forbidden: the tree before which the chain says no to a party;
    withholding: a department whose own decision opens nothing. rows: tables in place of the usual ones."""

    directory: Path
    spec: VerticalSpec = field(default_factory=asked)
    intercept: Intercept = deliver
    rows: Mapping[str, str] = field(default_factory=dict)
    withholding: str = ""
    forbidden: tuple[str, int] = ("", 0)
    job: bytes = JOB
    limits: ProbingLimits = field(default_factory=ProbingLimits)
    said: dict[str, list[str]] = field(default_factory=dict)

    def run(self) -> dict[str, object]:
        """Return by party a verdict, the office's release, or the error that ended its part."""
        owners = [source.party for source in self.spec.sources]
        kind = Vertical(self.spec)
        self.sessions = mine = sessions(owners, OFFICE, kind.protocol, kind.terms(), job=self.job)
        self.network = network = Network([*owners, OFFICE], intercept=self.intercept)
        programs: dict[str, Callable[[Channel], object]] = {code: self._owner(mine[code]) for code in owners}
        return network.run({**programs, OFFICE: self._office(mine[OFFICE])})

    def steps(self, code: str) -> set[str]:
        """The steps under which a party sent."""
        return {message.step for message in self.network.sent if message.sender == code}

    def home(self, code: str) -> Path:
        return self.directory / code / self.job.hex()

    def _run(self, session: Session) -> VerticalRun:
        me = session.me

        def require(number: int) -> None:
            if (me, number) == self.forbidden:
                raise Refused(Ground.REVOKED.code, Ground.REVOKED.text)

        say = self.said.setdefault(me, []).append
        return VerticalRun(
            self.spec,
            session.job,
            1,
            me,
            self.home(me),
            Notary(),
            require,
            lambda: "",
            say,
            self.limits,  # type: ignore[arg-type]
        )

    def _owner(self, session: Session) -> Callable[[Channel], Verdict]:
        me = session.me
        lines = (self.rows.get(me) or holdings()[me].csv).splitlines()[1:]
        cells = [line.split(",") for line in lines]
        # the label stands last in the bank's table, and first in what a node reads
        own = [values[-1:] + values[:-1] if me == BANK else values for _, *values in cells]
        first = int(me == BANK and self.spec.label.column is None)
        read = {cell[0]: tuple(map(int, values[first:])) for cell, values in zip(cells, own, strict=True)}

        def decide(bits: Mapping[str, bool]) -> frozenset[str]:
            return frozenset() if me == self.withholding else frozenset(bits)

        def program(channel: Channel) -> Verdict:
            part = Part(session, channel, AlignedRows(read), Secret(bytes(32), bytes(32)), MemoryJournal(), decide)
            return owner.contribute(self._run(session), part)

        return program

    def _office(self, session: Session) -> Callable[[Channel], Release]:
        return lambda channel: office.receive(self._run(session), session, channel)


def two(**changes: object) -> VerticalSpec:
    """A run of the bank and the tax office alone."""
    return replace(asked((BANK, TAX)), **changes)  # type: ignore[arg-type]
