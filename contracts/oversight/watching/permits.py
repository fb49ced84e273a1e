"""Authorizations and jobs as the chain's events have left them, for whoever watches uses. It judges nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

from contracts.addresses import AUTHORIZATIONS, JOBS
from contracts.authorizations.record import Authorization, AuthorizationState
from contracts.records import choice
from ledger.abi import AbiValue
from ledger.chain.port import Event


@dataclass(frozen=True, slots=True)
class Asking:
    """What a job asks for, by its proposal."""

    recipient: bytes
    purpose: bytes
    operations: int
    authorizations: tuple[bytes, ...]


@dataclass(slots=True)
class Permits:
    """All authorizations and proposals so far; ``take`` follows one event."""

    authorizations: dict[bytes, Authorization] = field(default_factory=dict)
    jobs: dict[bytes, Asking] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        if event.contract == AUTHORIZATIONS:
            id = event.topics[1]
            self.authorizations[id] = _after(self.authorizations.get(id, Authorization()), event)
        elif event.contract == JOBS and event.name == "JobProposed":
            args = event.args
            self.jobs[event.topics[1]] = asking(
                args["recipient"], args["purpose"], args["operations"], args["authorizations"]
            )

    def authorization(self, id: bytes) -> Authorization:
        return self.authorizations.get(id, Authorization())


def asking(recipient: AbiValue, purpose: AbiValue, operations: AbiValue, authorizations: AbiValue) -> Asking:
    """Read what a job asks for from the values of a call or event; a party that supplies nothing has zero there."""
    held = tuple(id for id in cast("tuple[bytes, ...]", authorizations) if any(id))
    return Asking(cast(bytes, recipient), cast(bytes, purpose), cast(int, operations), held)


def _after(record: Authorization, event: Event) -> Authorization:
    args = event.args
    if "asset" in args:  # the event that makes it: whoever acts is the one of both who is not named
        record = Authorization(
            asset=cast(bytes, args["asset"]),
            owner=cast(bytes, args.get("owner", args["party"])),
            grantee=cast(bytes, args.get("grantee", args["party"])),
            purpose=cast(bytes, args["purpose"]),
            operations=cast(int, args["operations"]),
            terms=cast(bytes, args["terms"]),
            valid_from=cast(int, args["valid_from"]),
            valid_until=cast(int, args["valid_until"]),
            max_uses=cast(int, args["max_uses"]),
        )
    if "uses" in args:
        record = replace(record, uses=cast(int, args["uses"]))
    return replace(record, state=choice(AuthorizationState, cast(int, args["state"])))
