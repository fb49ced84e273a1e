"""An officer grants what the terms document says, not what somebody put on chain under its code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from contracts.authorizations.record import Operations
from contracts.authorizations.terms import Terms, identifier
from contracts.grades.rules import Covering
from contracts.parties.client import party_id
from contracts.requests.record import Request, RequestState
from gateway.statute.officers import Asked, AwaitingHead, Officer
from gateway.statute.sharing.requesting import Requesting, code_of, require_asked
from ledger.chain.port import Operation, Receipt, StateFact
from ledger.errors import Conflict

TERMS = Terms(
    "sales-1", "audit-office", "market-audit", "why", Operations.COUNT, ("price",), bytes(32), "article 9", 0, 9, 1
)
COVERING = Covering(identifier("sales-1"), TERMS.digest, (bytes(32),))
ASKED = Asked(
    Request(
        owner=party_id("tax"),
        requester=party_id("audit-office"),
        asset=identifier("sales-1"),
        state=RequestState.RECEIVED,
    ),
    TERMS.scope,
)


class Desk(Officer):
    """An officer over a chain that shows one record and keeps what is submitted."""

    def __init__(self, request: Asked, directory: Path) -> None:
        self.party, self.request_on_chain = "tax", request
        self.submitted, self.agreed = list[str](), True
        self.config = SimpleNamespace(terms=directory)  # type: ignore[assignment]
        self._chain = self  # type: ignore[assignment]

    def asked(self, code: str) -> Asked:
        assert code == code_of(TERMS)
        return self.request_on_chain

    def changes(self, contract: str, id: bytes) -> int:
        return 1

    def proven(self, fact: StateFact) -> dict[bytes, bytes]:
        """Every head has agreed to everything, or nobody has."""
        return dict.fromkeys(fact.slots, (1 if self.agreed else 0).to_bytes(32, "big"))

    def submit(self, operation: Operation) -> Receipt:
        self.submitted.append(operation.method)
        return Receipt(operation.op_id, bytes(32), 1, bytes(32), 0, True, "", ())

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        return self.submit(call(bytes(32)))


def test_the_request_that_was_asked_is_granted(tmp_path: Path) -> None:
    desk = Desk(ASKED, tmp_path)
    Requesting(desk).grant(TERMS, lambda: COVERING)
    assert desk.submitted == ["consent"]


def test_what_the_head_has_not_agreed_to_reaches_no_chain(tmp_path: Path) -> None:
    desk = Desk(ASKED, tmp_path)
    desk.agreed = False
    with pytest.raises(AwaitingHead, match="waits for the head of the sharing body of tax"):
        Requesting(desk).grant(TERMS, lambda: COVERING)
    assert desk.submitted == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"requester": party_id("mallory")}, "grantee"),
        ({"owner": party_id("finance")}, "owner"),
        ({"asset": identifier("sales-2")}, "asset"),
        ({"purpose": identifier("other")}, "purpose"),
        ({"operations": int(Operations.COUNT | Operations.HISTOGRAM)}, "operations"),
        ({"terms": bytes(32)}, "terms"),
        ({"requester": party_id("mallory"), "operations": 127}, "grantee, operations"),
    ],
)
def test_another_request_under_the_same_code_is_not_granted(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    """Who sees a request on its way can put his own under its id, with the very digest of the terms."""
    scope = {name: value for name, value in changes.items() if hasattr(ASKED.scope, name)}
    request = {name: value for name, value in changes.items() if name not in scope}
    forged = Asked(replace(ASKED.request, **request), replace(ASKED.scope, **scope))  # type: ignore[arg-type]
    desk = Desk(forged, tmp_path)
    with pytest.raises(Conflict, match=f"another {named} than"):
        Requesting(desk).grant(TERMS, lambda: COVERING)
    assert desk.submitted == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_longer_requested_is_not_granted(tmp_path: Path) -> None:
    def in_state(state: RequestState) -> Asked:
        return replace(ASKED, request=replace(ASKED.request, state=state))

    with pytest.raises(Conflict, match="nothing to grant in state withdrawn"):
        Requesting(Desk(in_state(RequestState.WITHDRAWN), tmp_path)).grant(TERMS, lambda: COVERING)
    assert Requesting(Desk(in_state(RequestState.CONSENTED), tmp_path)).grant(TERMS, lambda: COVERING) is None


def test_a_request_for_somebody_elses_asset_is_named_before_the_chain_is_asked() -> None:
    require_asked(ASKED, TERMS, "tax")
    with pytest.raises(Conflict, match="another owner"):
        require_asked(ASKED, TERMS, "finance")
