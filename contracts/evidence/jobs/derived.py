"""What a model may be used for: no more than every one of the assets that it was fitted to.

A model is derived from all its inputs, so its permissions are the intersection of theirs: operations that each
authorization allows, in the time in which all are in force, for the one purpose that they share, by their one grantee.
Where an owner has stopped its authorization since, as of the newest block, nothing is left.

It says what follows from the authorizations' complete histories. It does NOT enforce it: a model that was released is
with all parties of the run, and whoever lets it be used checks this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from contracts.authorizations.record import AuthorizationState, Operations
from contracts.evidence.bundle import Evidence
from contracts.evidence.jobs.permits import Grant, read_grant, state_now
from contracts.evidence.jobs.release import Released
from contracts.evidence.report import Words
from ledger.errors import NotAuthorized, VerificationError


@dataclass(frozen=True, slots=True)
class Permission:
    """The permissions of a derived asset; times in unix seconds, half-open."""

    operations: Operations
    valid_from: int
    valid_until: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is permitted at any time."""
        return not self.operations or self.valid_from >= self.valid_until


def intersection(grants: Sequence[Grant]) -> Permission:
    """Return what all of at least one grant permit."""
    operations = reduce(lambda left, right: left & right, (grant.operations for grant in grants))
    return Permission(
        Operations(operations),
        max(grant.valid_from for grant in grants),
        min(grant.valid_until for grant in grants),
    )


def permitted(evidence: Evidence, released: Released) -> Permission:
    """Return what may be done with a model now, of evidence whose histories were verified before.

    Raises:
        NotAuthorized: an input's authorization was stopped since, or they have nothing in common.
    """
    histories = evidence.histories[1:]
    stopped = sum(state_now(history) is not AuthorizationState.GRANTED for history in histories)
    found = intersection([read_grant(history, released.id) for history in histories])
    if stopped or found.is_empty:
        raise NotAuthorized(f"derived: nothing is permitted any more, {stopped} inputs stopped since")
    return found


def require_derived(evidence: Evidence, released: Released) -> tuple[Permission, Words]:
    """Derive a model's permissions from its inputs' authorizations, whose histories were verified before.

    Raises:
        VerificationError: they had no moment in common, so the model could not have come about under them.
    """
    histories = evidence.histories[1:]
    found = intersection([read_grant(history, released.id) for history in histories])
    if found.is_empty:
        raise VerificationError("derived: the authorizations have no operation, or no moment, in common")
    stopped = sum(state_now(history) is not AuthorizationState.GRANTED for history in histories)
    if stopped:
        return found, Words(
            f"nothing any more: {stopped} inputs stopped since", f"已无任何许可:此后有 {stopped} 项输入授权终止"
        )
    names = ", ".join(str(operation.name).lower() for operation in Operations if operation in found.operations)
    span = f"{found.valid_from}..{found.valid_until}"
    return found, Words(f"{names}; {span} (unix seconds)", f"{names};{span}(unix 秒)")
