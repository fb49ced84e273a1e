"""What an officer does with an item: enter it, hand it on with the taker's signature, open and seal it, close it.

An item is known by the digest of the paper that describes it; conditions and seals are papers too, and go to the taker
as a file. Nobody signs for a condition or a seal whose words are not here.
"""

from __future__ import annotations

from contracts.addresses import CUSTODY
from contracts.custody import client
from contracts.custody.holding import Holding, holdings
from contracts.custody.rules import Call, Close, Decline, Enter, Item, ItemState, Offer, Reseal, Take
from contracts.history import NOTHING
from contracts.parties.client import party_id
from gateway.statute.matter import DIRECTORY, Matter
from gateway.statute.officers import Officer
from gateway.statute.papers import Paper, Papers
from ledger.chain.port import Receipt
from ledger.errors import NotFound

ITEMS = b"custody"
"""Stands for the matter of papers that describe items."""


class Custody:
    """One item, as one department's officer sees and handles it."""

    def __init__(self, officer: Officer, id: bytes) -> None:
        self.matter = Matter(officer, CUSTODY, id)
        self._party = party_id(officer.party)

    def enter(self, condition: str, seal: str) -> Receipt | None:
        """Begin the item's custody here; an empty seal: it is open."""
        said = {"condition": self._digest(condition), "seal": self._digest(seal)}
        return self._call(Enter(self.matter.id, *said.values()), "ItemEntered", **said)

    def offer(self, taker: str, condition: str) -> Receipt | None:
        """Offer the item to another party."""
        said = {"taker": party_id(taker), "condition": self._digest(condition)}
        return self._call(Offer(self.matter.id, *said.values()), "ItemOffered", **said)

    def take(self) -> Receipt | None:
        """Sign for the item in the offered condition and under its seal, whose words must be here."""
        item = self.item()
        if item.state is ItemState.OFFERED:
            self.words(item)
        said = {"condition": item.stated, "seal": item.seal}
        return self._call(Take(self.matter.id, *said.values()), "ItemTaken", party=self._party, **said)

    def decline(self, reason: str) -> Receipt | None:
        """End an offer, as taker or giver."""
        said = {"reason": self._digest(reason)}
        return self._call(Decline(self.matter.id, *said.values()), "OfferEnded", party=self._party, **said)

    def reseal(self, condition: str, seal: str) -> Receipt | None:
        """Open the item, without a seal, or seal it."""
        said = {"condition": self._digest(condition), "seal": self._digest(seal)}
        return self._call(Reseal(self.matter.id, *said.values()), "SealChanged", party=self._party, **said)

    def close(self, outcome: str) -> Receipt | None:
        """End the item's custody for good."""
        said = {"outcome": self._digest(outcome)}
        return self._call(Close(self.matter.id, *said.values()), "ItemClosed", party=self._party, **said)

    def item(self) -> Item:
        """Read the item by proof.

        Raises:
            NotFound: the chain knows none of this digest.
        """
        found = client.decode_item(self.matter.id, self.matter.officer.proven(client.item_fact(self.matter.id)))
        if found.state is ItemState.UNKNOWN:
            raise NotFound(f"custody: the chain knows no item 0x{self.matter.id.hex()[:12]}")
        return found

    def holdings(self) -> list[Holding]:
        """Return who held the item from when to when, from its whole proven history."""
        return holdings(self.matter.events())

    def words(self, item: Item) -> list[Paper]:
        """Return what a taker must have read: description, offered condition and seal.

        Raises:
            NotFound: one of them is not here.
        """
        wanted = {"item": self.matter.id, "condition": item.stated, "seal": item.seal}
        return [self.matter.papers.require(digest, what) for what, digest in wanted.items() if digest != NOTHING]

    def _call(self, call: Call, event: str, **said: bytes) -> Receipt | None:
        return self.matter.change(lambda op_id: client.operation(call, op_id=op_id), event, **said)

    def _digest(self, words: str) -> bytes:
        return self.matter.paper(words).digest if words else NOTHING


def described(officer: Officer, words: str) -> Paper:
    """Write down which item is meant; its digest is the item's id."""
    return Papers(officer.config.state / DIRECTORY).of(ITEMS, words)
