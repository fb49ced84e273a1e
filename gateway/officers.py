"""What an officer does on the chain: enter an asset, ask for its use, say yes or no, stop it.

Every call is signed with that officer's own key and is idempotent: a command that was interrupted may be repeated. An
authorization has a code for people, ``<grantee>/<purpose>/<asset>`` unless another is given; its id is the digest of
the code. The terms document passes between the two departments outside the chain, which holds its salted digest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from contracts.addresses import AUTHORIZATIONS
from contracts.artefacts import interfaces
from contracts.authorizations import client as authorizations
from contracts.authorizations import terms as terms_documents
from contracts.authorizations.record import Authorization, AuthorizationState
from contracts.authorizations.rules import Request
from contracts.authorizations.terms import Terms, identifier
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Category, Grade
from contracts.parties.client import party_id
from contracts.proven import history_fact
from gateway.connecting import officer_chain
from ledger import canonical
from ledger.chain import Chain, Operation, Receipt
from ledger.errors import Conflict, NotAuthorized, NotFound
from ledger.hashing import tagged
from ledger.view import ProvenView
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust
from mpc.node.registry import ProvenFacts

DAY_S = 86400
CLOCK_SLACK_S = 60


@dataclass(frozen=True, slots=True)
class Period:
    """From now on for so many days, at most so many jobs."""

    days: int
    uses: int


class Officer:
    """One department's officer at the chain."""

    def __init__(self, config: NodeConfig, *, clock: Callable[[], float] = time.time) -> None:
        self.party = config.party
        self._config, self._clock = config, clock
        self._chain: Chain = officer_chain(config)
        belief = config.state / "officer-belief.sqlite"
        self._view = ProvenView(self._chain, read_trust(config.trust), belief, interfaces(), clock=clock)

    def close(self) -> None:
        self._view.close()
        self._chain.close()

    def mount(self, asset: str, item: str, category: Category, grade: Grade, document: bytes) -> Receipt:
        """Enter an asset in the catalogue; ``document`` is a digest of its description, which stays here."""
        op_id = tagged("shuxin officer mount v1", asset.encode(), self.party.encode(), document)
        return self._do(
            catalogue.mount(identifier(asset), identifier(item), category, grade, document, op_id=op_id)
        )

    def request(self, terms: Terms, owner: str, period: Period, code: str = "") -> Receipt:
        """Ask the owner of an asset; the terms document is kept among this node's own."""
        if terms.grantee != self.party:
            raise NotAuthorized(f"terms: {self.party} can only ask for itself, the grantee is {terms.grantee}")
        id, now = identifier(code or code_of(terms)), int(self._clock())
        self._keep(terms)
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
        op_id = authorizations.operation_id(id, "request", party_id(self.party))
        return self._do(authorizations.request(request, op_id=op_id))

    def grant(self, terms: Terms, code: str = "") -> Receipt:
        """Say yes to a request whose terms are exactly these.

        Raises:
            Conflict: the request on chain has other terms, or is not waiting for an answer.
        """
        code = code or code_of(terms)
        record = self.authorization(code)
        if record.state is not AuthorizationState.REQUESTED:
            raise Conflict(f"authorization {code}: nothing to grant in state {record.state.name.lower()}")
        if record.terms != terms.digest:
            raise Conflict(f"authorization {code}: the request on chain has other terms than this document")
        self._keep(terms)
        id = identifier(code)
        return self._do(authorizations.grant(id, op_id=self._op_id(id, "grant")))

    def refuse(self, code: str, reason: str) -> Receipt:
        """Say no to a request; the reason's salted digest goes on chain, the words stay with the departments."""
        id = identifier(code)
        return self._do(authorizations.refuse(id, _digest(id, reason), op_id=self._op_id(id, "refuse")))

    def suspend(self, code: str, reason: str) -> Receipt:
        """Stop every use until resumed; it bites at the next step of a running job."""
        id = identifier(code)
        return self._do(authorizations.suspend(id, _digest(id, reason), op_id=self._op_id(id, "suspend")))

    def resume(self, code: str) -> Receipt:
        """Lift a suspension."""
        id = identifier(code)
        return self._do(authorizations.resume(id, op_id=self._op_id(id, "resume")))

    def revoke(self, code: str, reason: str) -> Receipt:
        """End an authorization for good."""
        id = identifier(code)
        return self._do(authorizations.revoke(id, _digest(id, reason), op_id=self._op_id(id, "revoke")))

    def authorization(self, code: str) -> Authorization:
        """Read an authorization by proof; state UNKNOWN if there is none."""
        return ProvenFacts(self._view, self._view.head()).authorization(identifier(code))

    def _op_id(self, id: bytes, method: str) -> bytes:
        """Number the call by the changes so far, so that a second suspension is another call than the first."""
        fact = history_fact(AUTHORIZATIONS, id)
        count = int.from_bytes(self._view.value(fact.contract, fact.slots)[fact.slots[1]], "big")
        return authorizations.operation_id(id, method, party_id(self.party), count)

    def _keep(self, terms: Terms) -> None:
        self._config.terms.mkdir(parents=True, exist_ok=True)
        name = code_of(terms).replace("/", "--")
        (self._config.terms / f"{name}.json").write_bytes(canonical.encode(terms.json()))

    def _do(self, operation: Operation) -> Receipt:
        receipt = self._chain.submit(operation)
        if not receipt.accepted:
            raise NotAuthorized(f"{operation.contract}.{operation.method}: the chain refuses: {receipt.reason}")
        return receipt


def code_of(terms: Terms) -> str:
    """Return the code under which people know an authorization."""
    return f"{terms.grantee}/{terms.purpose}/{terms.asset}"


def read_terms(path: Path) -> Terms:
    """Read a terms document that another department sent; raises NotFound, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    return terms_documents.parse(path.read_bytes())


def _digest(id: bytes, reason: str) -> bytes:
    return tagged("SHUXIN-REASON-V1", id, reason.encode())
