"""Who asks, and what follows from it: roles to scopes, as one table of values.

Roles come from Parties on chain (``membership``) and are not kept; an account without a party is a citizen, nobody's
account is a visitor. What it does NOT do: find out who asks (``gate`` does), or judge a purpose (``gateway.property``).
Source: separation of management and operation 管运分离: the operator keeps accounts, sees no business data; Civil Code
articles 218 and 219 and Interim Regulation articles 27 and 28 for what a citizen may ask of a register.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.world import PartyRole
from ledger.errors import NotAuthorized


class Role(StrEnum):
    """In which capacity somebody asks."""

    VISITOR = "visitor"
    CITIZEN = "citizen"
    DEPARTMENT = "department"
    REGISTRAR = "registrar"
    AUTHORITY = "authority"
    AUDITOR = "auditor"
    COURT = "court"
    OPERATOR = "operator"


class Scope(StrEnum):
    """One thing that may be done. Only FINDINGS and ACCOUNTS change anything, and neither changes business data."""

    VERIFY = "verify"
    OPEN_DATA = "open-data"
    HEALTH = "health"
    TITLES = "titles"
    TITLES_EX_OFFICIO = "titles-ex-officio"
    PROVENANCE = "provenance"
    CATALOGUE = "catalogue"
    INBOX = "inbox"
    ALERTS = "alerts"
    STATISTICS = "statistics"
    BUDGETS = "budgets"
    CASES = "cases"
    RUNS = "runs"
    STREAMS = "streams"
    EVIDENCE = "evidence"
    SCORECARD = "scorecard"
    IMPORTS = "imports"
    FINDINGS = "findings"
    ACCOUNTS = "accounts"


_ANYBODY: Final = frozenset({Scope.VERIFY, Scope.OPEN_DATA, Scope.HEALTH})
_READING: Final = frozenset(
    {Scope.PROVENANCE, Scope.CATALOGUE, Scope.ALERTS, Scope.CASES, Scope.RUNS, Scope.STREAMS, Scope.EVIDENCE,
     Scope.SCORECARD}
)  # fmt: skip
_DEPARTMENT: Final = _ANYBODY | _READING | {Scope.INBOX, Scope.STATISTICS, Scope.BUDGETS, Scope.IMPORTS, Scope.TITLES}

SCOPES: Final[Mapping[Role, frozenset[Scope]]] = {
    Role.VISITOR: _ANYBODY,
    Role.CITIZEN: _ANYBODY | {Scope.TITLES},
    Role.DEPARTMENT: _DEPARTMENT | {Scope.TITLES_EX_OFFICIO},
    Role.REGISTRAR: _DEPARTMENT | {Scope.TITLES_EX_OFFICIO},
    Role.AUTHORITY: _DEPARTMENT | {Scope.TITLES_EX_OFFICIO},
    Role.AUDITOR: _ANYBODY | _READING
    | {Scope.INBOX, Scope.BUDGETS, Scope.TITLES, Scope.TITLES_EX_OFFICIO, Scope.FINDINGS},
    Role.COURT: _ANYBODY
    | {Scope.PROVENANCE, Scope.EVIDENCE, Scope.STREAMS, Scope.TITLES, Scope.TITLES_EX_OFFICIO},
    Role.OPERATOR: _ANYBODY | {Scope.ACCOUNTS},
}  # fmt: skip
"""What each role may. An auditor reads everything and writes findings only; an operator reads no business data."""

_PARTY_ROLES: Final[Mapping[PartyRole, Role]] = {
    PartyRole.OWNER: Role.DEPARTMENT,
    PartyRole.REQUESTER: Role.DEPARTMENT,
    PartyRole.AUDITOR: Role.AUDITOR,
    PartyRole.OPERATOR: Role.OPERATOR,
    PartyRole.REGISTRAR: Role.REGISTRAR,
    PartyRole.COURT: Role.COURT,
    PartyRole.AUTHORITY: Role.AUTHORITY,
}


def roles_of(registered: int) -> frozenset[Role]:
    """Return the roles of a party's members from what Parties holds.

    A party that operates, or audits, acts in that capacity alone, whatever else it is registered as: who operates
    sees no business data (管运分离), who audits asks for nothing in its own name.
    """
    held = {_PARTY_ROLES[one] for one in PartyRole if registered & one}
    for alone in (Role.OPERATOR, Role.AUDITOR):
        if alone in held:
            return frozenset({alone})
    return frozenset(held) or frozenset({Role.CITIZEN})


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks.

    Attributes:
        name: of the account, "" for a visitor.
        party: its code, "" without one.
        scopes: what it may.
        person: the name that was established for the account, "" for none.
    """

    name: str
    party: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    person: str = ""

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def require(self, scope: Scope) -> None:
        """Raises NotAuthorized unless the caller has a scope."""
        if scope not in self.scopes:
            raise NotAuthorized(f"account: {scope.value} is not open to {', '.join(sorted(self.roles))}")

    @property
    def is_known(self) -> bool:
        return bool(self.name)


def caller_of(
    name: str, party: str, roles: Iterable[Role], within: Iterable[Scope] | None = None, person: str = ""
) -> Caller:
    """Make a caller. within: the scopes of the token it came with; None for all that its roles allow."""
    held = frozenset(roles)
    allowed = frozenset(scope for role in held for scope in SCOPES[role])
    if within is not None:
        allowed &= frozenset(within)
    return Caller(name, party, held, allowed, person)


VISITOR: Final = caller_of("", "", [Role.VISITOR])
