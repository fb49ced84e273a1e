"""The channel that a run's protocol speaks through: signed, asked of the chain before messages, digested by tree.

The protocols of ``federated.boosting`` know neither sessions nor chains. What they send here carries the sender's
signature over session, step and receiver; before the first message of a level leaves, the node decides anew whether it
may (a revocation ends the run there); and both ends digest what they exchanged, so that the record of a tree that one
of them makes is held by the other against its own.

It does NOT look into bodies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from ledger.hashing import sha256, tagged
from mpc.sessions.channel import Channel
from mpc.sessions.session import Session, SignedChannel


@dataclass(slots=True)
class RunMail:
    """One owner's end. guarded: names of steps before which the chain is asked, with ``number`` of the tree."""

    session: Session
    channel: Channel
    label: str
    guarded: Collection[str]
    require: Callable[[int], None]
    number: int = 1
    _seen: dict[str, set[tuple[str, str, bytes]]] = field(default_factory=dict)

    @property
    def signed(self) -> SignedChannel:
        """The signed mail beneath, for messages that are no part of a tree."""
        return SignedChannel(self.session, self.channel, self.label)

    def send(self, to: str, step: str, body: bytes) -> None:
        """See ``mpc.sessions.channel.Channel``; raises Refused as well."""
        self.send_all(step, {to: body})

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        """See ``mpc.sessions.channel.Channel``; raises Refused as well."""
        if step.partition("/")[0] in self.guarded:
            self.require(self.number)
        for to, body in bodies.items():
            self._note(to, step, self.session.me, body)
        self.signed.send_all(step, bodies)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        """See ``mpc.sessions.channel.Channel``; raises Misbehaviour for a message that its sender did not sign."""
        body = self.signed.receive_signed(sender, step, limit=limit).body
        self._note(sender, step, sender, body)
        return body

    def exchanged(self, other: str) -> bytes:
        """Digest what was exchanged with another owner since this was asked last; both ends come to the same."""
        notes = sorted(self._seen.pop(other, set()))
        parts = [part for step, sender, digest in notes for part in (step.encode(), sender.encode(), digest)]
        return tagged(f"{self.label} exchanged", self.session.digest, *parts)

    def _note(self, other: str, step: str, sender: str, body: bytes) -> None:
        self._seen.setdefault(other, set()).add((step, sender, sha256(body)))
