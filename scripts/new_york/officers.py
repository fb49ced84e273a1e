"""What officers do before anything can be computed: mount assets, ask for authorizations, grant them.

Each call is signed with that officer's own key. Here one program plays all officers, because one person runs the demo.
"""

from __future__ import annotations

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contracts.artefacts import interfaces
from contracts.authorizations import client as authorizations
from contracts.authorizations.rules import Request
from contracts.authorizations.terms import Terms, identifier
from contracts.catalogue import client as catalogue
from contracts.catalogue.rules import Category, Grade
from contracts.parties.client import party_id
from gateway.founding import keystore
from ledger import canonical, tls
from ledger import trust as trust_file
from ledger.chain import Chain, Operation
from ledger.connect import Account, connect
from ledger.errors import NotAuthorized
from ledger.hashing import tagged
from new_york.cast import OFFICE, Holding

MONTH_S = 30 * 86400


class Officers:
    """Connections of all officers of one network directory."""

    def __init__(self, directory: Path, chain_url: str) -> None:
        self._directory, self._url = directory, chain_url
        self._trust = trust_file.parse((directory / "trust.json").read_bytes())
        self._chains: dict[str, Chain] = {}
        self._lock = threading.Lock()

    def chain(self, party: str) -> Chain:
        """Return the party's officer's connection."""
        with self._lock:
            return self._open(party)

    def _open(self, party: str) -> Chain:
        if party not in self._chains:
            home = self._directory / "parties" / party
            self._chains[party] = connect(
                self._url,
                interfaces=interfaces(),
                directory=self._trust.directory,
                account=Account(keystore(home).load("officer"), home / "state" / "officer.sqlite"),
                server_pem=(self._directory / "network" / "chain.pem").read_bytes(),
                identity=tls.load_identity(home / "tls"),
            )
        return self._chains[party]

    def authorize(self, holdings: list[Holding]) -> dict[str, bytes]:
        """Mount every asset and have the audit office authorized for it; returns authorization by asset."""
        with ThreadPoolExecutor(len(holdings)) as pool:
            list(pool.map(self._mount, holdings))
            requested = list(pool.map(self._request, holdings))
            ids = {holding.asset: id for holding, id in zip(holdings, requested, strict=True)}
            list(pool.map(lambda holding: self._grant(holding, ids[holding.asset]), holdings))
        return ids

    def close(self) -> None:
        for chain in self._chains.values():
            chain.close()

    def _mount(self, holding: Holding) -> None:
        asset = identifier(holding.asset)
        document = tagged("demo catalogue document", holding.title.encode())
        operation = catalogue.mount(
            asset, identifier(f"item-{holding.asset}"), Category.CONDITIONAL, Grade.GENERAL, document,
            op_id=tagged("demo mount", asset),
        )  # fmt: skip
        self._do(holding.party, operation)

    def _request(self, holding: Holding) -> bytes:
        terms = Terms(
            asset=holding.asset,
            grantee=OFFICE,
            purpose=holding.purpose,
            purpose_text=holding.purpose_text,
            operations=holding.operations,
            columns=holding.columns,
            salt=secrets.token_bytes(32),
        )
        id = tagged("demo authorization", terms.digest)
        now = int(time.time())
        request = Request(
            id=id,
            asset=identifier(holding.asset),
            owner=party_id(holding.party),
            purpose=identifier(holding.purpose),
            operations=int(holding.operations),
            terms=terms.digest,
            valid_from=now - 60,
            valid_until=now + MONTH_S,
            max_uses=10,
        )
        for party in (OFFICE, holding.party):
            path = self._directory / "parties" / party / "terms" / f"{holding.asset}.json"
            path.write_bytes(canonical.encode(terms.json()))
        op_id = authorizations.operation_id(id, "request", party_id(OFFICE))
        self._do(OFFICE, authorizations.request(request, op_id=op_id))
        return id

    def _grant(self, holding: Holding, id: bytes) -> None:
        op_id = authorizations.operation_id(id, "grant", party_id(holding.party))
        self._do(holding.party, authorizations.grant(id, op_id=op_id))

    def _do(self, party: str, operation: Operation) -> None:
        receipt = self.chain(party).submit(operation)
        if not receipt.accepted:
            raise NotAuthorized(f"{party}: {operation.contract}.{operation.method}: {receipt.reason}")
