"""What officers do after a request has come in: answer it, suspend and end the authorization, dispose of the data.

A case is everything under one code: the request and the authorization it became share it, and its id. Reasons and
certificates go on chain as salted digests only; the papers that open them pass between the departments. A command may
be repeated: what the chain holds already is not done again. Nothing here decides; every rule is the contracts'.
Source: Regulation on Government Data Sharing, articles 21, 25 and 27.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from contracts.addresses import AUTHORIZATIONS, REQUESTS
from contracts.authorizations import client as authorizations
from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.terms import identifier
from contracts.requests import client as requests
from contracts.requests.calls import AskSupplement, Extend, Refuse, Withdraw
from contracts.requests.record import Request, RequestState
from gateway.statute.matter import DIRECTORY
from gateway.statute.officers import Officer
from gateway.statute.papers import Papers, act_matter
from ledger.chain.port import Operation, Receipt
from ledger.errors import NotFound

Calling = Callable[[bytes], Operation]


def moment(time: int) -> str:
    """Write unix seconds for people; nothing for zero."""
    return datetime.fromtimestamp(time, UTC).isoformat() if time else ""


class Case:
    """One case, worked on by one department's officer."""

    def __init__(self, officer: Officer, code: str) -> None:
        self.code, self.id = code, identifier(code)
        self._officer, self._papers = officer, Papers(officer.config.state / DIRECTORY)

    def ask_supplement(self, missing: str) -> Receipt | None:
        """Say, once and completely, what is missing."""
        call = AskSupplement(self.id, self.digest("supplement", missing))
        return self._request(RequestState.INCOMPLETE, lambda op_id: requests.ask_supplement(call, op_id=op_id))

    def extend(self, reason: str) -> Receipt | None:
        """Give the owner more time, by the authority."""
        if self.request().extended:
            return None
        call = Extend(self.id, self.digest("extend", reason))
        return self._officer.change(REQUESTS, self.id, "extend", lambda op_id: requests.extend(call, op_id=op_id))

    def refusal(self, rule: int, reason: str) -> Refuse:
        """Word a no, which rests on a rule."""
        return Refuse(self.id, rule, self.digest("refuse", reason))

    def refuse(self, rule: int, reason: str) -> Receipt | None:
        """Say no to a request, for good, once the head has agreed to it."""
        if self.request().state is RequestState.REFUSED:
            return None
        return self._officer.act(self.refusal(rule, reason))

    def withdraw(self) -> Receipt | None:
        """Take a request back."""
        return self._request(RequestState.WITHDRAWN, lambda op_id: requests.withdraw(Withdraw(self.id), op_id=op_id))

    def suspend(self, reason: str, breach: int = 0) -> Receipt | None:
        """Stop every use until resumed, by the owner or an authority; it bites at the next step of a running job."""
        digest = self.digest("suspend", reason)
        return self._authorization(
            AuthorizationState.SUSPENDED, lambda op_id: authorizations.suspend(self.id, digest, breach, op_id=op_id)
        )

    def resume(self) -> Receipt | None:
        """Lift a suspension."""
        return self._authorization(
            AuthorizationState.GRANTED, lambda op_id: authorizations.resume(self.id, op_id=op_id)
        )

    def revoke(self, reason: str) -> Receipt | None:
        """End an authorization for good."""
        digest = self.digest("revoke", reason)
        return self._authorization(
            AuthorizationState.REVOKED, lambda op_id: authorizations.revoke(self.id, digest, op_id=op_id)
        )

    def dispose(self, certificate: str) -> Receipt | None:
        """State that what was supplied is disposed of; what has been disposed of is never used again."""
        digest = self.digest("dispose", certificate)
        return self._authorization(
            AuthorizationState.DISPOSED, lambda op_id: authorizations.dispose(self.id, digest, op_id=op_id)
        )

    def standing(self) -> dict[str, object]:
        """Say in words where the case is; times are ISO 8601 in UTC, digests hexadecimal."""
        asked = self._officer.asked(self.code)
        request, scope, record = self.request(), asked.scope, self._officer.granted(self.code)
        return {
            "code": self.code,
            "id": self.id.hex(),
            "state": (record or request).state.name.lower(),
            "requested": moment(request.received),
            "due": moment(request.due),
            "supply": moment(request.supply),
            "valid_from": moment(scope.valid_from),
            "valid_until": moment(scope.valid_until),
            "max_uses": scope.max_uses,
            "uses": record.uses if record else 0,
            "terms": scope.terms.hex(),
        }

    def request(self) -> Request:
        """Read the request by proof; raises NotFound if there is none."""
        found = self._officer.asked(self.code).request
        if found.state is RequestState.UNKNOWN:
            raise NotFound(f"authorization {self.code}: the chain has no request of this code")
        return found

    def digest(self, act: str, words: str) -> bytes:
        """Return what stands on chain for the words of an act."""
        return self._papers.of(act_matter(self.id, act), words).digest

    def paper(self, act: str, words: str) -> Path:
        """Return where the paper of an act lies."""
        return self._papers.path(self._papers.of(act_matter(self.id, act), words))

    def _request(self, wanted: RequestState, call: Calling) -> Receipt | None:
        if self.request().state is wanted:
            return None
        return self._officer.change(REQUESTS, self.id, f"to {wanted.name.lower()}", call)

    def _authorization(self, wanted: AuthorizationState, call: Calling) -> Receipt | None:
        if self._officer.authorization(self.code).state is wanted:
            return None
        return self._officer.change(AUTHORIZATIONS, self.id, f"to {wanted.name.lower()}", call)
