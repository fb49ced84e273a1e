"""Primary rules: which cells of a sum tell too much about one respondent, judged by the largest contributions.

* **p% rule**: the second largest respondent, who knows his own part, must not be able to estimate the largest to within
  p percent: T - x1 - x2 >= p/100 x1.
* **(n, k) dominance**: the n largest together have at most k percent: x1 + ... + xn <= k/100 T.

Both are written as a **slack**, an integer that is negative if the rule is broken. Contributions are not negative, and
are per respondent: all that one respondent has in the cell.

**Slacks are superadditive**: of disjoint sets of rows A and B, slack(A + B) >= slack(A) + slack(B). Let a, b, ... be
the n largest respondents of the union, with parts u(a) in A and v(a) in B. Any n respondents have at most as much in A
as the n largest of A, likewise in B, so

    x1 + ... + xn of the union = (u(a) + u(b) + ...) + (v(a) + v(b) + ...) <= (x1 + ... + xn of A) + (... of B).

T adds up, so for dominance slack = k T - 100 (x1 + ... + xn) is at least the sum of both. For p%, slack =
100 (T - x1 - x2) - p x1 = 100 T - 100 (x1 + x2) - p x1, and the bound holds for n = 2 and n = 1. The same respondent
may stand in both sets.

Two things follow. **Several owners**: if the own part of every contributing owner obeys a rule, the whole cell does,
although no owner knows the others' contributions. The converse fails: parts that break it may add up to a cell that
does not. So an owner withholds more than a holder of all rows would; it never withholds too little. **Differences**:
what opened cells determine together are unions of them (``mpc.disclosure.before.audit``): if each obeys a rule, all do.

Source: A. Hundepool et al., Statistical Disclosure Control (2012), section 4.2. What is NOT covered: respondents who
pool what they know (beyond the n of dominance), one person behind several respondent codes, negative amounts, and
joins: there nobody knows which of the holder's contributions count, so nobody can tell the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ledger.errors import InvalidRecord


@dataclass(frozen=True, slots=True)
class Percent:
    """The p% rule."""

    percent: int

    def __post_init__(self) -> None:
        if not 1 <= self.percent <= 100:
            raise InvalidRecord(f"sensitivity: p must be in 1..100 percent, got {self.percent}")

    def slack(self, contributions: Sequence[int]) -> int:
        """Tell how far the respondents' contributions are from breaking the rule."""
        first, second, *_ = [*_largest(contributions, 2), 0, 0]
        return 100 * (sum(contributions) - first - second) - self.percent * first

    def level(self, contributions: Sequence[int]) -> int:
        """Return how far from the total its estimates must reach, up and down, so that the rule holds for them."""
        return max(0, -(self.slack(contributions) // 100))


@dataclass(frozen=True, slots=True)
class Dominance:
    """The (n, k) rule."""

    largest: int
    percent: int

    def __post_init__(self) -> None:
        if not 1 <= self.largest <= 10 or not 1 <= self.percent <= 99:
            raise InvalidRecord("sensitivity: dominance needs n in 1..10 and k in 1..99 percent")

    def slack(self, contributions: Sequence[int]) -> int:
        """Tell how far the respondents' contributions are from breaking the rule."""
        return self.percent * sum(contributions) - 100 * sum(_largest(contributions, self.largest))

    def level(self, contributions: Sequence[int]) -> int:
        """Return how far from the total its estimates must reach, up and down: 100/k times the n largest."""
        return max(0, -(self.slack(contributions) // self.percent))


Rule: TypeAlias = Percent | Dominance


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What an owner declares of an asset: the column that names respondents (None: every row is one) and the rules."""

    respondent: str | None
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not self.rules:
            raise InvalidRecord("sensitivity: declare percent, or largest and share, or all three")

    def slacks(self, contributions: Sequence[int]) -> tuple[int, ...]:
        """Judge one cell by every rule; a cell without contributions breaks none.

        Raises:
            InvalidRecord: a negative contribution.
        """
        return tuple(rule.slack(contributions) for rule in self.rules)


def _largest(contributions: Sequence[int], count: int) -> list[int]:
    if any(value < 0 for value in contributions):
        raise InvalidRecord("sensitivity: contributions must not be negative")
    return sorted(contributions, reverse=True)[:count]
