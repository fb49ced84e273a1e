"""The noise of a run's rounds and of its evaluation, by the run's terms; refused before it begins if it does not fit.

What does not fit would fail at a department that has opened and paid: noise that cannot be drawn, sums that pass the
words that carry them (``federated.aggregation.vector.Layout``).
It reads no rows and draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.privacy import rounds
from mpc.privacy.declaration import UnitsAt
from mpc.privacy.measured import Quality
from mpc.privacy.rounds import Mechanism
from mpc.privacy.trained import TrainingPrivacy
from mpc.training.shapes import Sizes

POINT_BITS = 8
"""Of words that are whole numbers; these travel as multiples of 2^-8."""
WIDEST = 1 << 30
"""What a number that a department hands over stays below (``Layout``)."""


@dataclass(frozen=True, slots=True)
class Counting:
    """The noise of counts of rows, of runs with noise and of exact ones; members as of ``Protection``."""

    privacy: TrainingPrivacy | Quality
    bins: int
    owners: int
    contributors: int

    @property
    def noise(self) -> Mechanism | None:
        """The noise of the evaluation, if one is asked; raises InvalidRecord for noise that cannot be drawn."""
        asked = self.privacy
        if (own := asked.evaluation) is None:
            return None
        shares = 1 if own.by_department else self.shares
        return rounds.of_counts(self.bins, asked.max_rows, own.micro_rho, shares, self.spread)

    @property
    def shares(self) -> int:
        """Departments whose noise is counted on, whichever are left of an attempt."""
        return 1 if self.privacy.is_local else self.contributors - self.privacy.colluders

    @property
    def spread(self) -> int:
        """The most departments that one person has rows at."""
        return self.owners if self.privacy.units_at is UnitsAt.SEVERAL else 1

    def check(self) -> None:
        """Refuse noise that nobody would be left to give; raises InvalidRecord."""
        if self.privacy.colluders >= self.contributors:
            raise InvalidRecord("spec: fewer colluders than contributors, or nobody's noise would be left")


@dataclass(frozen=True, slots=True)
class Protection:
    """owners: of the run; contributors: those without which a round is not opened. bins: counts of one slot, or 0."""

    privacy: TrainingPrivacy
    sizes: Sizes
    bins: int
    owners: int
    contributors: int

    @property
    def rounds(self) -> Mechanism:
        """The noise of a round; raises InvalidRecord for noise that cannot be drawn."""
        asked, counting = self.privacy, self._counting
        return rounds.of_gradients(
            self.sizes.released, asked.clip_milli, asked.micro_rho, counting.shares, counting.spread
        )

    @property
    def counts(self) -> Mechanism | None:
        """The noise of the evaluation, if one is asked; raises InvalidRecord for noise that cannot be drawn."""
        return self._counting.noise

    def bound(self, rows: int) -> float:
        """Return what one number of a department with so many rows stays within, its noise included."""
        counts = self.counts
        found = max(self.rounds.bound(rows), 0 if counts is None else counts.bound_of(rows))
        return found / (1 << POINT_BITS)

    def check(self, rows: int) -> None:
        """Refuse a run that would fail after it was paid for; raises InvalidRecord."""
        self._counting.check()
        if self.bound(rows) >= WIDEST:
            raise InvalidRecord(f"spec: sums of {rows} rows pass 2^38 units: a smaller clip, fewer rows or more rho")

    @property
    def _counting(self) -> Counting:
        return Counting(self.privacy, self.bins, self.owners, self.contributors)
