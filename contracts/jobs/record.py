"""What a job is and how far it has come, as values: the words that ``jobs.vy`` stores.

Sets of parties are bitmaps: bit i stands for parties[i] of the roster, which is in ascending order. No rules here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from ledger.abi import encode
from ledger.errors import InvalidRecord, NotAuthorized
from ledger.hashing import keccak256

NOTHING: Final = bytes(32)
MAX_PARTIES: Final = 25
"""As many as the event of a proposal names in the 2048 bytes that a record takes (``modules/journal.vy``)."""
_ALL: Final = (1 << 32) - 1


class JobState(IntEnum):
    """What is stored; that a deadline has passed is derived from time."""

    UNKNOWN = 0
    PROPOSED = 1
    ACCEPTED = 2
    COMMITTED = 3
    OPENING = 4
    RELEASED = 5
    ABORTED = 6
    REFUSED = 7


class Step(IntEnum):
    """What a party does in an attempt; the value is the position of its bitmap in ``Job.flags``."""

    ACCEPT = 0
    COMMIT = 32
    OPEN = 64
    SIGN = 96


@dataclass(frozen=True, slots=True)
class Roster:
    """Who takes part, in ascending order, each with its authorization; zero for one that supplies no asset."""

    parties: tuple[bytes, ...] = ()
    authorizations: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.parties) == len(self.authorizations) <= MAX_PARTIES:
            raise InvalidRecord(f"roster: expected at most {MAX_PARTIES} parties, an authorization for each")

    @property
    def digest(self) -> bytes:
        """The word ``roster`` of the job's record."""
        return keccak256(encode(["bytes32[]", "bytes32[]"], (self.parties, self.authorizations)))

    @property
    def suppliers(self) -> int:
        """The set of parties that supply an asset."""
        return sum(1 << i for i, authorization in enumerate(self.authorizations) if authorization != NOTHING)

    def bit(self, party: bytes) -> int:
        """Return the set of this party alone; empty for one not on the roster."""
        return 1 << self.parties.index(party) if party in self.parties else 0

    def authorization(self, party: bytes) -> bytes:
        """Return a party's authorization, zero if it supplies nothing.

        Raises:
            NotAuthorized: the party is not on the roster.
        """
        if party not in self.parties:
            raise NotAuthorized("job: not a member")
        return self.authorizations[self.parties.index(party)]

    def members(self, bits: int) -> tuple[bytes, ...]:
        """Return the parties of a set."""
        return tuple(party for i, party in enumerate(self.parties) if bits >> i & 1)

    def authorized(self, bits: int) -> tuple[bytes, ...]:
        """Return the authorizations of a set of suppliers."""
        return tuple(held for i, held in enumerate(self.authorizations) if bits >> i & 1)


def roster_of(supplies: Sequence[tuple[bytes, bytes]]) -> Roster:
    """Bring (party, authorization or zero) pairs into the one order the contract takes."""
    ordered = sorted(supplies)
    return Roster(tuple(party for party, _ in ordered), tuple(held for _, held in ordered))


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a party committed to in an attempt: salted digests of its exact input and of its seed."""

    input: bytes = NOTHING
    seed: bytes = NOTHING


@dataclass(frozen=True, slots=True)
class Job:
    """One joint computation; all zero for one never proposed."""

    requester: bytes = NOTHING
    recipient: bytes = NOTHING
    spec: bytes = NOTHING
    purpose: bytes = NOTHING
    operations: int = 0
    minimum: int = 0
    contributors: int = 0
    deadline: int = 0
    roster: bytes = NOTHING
    suppliers: int = 0
    attempt: int = 0
    state: JobState = JobState.UNKNOWN
    members: int = 0
    flags: int = 0
    frozen: int = 0
    result: bytes = NOTHING
    statement: bytes = NOTHING
    by: bytes = NOTHING
    reason: bytes = NOTHING

    @property
    def openers(self) -> int:
        """The set of parties that hand out shares in this attempt."""
        return self.suppliers & self.members

    def done(self, step: Step) -> int:
        """Return the set of parties that have taken a step in this attempt."""
        return self.flags >> step & _ALL

    def is_over(self, now: int) -> bool:
        """Say whether no step forward is possible any more."""
        ended = self.state in (JobState.UNKNOWN, JobState.RELEASED, JobState.REFUSED)
        return ended or now >= self.deadline
