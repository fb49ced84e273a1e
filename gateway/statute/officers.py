"""What an officer does on the chain: enter an asset, ask for its use, say yes or no, stop it.

Every call is signed with that officer's own key, and a command that was interrupted may be repeated: what the chain
holds already is not done again. A request, and the authorization it becomes with a yes, have a code for people,
``<grantee>/<purpose>/<asset>`` unless another is given; their id is the digest of the code. The terms document passes
between the two departments outside the chain, which holds its salted digest. Suspensions and all that follows an
authorization are in ``gateway.statute.answering``.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from contracts.addresses import CATALOGUE, ENTRIES, GRADES, REQUESTS
from contracts.artefacts import interfaces
from contracts.authorizations import client as authorizations
from contracts.authorizations import terms as terms_documents
from contracts.authorizations.record import Authorization, AuthorizationState, Operations, Scope
from contracts.authorizations.terms import METHODS, SALT_BYTES, Terms, identifier
from contracts.catalogue import client as catalogue
from contracts.endorsements.client import decode_head, head_fact
from contracts.entries import client as entries
from contracts.entries.rules import File
from contracts.entries.rules import act_of as entry_act_of
from contracts.evidence.collect import find_events
from contracts.grades import client as grades
from contracts.grades.rules import Covering
from contracts.parties.client import party_id
from contracts.parties.rules import NOBODY
from contracts.proven import history_fact, verify_events
from contracts.requests import client as requests
from contracts.requests.rules import Consent, Refuse, Request, RequestState, Submit, act_of
from gateway.network.connecting import MAX_AGAIN, OFFICER, officer_chain, submit_anew
from gateway.statistics.publishing import Edition, Editions, fresh, read_edition
from ledger import canonical
from ledger.chain import Chain, EventFact, Operation, Receipt, StateFact
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.view import ProvenEvent, ProvenView
from mpc.node.assets import AssetConfig
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust
from mpc.node.registry import ProvenFacts
from mpc.node.whole import write_whole

DAY_S = 86400
CLOCK_SLACK_S = 60
Endorsable: TypeAlias = File | Submit | Consent | Refuse
"""What an officer carries out only with the agreement of the head of the sharing body."""
_CODE = re.compile(r"[a-z0-9-]{1,63}(/[a-z0-9-]{1,63}){0,3}")


@dataclass(frozen=True, slots=True)
class Period:
    """From now on for so many days, at most so many jobs."""

    days: int
    uses: int

    def __post_init__(self) -> None:
        if self.days < 1 or self.uses < 1:
            raise InvalidRecord(f"period: expected at least one day and one use, got {self.days} and {self.uses}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a requester wants of an asset: for which purpose, on which legal basis, which operations and columns."""

    asset: str
    purpose: str
    words: str
    basis: str
    operations: Operations
    columns: tuple[str, ...]
    method: str = METHODS[0]


class AwaitingHead(Conflict):
    """An act needs the agreement of the head of the sharing body first (articles 11 and 20)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on chain and the scope it asks for."""

    request: Request
    scope: Scope


