"""The structural audit: may these cells be opened beside everything that was answered before?

What is asked is kept in **leaves**: cells inside which no other cell was asked. Two rules, on questions alone:

* **Every leaf keeps a piece of its own**: somewhere rows may lie that no other leaf holds.
* **A cell that holds others is exactly their disjoint union** (a total and its bins, a margin and its row), and opens
  only if all of its leaves open.

Then nothing that is published says more than the single cells say. Whatever values a recipient tries for the pieces
that several leaves share, the leaves' own pieces take up the difference: so beside all figures and all gate bits, a
hidden cell may hold anything from 0 to minimum - 1, every piece of an opened cell may hold anything over a range of at
least minimum - 1, and the only sets of rows whose number is determined are opened cells and unions of them. This holds
for combinations with any weights and needs no search through them. ``docs/disclosure.md`` has the proof.

Cost: a comparison with all earlier questions (linear, ``mpc.disclosure.register``), then work in the neighbourhood of
the new cells only, at most MAX_NEIGHBOURS each. Whoever would need more says no. Nothing depends on a clock.

Cells add up: what does not (distinct keys over filters, sources that change) is refused by ``mpc.disclosure.precedent``
before. Not covered: inference from outside knowledge, dependencies between columns, dominance inside a cell, and a pair
of hidden bins that alone make up a total which passed (each is then at least 1).
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import NotAuthorized
from mpc.disclosure.cover import EVERYTHING, TOO_MANY, has_gap
from mpc.disclosure.precedent import ISOLATES, Answer, Outcome, require_consistent
from mpc.disclosure.region import Cell, Region
from mpc.disclosure.register import Flags, Register

MAX_NEIGHBOURS = 1000
"""Earlier questions that overlap one new cell, or lie inside it."""


def require_answerable(history: Sequence[Answer], cells: Sequence[Cell], domain: Region = EVERYTHING) -> None:
    """Refuse a job unless each of its cells will be opened if all of them pass.

    Called before anything is computed: the refusal is the same for every value of the data. A cell that could never
    be opened must not be tested either, since its gate's bit tells something about its rows.

    Args:
        domain: what rows can be by the owner's own declaration; pieces outside it are nobody's own.

    Raises:
        NotAuthorized: some cell could not be released beside what was released before.
    """
    require_consistent(history, cells)
    family = _Family(history, cells)
    family.require_own_pieces(domain)
    if any(not family.may_open(cell.region, family.asked) for cell in cells):
        raise NotAuthorized(ISOLATES)


def select(
    history: Sequence[Answer],
    cells: Sequence[Cell],
    passed: frozenset[str],
    candidates: frozenset[str] | None = None,
    domain: Region = EVERYTHING,
) -> tuple[str, ...]:
    """Choose, in declared order, the cells that may be opened beside the history: leaves first, then what they make up.

    The choice is a function of the questions and of public gate bits alone, so every owner with the same history
    chooses alike and the choice itself tells nothing. No cell is given up for another.

    Args:
        passed: cells that the gate has shown to be large enough.
        candidates: those of them that are still up for opening (default: all).

    Returns:
        the names; none if another job came between and this one could not be asked any more.
    """
    up = passed if candidates is None else candidates & passed
    family = _Family(history, cells)
    try:
        family.require_own_pieces(domain)
    except NotAuthorized:
        return ()
    opening = frozenset(cell.region for cell in cells if cell.name in up)
    return tuple(cell.name for cell in cells if cell.name in up and family.may_open(cell.region, opening))


class _Family:
    """The regions of a job beside those tested before."""

    def __init__(self, history: Sequence[Answer], cells: Sequence[Cell]) -> None:
        self.asked = frozenset(cell.region for cell in cells)
        self._opened = frozenset(answer.region for answer in history if answer.opened)
        known = dict.fromkeys(answer.region for answer in history if _counts(answer, cells))
        self._known = len(known)
        self._all = Register(list(known | dict.fromkeys(cell.region for cell in cells)))
        self._place = {region: number for number, region in enumerate(self._all.regions)}
        self._inner: dict[tuple[int, int], list[int]] = {}

    def require_own_pieces(self, domain: Region) -> None:
        """Refuse new regions that leave a leaf, new or earlier, without a piece of its own.

        Raises:
            NotAuthorized: they do, or too many others are near.
        """
        touched: dict[int, None] = {}
        for number in range(self._known, len(self._all.regions)):
            parts = self._leaves_inside(number)
            if parts:
                self._require_union(number, parts)
            else:
                touched[number] = None
                touched |= dict.fromkeys(self._neighbours(number))
        for number in touched:
            others = [self._all.regions[other] for other in self._neighbours(number)]
            if not has_gap(self._all.regions[number], others, domain):
                raise NotAuthorized(ISOLATES)

    def may_open(self, region: Region, opening: frozenset[Region]) -> bool:
        """Tell whether all leaves inside are opened now or were before."""
        parts = self._leaves_inside(self._place[region])
        return all(self._all.regions[part] in opening or self._all.regions[part] in self._opened for part in parts)

    def _require_union(self, number: int, parts: Sequence[int]) -> None:
        """Refuse a region that is not made up exactly of the leaves inside, which share no row."""
        inside = [self._all.regions[part] for part in parts]
        if has_gap(self._all.regions[number], inside, unnamed=True):
            raise NotAuthorized(ISOLATES)
        register = Register(inside)
        if any(register.meeting(region).sum() > 1 for region in inside):
            raise NotAuthorized(ISOLATES)

    def _neighbours(self, number: int) -> list[int]:
        """List the other leaves that share a row with one."""
        near = self._all.meeting(self._all.regions[number])
        near[number] = False
        return [other for other in _few(near) if self._is_leaf(other)]

    def _leaves_inside(self, number: int) -> list[int]:
        """List the leaves strictly inside a region, earlier and new ones."""
        return [other for other in self._inside(number, len(self._all.regions)) if self._is_leaf(other)]

    def _is_leaf(self, number: int) -> bool:
        """Tell whether nothing was asked inside; for an earlier region nothing earlier: no new one unmakes it."""
        return not self._inside(number, self._known if number < self._known else len(self._all.regions))

    def _inside(self, number: int, among: int) -> list[int]:
        if (number, among) not in self._inner:
            flags = self._all.inside(self._all.regions[number])
            flags[number] = False
            self._inner[number, among] = _few(flags[:among])
        return self._inner[number, among]


def _few(flags: Flags) -> list[int]:
    numbers = [int(number) for number in flags.nonzero()[0]]
    if len(numbers) > MAX_NEIGHBOURS:
        raise NotAuthorized(TOO_MANY)
    return numbers


def _counts(answer: Answer, cells: Sequence[Cell]) -> bool:
    """Leave out what another set of sources only began to test: it gave no figure, a retry may have fewer members."""
    if answer.outcome is not Outcome.TESTED or answer.base.lists:
        return True
    return any(cell.base.lists or cell.base.assets == answer.base.assets for cell in cells)
