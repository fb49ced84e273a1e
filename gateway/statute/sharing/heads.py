"""What the head of a sharing body agrees to: entries, requests, answers and claims, before a handler carries them out.

Signed with the head's own key. She agrees to the exact words of a document that she has read: what is signed is
computed here from that document and from the chain, never taken over from the handler.
Source: Regulation on Government Data Sharing, articles 11, 13 and 20.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from contracts.addresses import ENDORSEMENTS
from contracts.authorizations.terms import Terms, identifier
from contracts.endorsements import client as endorsements
from contracts.endorsements.client import decode_head, head_fact
from contracts.entries.client import decode_entry, entry_fact
from contracts.entries.rules import check
from contracts.entries.statement import Statement
from contracts.parties.client import party_id
from contracts.parties.record import NOBODY
from contracts.requests.calls import Consent, Refuse
from contracts.requests.record import RequestState
from gateway.network.connecting import HEAD
from gateway.statute.officers import Endorsable, Officer
from gateway.statute.sharing.requesting import claim_back, code_of, require_asked, submission
from ledger.chain.port import Receipt
from ledger.errors import Conflict, NotAuthorized
from mpc.node.config import NodeConfig


class Head:
    """The head of one department's sharing body at the chain."""

    def __init__(self, config: NodeConfig, *, clock: Callable[[], float] = time.time) -> None:
        self._officer = Officer(config, HEAD, clock=clock)

    def close(self) -> None:
        self._officer.close()

    def agree_to_request(self, terms: Terms, owner: str, code: str = "") -> Receipt | None:
        """Agree that this party asks for what the terms say.

        Raises:
            NotAuthorized: the terms are not for this party.
        """
        self._require_own(terms)
        asked = self._officer.asked(code or code_of(terms)).request.state
        if asked not in (RequestState.UNKNOWN, RequestState.INCOMPLETE):
            return None
        return self._agree(submission(terms, owner, code))

    def agree_to_grant(self, terms: Terms, code: str = "") -> Receipt | None:
        """Agree to a yes to the request that these terms describe.

        Raises:
            Conflict: the request on chain says something else, or waits for no answer.
        """
        asked = self._officer.asked(code or code_of(terms))
        if asked.request.state is RequestState.CONSENTED:
            return None
        if asked.request.state is not RequestState.RECEIVED:
            raise Conflict(f"authorization: nothing to agree to in state {asked.request.state.name.lower()}")
        require_asked(asked, terms, self._officer.party)
        return self._agree(Consent(identifier(code or code_of(terms)), asked.request.entry))

    def agree_to_return(self, terms: Terms, region: str, code: str = "") -> Receipt | None:
        """Agree that this party has a region's data flow back on these terms.

        Raises:
            NotAuthorized: the terms are not for this party.
        """
        self._require_own(terms)
        if self._officer.granted(code or code_of(terms)) is not None:
            return None
        return self._agree(claim_back(terms, region, code))

    def agree_to_entry(self, statement: Statement) -> Receipt | None:
        """Agree that this is what the catalogue shall say of an asset of this party.

        Raises:
            InvalidRecord, NotAuthorized: the entry lacks something, or is of a secret.
        """
        check(statement.filing)
        document = statement.document(party_id(self._officer.party))
        if decode_entry(document, self._officer.proven(entry_fact(document))).filed:
            return None
        return self._agree(statement.filing)

    def agree_to_refusal(self, refusal: Refuse) -> Receipt | None:
        """Agree to a no with this rule and these reasons."""
        return self._agree(refusal)

    def _require_own(self, terms: Terms) -> None:
        if terms.grantee != self._officer.party:
            raise NotAuthorized(f"terms: {self._officer.party} can only ask for itself, not for {terms.grantee}")

    def _agree(self, call: Endorsable) -> Receipt | None:
        act, party = self._officer.act_of(call), party_id(self._officer.party)
        if decode_head(party, act, self._officer.proven(head_fact(party, act))) != NOBODY:
            return None
        return self._officer.change(ENDORSEMENTS, act, "endorse", lambda op_id: endorsements.endorse(act, op_id=op_id))