class Officer:
    """One department's officer at the chain; what is there already is returned as None and not done again."""

    def __init__(self, config: NodeConfig, key: str = OFFICER, *, clock: Callable[[], float] = time.time) -> None:
        self.party = config.party
        self._config, self._clock = config, clock
        self._chain: Chain = officer_chain(config, key)
        belief = config.state / f"{key}-belief.sqlite"
        self._view = ProvenView(self._chain, read_trust(config.trust), belief, interfaces(), clock=clock)

    def close(self) -> None:
        self._view.close()
        self._chain.close()

    def has_entered(self, asset: str) -> bool:
        """Say whether the catalogue has this party's asset, in whatever words."""
        return self._facts().asset(identifier(asset)).owner == party_id(self.party)

    def publish(self, asset: AssetConfig) -> tuple[Edition, Receipt | None]:
        """Publish the table as it is now as the next version of an asset, unless it is the newest one already."""
        id, editions = identifier(asset.code), Editions(self._config.state, asset.code)
        known = self._facts().asset(id)
        edition = read_edition(asset, editions.salt(known.commitment))
        if known.versions and (known.rows, known.commitment) == (edition.rows, edition.commitment):
            return edition, None
        edition = fresh(asset)
        editions.keep(edition)
        receipt = self.change(
            CATALOGUE,
            id,
            "publish",
            lambda op_id: catalogue.publish(id, edition.rows, edition.commitment, op_id=op_id),
        )
        return edition, receipt

    def draft(self, wanted: Wanted, period: Period, code: str = "") -> Terms:
        """Write terms for this party, with a fresh salt, from now on.

        A document kept from an earlier draft that says the same, for as long, and is not over, is returned as it is, so
        that an interrupted request can be repeated and what the head agreed to is what is asked.
        """
        now = int(self._clock())
        start, end = now - CLOCK_SLACK_S, now + period.days * DAY_S
        salt = secrets.token_bytes(SALT_BYTES)
        fresh = Terms(
            wanted.asset, self.party, wanted.purpose, wanted.words, wanted.operations,
            tuple(sorted(set(wanted.columns))), salt, wanted.basis, start, end, period.uses, wanted.method,
        )  # fmt: skip
        path = self._path(code or code_of(fresh))
        if path.is_file():
            kept = read_terms(path)
            is_as_long = kept.valid_until - kept.valid_from == end - start and kept.valid_until > now
            if is_as_long and replace(kept, salt=salt, valid_from=start, valid_until=end) == fresh:
                return kept
        return fresh

    def request(self, terms: Terms, owner: str, code: str = "") -> Receipt | None:
        """Ask the owner of an asset, or hand in what it found missing; this node keeps the terms document.

        Raises:
            AwaitingHead: the head of this party's sharing body has not agreed yet.
            Conflict: a request of this code exists, with other terms or of another party.
            NotAuthorized: the terms are not for this party, or the chain refuses.
        """
        if terms.grantee != self.party:
            raise NotAuthorized(f"terms: {self.party} can only ask for itself, the grantee is {terms.grantee}")
        code = code or code_of(terms)
        asked = self.asked(code)
        if asked.request.state is RequestState.INCOMPLETE:
            _require_same_parties(asked.request, terms, owner, code)
        elif asked.request.state is not RequestState.UNKNOWN:
            _require_same(asked, terms, owner, code)
            return None
        self._keep(terms, code)
        return self.act(submission(terms, owner, code))

    def grant(self, terms: Terms, covering: Callable[[], Covering], code: str = "") -> Receipt | None:
        """Say yes to a request whose terms are exactly these, under the catalogue's conditions of its day.

        Args:
            covering: says which graded columns the terms cover, asked for once the request is found to be this one.

        Raises:
            NotFound: nothing was requested under this code.
            Conflict: the request on chain says something else, or is not waiting for an answer.
        """
        code = code or code_of(terms)
        id, asked = identifier(code), self.asked(code)
        state = asked.request.state
        if state is RequestState.UNKNOWN:
            raise NotFound(f"authorization {code}: the chain has no request of this code")
        if state not in (RequestState.RECEIVED, RequestState.CONSENTED):
            raise Conflict(f"authorization {code}: nothing to grant in state {state.name.lower()}")
        require_asked(asked, terms, self.party)
        self._keep(terms, code)
        if state is RequestState.CONSENTED:
            return None
        self._cover(covering())
        return self.act(Consent(id, asked.request.entry))

    def _cover(self, call: Covering) -> None:
        cover = grades.decode_cover(call.asset, call.terms, self.proven(grades.cover_fact(call.asset, call.terms)))
        asset = catalogue.decode_asset(call.asset, self.proven(catalogue.asset_fact(call.asset)))
        if cover.document != asset.document:
            self.change(GRADES, call.asset, "cover", lambda op_id: grades.cover(call, op_id=op_id))

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

    def act_of(self, call: Endorsable) -> bytes:
        """Return the digest of a call as the next change of its request, or of its asset's entries."""
        if isinstance(call, File):
            return entry_act_of(call, party_id(self.party), self.changes(ENTRIES, call.asset) + 1)
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
        record = self._facts().authorization(identifier(code))
        return None if record.state is AuthorizationState.UNKNOWN else record

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        """Read words of the newest sealed state by proof."""
        return self._view.value(fact.contract, fact.slots)

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

    def _facts(self) -> ProvenFacts:
        return ProvenFacts(self._view, self._view.head())

    def _keep(self, terms: Terms, code: str) -> None:
        self._config.terms.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(code), canonical.encode(terms.json()))

    def _path(self, code: str) -> Path:
        if not _CODE.fullmatch(code):
            raise InvalidRecord(f"authorization: {code!r} is not a code: a-z, 0-9, '-', in up to four parts with '/'")
        return self._config.terms / f"{code.replace('/', '--')}.json"


def submission(terms: Terms, owner: str, code: str = "") -> Submit:
    """Build the request that a terms document stands for."""
    id = identifier(code or code_of(terms))
    return Submit(id, identifier(terms.asset), party_id(owner), terms.grounds, terms.scope)


def require_asked(asked: Asked, terms: Terms, owner: str) -> None:
    """Refuse a request on chain that is not the one the document describes.

    The digest alone is no proof of that: it can be copied, and an id belongs to whoever comes first, so that another
    party's request may stand under the code that people know.

    Raises:
        Conflict: names what differs.
    """
    request, scope = asked.request, asked.scope
    pairs = {
        "terms": (scope.terms, terms.digest),
        "grantee": (request.requester, party_id(terms.grantee)),
        "owner": (request.owner, party_id(owner)),
        "asset": (request.asset, identifier(terms.asset)),
        "purpose": (scope.purpose, identifier(terms.purpose)),
        "operations": (scope.operations, int(terms.operations)),
    }
    different = [name for name, (found, expected) in pairs.items() if found != expected]
    if different:
        raise Conflict(f"authorization: the request on chain has another {', '.join(different)} than the document")


def code_of(terms: Terms) -> str:
    """Return the code under which people know an authorization."""
    return f"{terms.grantee}/{terms.purpose}/{terms.asset}"


def read_terms(path: Path) -> Terms:
    """Read a terms document that another department sent; raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    try:
        return terms_documents.parse(path.read_bytes())
    except InvalidRecord as fault:
        raise InvalidRecord(f"{path}: {fault}") from fault


def _require_same(asked: Asked, terms: Terms, owner: str, code: str) -> None:
    try:
        require_asked(asked, terms, owner)
    except Conflict as fault:
        state = asked.request.state.name.lower()
        raise Conflict(f"authorization {code}: {state} already, and not this one; ask under another --code") from fault


def _require_same_parties(request: Request, terms: Terms, owner: str, code: str) -> None:
    """A supplement may word everything anew, but is of the same party for the same asset of the same owner."""
    expected = (party_id(terms.grantee), party_id(owner), identifier(terms.asset))
    if (request.requester, request.owner, request.asset) != expected:
        raise Conflict(f"authorization {code}: incomplete, and of other parties; ask under another --code")
