"""Known ways to move a table without changing what is published: cheap witnesses for the interval audit.

Who chose what to withhold often knows for each cell a small exchange with other withheld cells (a rectangle of a
two-way table: one more here, one less there). From the true table such a move shows at once, without any program, that
another table is possible. Nothing is believed: the base is checked exactly against everything known, and so is each
move before it counts; one that does not fit is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.interval import Knowledge, Range, Weights

Move = Mapping[int, int]
"""By how much each cell changes; cells that are not named keep their value."""


class Moves:
    """Moves that fit, from one table."""

    def __init__(self, knowledge: Knowledge, base: Sequence[int], moves: Sequence[Move]) -> None:
        """Raises: InvalidRecord: the base itself does not fit what is known."""
        self._knowledge, self._base = knowledge, base
        self._relations_of: dict[int, list[int]] = defaultdict(list)
        for place, relation in enumerate(knowledge.relations):
            for cell in relation.weights:
                self._relations_of[cell].append(place)
        self._totals = [_weigh(relation.weights, base) for relation in knowledge.relations]
        fits = [total in relation.range for total, relation in zip(self._totals, knowledge.relations, strict=True)]
        if not all(fits) or any(value not in known for value, known in zip(base, knowledge.ranges, strict=True)):
            raise InvalidRecord("interval: the table does not fit what is known of it")
        self._moves_of: dict[int, list[Move]] = defaultdict(list)
        for move in moves:
            if self._fits(move):
                for cell in move:
                    self._moves_of[cell].append(move)

    def seen(self, weights: Weights) -> Range:
        """Return the least and largest value of a weighted sum among the base and the moves that touch it."""
        here = _weigh(weights, self._base)
        near = {id(move): move for cell in weights for move in self._moves_of[cell]}.values()
        values = [here + sum(weight * move.get(cell, 0) for cell, weight in weights.items()) for move in near]
        return Range(min(values, default=here), max(values, default=here)) if values else Range(here, here)

    def _fits(self, move: Move) -> bool:
        if any(self._base[cell] + change not in self._knowledge.ranges[cell] for cell, change in move.items()):
            return False
        touched = {place for cell in move for place in self._relations_of[cell]}
        relations = self._knowledge.relations
        return all(
            self._totals[place] + sum(w * move.get(c, 0) for c, w in relations[place].weights.items())
            in relations[place].range
            for place in touched
        )


def _weigh(weights: Weights, values: Sequence[int]) -> int:
    return sum(weight * values[cell] for cell, weight in weights.items())
