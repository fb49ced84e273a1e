"""What the verdicts and figures of cells say about the rows that each owner has in each piece, as an integer program.

A piece is a set of rows that no question tells apart. Its unknowns are the rows of each owner in it. A cell that passed
holds the minimum and has rows of enough owners; of one that did not, one of the two fails, and nobody knows which. It
is for adversaries in tests: it knows nothing of the audit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mpc.disclosure.tables.interval import Knowledge, Range, Relation, Weights

MANY = 10_000
"""More rows than any piece has in these tests; an end this far away counts as open."""
COUNT = Range(0, None)
FLAG = Range(0, 1)


@dataclass(slots=True)
class Unknowns:
    """Pieces 0 .. pieces - 1 at each owner; ``minimum`` and ``contributors`` of every test."""

    pieces: int
    minimum: int
    owners: int = 1
    contributors: int = 1
    ranges: list[Range] = field(init=False)
    relations: list[Relation] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ranges = [COUNT] * (self.pieces * self.owners)

    @property
    def knowledge(self) -> Knowledge:
        return Knowledge(self.ranges, self.relations)

    def rows(self, members: Iterable[int]) -> Weights:
        """Count the rows of some pieces, whoever has them."""
        return {piece * self.owners + owner: 1 for piece in members for owner in range(self.owners)}

    def learn(self, members: Sequence[int], *, passed: bool, figure: int | None = None) -> None:
        """Take in a cell's verdict, and its figure if it was released."""
        rows = self.rows(members)
        if not passed:
            self._learn_failed(members, rows)
            return
        self.relations.append(Relation(rows, Range(self.minimum, None) if figure is None else Range(figure, figure)))
        if self.contributors > 1:
            flags = self._flags()
            for owner, flag in enumerate(flags):
                self.relations.append(Relation({**self._of(owner, members), flag: -1}, Range(0, None)))
            self.relations.append(Relation(dict.fromkeys(flags, 1), Range(self.contributors, None)))

    def _learn_failed(self, members: Sequence[int], rows: Weights) -> None:
        if self.contributors <= 1:
            self.relations.append(Relation(rows, Range(0, self.minimum - 1)))
            return
        (large,) = self._flags(1)  # it holds the minimum, so that owners are too few
        flags = self._flags()
        self.relations.append(Relation({**rows, large: -MANY}, Range(None, self.minimum - 1)))
        for owner, flag in enumerate(flags):
            self.relations.append(Relation({**self._of(owner, members), flag: -MANY}, Range(None, 0)))
        few = Range(None, self.contributors - 1 + self.owners)
        self.relations.append(Relation({**dict.fromkeys(flags, 1), large: self.owners}, few))

    def _of(self, owner: int, members: Iterable[int]) -> dict[int, int]:
        return {piece * self.owners + owner: 1 for piece in members}

    def _flags(self, count: int | None = None) -> list[int]:
        start = len(self.ranges)
        self.ranges += [FLAG] * (self.owners if count is None else count)
        return list(range(start, len(self.ranges)))
