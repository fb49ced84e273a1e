"""A tree while the label owner grows it: nodes with their rows and sums, and what is asked about them.

It does NOT talk to anybody: the label owner does (``federated.boosting.label``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from federated.boosting import growing, sums
from federated.boosting.growing import Candidate
from federated.boosting.packing import Totals
from federated.boosting.sums import Grid, Members
from ledger.errors import InvalidRecord

Summed = Sequence[tuple[tuple[int, ...], Sequence[Totals]]]
"""One owner's sums of one node: for each column the parent's joined bins that were joined, and the sums."""


@dataclass(slots=True, eq=False)
class Growth:
    """A node while its tree grows. owners: its sums, by owner, column and joined bin; grids: of the own columns."""

    members: Members
    totals: Totals
    owners: dict[str, Sequence[Sequence[Totals]]] = field(default_factory=dict)
    grids: tuple[Grid, ...] = ()
    split: tuple[str, int] | None = None
    left: Growth | None = None
    right: Growth | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A node whose sums are wanted: a root, or the smaller side of a split, whose sibling is the difference."""

    node: Growth
    parent: Growth | None = None
    sibling: Growth | None = None

    def take(self, owner: str, found: Summed) -> None:
        """Note an owner's sums for the node and its sibling."""
        self.node.owners[owner] = [totals for _, totals in found]
        if self.parent is not None and self.sibling is not None:
            above = zip(self.parent.owners[owner], found, strict=True)
            self.sibling.owners[owner] = [sums.difference(parent, *column) for parent, column in above]

    def fits(self, owner: str, least: int) -> Iterator[bool]:
        """Say of every column whether its bins add up to the node and hold the minimum, here and in the sibling."""
        for node in filter(None, (self.node, self.sibling)):
            for bins in node.owners[owner]:
                yield sum(bins, growing.NOTHING) == node.totals
                yield len(bins) == 1 or min(held.rows for held in bins) >= least


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """What lasts for one tree: its number, the rounded derivatives, and the feature owners that take part in it."""

    number: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    others: tuple[str, ...]

    def totals(self, members: Members) -> Totals:
        return Totals(int(members.sum()), int(self.first[members].sum()), int(self.second[members].sum()))


@dataclass(frozen=True, slots=True)
class Round:
    """How a round of trees went. loss: mean over rows; exposure: after it, of the trees that feature owners share."""

    loss: float
    exposure: float
    is_shared: bool


def split(node: Growth, candidate: Candidate, split: tuple[str, int], left: Members) -> None:
    """Divide a node's rows.

    Raises:
        InvalidRecord: other rows than the sums of the boundary were of.
    """
    if (left & ~node.members).any() or int(left.sum()) != candidate.left.rows:
        raise InvalidRecord("sides: not the rows that the sums of the boundary were of")
    node.split = split
    node.left, node.right = Growth(left, candidate.left), Growth(node.members & ~left, node.totals - candidate.left)
