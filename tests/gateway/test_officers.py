"""An officer grants what the terms document says, not what somebody put on chain under its code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.authorizations.record import Authorization, AuthorizationState, Operations
from contracts.authorizations.terms import Terms, identifier
from contracts.parties.client import party_id
from gateway.officers import Officer, code_of, require_asked
from ledger.chain import Operation, Receipt
from ledger.errors import Conflict

TERMS = Terms("sales-1", "audit-office", "market-audit", "why", Operations.COUNT, ("price",), bytes(32))
ASKED = Authorization(
    owner=party_id("tax"),
    grantee=party_id("audit-office"),
    asset=identifier("sales-1"),
    purpose=identifier("market-audit"),
    operations=int(Operations.COUNT),
    terms=TERMS.digest,
    state=AuthorizationState.REQUESTED,
)


class Desk(Officer):
    """An officer over a chain that shows one record and keeps what is submitted."""

    def __init__(self, record: Authorization, directory: Path) -> None:
        self.party, self.record = "tax", record
        self.submitted: list[str] = []
        self._config = SimpleNamespace(terms=directory)  # type: ignore[assignment]
        self._chain = self  # type: ignore[assignment]

    def authorization(self, code: str) -> Authorization:
        assert code == code_of(TERMS)
        return self.record

    def submit(self, operation: Operation) -> Receipt:
        self.submitted.append(operation.method)
        return Receipt(operation.op_id, bytes(32), 1, bytes(32), 0, True, "", ())

    def _change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        return self.submit(call(bytes(32)))


def test_the_request_that_was_asked_is_granted(tmp_path: Path) -> None:
    desk = Desk(ASKED, tmp_path)
    desk.grant(TERMS)
    assert desk.submitted == ["grant"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"grantee": party_id("mallory")}, "grantee"),
        ({"owner": party_id("finance")}, "owner"),
        ({"asset": identifier("sales-2")}, "asset"),
        ({"purpose": identifier("other")}, "purpose"),
        ({"operations": int(Operations.COUNT | Operations.HISTOGRAM)}, "operations"),
        ({"terms": bytes(32)}, "terms"),
        ({"grantee": party_id("mallory"), "operations": 127}, "grantee, operations"),
    ],
)
def test_another_request_under_the_same_code_is_not_granted(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    """Who sees a request on its way can put his own under its id, with the very digest of the terms."""
    forged = replace(ASKED, **changes)  # type: ignore[arg-type]
    desk = Desk(forged, tmp_path)
    with pytest.raises(Conflict, match=f"another {named} than"):
        desk.grant(TERMS)
    assert desk.submitted == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_longer_requested_is_not_granted(tmp_path: Path) -> None:
    desk = Desk(replace(ASKED, state=AuthorizationState.REVOKED), tmp_path)
    with pytest.raises(Conflict, match="nothing to grant in state revoked"):
        desk.grant(TERMS)
    assert Desk(replace(ASKED, state=AuthorizationState.GRANTED), tmp_path).grant(TERMS) is None


def test_a_request_for_somebody_elses_asset_is_named_before_the_chain_is_asked() -> None:
    require_asked(ASKED, TERMS, "tax")
    with pytest.raises(Conflict, match="another owner"):
        require_asked(ASKED, TERMS, "finance")
