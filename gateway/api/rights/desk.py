"""The desk of rights queries: each is recorded durably before it is answered, many at once in one write.

Where a purpose opens names, or a proof is asked for with the answer, the registrar's own answer is given, read out of
its proof (``gateway.property.titles.answer``). Otherwise the answer comes from the index, with links to the proofs of
its entries. What it does NOT do: find out who asks (``gateway.accounts`` does), or examine a paper: a clerk answers for
it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from contracts.addresses import CALENDAR
from contracts.evidence.title.chain import ProvenDays
from gateway.api.rights.recording import Recorder
from gateway.api.rights.registrars import Registrars
from gateway.index.titles import Rights, rights
from gateway.property.book import Book
from gateway.property.titles.answer import Answer, Registrar
from gateway.property.titles.asking import Asker, Asking, QueryBook, Question, as_of_text
from gateway.property.titles.finding import Found, named, unit_of
from gateway.provenance.explorer import Explorer
from gateway.statute.observation.standing import working_days
from ledger.errors import BackendError, NotFound
from ledger.proofs.headers import Header

KEPT: Final = 10_000
"""Units and blocks of which is kept what was found."""
WAIT_S: Final = 20.0
PROVERS: Final = 3
"""Threads that make proofs: more than the processors only take them from each other, and every answer waits."""
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Told:
    """An answer from the index and the place of its query in the registrar's stream."""

    code: str
    rights: Rights
    query: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A query under way: what is to be told, or why there is nothing, once it is recorded."""

    code: str
    told: Rights | NotFound
    recorded: Future[int]

    def rights(self) -> Rights:
        """Return what is told; raises NotFound where there is nothing to tell."""
        if isinstance(self.told, NotFound):
            raise self.told
        return self.told


class Desk:
    """One registrar's desk; threads may share it. Close it to end its writing thread."""

    def __init__(
        self, directory: Path, explorer: Explorer, registrar: Callable[[], Registrar],
        clock: Callable[[], float] = time.time, keeper: str = "",
    ) -> None:  # fmt: skip
        """Open the book; raises NotFound if there is none.

        Args:
            registrar: opens the registrar's answers, for one query at a time.
            keeper: code of the party whose register it is; its clerks state who asks.
        """
        self.keeper = keeper
        self._book, self._explorer, self._clock = Book(directory), explorer, clock
        self._registrars = Registrars(registrar)
        self._recorder = Recorder(QueryBook(self._book))
        self._provers = ThreadPoolExecutor(PROVERS, thread_name_prefix="rights queries, proofs")
        self._days: dict[int, ProvenDays] = {}
        self._moments: dict[int, tuple[int, int]] = {}
        self._units: dict[str, Found] = {}

    def is_quick(self, asked: Question) -> bool:
        """Say whether a query can be answered without names, which only the registrar's book has."""
        return asked.purpose.asker is not Asker.HOLDER and not asked.purpose.opens_names

    def is_near(self, block: int | None) -> bool:
        """Say whether ``begin`` answers without asking the chain: it has the working days known by that block."""
        known = self._moments.get(self._explorer.last(None) if block is None else block)
        return known is not None and known[1] in self._days

    def begin(self, unit: str, asked: Question, block: int | None) -> Begun:
        """Answer from the index and hand the query over to be recorded; wait for that before telling anybody."""
        try:
            found, told, asking = self._answered(unit, asked, block)
        except NotFound as fault:  # no such unit, no such block, or nothing of it by then: recorded as well
            asking = Asking(asked, named(self._book, unit), as_of_text(block), self._now, answered=False)
            return Begun(unit, fault, self._recorder.record(asking))
        return Begun(found.code, told, self._recorder.record(asking))

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _answered(self, unit: str, asked: Question, block: int | None) -> tuple[Found, Rights, Asking]:
        found, last = self._found(unit), self._explorer.last(block)
        moment, days = self._moment(last)
        told = rights(self._explorer.finder, found.id, last, moment, days)
        return found, told, Asking(asked, found, f"block {last}", self._now, True)

    def ask(self, unit: str, asked: Question, block: int | None = None) -> Told:
        """Answer from the index; returns once the query is recorded durably. Raises: NotFound, recorded as well."""
        begun = self.begin(unit, asked, block)
        query = self._recorded(begun.recorded)
        return Told(begun.code, begun.rights(), query)

    def prove(self, unit: str, asked: Question, at: int | date | None = None) -> Answer:
        """Answer out of the proof, with names where the purpose opens them; raises as ``Registrar.title``."""
        with self._registrars.one() as registrar:
            return registrar.title(unit, asked, at, record=self._record)

    async def aside(self, call: Callable[P, R], *args: P.args, **named: P.kwargs) -> R:
        """Run what makes a proof beside the event loop, in one of few threads."""
        context, loop = copy_context(), asyncio.get_running_loop()
        return await loop.run_in_executor(self._provers, lambda: context.run(call, *args, **named))

    def close(self) -> None:
        self._provers.shutdown()
        self._recorder.close()
        self._registrars.close()
        self._book.close()

    def _record(self, asking: Asking) -> int:
        return self._recorded(self._recorder.record(asking))

    def _recorded(self, handed_over: Future[int]) -> int:
        try:
            return handed_over.result(WAIT_S)
        except TimeoutError as fault:
            raise BackendError("rights: the query could not be recorded in time, so it is not answered") from fault

    def _found(self, unit: str) -> Found:
        """Find a unit; its code and its name on chain never change, so what was found once is kept."""
        known = self._units.get(unit)
        if known is None:
            known = unit_of(self._book, unit)
            if len(self._units) >= KEPT:
                self._units.clear()
            self._units[unit] = known
        return known

    def _moment(self, last: int) -> tuple[int, ProvenDays]:
        """Return a block's time and the working days known by it, read by proof after each change of the calendar."""
        known = self._moments.get(last)
        if known is None:
            finder = self._explorer.finder
            moment = finder.block(last)[0] if last else self._explorer.mark().time
            known = moment, finder.count(CALENDAR, last)
            self._moments = {**self._moments, last: known} if len(self._moments) < KEPT else {last: known}
        moment, changed = known
        if changed not in self._days:
            header: Header = self._explorer.header(last)
            days = working_days(self._explorer.view, header, since=self._explorer.header(0).timestamp)
            self._days[changed] = ProvenDays(days)
        return moment, self._days[changed]
