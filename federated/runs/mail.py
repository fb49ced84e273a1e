"""A run's channel: models and replies by the courier where the specification names apps, all else between the nodes.

What a courier carries is signed by its sender as everything is, so it can lose and repeat, no more. Before anything
that says something of own rows leaves a department (its masked vector, and the pad that takes the mask off), the chain
is asked again and the journal notes it: one vector and one pad a wave, whatever restarts or repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from federated.courier import message
from federated.courier.client import Refusal
from federated.runs.lines import DepartmentLine, OfficeLine
from ledger.crypto import signing
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import sha256
from mpc.sessions.channel import Channel, ChannelTimeout, Misbehaviour
from mpc.sessions.session import SIGNATURE_BYTES, Journal, Session, statement
from mpc.training.descriptor import COMMITTED, LABEL, MODEL, OPENED, SURVIVORS, UPLOAD

REPLY = "shuxin-reply-v1"


@dataclass(slots=True)
class DepartmentMail:
    """A department's channel. line: to its courier, or none. leaving: asked before a wave's vector or pad leaves."""

    session: Session
    channel: Channel
    journal: Journal
    line: DepartmentLine | None
    leaving: Callable[[int], None]
    _committed: dict[int, bytes] = field(default_factory=dict)

    def send(self, to: str, step: str, body: bytes) -> None:
        """See ``mpc.sessions.channel.Channel``."""
        name, number = _named(step)
        if name in (UPLOAD, OPENED):
            self.leaving(number)
            self.journal.before_send(self.session, step, sha256(body))
        if self.line is None or name not in (COMMITTED, UPLOAD):
            self.channel.send(to, step, body)
        elif name == COMMITTED:
            self._committed = {number: body}
        else:
            self.line.put(number, pack(self._committed[number], body))

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        """See ``mpc.sessions.channel.Channel``; departments send each other nothing that a courier carries."""
        self.channel.send_all(step, bodies)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        """See ``mpc.sessions.channel.Channel``."""
        name, number = _named(step)
        carried = self.line is not None and name == MODEL
        body = self.line.take(number, sender) if carried and self.line else self._sealed(sender, step, limit)
        if len(body) > limit:
            raise Misbehaviour(sender, step, f"{len(body)} bytes, at most {limit} expected")
        return body

    def _sealed(self, sender: str, step: str, limit: int) -> bytes:
        body = self.channel.receive(sender, step, limit=limit)
        if not body:  # said by the coordinator to a department that it does not wait for any more
            raise ChannelTimeout(sender, step)
        return body


@dataclass(slots=True)
class OfficeMail:
    """The coordinator's channel. received: what departments signed, by party and step, for evidence.

    lost: departments that are out of the run; nothing is awaited of them, and each is told so once, by an empty message
    where the others get the list of who is in the wave.
    """

    parties: Sequence[str]
    channel: Channel
    line: OfficeLine | None
    received: dict[tuple[str, str], bytes] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    missing: dict[str, str] = field(default_factory=dict)

    def send(self, to: str, step: str, body: bytes) -> None:
        """See ``mpc.sessions.channel.Channel``."""
        self.channel.send(to, step, body)

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        """See ``mpc.sessions.channel.Channel``."""
        name, number = _named(step)
        if name == SURVIVORS:
            out = [party for party in self.parties if party not in bodies and party not in self.lost]
            self.channel.send_all(step, {**bodies, **dict.fromkeys(out, b"")})
        elif self.line is None or name != MODEL:
            self.channel.send_all(step, bodies)
        else:
            self.line.offer(number, bodies)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        """See ``mpc.sessions.channel.Channel``."""
        if sender in self.lost:
            raise ChannelTimeout(sender, step)
        name, number = _named(step)
        carried = self.line is not None and name in (COMMITTED, UPLOAD)
        body = self._carried(sender, step, name, number) if carried else self.channel.receive(sender, step, limit=limit)
        if len(body) > limit:
            raise Misbehaviour(sender, step, f"{len(body)} bytes, at most {limit} expected")
        self.received[sender, step] = body
        return body

    def _carried(self, sender: str, step: str, name: str, number: int) -> bytes:
        assert self.line is not None
        replies = self.line.collected(number)
        if sender not in replies.bodies:
            self.missing[sender] = replies.missing.get(sender, "no reply")
            raise ChannelTimeout(sender, step)
        try:
            committed, upload = unpack(replies.bodies[sender])
        except InvalidRecord as fault:
            raise Misbehaviour(sender, step, str(fault)) from fault
        return committed if name == COMMITTED else upload


def accepting(session: Session, size: int) -> Callable[[int, bytes], None]:
    """Make the check of what a courier brings a department: of this length, and said to all by the coordinator."""

    def accept(number: int, body: bytes) -> None:
        plain, signature = body[:-SIGNATURE_BYTES], body[-SIGNATURE_BYTES:]
        signed = statement(LABEL, f"{MODEL}/{number}", session.digest, session.recipient, session.recipient, plain)
        try:
            if len(plain) != size:
                raise InvalidRecord(f"{len(plain)} bytes, {size} expected")
            signing.verify(session.suite, session.key_of(session.recipient), signed, signature)
        except (InvalidRecord, VerificationError) as fault:
            text = f"run: not what {session.recipient} signed for this run and wave: {fault}"
            raise Refusal("run: message", text) from fault

    return accept


def pack(committed: bytes, upload: bytes) -> bytes:
    """Put a reply together."""
    return message.frame({"format": REPLY, "committed": len(committed)}, committed + upload)


def unpack(reply: bytes) -> tuple[bytes, bytes]:
    """Take a reply apart; raises InvalidRecord."""
    header, body = message.unframe(reply)
    size = header.get("committed")
    if set(header) != {"format", "committed"} or header["format"] != REPLY or type(size) is not int or size < 0:
        raise InvalidRecord("reply: of another form")
    return body[:size], body[size:]


def _named(step: str) -> tuple[str, int]:
    name, _, number = step.partition("/")
    return name, int(number) if number.isdecimal() else 0
