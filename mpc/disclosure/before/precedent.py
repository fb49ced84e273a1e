"""What was asked before, and the rules that compare a new job with it whole, before any look at its pieces.

Three rules, each closing a way around ``mpc.disclosure.before.audit``:

* **One set of sources.** Rows of one asset are tested and answered together with the same other assets each time. Over
  changing sets no owner would see all answers (of a, b, c and d, each misses one of four triples, which together
  isolate each), and bits over shrinking sets would bound what is hidden.
* **One question per joined pair.** A join counts distinct keys, and a key whose rows lie on both sides of a filter is
  counted on both: counts over filters do not add up. A pair of assets keeps its first filters, keys and roles;
  groupings may change, since a key stands in one group only. So do two assets that are joined beside a third one; then
  one answer lies inside the other, or beside it, and the audit sees which.
* **Hidden cells stay whole.** A cell that was tested and not opened is never cut, widened or taken apart by a later
  question: the gate's bits over sliding boundaries would count its rows. Tested is what a bit may be known of: what
  this owner handed out its share of a decryption for, whatever became of the attempt.

Percentiles have a rule of their own, ``mpc.disclosure.before.ranks``, and so have aligned rows,
``mpc.disclosure.before.aligned``.

They read questions and which cells were opened, nothing else; the recipient knows both, so a refusal tells nothing.
They do not know that two assets hold the same rows under different codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.errors import NotAuthorized
from mpc.disclosure.before.aligned import require_aligned_apart
from mpc.disclosure.before.history import Answer, History
from mpc.disclosure.before.ranks import require_whole_blocks
from mpc.disclosure.region import LIST, ROW, Cell, Region, Side

ISOLATES = "disclosure: together with earlier answers this would isolate rows no threshold protects"


def require_consistent(history: History | Iterable[Answer], cells: Sequence[Cell]) -> None:
    """Hold a job against earlier ones.

    Raises:
        NotAuthorized: other sources, another question about a joined pair, or a hidden cell that would be cut.
    """
    before = History.of(history)
    for base in dict.fromkeys(cell.base for cell in cells if cell.base.lists):
        if any(earlier != base for earlier in before.joins(base.assets | base.lists)):
            raise NotAuthorized("disclosure: these assets were joined with other filters, keys or roles before")
        if not all(_agree(earlier, base) for earlier in before.joins_sharing(base.assets | base.lists)):
            raise NotAuthorized("disclosure: some of these assets were joined with other filters, keys or roles before")
    for cell in cells:
        require_whole_blocks(before, cell)
        require_aligned_apart(before, cell)
        for region in before.meeting(cell.region):
            for answer in before.answers(region):
                _require_same_sources(answer.base, cell.base)
        for quantity in (None, *cell.quantities):
            if not before.is_tested(cell.region, quantity):
                _require_whole(before, cell, quantity)


def _agree(one: Region, other: Region) -> bool:
    """Tell whether two joins that share assets ask alike of what they share: holder, its rows, keys and lists."""
    shared = one.lists & other.lists
    prefixes = (ROW, *(f"{LIST}{asset}." for asset in shared))
    named = {"asset", *(LIST + asset for asset in shared)}

    def alike(region: Region) -> dict[str, Side]:
        return {name: side for name, side in region.sides if name in named or name.startswith(prefixes)}

    return alike(one) == alike(other)


def _require_whole(before: History, cell: Cell, quantity: str | None) -> None:
    """Refuse a new cell that meets one of which this quantity was asked and stayed closed."""
    for region in before.meeting(cell.region, quantity):
        if not before.is_opened(region, quantity):
            for answer in before.answers(region):
                _require_other_rows(answer.base, cell.base)


def _require_same_sources(before: Region, now: Region) -> None:
    if not before.lists and not now.lists and before.assets != now.assets:
        raise NotAuthorized("disclosure: rows of an asset were tested together with other assets before")


def _require_other_rows(hidden: Region, now: Region) -> None:
    if (hidden.assets, hidden.lists) == (now.assets, now.lists):
        raise NotAuthorized(ISOLATES)
