"""What Requests keeps of a request: the words that ``requests.vy`` stores. No rules here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from contracts.authorizations.record import NOTHING


class RequestState(IntEnum):
    """Where a request is; overdue is derived from time, never stored."""

    UNKNOWN = 0
    RECEIVED = 1
    INCOMPLETE = 2
    CONSENTED = 3
    REFUSED = 4
    WITHDRAWN = 5


@dataclass(frozen=True, slots=True)
class Request:
    """One request; all zero for an id never used.

    Attributes:
        entry: digest of the catalogue entry on the day of the request; an answer rests on no other conditions.
        due: whoever answers at it or later is late.
        supply: after a yes, whoever supplies at it or later is late.
    """

    asset: bytes = NOTHING
    owner: bytes = NOTHING
    requester: bytes = NOTHING
    category: int = 0
    entry: bytes = NOTHING
    received: int = 0
    days: int = 0
    unit: int = 0
    due: int = 0
    extended: bool = False
    supplemented: bool = False
    supply: int = 0
    state: RequestState = RequestState.UNKNOWN

    def is_overdue(self, now: int) -> bool:
        """Say whether the answer is late."""
        return self.state is RequestState.RECEIVED and now >= self.due
