"""What rules say, as a value: the result, or the reason of the refusal. For tests only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ledger.errors import TrustError

T = TypeVar("T")


def verdict(make: Callable[[], T], *, refusal: type[TrustError] = TrustError) -> tuple[T | None, str]:
    """Return (result, "") or (None, reason); faults that are no refusal surface."""
    try:
        return make(), ""
    except refusal as error:
        return None, str(error)
