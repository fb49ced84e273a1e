"""Terms and what is equal to what: names and times that are given, and unknowns that stand for something.

Merging two given terms that differ is what makes a document invalid. Source: PROV-CONSTRAINTS, section 4.2
(unification); the forest is Tarjan's union-find.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ledger.errors import InvalidRecord

NOTHING: Final = "-"
"""The placeholder that is not something (section 4.1); no name looks like it."""


class Invalid(InvalidRecord):
    """A document that cannot be true. It is named by the constraint's number and name in PROV-CONSTRAINTS."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that exists and is not named."""

    number: int


Term = str | Unknown


class Terms:
    """Which terms are the same."""

    def __init__(self) -> None:
        self._parent: dict[Term, Term] = {}
        self._fresh = 0
        self.merges = 0

    def fresh(self) -> Unknown:
        self._fresh += 1
        return Unknown(self._fresh)

    def find(self, term: Term) -> Term:
        """Return the one term that stands for all that are the same; a given one if there is one."""
        root = term
        while (above := self._parent.get(root)) is not None:
            root = above
        while term != root:
            self._parent[term], term = root, self._parent[term]
        return root

    def merge(self, one: Term, other: Term, rule: str) -> None:
        """Say that two terms are the same; raises Invalid by the rule that says so if they cannot be."""
        first, second = self.find(one), self.find(other)
        if first == second:
            return
        if isinstance(first, str) and isinstance(second, str):
            raise Invalid(f"PROV-CONSTRAINTS {rule}: {first[:80]} is not {second[:80]}")
        child, root = (first, second) if isinstance(first, Unknown) else (second, first)
        self._parent[child] = root
        self.merges += 1


def moment(text: str) -> str:
    """Return a time in one spelling, so that the same moment is the same term.

    >>> moment("2012-11-16T17:05:00+01:00") == moment("2012-11-16T16:05:00Z")
    True
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise InvalidRecord(f"PROV: {text[:40]!r} is no date and time") from fault
    return (found.astimezone(UTC) if found.tzinfo else found).isoformat()
