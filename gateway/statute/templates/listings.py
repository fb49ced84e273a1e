"""What officers do with credit lists: announce, publish, pass pleas on, answer and withdraw, and say what is in force.

The keeper's state holds every sheet and voice it made, so that a repeated command announces nothing twice. Who is
listed pleads with a file, without an account. Nothing here decides: every rule is the contract's.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from contracts import slip
from contracts.addresses import LISTINGS
from contracts.listings import client
from contracts.listings.rules import Answer, Publish, Withdraw
from contracts.listings.sheet import PleaSheet, Sheet, Voice, list_id
from contracts.listings.terms import Listed, Listing, ListingState
from gateway.statute.matter import Matter
from gateway.statute.officers import Officer
from ledger.chain.port import Receipt
from ledger.crypto import keys
from ledger.errors import Conflict, NotFound
from ledger.hashing import tagged
from mpc.node.whole import write_whole

OVER: Final = (ListingState.WITHDRAWN, ListingState.REPAIRED)


class Listings:
    """One department's officer at credit lists."""

    def __init__(self, officer: Officer) -> None:
        self._officer = officer
        self._folder = officer.config.state / "listings"

    def draft(self, list: str, subject: str, article: str, ground: str, days: int) -> tuple[Sheet, Voice]:
        """Write a listing and draw its subject's key; those kept if they say the same and are not over."""
        fresh = Sheet(list, self._officer.party, subject, article, ground, days, slip.fresh_salt())
        place = self._place(fresh)
        if place.is_dir():
            kept = slip.load(Sheet, place / "sheet.json")
            if replace(kept, salt=fresh.salt) == fresh and not self._is_over(kept):
                return kept, slip.load(Voice, place / "voice.json")
        voice = Voice(fresh.id, keys.generate("secp256k1").secret)
        write_whole(place / "voice.json", slip.encode(voice))
        write_whole(place / "sheet.json", slip.encode(fresh))
        return fresh, voice

    def announce(self, sheet: Sheet, voice: Voice) -> Receipt | None:
        """Announce a listing, as keeper of its list."""
        if self._officer.changes(LISTINGS, sheet.id):
            return None
        call = sheet.announcement(voice.address)
        return self._officer.change(LISTINGS, sheet.id, "announce", lambda op_id: client.announce(call, op_id=op_id))

    def publish(self, sheet: Sheet) -> Receipt | None:
        """Publish a listing whose subject was heard."""
        if self.read(sheet).state is ListingState.PUBLISHED:
            return None
        call = Publish(sheet.id)
        return self._officer.change(LISTINGS, sheet.id, "publish", lambda op_id: client.publish(call, op_id=op_id))

    def plead(self, plea: PleaSheet) -> Receipt | None:
        """Pass a subject's plea on.

        Raises:
            Conflict: it was signed as another change than the next one.
        """
        call, matter = plea.call, self._matter(plea.listing)
        events = matter.events()
        if any(event.name == "ListingPleaded" and event.digest("claim") == call.claim for event in events):
            return None
        if len(events) + 1 != plea.number:
            raise Conflict(f"plea: signed as change {plea.number} of the listing, the next one is {len(events) + 1}")
        return self._officer.change(LISTINGS, plea.listing, "plead", lambda op_id: client.plead(call, op_id=op_id))

    def answer(self, sheet: Sheet, words: str, *, is_granted: bool) -> Receipt | None:
        """Answer the plea that waits."""
        matter = self._matter(sheet.id)
        call = Answer(sheet.id, is_granted, matter.paper(words).digest)
        return matter.change(
            lambda op_id: client.answer(call, op_id=op_id), "ListingAnswered", is_granted=is_granted, reply=call.reply
        )

    def withdraw(self, sheet: Sheet, words: str) -> Receipt | None:
        """End a listing that should not be."""
        if self.read(sheet).state is ListingState.WITHDRAWN:
            return None
        call = Withdraw(sheet.id, self._matter(sheet.id).paper(words).digest)
        return self._officer.change(LISTINGS, sheet.id, "withdraw", lambda op_id: client.withdraw(call, op_id=op_id))

    def read(self, sheet: Sheet) -> Listing:
        """Read a listing by proof.

        Raises:
            NotFound: the chain has none of this sheet: the same words, on this list, for so long.
        """
        found = client.decode_listing(sheet.id, self._officer.proven(client.listing_fact(sheet.id)))
        said = sheet.announcement(found.voice)
        if not found.state or (found.list, found.subject, found.days) != (said.list, said.subject, said.days):
            raise NotFound(f"listing 0x{sheet.id.hex()[:12]}: the chain has none of this sheet")
        return found

    def terms(self, list: str) -> Listed:
        """Read a list's keeper and terms by proof."""
        id = list_id(list)
        return client.decode_list(id, self._officer.proven(client.list_fact(id)))

    def next_number(self, sheet: Sheet) -> int:
        """Return the number that the next change of a listing will have, which a plea is signed for."""
        return self._officer.changes(LISTINGS, sheet.id) + 1

    def _is_over(self, sheet: Sheet) -> bool:
        if not self._officer.changes(LISTINGS, sheet.id):
            return False
        found = self.read(sheet)
        is_expired = bool(found.published) and not found.is_standing(int(self._officer.clock()))
        return found.state in OVER or is_expired

    def _place(self, sheet: Sheet) -> Path:
        words = (sheet.list, sheet.subject, sheet.article, sheet.ground)
        return self._folder / tagged("SHUXIN-LISTING-PLACE-V1", *(word.encode() for word in words)).hex()[:32]

    def _matter(self, id: bytes) -> Matter:
        return Matter(self._officer, LISTINGS, id)
