"""An owner's last word: may these cells be opened? Asked after the gate, before any pad or share leaves.

Before the gate can tell anybody a bit, the cells are held against what was asked meanwhile and put on record: so all
bits that this owner's rows ever gave are on record, about one set of owners each. After it, in this order: the job must
agree with earlier ones, the structural audit chooses cells beside everything answered before, and the outcome of every
cell is written to the journal in the same breath, so that jobs running side by side see each other (the first one asked
goes on); the chain must still permit the job (same attempt, every authorization in force, nobody suspended or revoked
since); the opening is announced on chain and seen there under a sealed header; the contributor set is fixed in the
journal. Only then the protocol gets its answer. A recipient that is refused learns the same whatever the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from ledger.errors import TrustError
from mpc.disclosure import drawn
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.cover import EVERYTHING
from mpc.disclosure.before.history import History
from mpc.disclosure.before.precedent import require_consistent
from mpc.disclosure.membership import WIDTH
from mpc.disclosure.region import Cell, Region
from mpc.node.memory.journal import NodeJournal
from mpc.node.memory.versions import OwnRows, dominated, require_steady
from mpc.sessions.session import Session


@dataclass(slots=True)
class Opening:
    """One owner's decision for one attempt; called again with fewer cells until all owners agree.

    follows: for each cell that is a sum, the gated cell that decides about it.
    announce: re-checks the job on the chain and announces the opening there, or raises. own: this owner's rows in each
    cell, held against what earlier jobs read, and how far few contributors dominate them.
    """

    session: Session
    cells: tuple[Cell, ...]
    follows: Mapping[str, str]
    journal: NodeJournal
    announce: Callable[[], None]
    own: OwnRows | None = None
    _passed: frozenset[str] | None = field(default=None, init=False)

    def begin(self) -> None:
        """Put the cells on record before a bit can be known: whoever ends the attempt after that may know them.

        Raises:
            NotAuthorized: they could not be opened beside what was begun or answered meanwhile.
        """
        with self.journal.answers.deciding:
            self._require_steady()
            with self._past() as history:
                require_answerable(history, self.cells, self._domain)
            self.journal.answers.record_tested(self.session, self.cells, self.own)

    def __call__(self, bits: Mapping[str, bool]) -> AbstractSet[str]:
        """Choose among the cells that are True.

        Raises:
            NotAuthorized: the job may not go on.
            Conflict: the journal forbids this opening.
        """
        gated = {cell.name for cell in self.cells}
        candidates = frozenset(name for name in gated if bits[name])
        is_first = self._passed is None
        if self._passed is None:
            self._passed = candidates
        opened = self._choose(self._passed, candidates, is_first)
        if is_first:
            self._announce()
        return opened | {name for name, gate in self.follows.items() if bits[name] and gate in opened}

    def _choose(self, passed: frozenset[str], candidates: frozenset[str], is_first: bool) -> set[str]:
        with self.journal.answers.deciding:
            if is_first:
                self._require_consistent()
                self._require_steady()  # other versions may have been opened since they were all tested
            # What few contributors of this owner's own dominate counts as too small here, now and later.
            fit = passed - self._dominated() - self._overdrawn()
            with self._past() as history:
                opened = set(select(history, self.cells, fit, candidates, self._domain))
            self.journal.answers.record(self.session, self.cells, fit, opened)
        return opened

    @property
    def _domain(self) -> Region:
        return EVERYTHING if self.own is None else self.own.domain

    def _dominated(self) -> frozenset[str]:
        """Name the cells that are dominated now, and those that were when their sums were asked last."""
        if self.own is None:
            return frozenset()
        others = [cell for cell in self.cells if cell.name not in self.own.slacks]
        return dominated(self.own) | self.journal.answers.dominated(self.own.asset, others)

    def _overdrawn(self) -> frozenset[str]:
        """Name the cells from whose rows, with what was opened about them before, more is drawn than they bear."""
        if self.own is None:
            return frozenset()
        found = set[str]()
        with self._past() as history:
            for cell in filter(drawn.is_marked, self.cells):
                near = [answer for region in history.meeting(cell.region) for answer in history.answers(region)]
                opened = [(answer.region, answer.quantities) for answer in near if answer.opened]
                figures = drawn.drawn([(cell.region, cell.quantities), *opened])
                if drawn.rows_needed(figures) > len(self.own.cells[cell.name]) // WIDTH:
                    found.add(cell.name)
        return frozenset(found)

    def _require_consistent(self) -> None:
        with self._past() as history:
            require_consistent(history, self.cells)

    def _past(self) -> AbstractContextManager[History]:
        return self.journal.answers.past(self.session.recipient, self.session.job, self.session.attempt)

    def _require_steady(self) -> None:
        if self.own is not None:
            earlier = self.journal.answers.earlier(self.own.asset, self.session.job, self.session.attempt)
            require_steady(self.own, self.cells, earlier, self.journal.answers.rows_of)

    def _announce(self) -> None:
        try:
            self.announce()
            self.journal.record_opening(self.session)
        except TrustError:
            self.journal.answers.withdraw(self.session)
            raise
