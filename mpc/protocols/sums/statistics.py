"""Statistics before and after the masked sums: an owner's cells from its rows, exact figures from opened totals.

Only integers enter the protocol; means and variances are exact rationals of opened totals. The variance is the
population variance, (n Q - S^2) / n^2. Histogram bins are half-open, [edge, next edge), the last one is open above; a
value on an edge belongs to the bin that begins there.

It does NOT filter rows or read tables, and applies no release rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord
from mpc.disclosure.places import bins, moments, places
from mpc.spec.job import SumsSpec
from mpc.spec.parts import Interval
from mpc.vector import exact_sum, exact_sum_of_squares


@dataclass(frozen=True, slots=True)
class Moments:
    """Opened totals over the same rows: their number, sum and sum of squares."""

    count: int
    total: int
    squares: int

    def __post_init__(self) -> None:
        if self.count < 1 or self.count * self.squares < self.total**2:
            raise InvalidRecord("moments: no rows, or a sum that these squares cannot have")

    @property
    def mean(self) -> Fraction:
        """The arithmetic mean."""
        return Fraction(self.total, self.count)

    @property
    def variance(self) -> Fraction:
        """The population variance."""
        return Fraction(self.count * self.squares - self.total**2, self.count**2)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a job releases; None where a cell was withheld or not asked for. ``histogram`` follows the edges."""

    count: int | None
    total: int | None
    mean: Fraction | None
    variance: Fraction | None
    histogram: tuple[int | None, ...]


def owner_cells(spec: SumsSpec, values: Sequence[int] | NDArray[np.int64]) -> dict[str, int]:
    """Compute one owner's cells, in the names of ``schema.of_spec``, from the values of its chosen rows.

    Raises:
        InvalidRecord: more rows than declared, a value outside the declared bound or below the lowest edge. The row is
            named by its place, the value is not repeated.
    """
    array = _checked(spec, values)
    cells = {"count": len(array), **_moments(spec, array)}
    names = [name for name, _, _ in bins(spec.edges)]
    return {**cells, **dict(zip(names, histogram(array, spec.edges), strict=True))}


def table_cells(spec: SumsSpec, values: Mapping[str, Sequence[int] | NDArray[np.int64]]) -> dict[str, int]:
    """Compute one owner's cells of a declared table from the values of its rows in each group.

    Raises:
        InvalidRecord: as ``owner_cells``; rows are numbered within their group.
    """
    assert spec.table is not None
    if sum(map(len, values.values())) > spec.rows:
        raise InvalidRecord(f"{sum(map(len, values.values()))} rows, at most {spec.rows} were declared")
    groups = {group: _checked(spec, values[group]) for group in spec.table.values}
    everything = np.concatenate(list(groups.values()))
    _require_in_bins(everything, spec.edges)
    found: dict[str, int] = {}
    for place in places(spec):
        chosen = everything if place.group is None else groups[place.group.values[0]]
        if place.bin is not None:
            chosen = chosen[_holds(place.bin, chosen)]
        found[place.name] = len(chosen)
        found |= {place.moment(kind): total for kind, total in _moments(spec, chosen).items()}
    return found


def histogram(values: NDArray[np.int64], edges: Sequence[int]) -> list[int]:
    """Count the values in [edge, next edge), the last bin open above.

    Raises:
        InvalidRecord: a value below the lowest edge; declare a lower one, since the count less the bins would show how
            many there are.
    """
    if not edges:
        return []
    _require_in_bins(values, edges)
    found = np.searchsorted(_machine_integers(edges, "histogram edges"), values, side="right")
    return [int(number) for number in np.bincount(found, minlength=len(edges) + 1)[1:]]


def summarise(spec: SumsSpec, opened: Mapping[str, int]) -> Statistics:
    """Turn opened totals into the figures that were asked for.

    A moment of withheld cells stays None; a mean beside a withheld count would give the count away, so it needs both.
    """
    count, total, squares = (opened.get(name) for name in ("count", "sum", "squares"))
    mean = Fraction(total, count) if count and total is not None else None
    moments = Moments(count, total, squares) if count and total is not None and squares is not None else None
    return Statistics(
        count=count if "count" in spec.outputs else None,
        total=total if "sum" in spec.outputs else None,
        mean=mean if "mean" in spec.outputs else None,
        variance=moments.variance if moments and "variance" in spec.outputs else None,
        histogram=tuple(opened.get(name) for name, _, _ in bins(spec.edges)),
    )


def _checked(spec: SumsSpec, values: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    if len(values) > spec.rows:
        raise InvalidRecord(f"{len(values)} rows, at most {spec.rows} were declared")
    array = _machine_integers(values, spec.value.name)
    bound = min(spec.value.bound, _LARGEST)
    outside = (array > bound) | (array < -bound)
    if outside.any():
        place = int(np.argmax(outside)) + 1
        raise InvalidRecord(f"row {place}: {spec.value.name} is outside its declared bound")
    return array


def _require_in_bins(values: NDArray[np.int64], edges: Sequence[int]) -> None:
    below = values < edges[0] if edges else np.zeros(0, dtype=bool)
    if below.any():
        raise InvalidRecord(f"row {int(np.argmax(below)) + 1}: the value lies below the lowest histogram edge")


def _moments(spec: SumsSpec, values: NDArray[np.int64]) -> dict[str, int]:
    compute = {"sum": exact_sum, "squares": exact_sum_of_squares}
    return {kind: compute[kind](values) for kind in moments(spec)}


def _holds(interval: Interval, values: NDArray[np.int64]) -> NDArray[np.bool_]:
    lowest = -_LARGEST if interval.at_least is None else interval.at_least
    return (values >= lowest) & (True if interval.below is None else values < interval.below)


def _machine_integers(values: Sequence[int] | NDArray[np.int64], name: str) -> NDArray[np.int64]:
    try:
        return np.asarray(values, dtype=np.int64)
    except OverflowError as exc:
        raise InvalidRecord(f"{name}: integers of 64 bits expected") from exc


_LARGEST = 2**63 - 1
