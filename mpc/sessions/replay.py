"""The opened audit: from a party's seed and input, reproduce every byte it sent, or name the step that
differs.

An auditor who is shown one party's seed and committed input, and has that party's received and sent messages,
runs the protocol again in the party's place. The party's statement key is not needed: signatures of recorded
messages are verified, not made. It shows that the party computed honestly on the input it committed to; it
does NOT show that the input is true, and it shows the auditor that input.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from ledger.crypto import signing
from ledger.errors import InvalidRecord, VerificationError
from mpc.sessions.channel import Channel, ChannelTimeout, Misbehaviour
from mpc.sessions.session import SIGNATURE_BYTES, Session, statement

T = TypeVar("T")
Place = tuple[str, str]
"""(other party, step)."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Stands in for a party's statement key in a replay: gives an empty signature, which the replay
    ignores."""

    public: bytes
    suite: str = "ed25519"

    def sign(self, message: bytes) -> bytes:  # noqa: ARG002 the port's signature
        """Return as many zero bytes as a signature has."""
        return bytes(SIGNATURE_BYTES)


class _Recorded:
    def __init__(
        self, session: Session, label: str, received: Mapping[Place, bytes], sent: Mapping[Place, bytes]
    ) -> None:
        self._session, self._label = session, label
        self._received = received
        self.left = dict(sent)

    def send(self, to: str, step: str, body: bytes) -> None:
        me = self._session.me
        recorded = self.left.pop((to, step), None)
        if recorded is None:
            raise Misbehaviour(me, step, f"did not send what its seed and input give to {to}")
        if recorded[:-SIGNATURE_BYTES] != body[:-SIGNATURE_BYTES]:
            raise Misbehaviour(me, step, "sent other bytes than its seed and input give")
        signed = statement(self._label, step, self._session.digest, me, to, recorded[:-SIGNATURE_BYTES])
        try:
            signing.verify(self._session.suite, self._session.key_of(me), signed, recorded[-SIGNATURE_BYTES:])
        except (InvalidRecord, VerificationError) as exc:
            raise VerificationError(f"the record of {me} at step {step} is not signed by it") from exc

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        for to, body in bodies.items():
            self.send(to, step, body)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        if (sender, step) not in self._received:
            raise ChannelTimeout(sender, step)
        body = self._received[sender, step]
        if len(body) > limit:
            raise Misbehaviour(sender, step, f"{len(body)} bytes, at most {limit} expected")
        return body


def replay(
    session: Session,
    label: str,
    received: Mapping[Place, bytes],
    sent: Mapping[Place, bytes],
    program: Callable[[Channel], T],
) -> T:
    """Hold a party's sent messages against its run; answer what the run ends in.

    Args:
        session: the party's, with its opened seed and ``Unsigned`` for a signer.
        label: the protocol's signature label.
        received, sent: bodies with signatures, by (other party, step).
        program: the party's run on its committed input.

    Raises:
        Misbehaviour: the party, or one whose message to it is malformed, and the step.
        VerificationError: a recorded message was not signed by the party.
    """
    channel = _Recorded(session, label, received, sent)
    outcome = program(channel)
    for to, step in channel.left:
        raise Misbehaviour(session.me, step, f"sent {to} a message that its run does not give")
    return outcome
