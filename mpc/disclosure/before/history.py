"""Everything that was tested before for a class of recipients, kept in memory in a form in which it is asked.

A node answers from ten thousand earlier questions; reading and parsing them for each decision would cost more than the
decision. Answers come and go one by one (an attempt's outcome replaces what it began to test), equal ones are counted.

It decides nothing and is not durable: the journal is (``mpc.node.memory.journal``).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mpc.disclosure.before.register import Register
from mpc.disclosure.region import Region


class Outcome(StrEnum):
    """What became of a cell: opened, large enough but not opened, below the gate, or no more than that its bit may be
    known to somebody."""

    TESTED = "tested"
    OPENED = "opened"
    PASSED = "passed"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Answer:
    """A cell that was tested before: its rows, those of its whole question, its outcome.

    quantities: what was asked of it beside the count.
    """

    region: Region
    base: Region
    outcome: Outcome
    quantities: tuple[str, ...] = ()

    @property
    def opened(self) -> bool:
        return self.outcome is Outcome.OPENED


class History:
    """Answers by region; not safe for threads."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        self._register = Register()
        self._numbers: dict[Region, int] = {}
        self._answers: list[Counter[Answer]] = []
        self._joins: dict[frozenset[str], Counter[Region]] = defaultdict(Counter)
        for answer in answers:
            self.add(answer)

    @classmethod
    def of(cls, answers: History | Iterable[Answer]) -> History:
        """Take a history as it is, or make one."""
        return answers if isinstance(answers, History) else cls(answers)

    def add(self, answer: Answer) -> None:
        """Add one answer."""
        if answer.region not in self._numbers:
            self._numbers[answer.region] = self._register.add(answer.region)
            self._answers.append(Counter())
        self._answers[self._numbers[answer.region]][answer] += 1
        if answer.base.lists:
            self._joins[answer.base.assets | answer.base.lists][answer.base] += 1

    def remove(self, answer: Answer) -> None:
        """Take one answer back that was added."""
        found = self._answers[self._numbers[answer.region]]
        found[answer] -= 1
        if not found[answer]:
            del found[answer]
        if answer.base.lists:
            bases = self._joins[answer.base.assets | answer.base.lists]
            bases[answer.base] -= 1
            if not bases[answer.base]:
                del bases[answer.base]

    def answers(self, region: Region) -> Sequence[Answer]:
        """Return the different answers about exactly this region."""
        number = self._numbers.get(region)
        return [] if number is None else list(self._answers[number])

    def is_tested(self, region: Region, quantity: str | None = None) -> bool:
        """Tell whether exactly this region was asked before (for a quantity, if given): its bit may be known."""
        return any(_is_about(answer, quantity) for answer in self.answers(region))

    def is_opened(self, region: Region, quantity: str | None = None) -> bool:
        """Tell whether this quantity of exactly this region was ever released (None: its count)."""
        return any(answer.opened and _is_about(answer, quantity) for answer in self.answers(region))

    def meeting(self, region: Region, quantity: str | None = None) -> list[Region]:
        """List the tested regions with which a row could be shared."""
        return self._live(self._register.meeting(region).nonzero()[0].tolist(), quantity)

    def inside(self, region: Region, quantity: str | None = None) -> list[Region]:
        """List the tested regions that lie wholly in this one, without itself."""
        near = self._live(self._register.inside(region).nonzero()[0].tolist(), quantity)
        return [found for found in near if found != region]

    def joins(self, assets: frozenset[str]) -> Mapping[Region, int]:
        """Return the joins of this pair of assets, whichever way round."""
        return self._joins.get(assets, {})

    def joins_sharing(self, assets: frozenset[str]) -> list[Region]:
        """List the joins of other sets of assets that have two or more of these among them."""
        sharing = (known for known in self._joins if known != assets and len(known & assets) > 1)
        return [base for known in sharing for base in self._joins[known]]

    def listing(self, asset: str) -> list[Region]:
        """List the joins in which an asset serves as a list."""
        near = (known for assets, known in self._joins.items() if asset in assets)
        return [base for known in near for base in known if asset in base.lists]

    def _live(self, numbers: Sequence[int], quantity: str | None) -> list[Region]:
        answers, regions = self._answers, self._register.regions
        return [regions[n] for n in numbers if any(_is_about(answer, quantity) for answer in answers[n])]


def _is_about(answer: Answer, quantity: str | None) -> bool:
    return quantity is None or quantity in answer.quantities
