"""What an officer asks for and grants: terms drafted, requested by one department and consented to by another.

A request, and the authorization it becomes with a yes, have a code for people, ``<grantee>/<purpose>/<asset>`` unless
another is given; their id is the digest of the code. The terms document passes between the two departments outside the
chain, which holds its salted digest. Suspensions and all that follows an authorization are in
``gateway.statute.sharing.answering``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.addresses import GRADES
from contracts.authorizations import terms as terms_documents
from contracts.authorizations.record import Operations
from contracts.authorizations.terms import METHODS, SALT_BYTES, Terms, identifier
from contracts.catalogue import client as catalogue
from contracts.grades import client as grades
from contracts.grades.rules import Covering
from contracts.parties.client import party_id
from contracts.regulation.client import jurisdiction_id
from contracts.requests.calls import Consent, Submit
from contracts.requests.record import Request, RequestState
from contracts.returns.rules import Claim
from gateway.statute.officers import Asked, Officer
from ledger import canonical
from ledger.chain.port import Receipt
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from mpc.node.whole import write_whole

DAY_S = 86400
CLOCK_SLACK_S = 60
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


class Requesting:
    """One department's officer who asks, or answers with a yes; what is there already is not done again."""

    def __init__(self, officer: Officer) -> None:
        self._officer, self._terms = officer, officer.config.terms

    def draft(self, wanted: Wanted, period: Period, code: str = "") -> Terms:
        """Write terms for this party, with a fresh salt, from now on.

        A document kept from an earlier draft that says the same, for as long, and is not over, is returned as it is, so
        that an interrupted request can be repeated and what the head agreed to is what is asked.
        """
        now = int(self._officer.clock())
        start, end = now - CLOCK_SLACK_S, now + period.days * DAY_S
        salt = secrets.token_bytes(SALT_BYTES)
        fresh = Terms(
            wanted.asset, self._officer.party, wanted.purpose, wanted.words, wanted.operations,
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
        if terms.grantee != self._officer.party:
            raise NotAuthorized(f"terms: {self._officer.party} can only ask for itself, the grantee is {terms.grantee}")
        code = code or code_of(terms)
        asked = self._officer.asked(code)
        if asked.request.state is RequestState.INCOMPLETE:
            _require_same_parties(asked.request, terms, owner, code)
        elif asked.request.state is not RequestState.UNKNOWN:
            _require_same(asked, terms, owner, code)
            return None
        self.keep(terms, code)
        return self._officer.act(submission(terms, owner, code))

    def grant(self, terms: Terms, covering: Callable[[], Covering], code: str = "") -> Receipt | None:
        """Say yes to a request whose terms are exactly these, under the catalogue's conditions of its day.

        Args:
            covering: says which graded columns the terms cover, asked for once the request is found to be this one.

        Raises:
            NotFound: nothing was requested under this code.
            Conflict: the request on chain says something else, or is not waiting for an answer.
        """
        code = code or code_of(terms)
        id, asked = identifier(code), self._officer.asked(code)
        state = asked.request.state
        if state is RequestState.UNKNOWN:
            raise NotFound(f"authorization {code}: the chain has no request of this code")
        if state not in (RequestState.RECEIVED, RequestState.CONSENTED):
            raise Conflict(f"authorization {code}: nothing to grant in state {state.name.lower()}")
        require_asked(asked, terms, self._officer.party)
        self.keep(terms, code)
        if state is RequestState.CONSENTED:
            return None
        self._cover(covering())
        return self._officer.act(Consent(id, asked.request.entry))

    def _cover(self, call: Covering) -> None:
        fact = grades.cover_fact(call.asset, call.terms)
        cover = grades.decode_cover(call.asset, call.terms, self._officer.proven(fact))
        asset = catalogue.decode_asset(call.asset, self._officer.proven(catalogue.asset_fact(call.asset)))
        if cover.document != asset.document:
            self._officer.change(GRADES, call.asset, "cover", lambda op_id: grades.cover(call, op_id=op_id))

    def keep(self, terms: Terms, code: str) -> None:
        """Keep a terms document where the node finds it."""
        self._terms.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(code), canonical.encode(terms.json()))

    def _path(self, code: str) -> Path:
        if not _CODE.fullmatch(code):
            raise InvalidRecord(f"authorization: {code!r} is not a code: a-z, 0-9, '-', in up to four parts with '/'")
        return self._terms / f"{code.replace('/', '--')}.json"


def submission(terms: Terms, owner: str, code: str = "") -> Submit:
    """Build the request that a terms document stands for."""
    id = identifier(code or code_of(terms))
    return Submit(id, identifier(terms.asset), party_id(owner), terms.grounds, terms.scope)


def claim_back(terms: Terms, region: str, code: str = "") -> Claim:
    """Build the claim of a return that a terms document stands for."""
    return Claim(identifier(code or code_of(terms)), identifier(terms.asset), jurisdiction_id(region), terms.scope)


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
