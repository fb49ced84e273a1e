"""Divisions, mergers and corrections in bulk: foreseen first, then entered one by one, each once.

What an entry will commit to is kept in the book before the chain is asked; a repeated command finds there what it asked
for, and on chain what is entered already, and goes on behind it. Whether an entry is lawful the contracts decide; the
clerk answers for papers, and for having told the parties of a correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from contracts.addresses import APPLICATIONS, CALENDAR, TITLES
from contracts.applications import client as applications
from contracts.applications.rules import Accept, ApplicationState, RegistrationType
from contracts.evidence.title.chain import day_slots, proven_days
from contracts.titles import client as titles
from contracts.titles.calls import Merge
from contracts.titles.commitment import commitment
from gateway.property.book import Book
from gateway.property.entering.desk import Clerk, Desk
from gateway.property.entering.draft import Asked, Draft, Drafts, Revised
from gateway.property.entering.forecast import Forecast
from gateway.property.entering.sheet import Correction, Division, Merger
from ledger.chain.port import StateFact
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound


class Verdict(StrEnum):
    """What became of an entry."""

    READY = "ready"
    REFUSED = "refused"
    DONE = "done"
    ENTERED = "entered"


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the file and its verdict; unit: what it is about; reason: of a refusal; block: of an entry."""

    line: int
    unit: str
    verdict: Verdict
    reason: str = ""
    block: int | None = None


class Revision:
    """One registrar's clerk with a file of entries."""

    def __init__(self, book: Book, clerk: Clerk, now: int) -> None:
        self._book, self._clerk, self._now = book, clerk, now
        self._desk = Desk(book, clerk)
        self._drafts = Drafts(book, self._desk.living)

    def foresee(self, asked: Iterable[Asked]) -> Iterator[Told]:
        """Say of each entry what the contracts would say; nothing is changed."""
        words = self._clerk.proven(StateFact(CALENDAR, day_slots(self._now)))
        forecast = Forecast(self._desk, self._clerk.party, proven_days(words, self._now), self._now)
        for entry in asked:
            try:
                draft = self._drafts.of(entry)
                if self._is_done(draft):
                    yield Told(entry.line, entry_of(entry), Verdict.DONE)
                    continue
                number = "" if isinstance(entry, Correction) else entry.application
                forecast.enter(self._drafts.call(draft), number)
            except (Conflict, InvalidRecord, NotAuthorized, NotFound) as refusal:
                yield Told(entry.line, entry_of(entry), Verdict.REFUSED, str(refusal))
            else:
                yield Told(entry.line, entry_of(entry), Verdict.READY)

    def enter(self, asked: Iterable[Asked]) -> Iterator[Told]:
        """Enter one after the other and say of each how it went; a refusal stops none of the others.

        Raises:
            BackendError, VerificationError: the chain is out of reach, or lies; what was entered stays entered.
        """
        for entry in asked:
            try:
                draft = self._drafts.of(entry)
                if self._is_done(draft):
                    self._follow(draft)
                    yield Told(entry.line, entry_of(entry), Verdict.DONE)
                else:
                    yield self._enter(draft)
            except (Conflict, InvalidRecord, NotAuthorized, NotFound) as refusal:
                yield Told(entry.line, entry_of(entry), Verdict.REFUSED, str(refusal))

    def _enter(self, draft: Draft) -> Told:
        entry, call = draft.asked, self._drafts.call(draft)
        self._drafts.keep(draft)
        if not isinstance(entry, Correction):
            self._accept(entry, call, draft.salt)
        change = type(call).__name__.lower()
        receipt = self._clerk.change(TITLES, _subject(call), change, lambda op_id: titles.operation(call, op_id=op_id))
        self._follow(draft)
        return Told(entry.line, entry_of(entry), Verdict.ENTERED, block=receipt.block_number)

    def _accept(self, entry: Division | Merger, made: Revised, salt: bytes) -> None:
        """Accept the application of an entry, unless that was done before."""
        if self._desk.application(entry.application).state is not ApplicationState.UNKNOWN:
            return
        papers = commitment(b"SHUXIN-PAPERS-V1", salt, entry.papers)
        call = Accept(made.application, _subject(made), int(RegistrationType.ALTERATION), papers)
        self._clerk.change(APPLICATIONS, call.id, "accept", lambda op_id: applications.accept(call, op_id=op_id))

    def _is_done(self, draft: Draft) -> bool:
        """Say whether the chain holds an entry already.

        Raises:
            Conflict: the number of its application is another's.
        """
        if isinstance(draft.asked, Correction):
            [after] = draft.after
            found = self._desk.unit(after.id)
            return (found.holdings, found.spatial) == (after.holdings.digest(), after.spatial)
        number = draft.asked.application
        state = self._desk.application(number).state
        is_other = state is not ApplicationState.UNKNOWN and not draft.is_kept
        if is_other or self._desk.living.planned(number) is not None:
            raise Conflict(f"application {number}: the number is taken by another application")
        return state is ApplicationState.ENTERED

    def _follow(self, draft: Draft) -> None:
        """Write down what an entry has made; a unit that was changed since stays as it is."""
        for after in draft.after:
            if isinstance(draft.asked, Correction) or self._desk.living.unit(after.code) is None:
                self._desk.living.keep(after)


def entry_of(asked: Asked) -> str:
    """Return the code of the unit that an entry is about: the divided, the merged or the corrected one."""
    return asked.whole.code if isinstance(asked, Merger) else asked.unit


def _subject(call: Revised) -> bytes:
    """Return the unit whose application a call consumes."""
    return call.parts[0].unit if isinstance(call, Merge) else call.unit
