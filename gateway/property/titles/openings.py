"""What the registrar's book can open of a title: texts and salts behind the commitments that stand in it.

Only what stands is opened: who holds the unit, who has which restriction for what claim, and what the unit is. Former
holders stay commitments.
"""

from __future__ import annotations

from collections.abc import Iterator

from contracts.evidence.title.chain import UnitHistory
from contracts.evidence.title.document import Name, Past
from contracts.evidence.title.names import CLAIM, HOLDER, SPATIAL, commitment_of
from contracts.restrictions.record import RestrictionState
from gateway.property.book import Book
from gateway.property.entering import plan
from gateway.property.entering.living import LivingBook
from gateway.property.titles.finding import Found


class Openings:
    """The openings of one unit."""

    def __init__(self, book: Book, found: Found) -> None:
        self._book, self._living, self._code = book, LivingBook(book), found.code

    def of(self, history: UnitHistory, past: Past | None, *, all: bool) -> tuple[Name, ...]:
        """Return what opens a title, in the order of the commitments; without ``all`` only what the unit is."""
        wanted = set[bytes]()
        if history.entries:
            entry = history.entries[-1]
            wanted |= {entry.spatial, *(entry.held.holders if all else ())}
        elif past is not None and past.closing is not None:
            wanted |= {past.closing.spatial, *((past.closing.holder,) if all else ())}
        after = {burden.id: burden.after for burden in history.burdens}
        for restriction in after.values():
            if all and restriction.state is RestrictionState.STANDING:
                wanted |= {restriction.holder, restriction.claim}
        known = {commitment_of(name): name for name in self._known() if name.text}
        return tuple(known[id] for id in sorted(wanted & known.keys()))

    def _known(self) -> Iterator[Name]:
        if self._book.has(self._code):
            unit = self._book.unit(self._code)
            yield Name(HOLDER, unit.holder_salt, unit.holder)
            yield Name(SPATIAL, unit.spatial_salt, unit.description)
        for living in self._living.lived(self._code):
            yield from (Name(HOLDER, holder.salt, holder.name) for holder in living.holders)
            yield Name(SPATIAL, living.spatial_salt, living.description)
        for code in self._living.applications_for(self._code):
            if (planned := self._living.planned(code)) is None:
                continue
            made = plan.read(planned[1])
            yield from (Name(HOLDER, holder.salt, holder.name) for holder in made.holders)
            yield Name(SPATIAL, made.spatial_salt, made.description)
            yield Name(HOLDER, made.beneficiary_salt, made.entry.beneficiary)
            yield Name(CLAIM, made.claim_salt, made.entry.claim)
