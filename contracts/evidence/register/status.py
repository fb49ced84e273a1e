"""The status of one certificate after one block: what a verifier needs of the chain, as one canonical JSON file.

    list     the issuer's status list as its credential, or null: for software that knows no chain
    chain    sealed headers and storage proofs (``facts``) of Certificates, Parties and Titles

Anybody who follows the chain can make it, without the issuer. It holds nothing about persons. This module reads and
writes; ``contracts.evidence.register.certificate`` judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from contracts.addresses import CERTIFICATES, PARTIES, TITLES
from contracts.certificates.client import status_fact
from contracts.certificates.credential import Certified
from contracts.certificates.rules import list_id
from contracts.certificates.sdjwt import LIMIT as LIST_LIMIT
from contracts.evidence import facts
from contracts.evidence.facts import ChainFacts
from contracts.parties.client import keys_fact, party_id
from contracts.proven import history_fact
from contracts.titles.client import unit_fact
from ledger import canonical
from ledger.errors import InvalidRecord

FORMAT: Final = "shuxin-certificate-status-v1"
LIMIT: Final = 1 << 22
CONTRACTS: Final = (CERTIFICATES, PARTIES, TITLES)


@dataclass(frozen=True, slots=True)
class Status:
    """One status file in memory."""

    chain: ChainFacts
    list: str | None = None

    def encode(self) -> bytes:
        """Write the file."""
        return canonical.encode({"format": FORMAT, "list": self.list, "chain": self.chain.json()})


def parse(encoded: bytes) -> Status:
    """Read a status file.

    Raises:
        InvalidRecord: not exactly what ``Status.encode`` writes.
    """
    match canonical.decode(encoded, limit=LIMIT):
        case {"format": "shuxin-certificate-status-v1", "list": str() | None as list, "chain": chain}:
            if list is not None and len(list) > LIST_LIMIT:
                raise InvalidRecord(f"status: expected a list of at most {LIST_LIMIT} characters")
            status = Status(facts.read(chain), list)
        case _:
            raise InvalidRecord(f"status: expected format {FORMAT} with list and chain")
    if status.encode() != encoded:
        raise InvalidRecord("status: unknown fields, or tables that are not sorted and used throughout")
    return status


def slots_of(certified: Certified) -> dict[str, tuple[bytes, ...]]:
    """Name the words by contract that decide about a certificate."""
    party = party_id(certified.issuer.party)
    return {
        CERTIFICATES: status_fact(list_id(party, certified.number), certified.place).slots,
        PARTIES: keys_fact(party, certified.issuer.epoch).slots,
        TITLES: (*unit_fact(certified.unit).slots, *history_fact(TITLES, certified.unit).slots),
    }
