"""The time one job may spend in an audit that calls a solver; whoever runs out of it says no."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from ledger.errors import NotAuthorized

LIMIT_S = 10.0


@dataclass(slots=True)
class TimeLimit:
    """The time one job may spend on one side of the gate, over all cells and turns."""

    left_s: float = LIMIT_S
    _since: float = field(default=0.0, init=False)

    def __enter__(self) -> TimeLimit:
        self._since = monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.left_s -= monotonic() - self._since

    def remaining(self) -> float:
        """Return the seconds left within a running audit.

        Raises:
            NotAuthorized: none.
        """
        left = self.left_s - (monotonic() - self._since)
        if left <= 0:
            raise NotAuthorized("disclosure: the audit ran out of time")
        return left
