"""What an officer does on the chain: enter an asset, ask for its use, say yes or no, stop it.

Every call is signed with that officer's own key, and a command that was interrupted may be repeated: what the chain
holds already is not done again. An authorization has a code for people, ``<grantee>/<purpose>/<asset>`` unless another
is given; its id is the digest of the code. The terms document passes between the two departments outside the chain,
which holds its salted digest.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from contracts.addresses import AUTHORIZATIONS, CATALOGUE
from contracts.artefacts import interfaces
from contracts.authorizations import client as authorizations
from contracts.authorizations import terms as terms_documents
from contracts.authorizations.record import Authorization, AuthorizationState, Operations
from contracts.authorizations.rules import Request
from contracts.authorizations.terms import SALT_BYTES, Terms, identifier
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Asset, AssetState, Category, Grade
from contracts.parties.client import party_id
from contracts.proven import history_fact
from gateway.connecting import MAX_AGAIN, officer_chain, submit_anew
from gateway.publishing import Edition, Editions, fresh, read_edition
from ledger import canonical
from ledger.chain import Chain, Operation, Receipt
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import tagged
from ledger.view import ProvenView
from mpc.budget import DEFAULT_PERIOD
from mpc.node.assets import AssetConfig
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust
from mpc.node.registry import ProvenFacts
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


class Officer:
    """One department's officer at the chain; what is there already is returned as None and not done again."""

    def __init__(self, config: NodeConfig, *, clock: Callable[[], float] = time.time) -> None:
        self.party = config.party
        self._config, self._clock = config, clock
        self._chain: Chain = officer_chain(config)
        belief = config.state / "officer-belief.sqlite"
        self._view = ProvenView(self._chain, read_trust(config.trust), belief, interfaces(), clock=clock)

    def close(self) -> None:
        self._view.close()
        self._chain.close()

    def has_entered(self, asset: str) -> bool:
        """Say whether the catalogue has this party's asset, in whatever words."""
        return self._facts().asset(identifier(asset)).owner == party_id(self.party)

    def mount(self, asset: str, item: str, category: Category, grade: Grade, description: str) -> Receipt | None:
        """Enter an asset in the catalogue; of its description and data period only a digest goes on chain."""
        id, item_id = identifier(asset), identifier(item)
        held = self._config.assets.get(asset)
        period = held.period if held else DEFAULT_PERIOD
        document = tagged("SHUXIN-CATALOGUE-V1", asset.encode(), description.encode(), period.encode())
        known = self._facts().asset(id)
        found = Asset(party_id(self.party), item_id, category, grade, document, state=AssetState.MOUNTED)
        if replace(known, versions=0, rows=0, commitment=found.commitment) == found:
            return None
        return self._change(
            CATALOGUE, id, "mount", lambda op_id: catalogue.mount(id, item_id, category, grade, document, op_id=op_id)
        )

    def publish(self, asset: AssetConfig) -> tuple[Edition, Receipt | None]:
        """Publish the table as it is now as the next version of an asset, unless it is the newest one already."""
        id, editions = identifier(asset.code), Editions(self._config.state, asset.code)
        known = self._facts().asset(id)
        edition = read_edition(asset, editions.salt(known.commitment))
        if known.versions and (known.rows, known.commitment) == (edition.rows, edition.commitment):
            return edition, None
        edition = fresh(asset)
        editions.keep(edition)
        receipt = self._change(
            CATALOGUE,
            id,
            "publish",
            lambda op_id: catalogue.publish(id, edition.rows, edition.commitment, op_id=op_id),
        )
        return edition, receipt

    def draft(
        self, asset: str, purpose: str, words: str, operations: Operations, columns: tuple[str, ...], code: str = ""
    ) -> Terms:
        """Write terms for this party under a fresh salt; a document kept from an earlier request that says the same
        keeps its own, so that an interrupted request can be repeated.
        """
        salt = secrets.token_bytes(SALT_BYTES)
        terms = Terms(asset, self.party, purpose, words, operations, tuple(sorted(set(columns))), salt)
        path = self._path(code or code_of(terms))
        if path.is_file():
            kept = read_terms(path)
            if replace(kept, salt=salt) == terms:
                return kept
        return terms

    def request(self, terms: Terms, owner: str, period: Period, code: str = "") -> Receipt | None:
        """Ask the owner of an asset; the terms document is kept among this node's own.

        Raises:
            Conflict: an authorization of this code exists, with other terms or of another party.
            NotAuthorized: the terms are not for this party, or the chain refuses.
        """
        if terms.grantee != self.party:
            raise NotAuthorized(f"terms: {self.party} can only ask for itself, the grantee is {terms.grantee}")
        code = code or code_of(terms)
        id, now = identifier(code), int(self._clock())
        known = self._facts().authorization(id)
        if known.state is not AuthorizationState.UNKNOWN:
            _require_same(known, terms, owner, code)
            return None
        self._keep(terms, code)
        request = Request(
            id=id,
            asset=identifier(terms.asset),
            owner=party_id(owner),
            purpose=identifier(terms.purpose),
            operations=int(terms.operations),
            terms=terms.digest,
            valid_from=now - CLOCK_SLACK_S,
            valid_until=now + period.days * DAY_S,
            max_uses=period.uses,
        )
        return self._change(
            AUTHORIZATIONS, id, "request", lambda op_id: authorizations.request(request, op_id=op_id)
        )

    def grant(self, terms: Terms, code: str = "") -> Receipt | None:
        """Say yes to a request whose terms are exactly these.

        Raises:
            NotFound: nothing was requested under this code.
            Conflict: the request on chain says something else, or is not waiting for an answer.
        """
        code = code or code_of(terms)
        id, record = identifier(code), self.authorization(code)
        if record.state not in (AuthorizationState.REQUESTED, AuthorizationState.GRANTED):
            raise Conflict(f"authorization {code}: nothing to grant in state {record.state.name.lower()}")
        require_asked(record, terms, self.party)
        self._keep(terms, code)
        if record.state is AuthorizationState.GRANTED:
            return None
        return self._change(AUTHORIZATIONS, id, "grant", lambda op_id: authorizations.grant(id, op_id=op_id))

    def refuse(self, code: str, reason: str) -> Receipt | None:
        """Say no to a request; a digest of the reason goes on chain, the words stay with the departments."""
        id, digest = identifier(code), _digest(code, reason)
        return self._answer(
            code, AuthorizationState.REFUSED, lambda op_id: authorizations.refuse(id, digest, op_id=op_id)
        )

    def suspend(self, code: str, reason: str) -> Receipt | None:
        """Stop every use until resumed; it bites at the next step of a running job."""
        id, digest = identifier(code), _digest(code, reason)
        return self._answer(
            code, AuthorizationState.SUSPENDED, lambda op_id: authorizations.suspend(id, digest, op_id=op_id)
        )

    def resume(self, code: str) -> Receipt | None:
        """Lift a suspension."""
        id = identifier(code)
        return self._answer(code, AuthorizationState.GRANTED, lambda op_id: authorizations.resume(id, op_id=op_id))

    def revoke(self, code: str, reason: str) -> Receipt | None:
        """End an authorization for good."""
        id, digest = identifier(code), _digest(code, reason)
        return self._answer(
            code, AuthorizationState.REVOKED, lambda op_id: authorizations.revoke(id, digest, op_id=op_id)
        )

    def authorization(self, code: str) -> Authorization:
        """Read an authorization by proof; raises NotFound if there is none."""
        record = self._facts().authorization(identifier(code))
        if record.state is AuthorizationState.UNKNOWN:
            raise NotFound(f"authorization {code}: the chain has none of this code")
        return record

    def _answer(self, code: str, wanted: AuthorizationState, call: Callable[[bytes], Operation]) -> Receipt | None:
        if self.authorization(code).state is wanted:
            return None
        return self._change(AUTHORIZATIONS, identifier(code), f"to {wanted.name.lower()}", call)

    def _change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        """Number the call by the changes so far and the refusals since: a second suspension is another call."""
        seen, fact = self._view.head().number, history_fact(contract, id)
        count = int.from_bytes(self._view.value(fact.contract, fact.slots)[fact.slots[1]], "big")

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


def require_asked(record: Authorization, terms: Terms, owner: str) -> None:
    """Refuse a request on chain that is not the one the document describes.

    The digest alone is no proof of that: it can be copied, and an id belongs to whoever comes first, so that another
    party's request may stand under the code that people know.

    Raises:
        Conflict: names what differs.
    """
    asked = {
        "terms": (record.terms, terms.digest),
        "grantee": (record.grantee, party_id(terms.grantee)),
        "owner": (record.owner, party_id(owner)),
        "asset": (record.asset, identifier(terms.asset)),
        "purpose": (record.purpose, identifier(terms.purpose)),
        "operations": (record.operations, int(terms.operations)),
    }
    different = [name for name, (found, expected) in asked.items() if found != expected]
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


def _require_same(known: Authorization, terms: Terms, owner: str, code: str) -> None:
    try:
        require_asked(known, terms, owner)
    except Conflict as fault:
        state = known.state.name.lower()
        raise Conflict(f"authorization {code}: {state} already, and not this one; ask under another --code") from fault


def _digest(code: str, reason: str) -> bytes:
    return tagged("SHUXIN-REASON-V1", identifier(code), reason.encode())
