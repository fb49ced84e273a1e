"""An officer at the chain: calls signed with that officer's own key, records read by proof.

A command that was interrupted may be repeated: what the chain holds already is not done again. What a handler and the
head of the sharing body do together is carried out only once she has agreed. What officers ask for and grant is in
``gateway.statute.sharing.requesting``, what they enter in the catalogue in ``gateway.statute.sharing.entering``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from contracts.addresses import ENTRIES, REQUESTS, RETURNS
from contracts.artefacts import interfaces
from contracts.authorizations import client as authorizations
from contracts.authorizations.record import Authorization, AuthorizationState, Scope
from contracts.authorizations.terms import identifier
from contracts.endorsements.client import decode_head, head_fact
from contracts.entries import client as entries
from contracts.entries.rules import File
from contracts.entries.rules import act_of as entry_act_of
from contracts.evidence.collect import find_events
from contracts.parties.client import party_id
from contracts.parties.record import NOBODY
from contracts.proven import history_fact, verify_events
from contracts.requests import client as requests
from contracts.requests.calls import Consent, Refuse, Submit
from contracts.requests.record import Request
from contracts.requests.rules import act_of
from contracts.returns import client as returns
from contracts.returns.rules import Claim
from contracts.returns.rules import act_of as claim_act_of
from gateway.network.connecting import MAX_AGAIN, OFFICER, officer_chain, submit_anew
from ledger.chain.port import Chain, EventFact, Operation, Receipt, StateFact
from ledger.errors import Conflict, NotFound
from ledger.proofs.view import ProvenEvent, ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust

Endorsable: TypeAlias = File | Submit | Consent | Refuse | Claim
"""What an officer carries out only with the agreement of the head of the sharing body."""


class AwaitingHead(Conflict):
    """An act needs the agreement of the head of the sharing body first (articles 11 and 20)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on chain and the scope it asks for."""

    request: Request
    scope: Scope


class Officer:
    """One department's officer at the chain."""

    def __init__(self, config: NodeConfig, key: str = OFFICER, *, clock: Callable[[], float] = time.time) -> None:
        self.party, self.config, self.clock = config.party, config, clock
        self._chain: Chain = officer_chain(config, key)
        belief = config.state / f"{key}-belief.sqlite"
        self._view = ProvenView(self._chain, read_trust(config.trust), belief, interfaces(), clock=clock)

    @property
    def view(self) -> ProvenView:
        """What this officer has proven to itself about the chain, for proofs that others are to read."""
        return self._view

    def close(self) -> None:
        self._view.close()
        self._chain.close()

    def act(self, call: Endorsable) -> Receipt:
        """Carry out what the head of this party's sharing body has agreed to.

        Raises:
            AwaitingHead: she has not.
            NotAuthorized: the chain refuses, for example because she is in office no more.
        """
        act, party = self.act_of(call), party_id(self.party)
        if decode_head(party, act, self.proven(head_fact(party, act))) == NOBODY:
            raise AwaitingHead(f"{type(call).__name__.lower()}: waits for the head of the sharing body of {self.party}")
        match call:
            case File():
                return self.change(ENTRIES, call.asset, "file", lambda op_id: entries.file(call, op_id=op_id))
            case Submit():
                return self.change(REQUESTS, call.id, "request", lambda op_id: requests.submit(call, op_id=op_id))
            case Consent():
                return self.change(REQUESTS, call.id, "consent", lambda op_id: requests.consent(call, op_id=op_id))
            case Refuse():
                return self.change(REQUESTS, call.id, "refuse", lambda op_id: requests.refuse(call, op_id=op_id))
            case Claim():
                return self.change(RETURNS, call.id, "claim", lambda op_id: returns.claim(call, op_id=op_id))

    def act_of(self, call: Endorsable) -> bytes:
        """Return the digest of a call as the next change of its request or return, or of its asset's entries."""
        if isinstance(call, File):
            return entry_act_of(call, party_id(self.party), self.changes(ENTRIES, call.asset) + 1)
        if isinstance(call, Claim):
            return claim_act_of(call, self.changes(RETURNS, call.id) + 1)
        return act_of(call, self.changes(REQUESTS, call.id) + 1)

    def asked(self, code: str) -> Asked:
        """Read a request and what it asks for by proof; its state is UNKNOWN if there is none."""
        id = identifier(code)
        request = requests.decode_request(id, self.proven(requests.request_fact(id)))
        return Asked(request, requests.decode_scope(id, self.proven(requests.scope_fact(id))))

    def authorization(self, code: str) -> Authorization:
        """Read an authorization by proof; raises NotFound if there is none."""
        record = self.granted(code)
        if record is None:
            raise NotFound(f"authorization {code}: the chain has none of this code")
        return record

    def granted(self, code: str) -> Authorization | None:
        """Read the authorization that a request became by proof, if it became one."""
        id = identifier(code)
        record = authorizations.decode_authorization(id, self.proven(authorizations.authorization_fact(id)))
        return None if record.state is AuthorizationState.UNKNOWN else record

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        """Read words of the newest sealed state by proof."""
        return self._view.value(fact.contract, fact.slots)

    def now(self) -> int:
        """Return the time of the newest sealed block, unix seconds."""
        return self._view.head().timestamp

    def changes(self, contract: str, id: bytes) -> int:
        """Count the changes of an entity so far, by proof."""
        fact = history_fact(contract, id)
        return int.from_bytes(self.proven(fact)[fact.slots[1]], "big")

    def history(self, contract: str, id: bytes) -> list[ProvenEvent]:
        """Return every change of an entity, each proven with its block, complete and in order by the proven history."""
        events = find_events(self._chain, {(contract, id)}, self._view.head())[contract, id]
        facts = (EventFact(event.block_number, event.index, event.log_index) for event in events)
        proven = [self._view.event(fact) for fact in facts]
        verify_events(contract, id, [event.log for event in proven], self.proven(history_fact(contract, id)))
        return proven

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        """Number the call by the changes so far and the refusals since: a second suspension is another call."""
        seen, count = self._view.head().number, self.changes(contract, id)

        def numbered(again: int) -> Operation:
            n = count * MAX_AGAIN + again
            return call(authorizations.operation_id(id, change, party_id(self.party), n))

        return submit_anew(self._chain, numbered, seen)
