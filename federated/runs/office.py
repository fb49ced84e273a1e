"""The coordinator's part in a run: models out, sums in, a leaf a wave, the release at the end.

It sees sums, never a vector. A department that is silent is lost once and for the rest of the run; below the
specification's contributors the run ends. What departments signed in every wave is kept for the evidence, from which
anybody adds the sums up again and comes to the same model.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass

from federated.aggregation.server import Server
from federated.runs import linear, programs, record
from federated.runs.anchoring import LAST_S, RunStream, recorded_end
from federated.runs.lines import Board, OfficeLine
from federated.runs.mail import OfficeMail
from federated.runs.programs import Coordination
from federated.runs.record import DIGEST_BYTES, Told
from ledger.canonical import JsonValue
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Release, Verdict, signed
from mpc.sessions.channel import Channel
from mpc.sessions.session import SIGNATURE_BYTES, Session, Signed, SignedChannel
from mpc.training.descriptor import COMMITTED, FINAL, LABEL, MODEL, OPENED, UPLOAD
from mpc.training.port import Run


def receive(run: Run, board: Board, session: Session, channel: Channel) -> Release:
    """Coordinate a run until its model is complete.

    Raises:
        NotAuthorized: the chain permits it no more. BackendError: too few departments are left.
        Misbehaviour: a department broke the protocol.
    """
    line = OfficeLine(run.spec, run.job, run.attempt) if run.spec.apps else None
    directory = run.home / f"rounds-{run.attempt}"
    stream = RunStream(directory, run.job, run.attempt, session.digest, run.chain)
    with board.hung(line) if line else nullcontext(), stream:
        return _Coordination(run, session, OfficeMail(session.parties, channel, line), stream).run()


@dataclass(slots=True)
class _Coordination:
    """One run at its coordinator."""

    run_: Run
    session: Session
    mail: OfficeMail
    stream: RunStream
    wave: int = 0

    def run(self) -> Release:
        with recorded_end(self.stream, self.run_, lambda: self.wave):
            made = self._waves()
        self.stream.require_anchored(LAST_S)
        return self._release(made)

    def _waves(self) -> Coordination:
        spec, session = self.run_.spec, self.session
        signed_mail = SignedChannel(session, self.mail, LABEL)
        server = Server(signed_mail, programs.layout(spec, len(session.parties)), spec.contributors)
        made = programs.coordination(spec)
        told = Told(made.model)
        for self.wave in range(1, spec.waves + 1):
            self.run_.require(self.wave)
            self._tell(signed_mail, f"{MODEL}/{self.wave}", told)
            found = server.add_up(self.wave, linear.digest(told.model))
            committed = {
                party: signed_mail.receive(party, f"{COMMITTED}/{self.wave}", size=DIGEST_BYTES)
                for party in found.digests
            }
            self._lose(set(found.lost))
            made.advance(found.values, self.wave)
            told = Told(made.model, found.digests, committed)
            self.stream.append(record.leaf(self.wave, told))
            self.run_.say(f"wave {self.wave} of {spec.waves}: {len(found.digests)} departments")
        self._tell(signed_mail, FINAL, told)
        return made

    def _tell(self, mail: SignedChannel, step: str, told: Told) -> None:
        mail.say(step, self.session.parties, told.encode(self.session.parties))

    def _lose(self, lost: set[str]) -> None:
        for party in sorted(lost - self.mail.lost):
            self.run_.say(f"{party} is lost from wave {self.wave}: {self.mail.missing.get(party, 'silent')}")
        self.mail.lost |= lost

    def _release(self, made: Coordination) -> Release:
        spec, session = self.run_.spec, self.session
        assets = [source.asset for source in spec.sources if source.party in session.parties]
        names = [cell.name for cell in kind_of(spec).cells(assets)]
        waves = range(1, spec.waves + 1)
        openings: JsonValue = {party: [self._wave(party, wave) for wave in waves] for party in session.parties}
        return Release.of(session, made.document(), openings, Verdict.of(names, names, self.stream.root))

    def _wave(self, party: str, number: int) -> JsonValue:
        """Write what a department signed in a wave; null for one that was not in it."""
        steps = {name: (party, f"{name}/{number}") for name in (COMMITTED, UPLOAD, OPENED)}
        if not all(place in self.mail.received for place in steps.values()):
            return None
        return {name: _signed(self.mail.received[place]) for name, place in steps.items()}


def _signed(body: bytes) -> JsonValue:
    return signed(Signed(body[:-SIGNATURE_BYTES], body[-SIGNATURE_BYTES:]))
