"""What officers do with vouchers of public data assets: claim, issue, hand on, revoke, read and prove.

A department keeps in its state the holdings it claimed, the documents it issued and the key that names assets on chain;
a repeated command finds them there. Nothing here decides: every rule is the contract's.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from contracts import slip
from contracts.addresses import VOUCHERS
from contracts.evidence.collect import collect_voucher
from contracts.evidence.records.vouched import VoucherProof
from contracts.parties.client import party_id
from contracts.vouchers import client
from contracts.vouchers.document import Document, Holding
from contracts.vouchers.rules import Ground, Issue, Revoke, Transfer, Voucher
from gateway.statute.matter import Matter
from gateway.statute.officers import Officer
from ledger.chain.port import Receipt
from ledger.errors import Conflict, NotFound
from ledger.files import read_bounded
from mpc.node.whole import write_whole

DAY_S: Final = 86400
CLOCK_SLACK_S: Final = 60


@dataclass(frozen=True, slots=True)
class Described:
    """What a registrar writes on a voucher; content: SHA-256 of the asset's file or description."""

    number: str
    asset: str
    title: str
    provider: str
    content: bytes
    days: int


class Vouchers:
    """One department's officer at vouchers."""

    def __init__(self, officer: Officer) -> None:
        self._officer = officer
        self._folder = officer.config.state / "vouchers"

    def claim(self) -> Holding:
        """Draw what is to stand for this department as holder of one voucher, and keep it."""
        holding = Holding(self._officer.party, slip.fresh_salt())
        write_whole(self._claimed(holding.commitment), slip.encode(holding))
        return holding

    def draft(self, described: Described) -> Document:
        """Write a voucher of this department, from now on; the one kept if it says the same and is not over.

        Raises:
            Conflict: another one was issued under this number.
        """
        now = int(self._officer.clock())
        start, end = now - CLOCK_SLACK_S, now + described.days * DAY_S
        fresh = Document(
            described.number, self._officer.party, described.asset, described.title, described.provider,
            described.content, start, end, slip.fresh_salt(),
        )  # fmt: skip
        path = self._folder / "issued" / f"{described.number}.json"
        if path.is_file():
            kept = slip.load(Document, path)
            is_as_long = kept.valid_until - kept.valid_from == end - start and kept.valid_until > now
            if is_as_long and replace(kept, salt=fresh.salt, valid_from=start, valid_until=end) == fresh:
                return kept
            if self._officer.changes(VOUCHERS, kept.id):
                raise Conflict(f"voucher {described.number}: another one was issued under this number")
        write_whole(path, slip.encode(fresh))
        return fresh

    def issue(self, document: Document, holding: Holding) -> Receipt | None:
        """Issue a voucher to whoever made a claim."""
        matter = self._matter(document)
        if issued := matter.events():
            if issued[0].digest("holder") != holding.commitment:
                raise Conflict(f"voucher {document.number}: issued to another holder")
            return None
        call = Issue(
            document.id, self._asset(document.asset), holding.commitment, document.valid_from, document.valid_until
        )
        return matter.officer.change(VOUCHERS, document.id, "issue", lambda op_id: client.issue(call, op_id=op_id))

    def transfer(self, document: Document, to: Holding) -> Receipt | None:
        """Hand a voucher on, as its holder, to whoever made a claim.

        Raises:
            NotFound: this department does not hold it.
        """
        found = self.read(document)
        if found.holder == to.commitment:
            return None
        call = Transfer(document.id, self.holding(document, found).salt, to.commitment)
        return self._officer.change(VOUCHERS, document.id, "transfer", lambda op_id: client.transfer(call, op_id=op_id))

    def revoke(self, document: Document, ground: Ground, words: str) -> Receipt | None:
        """End a voucher, as its issuer."""
        found = self.read(document)
        if found.revoked and found.ground == ground:
            return None
        call = Revoke(document.id, ground, self._matter(document).paper(words).digest)
        return self._officer.change(VOUCHERS, document.id, "revoke", lambda op_id: client.revoke(call, op_id=op_id))

    def read(self, document: Document) -> Voucher:
        """Read how a voucher stands, by proof.

        Raises:
            NotFound: the chain has none of this document and issuer.
        """
        found = client.decode_voucher(document.id, self._officer.proven(client.voucher_fact(document.id)))
        if found.issuer != party_id(document.issuer):
            raise NotFound(f"voucher {document.number}: the chain has none of this document and issuer")
        return found

    def holding(self, document: Document, found: Voucher) -> Holding:
        """Return the claim by which this department holds a voucher; raises NotFound if it does not."""
        path = self._claimed(found.holder)
        if not path.is_file():
            raise NotFound(f"voucher {document.number}: not held under any claim of {self._officer.party}")
        return slip.load(Holding, path)

    def prove(self, document: Document, *, shows_holder: bool) -> VoucherProof:
        """Prove how a voucher stands now, for somebody without access to the chain."""
        shown = self.holding(document, self.read(document)) if shows_holder else None
        return collect_voucher(self._officer.view, document, shown)

    def _matter(self, document: Document) -> Matter:
        return Matter(self._officer, VOUCHERS, document.id)

    def _claimed(self, commitment: bytes) -> Path:
        return self._folder / "claimed" / f"{commitment.hex()}.json"

    def _asset(self, code: str) -> bytes:
        """Name an asset under this department's key: nobody else can test a guess, and a second voucher is seen."""
        path = self._folder / "asset.key"
        if not path.is_file():
            write_whole(path, slip.fresh_salt())
        return hmac.digest(read_bounded(path, slip.SALT_BYTES), code.encode(), "sha256")
