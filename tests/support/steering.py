"""An owner and the recipient, who together choose the total of masked sums after an aborted attempt.

The first attempt ends before anything is opened, and leaves the recipient with every owner's commitments. For the
second one the owner commits to ``target*G + r*H`` less the commitments of all others: whatever they hold, all together
then open to the target with randomness r. It does not know what its own commitment holds, and need not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from mpc.commitment import Owner
from mpc.groups import pedersen
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.sums import Released, Schema, owner, run_recipient
from mpc.protocols.sums.committed import CommittedCells, commit_cells
from mpc.protocols.sums.rehearsal import RECIPIENT, prepare, rehearse, secret_of
from mpc.protocols.sums.run import LABEL, Run, protocol_of
from mpc.protocols.sums.upload import MASKED, OPEN, Opening, Upload, decode_opening, decode_upload, keep
from mpc.sessions.channel import Channel
from mpc.sessions.memory_channel import Message, Network, kill
from mpc.sessions.rehearsal import GENESIS, JOB, sessions
from mpc.sessions.session import SIGNATURE_BYTES, Session, statement
from mpc.vector import vector

SEED = bytes(32)
Values = Mapping[str, Mapping[str, int]]
Uploads = Mapping[str, Upload]


@dataclass(frozen=True)
class Attack:
    """What the two know before the second attempt: the first one's uploads, and what they commit to for the second."""

    schema: Schema
    values: Values
    cheat: str
    first: Uploads
    forged: CommittedCells
    sessions: Mapping[str, Session]

    def messages(self, monkeypatch: pytest.MonkeyPatch, proof: bytes) -> dict[tuple[str, str], bytes]:
        """Run the second attempt; the cheat's upload carries a proof, and its opening is made to fit the others'."""
        checked = owner._committed

        def unchecked(run: Run, *rest: object) -> CommittedCells:
            return self.forged if run.session.me == self.cheat else checked(run, *rest)  # type: ignore[arg-type]

        with monkeypatch.context() as patch:
            patch.setattr(owner, "_committed", unchecked)
            ran = rehearse(self.schema, self.values, attempt=2, views=dict(self.sessions))
        sent = {(m.sender, m.step): m.body[:-SIGNATURE_BYTES] for m in ran.sent if m.to == RECIPIENT}
        sent[self.cheat, MASKED] = sent[self.cheat, MASKED][: -len(proof)] + proof
        sent[self.cheat, OPEN] = self._fitted(sent).encode()
        return sent

    def _fitted(self, sent: Mapping[tuple[str, str], bytes]) -> Opening:
        """Choose pads and randomness last, so that all together they open the target."""
        cells = len(self.schema.cells)
        openings = {p: decode_opening(body, cells) for (p, step), body in sent.items() if step == OPEN}
        opened = openings.pop(self.cheat)
        pads = vector([-target for target in self.forged.values])
        for (_, step), body in sent.items():
            pads = pads + decode_upload(body, cells).masked if step == MASKED else pads
        for other in openings.values():
            pads = pads - other.pads
        theirs = zip(*(other.randomness for other in openings.values()), strict=True)
        left = [(r - sum(rs)) % pedersen.ORDER for r, rs in zip(self.forged.randomness, theirs, strict=True)]
        return Opening(opened.transcript, opened.opened, pads.keep(opened.opened), keep(left, opened.opened))

    def signed(self, sent: Mapping[tuple[str, str], bytes]) -> list[Message]:
        """Sign the messages to the recipient as their senders."""
        found = []
        for (party, step), body in sent.items():
            own = self.sessions[party]
            signature = own.signer.sign(statement(LABEL, step, own.digest, party, RECIPIENT, body))
            found.append(Message(party, RECIPIENT, step, body + signature))
        return found

    def released(self, sent: Mapping[tuple[str, str], bytes]) -> Released:
        """Let an honest recipient's code judge the messages; raises what it raises."""
        network = Network((*self.values, RECIPIENT))
        for message in self.signed(sent):
            network.put(message)
        outcome = network.run({RECIPIENT: self._recipient})[RECIPIENT]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _recipient(self, channel: Channel) -> Released:
        return run_recipient(self.sessions[RECIPIENT], channel)


def plan(schema: Schema, values: Values, cheat: str, targets: Mapping[str, int]) -> Attack:
    """Let the first attempt end before anything is opened, and commit for the second to what makes the targets."""
    first = rehearse(schema, values, intercept=kill(cheat, "decide/1"))
    assert not first.bodies(OPEN)
    sent = {m.sender: m.body[:-SIGNATURE_BYTES] for m in first.sent if m.step == MASKED}
    uploads = {party: decode_upload(body, len(schema.cells)) for party, body in sent.items()}
    honest = commit_cells(Owner(GENESIS, JOB, cheat), schema, values[cheat], secret_of(cheat, SEED))
    chosen = tuple(targets[name] for name in schema.names)
    randomness = tuple(RISTRETTO255.scalar(1000 + place) for place in range(len(chosen)))
    points = tuple(
        RISTRETTO255.subtract(
            pedersen.commit(target, r), pedersen.product(up.points[place] for p, up in uploads.items() if p != cheat)
        )
        for place, (target, r) in enumerate(zip(chosen, randomness, strict=True))
    )
    input = Owner(GENESIS, JOB, cheat).commit(honest.detail, points)
    forged = CommittedCells(honest.detail, points, chosen, randomness, input)
    before = prepare(schema, values, seed=SEED)[RECIPIENT]
    inputs = {party: before.input_of(party) for party in before.parties} | {cheat: input}
    protocol = protocol_of(schema)
    later = sessions(tuple(values), RECIPIENT, protocol, schema.terms(), seed=SEED, attempt=2, inputs=inputs)
    return Attack(schema, values, cheat, uploads, forged, later)
