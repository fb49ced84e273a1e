"""What each role may do, and what it may not."""

from __future__ import annotations

import pytest

from contracts.world import ANY_PARTY_ROLE, PartyRole
from gateway.accounts.caller import SCOPES, VISITOR, Role, Scope, caller_of, roles_of
from ledger.errors import NotAuthorized

BUSINESS = set(Scope) - {Scope.VERIFY, Scope.OPEN_DATA, Scope.HEALTH, Scope.ACCOUNTS}


def test_an_operator_keeps_accounts_and_sees_no_business_data() -> None:
    assert SCOPES[Role.OPERATOR] & BUSINESS == set()
    assert Scope.ACCOUNTS in SCOPES[Role.OPERATOR]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_nobody_else_keeps_accounts(role: Role) -> None:
    assert Scope.ACCOUNTS not in SCOPES[role]


def test_an_operator_that_is_a_department_too_is_an_operator_alone() -> None:
    assert roles_of(PartyRole.OPERATOR | PartyRole.OWNER) == {Role.OPERATOR}
    assert roles_of(ANY_PARTY_ROLE) == {Role.OPERATOR}


def test_an_auditor_reads_what_departments_read_and_writes_findings_only() -> None:
    auditor = SCOPES[Role.AUDITOR]
    assert auditor >= {Scope.PROVENANCE, Scope.INBOX, Scope.ALERTS, Scope.EVIDENCE, Scope.BUDGETS, Scope.FINDINGS}
    assert not auditor & {Scope.STATISTICS, Scope.IMPORTS, Scope.ACCOUNTS}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_nobody_but_an_auditor_writes_findings(role: Role) -> None:
    assert Scope.FINDINGS not in SCOPES[role]


def test_a_citizen_asks_lawful_queries_of_titles_and_nothing_else() -> None:
    assert SCOPES[Role.CITIZEN] & BUSINESS == {Scope.TITLES}


def test_a_court_sees_proofs_and_titles_and_no_inbox() -> None:
    assert SCOPES[Role.COURT] >= {Scope.EVIDENCE, Scope.PROVENANCE, Scope.TITLES_EX_OFFICIO}
    assert not SCOPES[Role.COURT] & {Scope.INBOX, Scope.STATISTICS, Scope.BUDGETS, Scope.CATALOGUE}


def test_a_visitor_verifies_and_is_refused_the_rest() -> None:
    VISITOR.require(Scope.VERIFY)
    for scope in BUSINESS | {Scope.ACCOUNTS}:
        with pytest.raises(NotAuthorized, match=scope.value):
            VISITOR.require(scope)


def test_a_token_narrows_and_never_widens() -> None:
    caller = caller_of("ann", "", [Role.CITIZEN], [Scope.VERIFY, Scope.INBOX])
    assert caller.scopes == {Scope.VERIFY}


def test_every_role_of_a_party_has_a_role_here() -> None:
    assert all(roles_of(one) != {Role.CITIZEN} for one in PartyRole)
    assert roles_of(0) == {Role.CITIZEN}
