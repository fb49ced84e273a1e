"""What can be asked of Jobs and what it reports: calls and event signatures. No rules here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from contracts.jobs.record import Roster

JOB_PROPOSED: Final = (
    "JobProposed(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,uint256,uint256,uint256,uint256,bytes32[],"
    "bytes32[])"
)
JOB_ACCEPTED: Final = "JobAccepted(bytes32,uint256,uint256,bytes32,uint256)"
JOB_COMMITTED: Final = "JobCommitted(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)"
JOB_OPENED: Final = "JobOpened(bytes32,uint256,uint256,bytes32,uint256)"
JOB_SIGNED: Final = "JobSigned(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)"
JOB_REFUSED: Final = "JobRefused(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)"
JOB_ABORTED: Final = "JobAborted(bytes32,uint256,uint256,bytes32,uint256,bytes32)"
JOB_RETRIED: Final = "JobRetried(bytes32,uint256,uint256,bytes32,uint256,uint256)"


@dataclass(frozen=True, slots=True)
class Propose:
    """Ask parties for one joint computation; duration in seconds."""

    job: bytes
    spec: bytes
    purpose: bytes
    operations: int
    recipient: bytes
    minimum: int
    contributors: int
    duration: int
    roster: Roster


@dataclass(frozen=True, slots=True)
class Accept:
    """Say that this party will take part."""

    job: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Commit:
    """Commit to input and seed."""

    job: bytes
    attempt: int
    input: bytes
    seed: bytes


@dataclass(frozen=True, slots=True)
class Open:
    """Announce that this party is about to hand out its shares."""

    job: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Release:
    """Sign the result."""

    job: bytes
    attempt: int
    result: bytes
    statement: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say no before an opening, for good."""

    job: bytes
    reason: bytes
    detail: bytes


@dataclass(frozen=True, slots=True)
class Abort:
    """End an attempt."""

    job: bytes
    attempt: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Retry:
    """Start the next attempt with a set of parties."""

    job: bytes
    attempt: int
    members: int


Stepping: TypeAlias = Accept | Commit | Open | Release
Call: TypeAlias = Propose | Stepping | Refuse | Abort | Retry
