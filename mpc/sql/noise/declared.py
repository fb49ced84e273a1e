"""What a query with noise rests on: the owners' declarations, in the descriptions of their tables, and its own choices.

Unit, neighbour relation, rows and groups of a unit, bounds, public keys and periods are the owners'; a job repeats them
word for word. The query names its costs, its class of recipients, and for quantiles a grid. Nothing has a default.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ledger.errors import InvalidRecord
from mpc.privacy.declaration import Declaration
from mpc.sql.noise.keyed import Keyed
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable, OwnedTable, Tables
from mpc.tables.schema import Integer


@dataclass(frozen=True, slots=True)
class Choices:
    """What a query with noise chooses.

    costs: micro-rho of each family of figures: count, sum, squares, histogram; of a join keys, rows, sum. steps: cells
    of the grid of quantiles. extremes: the share of rows beyond what is reported as least and as largest. keyed: under
    whose CKKS key sums are added up, and with which weights; masked sums without.
    """

    costs: Mapping[str, int]
    recipient_class: str
    steps: int | None = None
    extremes: Fraction | None = None
    keyed: Keyed | None = None

    def __post_init__(self) -> None:
        if self.extremes is not None and not 0 < self.extremes < Fraction(1, 2):
            raise InvalidRecord("privacy: extremes are a share of the rows between 0 and 1/2")


def view(tables: Tables) -> Tables:
    """Show tables as declared for questions with noise: values within their clips, groups those with public keys."""
    owned = {name: _clipped(table) for name, table in tables.owned.items()}
    joint = {
        name: JointTable(name, tuple(owned[part.name] for part in table.parts)) for name, table in tables.joint.items()
    }
    return Tables(owned, joint)


def require_costs(choices: Choices, families: Collection[str]) -> None:
    """Nothing is charged that was not named, and nothing is named that is not charged."""
    if set(choices.costs) != set(families):
        raise Unanswerable(Reason.COST, ", ".join(sorted(families)))


def declaration(part: OwnedTable) -> Declaration:
    """Return on which terms a table of such a view is asked."""
    assert part.privacy is not None
    return part.privacy


def _clipped(table: OwnedTable) -> OwnedTable:
    declared = table.privacy
    if declared is None:
        return table
    columns = dict(table.schema.columns)
    for name, column in table.schema.columns.items():
        if name in declared.bounds and isinstance(column, Integer):
            low, high = declared.bounds[name]
            columns[name] = replace(column, low=low, high=high)
    groups = tuple(name for name in declared.groups if name != table.schema.key)
    schema = replace(table.schema, columns=columns, groups=groups)
    return replace(table, schema=schema, groups={name: tuple(sorted(declared.groups[name])) for name in groups})
