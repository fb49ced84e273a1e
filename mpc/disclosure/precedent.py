"""What was asked before, and the rules that compare a new job with it whole, before any look at its pieces.

Three rules, each closing a way around ``mpc.disclosure.audit``:

* **One set of sources.** Rows of one asset are answered together with the same other assets each time. Over changing
  sets no owner would see all answers (of a, b, c and d, each misses one of four triples, which together isolate each).
* **One question per joined pair.** A join counts distinct keys, and a key whose rows lie on both sides of a filter is
  counted on both: counts over filters do not add up. A pair of assets keeps its first filters, keys and roles;
  groupings may change, since a key stands in one group only.
* **Hidden cells stay whole.** A cell that was tested and not opened is never cut, widened or taken apart by a later
  question: the gate's bits over sliding boundaries would count its rows. Tested is what a gate was begun for, since an
  owner that ends the attempt may have seen the bits.

They read questions and which cells were opened, nothing else; the recipient knows both, so a refusal tells nothing.
They do not know that two assets hold the same rows under different codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ledger.errors import NotAuthorized
from mpc.disclosure.region import Cell, Region
from mpc.disclosure.register import Register

ISOLATES = "disclosure: together with earlier answers this would isolate rows no threshold protects"


class Outcome(StrEnum):
    """What became of a cell: opened, large enough but not opened, below the gate, or its attempt went no further."""

    TESTED = "tested"
    OPENED = "opened"
    PASSED = "passed"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Answer:
    """A cell that was tested before: its rows, those of its whole question, and its outcome."""

    region: Region
    base: Region
    outcome: Outcome

    @property
    def opened(self) -> bool:
        return self.outcome is Outcome.OPENED

    @property
    def proven(self) -> bool:
        """Tell whether a gate has shown that it is large enough."""
        return self.outcome in (Outcome.OPENED, Outcome.PASSED)


def require_consistent(history: Sequence[Answer], cells: Sequence[Cell]) -> None:
    """Hold a job against earlier ones.

    Raises:
        NotAuthorized: other sources, another question about a joined pair, or a hidden cell that would be cut.
    """
    before = list(dict.fromkeys(history))
    bases = list(dict.fromkeys(cell.base for cell in cells))
    for earlier in dict.fromkeys(answer.base for answer in before):
        for base in bases:
            _require_same_join(earlier, base)
    tested = {answer.region for answer in before}
    opened = {answer.region for answer in before if answer.opened}
    register = Register([answer.region for answer in before])
    for cell in cells:
        for number in register.meeting(cell.region).nonzero()[0]:
            answer = before[number]
            if answer.outcome is not Outcome.TESTED:
                # An attempt that went no further gave no figure, and its retry may have fewer members.
                _require_same_sources(answer.base, cell.base)
            if answer.region not in opened and cell.region not in tested:
                _require_other_rows(answer.base, cell.base)


def _require_same_sources(before: Region, now: Region) -> None:
    if not before.lists and not now.lists and before.assets != now.assets:
        raise NotAuthorized("disclosure: rows of an asset were answered together with other assets before")


def _require_same_join(before: Region, now: Region) -> None:
    is_same_pair = before.assets | before.lists == now.assets | now.lists
    if before.lists and now.lists and is_same_pair and before != now:
        raise NotAuthorized("disclosure: these assets were joined with other filters, keys or roles before")


def _require_other_rows(hidden: Region, now: Region) -> None:
    if (hidden.assets, hidden.lists) == (now.assets, now.lists):
        raise NotAuthorized(ISOLATES)
