"""Where a node of a tree splits: the best of all boundaries between bins, by gain, from sums alone.

Candidates are the sums of joined bins (``federated.boosting.bins``) in ascending order of a column, of any owner; the
label owner computes gains and never learns a boundary's value. Source: Chen and Guestrin 2016, equation 7.

It does NOT regularise by a penalty a leaf: a split needs a positive gain, and both sides ``least`` rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from federated.boosting.packing import Totals
from ledger.errors import InvalidRecord

NOTHING = Totals(0, 0, 0)
LEAST = 50
"""Rows that a sum is of at least. Who knows the derivatives of a node's rows can search for rows that give a sum. Of
100 rows there are 2^96 sets of 50 and, for the logistic loss, at most 2^55 sums, so that some 2^41 sets fit; of 20 rows
only one does. A squared loss has more sums by the bits of its bound, and so fewer sets that fit."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a tree may be like.

    depth: levels of splits. least: rows that each side of a split keeps at least; owners hold the sums of smaller
    nodes and bins back. ridge: added to every sum of second derivatives. rate: by which a tree's weights are shrunk.
    """

    depth: int
    least: int
    ridge: float
    rate: float

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= 8:
            raise InvalidRecord(f"tree: a depth of 1..8 expected, got {self.depth}")
        if self.least < LEAST:
            raise InvalidRecord(f"tree: at least {LEAST} rows on either side of a split expected, got {self.least}")
        if not (0 <= self.ridge <= 1e6 and 0 < self.rate <= 1):
            raise InvalidRecord("tree: a ridge in 0..10^6 and a rate in (0, 1] expected")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A boundary: rows of bins up to ``bin`` of a column of ``owner`` go left. gain: in units of the loss."""

    gain: float
    owner: str
    column: int
    bin: int
    left: Totals


Columns = Sequence[Sequence[Totals]]
"""Sums of one node at one owner: by column, by joined bin."""


def best(node: Totals, owners: Mapping[str, Columns], rules: Rules) -> Candidate | None:
    """Return the boundary with the largest gain, the first of equals; None where nothing is gained.

    Raises:
        InvalidRecord: a column whose bins do not add up to the node.
    """
    found: Candidate | None = None
    for candidate in _candidates(node, owners, rules):
        if candidate.gain > (found.gain if found else 0.0):
            found = candidate
    return found


def weight(node: Totals, rules: Rules) -> float:
    """Return what a leaf adds to the score of its rows."""
    divisor = node.curvature + rules.ridge
    return -rules.rate * node.slope / divisor if divisor > 0 else 0.0


def _candidates(node: Totals, owners: Mapping[str, Columns], rules: Rules) -> Iterable[Candidate]:
    whole = _score(node, rules)
    for owner in sorted(owners):
        for column, bins in enumerate(owners[owner]):
            left = NOTHING
            for number, held in enumerate(bins):
                left += held
                right = node - left
                if min(left.rows, right.rows) >= rules.least:
                    gain = (_score(left, rules) + _score(right, rules) - whole) / 2
                    yield Candidate(gain, owner, column, number, left)
            if left != node:
                raise InvalidRecord(f"column {column} of {owner}: its bins do not add up to the node")


def _score(totals: Totals, rules: Rules) -> float:
    divisor = totals.curvature + rules.ridge
    return totals.slope**2 / divisor if divisor > 0 else 0.0
