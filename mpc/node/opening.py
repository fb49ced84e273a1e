"""An owner's last word: may these cells be opened? Asked after the gate, before any pad or share leaves.

In this order: the structural audit chooses cells beside everything answered before, and the choice is written to the
journal in the same breath, so that jobs running side by side see each other; the chain must still permit the job (same
attempt, every authorization in force, nobody suspended or revoked since); the opening is announced on chain and seen
there under a sealed header; the contributor set is fixed in the journal. Only then the protocol gets its answer. A
recipient that is refused learns the same whatever the data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ledger.errors import TrustError
from mpc.disclosure.audit import select
from mpc.disclosure.region import Cell
from mpc.node.journal import NodeJournal
from mpc.session import Session

EVERYBODY = "everybody"
"""The one class of recipients: all are taken to pool what they learn, unless governance says otherwise."""


@dataclass(slots=True)
class Opening:
    """One owner's decision for one attempt; called again with fewer cells until all owners agree.

    follows: for each cell that is a sum, the gated cell that decides about it.
    announce: re-checks the job on the chain and announces the opening there, or raises.
    """

    session: Session
    cells: tuple[Cell, ...]
    follows: Mapping[str, str]
    journal: NodeJournal
    announce: Callable[[], None]
    _passed: frozenset[str] | None = field(default=None, init=False)

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
        opened = self._choose(self._passed, candidates)
        if is_first:
            self._announce()
        return opened | {name for name, gate in self.follows.items() if bits[name] and gate in opened}

    def _choose(self, passed: frozenset[str], candidates: frozenset[str]) -> set[str]:
        with self.journal.deciding:
            history = self.journal.history(EVERYBODY, self.session.job, self.session.attempt)
            opened = set(select(history, self.cells, passed, candidates))
            shown = [cell for cell in self.cells if cell.name in passed]
            self.journal.record_answers(self.session, EVERYBODY, shown, opened)
        return opened

    def _announce(self) -> None:
        try:
            self.announce()
            self.journal.record_opening(self.session)
        except TrustError:
            self.journal.withdraw_answers(self.session)
            raise
