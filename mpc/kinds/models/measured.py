"""What an exact run asks of an asset for its quality, beside its rounds: terms, the two sides of the rows, the counts.

The rounds' part is ``mpc.kinds.models.training``. Both sides of a division are cells for the disclosure audit, with all
figures of the run, and each has to bear them: whoever is answered about all rows later reads the exact sums of the side
that is held out. So the audit, and no rule beside it, keeps a third set of rows out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import MeasuredRows, integers_of, object_of
from mpc.kinds.bounds import PRIVACY
from mpc.kinds.kind import Fault
from mpc.kinds.stacked import require_rows
from mpc.privacy import truncation
from mpc.privacy.accounting import MILLI
from mpc.privacy.declaration import Declaration
from mpc.privacy.held import HeldOut, Selector
from mpc.privacy.measured import Quality
from mpc.privacy.noise import Sampler
from mpc.privacy.release import Estimate, Expected
from mpc.spec.training import TrainingSpec
from mpc.tables.table import Table

HELD = "held"


def sides(quality: Quality) -> tuple[HeldOut, HeldOut]:
    """Return the side that rounds are of, and the one that is counted."""
    return HeldOut(quality.unit, quality.period, is_held=False), HeldOut(quality.unit, quality.period, is_held=True)


def faults(quality: Quality, declared: Declaration | None) -> Iterator[Fault]:
    """Hold the terms against the asset's declaration."""
    if declared is None:
        yield PRIVACY, "job: this asset declares nobody in whose rows quality could be counted"
    elif differences := quality.differences(declared):
        yield PRIVACY, f"job: quality differs from this asset's declaration in {', '.join(differences)}"


def entered(spec: TrainingSpec, quality: Quality, table: Table, secret: bytes, sampler: Sampler) -> MeasuredRows:
    """Take the rows of both sides, those held out truncated by person, and draw the noise of their counts."""
    names, (fitted, held) = [column.column for column in spec.columns], sides(quality)
    columns = [table.values([name], [fitted]) for name in names]
    kept = table.kept_by_unit(names, truncation.quality_cuts(quality, secret), [held])
    require_rows(len(columns[0]) + len(kept), spec.rows)
    count = spec.count_noise
    assert count is not None
    return MeasuredRows(
        columns=tuple(tuple(int(value) for value in values) for values in columns),
        held=tuple(tuple(values[place] for _, _, values in kept) for place in range(len(names))),
        noise=tuple(sampler(count.scale) for _ in range(spec.bins)),
    )


def read_input(spec: TrainingSpec, value: JsonValue) -> MeasuredRows:
    """Read what ``MeasuredRows.json`` wrote; raises InvalidRecord."""
    match object_of(value):
        case {"columns": list(columns), "held": list(held), "noise": noise, **rest} if not rest and len(columns) == len(
            held
        ) == len(spec.columns):
            return MeasuredRows(_columns(columns), _columns(held), integers_of(noise))
    raise InvalidRecord("input: a column for every feature and the label on both sides, and noise, expected")


def apart(
    table: Table, quality: Quality, columns: Sequence[str], filters: Sequence[Selector], minimum: int
) -> tuple[int, ...]:
    """Judge columns by whose rows differ in them, as ``mpc.kinds.sums_bounds.spread`` by how many rows do."""
    found = [table.persons_apart(quality.unit, column, filters) for column in columns]
    return tuple(persons - minimum if persons else 0 for persons in found)


def estimate(spec: TrainingSpec, quality: Quality) -> Estimate:
    """Tell what the counts cost each asset, and how far noise moves one, if all contribute."""
    count, asked = spec.count_noise, quality.evaluation
    assert count is not None
    growth = 1.0 if asked.by_department else sqrt(len(spec.sources) / count.shares)
    error = Expected("count", "rows held out in a bin", count.deviation_milli / MILLI / count.grain * growth)
    return Estimate.of(asked.micro_rho, quality.delta_log2, (error,))


def _columns(values: Sequence[JsonValue]) -> tuple[tuple[int, ...], ...]:
    return tuple(integers_of(column) for column in values)
