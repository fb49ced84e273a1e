"""The names that a file opens: each must be behind a commitment of the chain, or it is refused.

A registrar opens what the asker may see: the holders of today to a bank with a contract, nobody's name to somebody who
only thinks of buying. What is not opened stays a commitment; nothing can be guessed from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise

from contracts.evidence.report import Words
from contracts.evidence.title.chain import UnitHistory
from contracts.evidence.title.document import Name
from contracts.evidence.title.past import PastChain
from contracts.parties.client import party_id
from ledger.errors import InvalidRecord, VerificationError

HOLDER, SPATIAL, CLAIM = "SHUXIN-HOLDER-V1", "SHUXIN-SPATIAL-1", "SHUXIN-CLAIM--V1"
LABELS = (HOLDER, SPATIAL, CLAIM)


@dataclass(frozen=True, slots=True)
class Opened:
    """Texts by commitment, and codes of parties by id; "" for what is not opened."""

    texts: Mapping[bytes, str] = field(repr=False)
    parties: Mapping[bytes, str]

    def text(self, commitment: bytes) -> str:
        return self.texts.get(commitment, "")

    def party(self, id: bytes) -> str:
        return self.parties.get(id, "")


def commitment_of(name: Name) -> bytes:
    """Return the salted digest that stands for a text on chain."""
    return sha256(name.label.encode() + name.salt + name.text.encode()).digest()


def require_names(
    names: tuple[Name, ...], codes: tuple[str, ...], histories: Iterable[UnitHistory], pasts: Iterable[PastChain]
) -> tuple[Opened, Words]:
    """Verify that every name and every party is behind something that the chain has.

    Raises:
        InvalidRecord: not in ascending order, or of no known label.
        VerificationError: a name or a party that is nowhere.
    """
    texts = {commitment_of(name): name for name in names}
    if any(name.label not in LABELS for name in names):
        raise InvalidRecord(f"names: expected a label of {', '.join(LABELS)}")
    listed = list(texts)
    if len(listed) != len(names) or any(later <= earlier for earlier, later in pairwise(listed)):
        raise InvalidRecord("names: expected distinct ones in the order of their commitments")
    parties = {party_id(code): code for code in codes}
    if sorted(set(codes)) != list(codes):
        raise InvalidRecord("parties: expected distinct ones in alphabetical order")
    known, before = list(histories), list(pasts)
    strange = texts.keys() - commitments(known, before)
    if strange:
        raise VerificationError(f"names: {texts[min(strange)].label} of a text that the chain does not have")
    for id in parties.keys() - parties_of(known) - {past.owner for past in before}:
        raise VerificationError(f"parties: {parties[id]!r} has no part in this title")
    words = Words(f"{len(names)} names opened; the others stay commitments", f"披露名称 {len(names)} 项,其余仅为承诺")
    return Opened({id: name.text for id, name in texts.items()}, parties), words


def commitments(histories: Iterable[UnitHistory], pasts: Iterable[PastChain]) -> set[bytes]:
    """Return every commitment of these units that may be opened."""
    found = set[bytes]()
    for history in histories:
        for entry in history.entries:
            found |= {entry.spatial, *entry.held.holders}
        for burden in history.burdens:
            found |= {burden.after.holder, burden.after.claim}
    for past in pasts:
        found |= {past.spatial, *past.held.holders}
    return found


def parties_of(histories: Iterable[UnitHistory]) -> set[bytes]:
    """Return every party that entered or imposed something."""
    found = set[bytes]()
    for history in histories:
        found |= {entry.registrar for entry in history.entries}
        found |= {part for burden in history.burdens for part in (burden.after.registrar, burden.after.holder)}
    return found
