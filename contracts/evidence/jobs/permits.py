"""Whether every authorization permitted this use, read from its complete history.

The contract consumed the authorization in the transaction of the job's first opening, so its own history says in which
standing it was at that moment: whatever stands before the use happened before, a later revocation after it.
Time is taken from the proven block of the first opening.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.rules import (
    AUTHORIZATION_DISPOSED,
    AUTHORIZATION_GRANTED,
    AUTHORIZATION_RESUMED,
    AUTHORIZATION_REVOKED,
    AUTHORIZATION_SUSPENDED,
    AUTHORIZATION_USED,
)
from contracts.evidence.bundle import Evidence, History, RecordedEvent
from contracts.evidence.jobs.release import Released, require_complete
from contracts.evidence.questions.asked import Question
from contracts.evidence.report import Words
from contracts.evidence.states import Proven, history_slots
from contracts.history import Recorded
from contracts.parties.client import party_id
from contracts.records import choice
from ledger.abi import AbiValue, decode, topic
from ledger.errors import InvalidRecord, VerificationError

_SIGNATURES: Final = {
    topic(signature): signature
    for signature in (
        AUTHORIZATION_GRANTED, AUTHORIZATION_SUSPENDED, AUTHORIZATION_RESUMED, AUTHORIZATION_REVOKED,
        AUTHORIZATION_DISPOSED, AUTHORIZATION_USED,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """What was granted, and by whom."""

    owner: bytes
    grantee: bytes
    asset: bytes
    purpose: bytes
    operations: int
    valid_from: int
    valid_until: int
    max_uses: int


@dataclass(frozen=True, slots=True)
class Use:
    """The standing right before a job used the authorization, and how many uses that made."""

    standing: AuthorizationState
    uses: int


def require_permits(
    evidence: Evidence, proven: Proven, released: Released, question: Question, opened: int
) -> tuple[None, Words]:
    """Verify every authorization of the released attempt.

    Args:
        opened: time of the job's first opening, unix seconds.
    Raises:
        VerificationError, InvalidRecord: a history is incomplete, or the use was not permitted.
    """
    histories = evidence.histories[1:]
    if tuple((h.contract, h.entity) for h in histories) != tuple((AUTHORIZATIONS, a) for a in released.authorizations):
        raise VerificationError("authorizations: expected the histories of the attempt's authorizations, in order")
    proven.require_slots(AUTHORIZATIONS, history_slots(AUTHORIZATIONS, released.authorizations))
    sources = {source.authorization: source for source in question.sources}
    for history in histories:
        require_complete(history, proven)
        source = sources[history.entity]
        grant, use = _read(history, released.id)
        asked = (released.entry.recipient, party_id(source.asset), party_id(source.party), released.entry.purpose)
        if (grant.grantee, grant.asset, grant.owner, grant.purpose) != asked:
            raise VerificationError(f"authorization of {source.party}: of another grantee, asset, owner or purpose")
        _require_use(source.party, grant, use, released.entry.operations, opened)
    ended = sum(state_now(history) is not AuthorizationState.GRANTED for history in histories)
    return None, Words(
        f"{len(histories)} authorizations, each granted and in force at the first opening; {ended} stopped since",
        f"{len(histories)} 项授权,首次开启时均已授予且有效;此后暂停或终止 {ended} 项",
    )


def read_grant(history: History, job: bytes) -> Grant:
    """Return what was granted under an authorization that a job used; raises VerificationError, InvalidRecord."""
    return _read(history, job)[0]


def changes_since_use(history: History, job: bytes) -> list[tuple[RecordedEvent, AuthorizationState]]:
    """Return every change of an authorization's standing since a job used it, in order; raises InvalidRecord."""
    found: list[tuple[RecordedEvent, AuthorizationState]] = []
    is_used, before = False, AuthorizationState.GRANTED
    for event in history.events:
        values = _values(event)
        state = _state(values)
        if is_used and state is not before:
            found.append((event, state))
        is_used = is_used or (values[0] == AUTHORIZATION_USED and values[4] == job)
        before = state
    return found


def state_now(history: History) -> AuthorizationState:
    """Return the standing of an authorization after its last event; raises InvalidRecord."""
    return _state(_values(history.events[-1]))


def _require_use(party: str, grant: Grant, use: Use, operations: int, opened: int) -> None:
    if use.standing is not AuthorizationState.GRANTED:
        raise VerificationError(f"authorization of {party}: {use.standing.name.lower()} before the first opening")
    if operations & ~grant.operations:
        raise VerificationError(f"authorization of {party}: does not cover the job's operations")
    if not grant.valid_from <= opened < grant.valid_until:
        raise VerificationError(f"authorization of {party}: not in force at {opened}, the first opening")
    if use.uses > grant.max_uses:
        raise VerificationError(f"authorization of {party}: use {use.uses} of {grant.max_uses}")


def _read(history: History, job: bytes) -> tuple[Grant, Use]:
    """Read the grant and the one use by a job."""
    grant, *later = (_values(event) for event in history.events)
    if grant[0] != AUTHORIZATION_GRANTED or any(values[0] == AUTHORIZATION_GRANTED for values in later):
        raise VerificationError(f"authorization {history.entity.hex()}: expected its grant first, and once")
    uses, before = list[Use](), _state(grant)
    for values in later:
        if values[0] == AUTHORIZATION_USED and values[4] == job:
            uses.append(Use(before, cast(int, values[5])))
        before = _state(values)
    if len(uses) != 1:
        raise VerificationError(f"authorization {history.entity.hex()}: used {len(uses)} times by this job")
    found = Grant(
        owner=cast(bytes, grant[3]),
        grantee=cast(bytes, grant[4]),
        asset=cast(bytes, grant[5]),
        purpose=cast(bytes, grant[6]),
        operations=cast(int, grant[7]),
        valid_from=cast(int, grant[9]),
        valid_until=cast(int, grant[10]),
        max_uses=cast(int, grant[11]),
    )
    return found, uses[0]


def _values(event: Recorded) -> tuple[AbiValue, ...]:
    """Read an event: signature, n, state, party, and what its kind adds."""
    if event.topics[0] not in _SIGNATURES:
        raise InvalidRecord("authorization: an event of another kind")
    signature = _SIGNATURES[event.topics[0]]
    return signature, *decode(signature[signature.index("(") + 1 : -1].split(",")[1:], event.data)


def _state(values: Sequence[AbiValue]) -> AuthorizationState:
    return choice(AuthorizationState, cast(int, values[2]))
