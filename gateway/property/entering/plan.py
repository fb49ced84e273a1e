"""What an application will enter, decided when it is accepted: the salts behind every commitment are drawn once.

Kept in the registrar's book before the chain is asked, so that a repeated command commits to the same.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from fractions import Fraction

from contracts.calendar.dates import end_of, number_of
from contracts.restrictions.calls import EnterRestriction
from contracts.restrictions.record import RestrictionKind
from contracts.titles.commitment import HOLDER, PAPERS, commitment
from contracts.titles.record import RightKind
from gateway.property.book import fresh_salt
from gateway.property.entering.entry import RESTRICTIONS, UNGIVEN, Entry, EntryKind
from gateway.property.entering.living import Holder, Living, shared
from ledger import canonical
from ledger.errors import Conflict, InvalidRecord
from ledger.hashing import tagged


@dataclass(frozen=True, slots=True)
class Plan:
    """An application and the secrets behind what it puts on chain.

    Attributes:
        givers: who held the unit when the papers were examined and so gives what is asked for; nobody where the kind
            of entry needs no giver, or where no register had the unit.
        papers_salt: opens the digest of the papers.
        holders: who holds, or by a pre-notice will hold, the right.
        description: canonical JSON, empty where nothing changes.
        spatial_salt, beneficiary_salt, claim_salt: of the commitments to description, beneficiary and claim.
    """

    entry: Entry
    papers_salt: bytes
    holders: tuple[Holder, ...]
    description: str
    spatial_salt: bytes
    beneficiary_salt: bytes
    claim_salt: bytes
    givers: tuple[Holder, ...]

    @property
    def papers(self) -> bytes:
        return commitment(PAPERS, self.papers_salt, self.entry.papers)

    @property
    def reason(self) -> bytes:
        """Return the commitment to a correction's reason; such an entry makes no claim."""
        return reason_of(self.claim_salt, self.entry.reason)

    def text(self) -> str:
        """Write the plan for the book."""
        entry = asdict(self.entry)
        entry |= {
            "papers": self.entry.papers.hex(),
            "right": int(self.entry.right),
            "shares": [[name, str(share)] for name, share in self.entry.shares],
            "until": self.entry.until.isoformat() if self.entry.until else "",
        }
        salts = (self.papers_salt, self.spatial_salt, self.beneficiary_salt, self.claim_salt)
        return json.dumps(
            {
                "entry": entry,
                "holders": _written(self.holders),
                "givers": _written(self.givers),
                "description": self.description,
                "salts": [salt.hex() for salt in salts],
            },
            ensure_ascii=False,
            sort_keys=True,
        )

    def require_givers(self, before: Living | None) -> None:
        """Refuse to take from today's holders what others gave.

        Raises:
            Conflict: the unit is held otherwise than when the papers were examined.
        """
        if self.givers != _givers(self.entry, before):
            raise held_otherwise(self.entry.code, self.entry.unit)

    def after(self, code: str, id: bytes, before: Living | None) -> Living:
        """Return what the unit is once this is entered."""
        holders = self.holders if self.holders and self.entry.kind is not EntryKind.PRENOTICE else None
        if before is None:
            return Living(code, id, int(self.entry.right), holders or (), self.description, self.spatial_salt)
        kept = Living(code, id, before.right, holders or before.holders, before.description, before.spatial_salt)
        if not self.description:
            return kept
        return replace(kept, description=self.description, spatial_salt=self.spatial_salt)

    def restriction(self, application: bytes, id: bytes, unit: bytes, holdings: bytes) -> EnterRestriction:
        """Build the entry of a restriction; holdings: digest of who holds the right now."""
        kind = RESTRICTIONS[self.entry.kind]
        claim = commitment(b"SHUXIN-CLAIM--V1", self.claim_salt, self.entry.claim.encode())
        if kind is RestrictionKind.PRENOTICE:
            claim = Living("", b"", 0, self.holders, "", b"").holdings.digest()
        beneficiary = commitment(HOLDER, self.beneficiary_salt, self.entry.beneficiary.encode())
        until = end_of(number_of(self.entry.until)) if self.entry.until else 0
        return EnterRestriction(
            application, id, unit, int(kind), holdings, beneficiary, claim, self.entry.rank, until, self.entry.ban,
            self.entry.acknowledged,
        )  # fmt: skip


def make(entry: Entry, before: Living | None, holders: tuple[Holder, ...] = ()) -> Plan:
    """Draw the salts of an application, and write down from whom it takes.

    Args:
        before: the unit as its papers find it, None for one that no register has.
        holders: with salts that are known already, of a transfer that fulfils a pre-notice.
    """
    if entry.kind is EntryKind.FIRST and not entry.description:
        raise InvalidRecord("first: [description] missing")
    description = canonical.encode(dict(entry.description)).decode() if entry.description else ""
    return Plan(
        entry, fresh_salt(), holders or shared(entry.shares), description, fresh_salt(), fresh_salt(), fresh_salt(),
        _givers(entry, before),
    )  # fmt: skip


def read(text: str) -> Plan:
    """Read what ``Plan.text`` wrote; one that was written without givers has none, so it takes from nobody."""
    told = json.loads(text)
    entry = told["entry"] | {
        "kind": EntryKind(told["entry"]["kind"]),
        "papers": bytes.fromhex(told["entry"]["papers"]),
        "right": RightKind(told["entry"]["right"]),
        "shares": tuple((name, Fraction(share)) for name, share in told["entry"]["shares"]),
        "until": date.fromisoformat(told["entry"]["until"]) if told["entry"]["until"] else None,
    }
    papers, spatial, beneficiary, claim = map(bytes.fromhex, told["salts"])
    holders, givers = _read(told["holders"]), _read(told.get("givers", []))
    return Plan(Entry(**entry), papers, holders, told["description"], spatial, beneficiary, claim, givers)


def _givers(entry: Entry, before: Living | None) -> tuple[Holder, ...]:
    return () if entry.kind in UNGIVEN or before is None else before.holders


def _written(holders: tuple[Holder, ...]) -> list[list[str]]:
    return [[holder.name, holder.salt.hex(), str(holder.share)] for holder in holders]


def _read(holders: list[list[str]]) -> tuple[Holder, ...]:
    return tuple(Holder(name, bytes.fromhex(salt), Fraction(share)) for name, salt, share in holders)


def held_otherwise(code: str, unit: str) -> Conflict:
    """Return the refusal of an application that was others' than who holds the unit now."""
    return Conflict(
        f"application {code}: unit {unit!r} is not held by those it was accepted from 权利人已非受理时的权利人; "
        "withdraw or refuse it, and take papers of its holders under another number"
    )


def reason_of(salt: bytes, words: str) -> bytes:
    """Return the commitment to why something was corrected."""
    return commitment(b"SHUXIN-REASON-V1", salt, words.encode())


def restriction_id(registrar: str, code: str) -> bytes:
    """Return the id of the restriction that an application enters."""
    return tagged("SHUXIN-RESTRICTION-V1", registrar.encode(), code.encode())
