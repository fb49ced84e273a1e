"""What one party's run must offer for steps that all owners of a job take together: keys, zero tests, decisions.

The protocols' own runs have it; nothing here acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mpc.groups.elgamal import ElGamal
from mpc.sessions.session import Session, SignedChannel
from mpc.stream import Randomness


class Meeting(Protocol):
    """One owner's side of a run."""

    @property
    def session(self) -> Session: ...

    @property
    def mail(self) -> SignedChannel: ...

    @property
    def random(self) -> Randomness: ...

    @property
    def elgamal(self) -> ElGamal:
        """The encryption of the gate, in the group of the job."""
        ...

    @property
    def label(self) -> str:
        """What separates the protocol's hashes and signatures from others'."""
        ...

    def exchange(self, step: str, body: bytes) -> Mapping[str, bytes]:
        """Send one body to every other owner and take one of the same size from each; sorted by party."""
        ...
