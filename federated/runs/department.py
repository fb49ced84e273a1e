"""A department's part in a run: from its committed rows to the root of the run's stream that it signs.

First its own decision, as for every exact job: rows, figures drawn from them, what was answered before, the opening on
chain. Then wave by wave: the coordinator's model, the own vector, a salted commitment to it, secure aggregation. What a
wave made is told with the next model and held against what was agreed on.

Who is in a wave was in the one before: a department may be lost once, and stays out. Trust: see the descriptor.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from federated.aggregation import keys, messages
from federated.aggregation.client import Client
from federated.aggregation.vector import Layout
from federated.runs import linear, programs, record
from federated.runs.linear import Improve
from federated.runs.lines import Board, DepartmentLine
from federated.runs.mail import DepartmentMail, accepting
from federated.runs.programs import Contribution
from federated.runs.record import Told
from ledger.errors import NotAuthorized
from mpc.kinds.kind import Part
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Verdict
from mpc.sessions.channel import ChannelTimeout, Misbehaviour, blame
from mpc.sessions.session import Session, SignedChannel
from mpc.spec.parts import Source
from mpc.stream import Randomness
from mpc.training.descriptor import COMMITTED, FINAL, LABEL, MODEL, SURVIVORS, public
from mpc.training.port import Run


class Withheld(NotAuthorized):
    """This department's rows do not bear this run; which rule it is stays with it."""


def contribute(run: Run, board: Board, part: Part, improve: Improve | None = None) -> Verdict:
    """Take part in a run until the final model.

    Args:
        improve: what improves a model where the specification names an app of others.

    Raises:
        NotAuthorized: this department, its node or the chain says no.
        Misbehaviour, ChannelTimeout: another party.
    """
    own = programs.contribution(run.spec, part.data, part.session.me, improve)
    names = tuple(cell.name for cell in kind_of(run.spec).cells([s.asset for s in _members(run, part.session)]))
    part.before_bits()
    if part.decide(dict.fromkeys(names, True)) != frozenset(names):
        raise Withheld("run: this department's rows do not bear this run")
    size = record.size_of(public(run.spec)["numbers"], len(part.session.parties))
    if not run.spec.apps:
        return _Rounds(run, own, part.session, _mail(run, part, None), size).run(names)
    line = DepartmentLine(run.spec, run.job, run.attempt, accepting(part.session, size))
    with board.hung(line):
        return _Rounds(run, own, part.session, _mail(run, part, line), size).run(names)


@dataclass(slots=True)
class _Rounds:
    """One run's waves at one department. told: after each wave; agreed: with which vectors, where it was in it."""

    run_: Run
    own: Contribution
    session: Session
    mail: SignedChannel
    size: int
    is_out: bool = False
    told: list[Told] = field(default_factory=list)
    agreed: dict[int, dict[str, bytes]] = field(default_factory=dict)
    committed: dict[int, bytes] = field(default_factory=dict)
    _layout: Layout = field(init=False)
    _random: Randomness = field(init=False, repr=False)

    def run(self, names: tuple[str, ...]) -> Verdict:
        spec, session = self.run_.spec, self.session
        self._layout = programs.layout(spec, len(session.parties))
        self._random = session.randomness()
        client = Client(self.mail, self._layout, spec.contributors, keys.agree(self.mail, self._random), self._random)
        for wave in range(1, spec.waves + 1):
            told = self._told(f"{MODEL}/{wave}", wave)
            if not self.is_out:
                self._take_part(client, wave, told)
        self._told(FINAL, spec.waves + 1)
        leaves = [record.leaf(wave, told) for wave, told in enumerate(self.told, start=1)]
        return Verdict.of(names, names, record.root_of(session.digest, leaves))

    def _told(self, step: str, wave: int) -> Told:
        """Take the coordinator's message before a wave, and hold what it says of the wave before against the own."""
        recipient = self.session.recipient
        body = self.mail.heard(recipient, step, size=self.size)
        with blame(recipient, step):
            found = record.read_told(body, self.session.parties)
        if wave > 1:
            self.told.append(found)
            self._require_as_agreed(step, wave - 1, found)
        elif found.masked:
            raise Misbehaviour(recipient, step, "contributions before the first wave")
        return found

    def _require_as_agreed(self, step: str, wave: int, found: Told) -> None:
        recipient, me = self.session.recipient, self.session.me
        if wave > 1 and not set(found.masked) <= set(self.told[-2].masked):
            raise Misbehaviour(recipient, step, "a department is in a wave that was not in the one before")
        if wave in self.agreed and self.agreed[wave] != dict(found.masked):
            raise Misbehaviour(recipient, step, "other contributions than all departments agreed on")
        if me in found.committed and found.committed[me] != self.committed.get(wave):
            raise Misbehaviour(recipient, step, "another commitment than this department's")

    def _take_part(self, client: Client, wave: int, told: Told) -> None:
        recipient = self.session.recipient
        with blame(recipient, f"{MODEL}/{wave}"):
            self.own.take(told.model)
        vector = self.own.vector(wave)
        words = messages.encode_words(self._layout.words(vector))
        salt = self._random.stream(f"commitment|{wave}").read(32)
        self.committed[wave] = record.commitment(self.session.digest, self.session.me, wave, salt, words)
        self.mail.send(recipient, f"{COMMITTED}/{wave}", self.committed[wave])
        try:
            survivors = client.contribute(wave, vector, linear.digest(told.model))
        except ChannelTimeout as late:
            if late.step != messages.step(SURVIVORS, wave):
                raise
            self.is_out = True  # lost by the others before the list of the wave; what is sent is of no use to anybody
            self.run_.say(f"left out from wave {wave}")
            return
        if wave > 1 and not set(survivors) <= set(self.agreed[wave - 1]):
            raise Misbehaviour(recipient, messages.step(SURVIVORS, wave), "a department came back into the run")
        self.agreed[wave] = dict(survivors)
        self.run_.say(f"wave {wave} of {self.run_.spec.waves}")


def _mail(run: Run, part: Part, line: DepartmentLine | None) -> SignedChannel:
    mail = DepartmentMail(part.session, part.channel, part.journal, line, run.require)
    return SignedChannel(part.session, mail, LABEL)


def _members(run: Run, session: Session) -> list[Source]:
    return [source for source in run.spec.sources if source.party in session.parties]
