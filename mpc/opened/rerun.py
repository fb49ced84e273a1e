"""Running a party's part of an attempt again, from its opened seed and input and the messages it received.

Everything but the party's own part comes from the signed statement. An owner's decisions on what to open follow from no
seed; they are taken from what it announced to the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.commitment import Secret
from mpc.fields import Fields
from mpc.inputs import Input
from mpc.kinds import kind as kinds
from mpc.kinds.kind import Kind
from mpc.kinds.released import Verdict
from mpc.protocols.join import run as join_run
from mpc.sessions.channel import Channel
from mpc.sessions.replay import Place, Unsigned, replay
from mpc.sessions.session import MAX_CONTRIBUTORS, Seat, Session

Progress = join_run.Progress
silent = join_run.silent


@dataclass(frozen=True, slots=True)
class Part:
    """A party's part of one attempt, as it was opened."""

    kind: Kind
    session: Session
    data: Input = field(repr=False)
    secret: Secret = field(repr=False)
    sent: Mapping[Place, bytes] = field(repr=False)
    received: Mapping[Place, bytes] = field(repr=False)


class _Forgetful:
    """A journal for a run that repeats what has left already."""

    def before_send(self, session: Session, step: str, digest: bytes) -> None:
        """Take every message as it comes."""


def session_of(record: JsonValue, party: str, seed: bytes) -> Session:
    """Build a party's session from the record that all parties signed.

    Raises:
        InvalidRecord: malformed, or the party takes no part in it.
    """
    fields = Fields(record, "session")
    fields.text("format")
    recipient, seats = fields.object("recipient"), fields.objects("parties", MAX_CONTRIBUTORS)
    found = tuple(Seat(s.text("party"), s.digest("key"), s.digest("input")) for s in seats)
    if party not in {seat.party for seat in found}:
        raise InvalidRecord(f"opened audit: {party} supplied no input to this job")
    key = next(seat.key for seat in found if seat.party == party)
    terms = record.get("terms") if isinstance(record, dict) else None
    if not isinstance(terms, dict):
        raise InvalidRecord("session: terms are missing")
    return Session(
        protocol=fields.text("protocol"),
        genesis=fields.digest("genesis"),
        job=fields.digest("job"),
        attempt=fields.integer("attempt"),
        seats=found,
        recipient=recipient.text("party"),
        recipient_key=recipient.digest("key"),
        terms=terms,
        me=party,
        signer=Unsigned(key),
        seed=seed,
    )


def rerun(part: Part, progress: Progress) -> Verdict:
    """Hold the recorded messages against the party's run.

    Raises:
        Misbehaviour: a recorded message differs, is missing or superfluous; or one it received does not hold.
        ChannelTimeout: a received message is missing. InvalidRecord: the input does not fit the job's terms.
    """

    def program(channel: Channel) -> Verdict:
        decide = part.kind.announced(part.session, part.sent)
        engines = part.kind.repeated(part.sent)
        own = kinds.Part(
            part.session, channel, part.data, part.secret, _Forgetful(), decide, progress=progress, engines=engines
        )
        return part.kind.contribute(own)

    return replay(part.session, part.kind.label, part.received, part.sent, program)
