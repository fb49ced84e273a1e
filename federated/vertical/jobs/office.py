"""The office's part in a run over columns of several departments: leaves of the anchored stream, the release.

It holds no key, sees no row and no part of the model: the label owner tells it of every tree or step what it tells the
others, and at the end every owner signs for it the same root, its part's digest and the number of rows. What they
signed is kept for the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from federated.runs.anchoring import LAST_S, RunStream, recorded_end
from federated.vertical.jobs import record
from federated.vertical.jobs.record import SHARE_BYTES, Grown, Share, grown_bytes, read_grown, read_share
from ledger.canonical import JsonValue
from mpc.disclosure.region import WHOLE
from mpc.kinds.released import Release, Verdict, signed
from mpc.sessions.channel import Channel, Misbehaviour, blame
from mpc.sessions.session import Session, Signed, SignedChannel
from mpc.training.port import VerticalRun
from mpc.vertical.boosted import LABEL, LEAF, SHARE


def receive(run: VerticalRun, session: Session, channel: Channel) -> Release:
    """Follow a run until every owner has signed.

    Raises:
        NotAuthorized: the chain permits it no more. Misbehaviour, ChannelTimeout: an owner.
    """
    mail = SignedChannel(session, channel, LABEL)
    if not run.spec.rounds:
        return _Counting(run, session, mail).release()
    directory = run.home / f"rounds-{run.attempt}"
    with RunStream(directory, run.job, run.attempt, session.digest, run.chain) as stream:
        following = _Following(run, session, mail, stream)
        with recorded_end(stream, run, lambda: following.number):
            following.trees()
            following.shares()
        stream.require_anchored(LAST_S)
        return following.release()


@dataclass(slots=True)
class _Following:
    run: VerticalRun
    session: Session
    mail: SignedChannel
    stream: RunStream
    number: int = 0
    leaves: list[Signed] = field(default_factory=list)
    signed: dict[str, Signed] = field(default_factory=dict)
    told: dict[str, Share] = field(default_factory=dict)

    def trees(self) -> None:
        """Take the label owner's record of every tree and append its leaf."""
        spec = self.run.spec
        for self.number in range(1, spec.rounds + 1):
            self.run.require(self.number)
            found = self._grown(spec.label.party, f"{LEAF}/{self.number}")
            self.stream.append(found.leaf(self.number))
            self.run.say(f"{self.number} of {spec.rounds}: {'shared' if found.is_shared else 'alone'}")

    def shares(self) -> None:
        """Take what every owner signs at the end, and hold it against the stream and against the others'."""
        self.signed, self.told = _shares(self.run, self.session, self.mail)
        if {share.root for share in self.told.values()} != {self.stream.root}:
            raise Misbehaviour(self.run.spec.label.party, SHARE, "holds another record of the run")

    def release(self) -> Release:
        """Put the release together; nothing in it is of a row or of the model."""
        openings: dict[str, JsonValue] = {party: {"share": signed(found)} for party, found in self.signed.items()}
        label = self.run.spec.label.party
        leaves: JsonValue = [signed(leaf) for leaf in self.leaves]
        openings[label] = {"leaves": leaves, "share": signed(self.signed[label])}
        verdict = Verdict.of((WHOLE,), (WHOLE,), self.stream.root)
        return Release.of(self.session, record.document(self.run.spec, self.told), openings, verdict)

    def _grown(self, label: str, step: str) -> Grown:
        features = sorted(self.run.spec.features)
        message = self.mail.receive_signed(label, step, limit=grown_bytes(len(features)))
        self.leaves.append(message)
        with blame(label, step):
            return read_grown(message.body, features)


@dataclass(frozen=True, slots=True)
class _Counting:
    """A question for scores at the office: it learns how many there were."""

    run: VerticalRun
    session: Session
    mail: SignedChannel

    def release(self) -> Release:
        self.run.require(1)
        messages, told = _shares(self.run, self.session, self.mail)
        openings: JsonValue = {party: {"share": signed(found)} for party, found in messages.items()}
        root = told[self.run.spec.label.party].root
        verdict = Verdict.of((WHOLE,), (WHOLE,), root)
        return Release.of(self.session, record.counted(self.run.spec, told), openings, verdict)


def _shares(run: VerticalRun, session: Session, mail: SignedChannel) -> tuple[dict[str, Signed], dict[str, Share]]:
    """Take what every owner signs at the end; all hold the same record, and the same number of rows."""
    messages, found = dict[str, Signed](), dict[str, Share]()
    for party in session.parties:
        messages[party] = mail.receive_signed(party, SHARE, limit=SHARE_BYTES)
        with blame(party, SHARE):
            found[party] = read_share(messages[party].body)
    if len({(share.root, share.rows) for share in found.values()}) != 1:
        raise Misbehaviour(run.spec.label.party, SHARE, "the owners hold different records or numbers of rows")
    if not run.spec.least_rows <= found[run.spec.label.party].rows <= run.spec.aligned.rows:
        raise Misbehaviour(run.spec.label.party, SHARE, "too few rows, or more than declared")
    return messages, found
