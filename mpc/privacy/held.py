"""Which persons a run is measured on and not fitted to: a share, chosen by a digest of who they are.

The digest is keyed by the owners' data period, so a person is on the same side in every run of the period, in each
of its rows and at every department that names it alike; and whoever is held out of a share is held out of a larger
one. The key is no secret: which side somebody is on says nothing of its rows, and nobody who asks for a run chooses it.

A run with noise chooses its share. An exact one has none to choose (``FIFTH``): the rows between two shares would be a
few. Its two sides are regions for the disclosure audit (``HeldOut.side``), so rows that were divided once are never
divided otherwise, nor are rows that were answered about whole divided afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ledger.hashing import tagged
from mpc.spec.parts import Interval, Predicate

THOUSAND = 1000
LEAST, MOST = 50, 500
FIFTH = 200
"""Of an exact run, in thousandths: fixed by protocol."""
REFUSED = (
    "spec: an exact run holds rows out for its quality alone: a member 'quality' with noise, and a fifth of the "
    "persons; those between two shares would be a few that the disclosure audit does not see"
)


def is_held_out(person: str, period: str, thousandths: int) -> bool:
    """Tell on which side a person is."""
    found = tagged("SHUXIN-HELD-OUT-V1", period.encode(), person.encode())
    return int.from_bytes(found[:8], "big") % THOUSAND < thousandths


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One side of the rows of an exact run, by the person in ``column``: the fifth that is held out, or the others."""

    column: str
    period: str
    is_held: bool

    def has(self, person: str) -> bool:
        """Tell whether a person's rows are on this side."""
        return is_held_out(person, self.period, FIFTH) is self.is_held

    @property
    def side(self) -> Interval:
        """The same as the disclosure audit sees it: a half of an attribute that is no column."""
        attribute = f"held:{FIFTH} of {self.column} in {self.period}"
        return Interval(attribute, 1, None) if self.is_held else Interval(attribute, None, 1)


Selector: TypeAlias = Predicate | HeldOut
"""What chooses rows of the own table."""
