"""From a department's table to numbers: columns as they are declared, with what to do about empty and unknown values.

All departments of a run encode alike, because they encode by the declaration of the run and not by their data: a number
has bounds, a class has its list of values and becomes one column for each. What does not fit is refused before anything
is sent, naming column and row; a value is never repeated.

It does NOT read files, and it learns nothing from the rows: a value to fill in is declared, not computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

Floats = NDArray[np.float64]
Table = Mapping[str, Sequence[str | None]]
"""By column, one text a row; None or blank for empty."""
MAX_VALUES = 256


@dataclass(frozen=True, slots=True)
class Number:
    """A column of numbers in [least, most]. empty: what an empty value counts as; None refuses it."""

    name: str
    least: float
    most: float
    empty: float | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite([self.least, self.most]).all() and self.least < self.most):
            raise InvalidRecord(f"column {self.name}: finite bounds expected, the least below the most")
        if self.empty is not None and not self.least <= self.empty <= self.most:
            raise InvalidRecord(f"column {self.name}: the value for empty ones must lie in its bounds")

    def encoded(self, texts: Sequence[str | None]) -> dict[str, Floats]:
        """Read the column; raises InvalidRecord."""
        return {self.name: np.array([self._read(text, row) for row, text in enumerate(texts, start=1)])}

    def record(self) -> JsonValue:
        empty = None if self.empty is None else self.empty.hex()
        return {"name": self.name, "least": self.least.hex(), "most": self.most.hex(), "empty": empty}

    def _read(self, text: str | None, row: int) -> float:
        if _is_empty(text):
            if self.empty is None:
                raise InvalidRecord(
                    f"column {self.name}, row {row}: empty, and the declaration gives no value for that"
                )
            return self.empty
        try:
            value = float(text or "")
        except ValueError as exc:
            raise InvalidRecord(f"column {self.name}, row {row}: a number expected") from exc
        if not self.least <= value <= self.most:
            raise InvalidRecord(f"column {self.name}, row {row}: outside [{self.least:g}, {self.most:g}], or no number")
        return value


@dataclass(frozen=True, slots=True)
class Class:
    """A column of one of ``values``, encoded as a column of zeros and ones for each.

    other: whether a value that is not listed, an empty one too, counts as none of them; otherwise it is refused.
    """

    name: str
    values: tuple[str, ...]
    other: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(set(self.values)) == len(self.values) <= MAX_VALUES:
            raise InvalidRecord(f"column {self.name}: 1..{MAX_VALUES} different values expected")

    def encoded(self, texts: Sequence[str | None]) -> dict[str, Floats]:
        """Read the column; raises InvalidRecord."""
        known = {value: place for place, value in enumerate(self.values)}
        found = np.zeros((len(self.values), len(texts)))
        for row, text in enumerate(texts):
            place = None if text is None else known.get(text.strip())
            if place is not None:
                found[place, row] = 1.0
            elif not self.other:
                raise InvalidRecord(f"column {self.name}, row {row + 1}: {_unlisted(text)}")
        return {f"{self.name}={value}": found[place] for place, value in enumerate(self.values)}

    def record(self) -> JsonValue:
        return {"name": self.name, "values": list(self.values), "other": self.other}


Column: TypeAlias = Number | Class


def encoded(declared: Sequence[Column], table: Table) -> dict[str, Floats]:
    """Encode a table by its declaration.

    Raises:
        InvalidRecord: no rows, a column that is missing (the sentence lists those that are there), columns of different
            lengths, or a value that the declaration does not allow.
    """
    found: dict[str, Floats] = {}
    for column in declared:
        found |= column.encoded(_column(table, column.name))
    if not found or len({len(values) for values in found.values()}) != 1 or not len(next(iter(found.values()))):
        raise InvalidRecord("table: at least one column and one row expected, and all columns of one length")
    return found


def keys(table: Table, name: str) -> tuple[str, ...]:
    """Read the column of keys.

    Raises:
        InvalidRecord: it is missing, or a row has none.
    """
    texts = _column(table, name)
    for row, text in enumerate(texts, start=1):
        if _is_empty(text):
            raise InvalidRecord(f"column {name}, row {row}: a key expected, it is empty")
    return tuple(str(text).strip() for text in texts)


def labels(table: Table, name: str, classes: Sequence[str] | None) -> Floats:
    """Read the column of labels: numbers, or places in the list of classes.

    Raises:
        InvalidRecord: it is missing, or a row has none or one that is not listed.
    """
    texts = _column(table, name)
    if classes is None:
        return Number(name, -1e300, 1e300).encoded(texts)[name]
    known = {value: float(place) for place, value in enumerate(classes)}
    found = np.empty(len(texts))
    for row, text in enumerate(texts):
        place = None if text is None else known.get(text.strip())
        if place is None:
            raise InvalidRecord(f"column {name}, row {row + 1}: {_unlisted(text)}")
        found[row] = place
    return found


def _column(table: Table, name: str) -> Sequence[str | None]:
    if name not in table:
        there = ", ".join(sorted(table)[:20]) or "none"
        raise InvalidRecord(f"table: column {name} is missing; there are: {there}")
    return table[name]


def _is_empty(text: str | None) -> bool:
    return text is None or not text.strip()


def _unlisted(text: str | None) -> str:
    return "empty" if _is_empty(text) else "a value that the declaration does not list"
