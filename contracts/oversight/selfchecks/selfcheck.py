"""Self-check tables: a standard's items, what the chain shows of each, and how each stands by that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.oversight.selfchecks.exhibit import Facts, Shown, Verdict
from contracts.oversight.selfchecks.exhibits import EXHIBITS
from contracts.oversight.selfchecks.standard import Code, Standard, StandardItem, shipped


@dataclass(frozen=True, slots=True)
class Line:
    """One item with its verdict. shown is None where the chain can show nothing of it."""

    item: StandardItem
    shown: Shown | None

    @property
    def verdict(self) -> Verdict:
        return self.shown.verdict if self.shown else Verdict.NOT_SHOWN


def standard(code: Code) -> Standard:
    """Return a standard that comes with this package."""
    return shipped(code, frozenset(EXHIBITS))


def check(found: Standard, facts: Facts) -> list[Line]:
    """Return a line for every item of the standard, in its order; none is left out."""
    return [Line(item, EXHIBITS[item.exhibit](facts) if item.exhibit else None) for item in found.items]


def counts(lines: Iterable[Line]) -> dict[Verdict, int]:
    """Count the verdicts."""
    found = Counter(line.verdict for line in lines)
    return {verdict: found[verdict] for verdict in Verdict}
