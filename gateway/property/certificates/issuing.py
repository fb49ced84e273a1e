"""The registrar issues certificates for titles as they stand, and revokes them.

A certificate states what the book says only where the chain has the digests of just that; the book alone is never
certified. Every command may be repeated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.addresses import CERTIFICATES, TITLES
from contracts.certificates import bits, client, sdjwt
from contracts.certificates import issuing as writing
from contracts.certificates.credential import Certified, Issuer, status_list
from contracts.certificates.rules import Issue, Revoke, list_id
from contracts.certificates.sdjwt import SdJwt
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.proven import history_fact
from contracts.titles import client as titles
from contracts.titles.record import UnitState
from gateway.property.book import Book, fresh_salt
from gateway.property.certificates.archive import Archive, Kept
from gateway.property.certificates.proving import revoked_bits
from gateway.property.entering.desk import Clerk
from gateway.property.entering.living import Living, LivingBook
from ledger.canonical import JsonValue
from ledger.chain.port import Chain
from ledger.crypto.signing import Signer
from ledger.errors import Conflict
from ledger.proofs.view import ProvenView

SUPERSEDED: Final = "superseded 权利已变更"


@dataclass(frozen=True, slots=True)
class Seal:
    """What the registrar signs with, and of which network."""

    signer: Signer
    genesis: bytes


class Registrar:
    """One registrar's book, clerk and seal."""

    def __init__(self, book: Book, clerk: Clerk, seal: Seal, chain: Chain, view: ProvenView) -> None:
        self._book, self._clerk, self._seal, self._chain, self._view = book, clerk, seal, chain, view
        self._living, self.archive = LivingBook(book), Archive(book)
        self._party = party_id(clerk.party)

    def issue(self, code: str, until: int | None = None, *, another: bool = False) -> tuple[Kept, bool]:
        """Issue a certificate for a unit's title as it stands; False: there was a good one, which is returned.

        Certificates of earlier states, void already, have their bits set for software that sees no chain.

        Args:
            until: unix seconds at which the certificate ends, if it shall.
            another: issue one more beside a good one, as co-owners each have their own.
        Raises:
            NotFound, Conflict: no such unit, or book and chain differ.
            NotAuthorized: the contract refuses.
        """
        living, version = self._living.registered(code), self._entries(code)
        self._void(code, version)
        self._require_book(living)
        known = [kept for kept in self.archive.of_unit(code) if kept.version == version]
        found = {kept: self.status(kept) for kept in known}
        waiting = next((kept for kept in known if not found[kept].certificate.since), None)
        good = [kept for kept in known if found[kept].certificate.since and not found[kept].is_revoked]
        if good and not another:
            return good[-1], False
        kept = waiting or self._write(living, version, until)
        self._record(kept, living)
        return kept, True

    def sweep(self) -> list[Kept]:
        """Set the bits of all certificates whose titles have moved on; return those that were set now."""
        return [kept for code in self.archive.units() for kept in self._void(code, self._entries(code))]

    def revoke(self, kept: Kept, reason: str) -> bool:
        """Revoke a certificate for ever; False: it was."""
        source, is_done = self.archive.say(kept, reason), self.status(kept).is_revoked
        if not is_done:
            call = Revoke(kept.number, kept.place, source)
            list = list_id(self._party, kept.number)
            self._clerk.change(CERTIFICATES, list, "revoke", lambda op_id: client.revoke(call, op_id=op_id))
        return not is_done

    def status(self, kept: Kept) -> client.Status:
        """Read by proof what the chain has at a certificate's place."""
        list = list_id(self._party, kept.number)
        return client.decode_status(list, kept.place, self._clerk.proven(client.status_fact(list, kept.place)))

    def status_list(self, number: int) -> SdJwt:
        """Sign a list as it stands on chain, as a credential for any software that reads the standard."""
        encoded = bits.pack(revoked_bits(self._clerk.party, number, self._chain, self._view))
        issuer = self._issuer()
        claims = status_list(issuer, number, self._view.head().timestamp, encoded)
        return sdjwt.sign(issuer.header("vc+jwt"), claims, self._seal.signer)

    def _write(self, living: Living, version: int, until: int | None) -> Kept:
        number, place = self.archive.free_place()
        certified = Certified(
            self._issuer(), number, place, living.id, version, living.holdings.digest(), self._view.head().timestamp,
            until,
        )  # fmt: skip
        signed = writing.certificate(
            certified, living.code, living.right,
            [(holder.name, holder.share, holder.salt) for holder in living.holders], _description(living),
            living.spatial_salt, salts=fresh_salt, signer=self._seal.signer,
        )  # fmt: skip
        kept = Kept(number, place, living.code, version, signed.text())
        self.archive.keep(kept)
        return kept

    def _record(self, kept: Kept, living: Living) -> None:
        digest = sdjwt.parse(kept.text).digest
        call = Issue(kept.number, kept.place, living.id, kept.version, digest)
        list = list_id(self._party, kept.number)
        self._clerk.change(CERTIFICATES, list, "issue", lambda op_id: client.issue(call, op_id=op_id))

    def _void(self, code: str, version: int) -> list[Kept]:
        """Set the bits of a unit's certificates of earlier states."""
        voided = []
        for kept in self.archive.of_unit(code):
            found = self.status(kept)
            if kept.version < version and found.certificate.since and not found.is_revoked:
                self.revoke(kept, kept.reason or SUPERSEDED)
                voided.append(kept)
        return voided

    def _entries(self, code: str) -> int:
        """Return how many entries a unit has had."""
        fact = history_fact(TITLES, self._living.registered(code).id)
        return int.from_bytes(self._clerk.proven(fact)[fact.slots[1]], "big")

    def _require_book(self, living: Living) -> None:
        """Refuse unless the title is in force and the chain has just what the book says."""
        found = titles.decode_unit(living.id, self._clerk.proven(titles.unit_fact(living.id)))
        if found.state is not UnitState.REGISTERED:
            raise Conflict(f"unit {living.code}: no title in force, {found.state.name.lower()}")
        if (found.holdings, found.spatial) != (living.holdings.digest(), living.spatial):
            raise Conflict(
                f"unit {living.code}: the chain has another entry than the book; repeat `shuxin property enter`"
            )

    def _issuer(self) -> Issuer:
        epoch = parties.decode_epoch(self._party, self._clerk.proven(parties.epoch_fact(self._party)))
        keys = parties.decode_keys(self._party, epoch, self._clerk.proven(parties.keys_fact(self._party, epoch)))
        if keys.statement != self._seal.signer.public:
            raise Conflict(f"{self._clerk.party}: the statement key here is not the one registered as epoch {epoch}")
        return Issuer(self._seal.genesis, self._clerk.party, epoch)


def _description(living: Living) -> Mapping[str, JsonValue]:
    found: dict[str, JsonValue] = json.loads(living.description) if living.description else {}
    return found
