"""The port between a protocol and whatever carries its messages.

A protocol names the other party and the step; the adapter seals, numbers, sends and stores. Trust assumption:
an adapter delivers a body only to the party named in ``send``, unread by anybody in between (the node seals
end to end), and says truthfully who sent it. A protocol still signs what later serves as evidence, because an
adapter's own authentication ends with the connection.

It does NOT order messages: each (sender, step) is one mailbox that holds exactly one body.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from ledger.errors import BackendError, InvalidRecord, VerificationError


class ChannelTimeout(BackendError):
    """A party did not deliver a step within the channel's bound."""

    def __init__(self, party: str, step: str) -> None:
        super().__init__(f"{party} did not deliver step {step} in time")
        self.party = party
        self.step = step


class Misbehaviour(VerificationError):
    """A party's message at a step is not what the protocol allows."""

    def __init__(self, party: str, step: str, reason: str) -> None:
        super().__init__(f"{party} at step {step}: {reason}")
        self.party = party
        self.step = step
        self.reason = reason


@contextmanager
def blame(party: str, step: str) -> Iterator[None]:
    """Turn a fault found in a party's message into an error that names the party and the step."""
    try:
        yield
    except Misbehaviour:
        raise
    except (InvalidRecord, VerificationError) as exc:
        raise Misbehaviour(party, step, str(exc)) from exc


class Channel(Protocol):
    """What one party of one job attempt uses to reach the others."""

    def send(self, to: str, step: str, body: bytes) -> None:
        """Hand one body over for delivery, without waiting for the receiver.

        Raises:
            BackendError: the carrier is gone.
        """
        ...

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        """Do what `send` does for each receiver's body, in one go where the carrier can."""
        ...

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        """Take the one body that ``sender`` addressed to this party under ``step``.

        Args:
            limit: most bytes the caller can use; refused before it is held in memory where the carrier
            allows.

        Raises:
            ChannelTimeout: nothing came within the channel's own bound.
            Misbehaviour: the body is larger than ``limit``.
        """
        ...
