"""How a matrix of second moments is asked: in one job, or in one for each column and each product (``matrices``)."""

from __future__ import annotations

from enum import StrEnum


class Jobs(StrEnum):
    """The two ways; both open the same figures."""

    ONE = "one"
    EACH = "each"
