"""What in a network's directory can be asked about: tables for masked sums, a pair for a join, and a band of values.

The boundaries of the questions are chosen from the tables themselves: an attacker who does not know them would have to
try several, and the point is to give the attack its best case. Nothing else of an owner's directory is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from mpc.node.assets import AssetConfig
from mpc.node.config import NodeConfig
from mpc.spec.job import JoinSpec, SumsSpec
from mpc.spec.parts import MIN_CONTRIBUTORS, Amount, Grouping, Interval, Predicate, Source
from mpc.tables.schema import Integer
from mpc.tables.table import Table

PURPOSE = "attack-trial"
NO_AUTHORIZATION = bytes(32)
Held = tuple[str, AssetConfig]
"""A party and one of its assets."""


@dataclass(frozen=True, slots=True)
class Band:
    """A value of few rows between two ranges of many: [low, target) and (target, high) pass the gate, it does not."""

    low: int
    target: int
    high: int
    rows: int


@dataclass(frozen=True, slots=True)
class Bands:
    """Values that the questions are about. groups: another such place, whose lower range is not used; lonely: a value
    of few rows beside both.
    """

    first: Band
    groups: Band | None
    lonely: int | None


@dataclass(frozen=True, slots=True)
class SumsTarget:
    """Several owners' tables with one integer column in common."""

    held: tuple[Held, ...]
    column: str
    minimum: int
    contributors: int

    def question(self, recipient: str, filters: Sequence[Predicate], edges: tuple[int, ...] = ()) -> SumsSpec:
        """Ask for a count, or for counts by bins."""
        column = self.held[0][1].schema.columns[self.column]
        assert isinstance(column, Integer)
        return SumsSpec(
            purpose=PURPOSE,
            recipient=recipient,
            sources=tuple(Source(party, asset.code, NO_AUTHORIZATION) for party, asset in self.held),
            filters=tuple(filters),
            value=Amount(self.column, max(abs(column.low), abs(column.high), 1)),
            rows=max(asset.schema.rows for _, asset in self.held),
            edges=edges,
            outputs=("count", "histogram") if edges else ("count",),
            minimum=self.minimum,
            contributors=self.contributors,
        )

    def between(self, low: int, below: int) -> tuple[Interval, ...]:
        return (Interval(self.column, low, below),)


@dataclass(frozen=True, slots=True)
class JoinTarget:
    """A table of values by key, and a list of keys."""

    holder: Held
    lister: Held
    amount: str
    minimum: int

    def question(self, recipient: str, filters: tuple[Predicate, ...], values: tuple[str, ...] = ()) -> JoinSpec:
        """Ask for keys, rows and a sum, by the holder's first declared grouping or as a whole."""
        holding, listing = self.holder[1], self.lister[1]
        column = holding.schema.columns[self.amount]
        assert isinstance(column, Integer)
        assert holding.schema.key is not None
        assert listing.schema.key is not None
        return JoinSpec(
            purpose=PURPOSE,
            recipient=recipient,
            holder=Source(self.holder[0], holding.code, NO_AUTHORIZATION),
            holder_key=holding.schema.key,
            holder_most=holding.schema.rows,
            filters=filters,
            grouping=Grouping(holding.schema.groups[0], values) if values else None,
            sums=(Amount(self.amount, max(abs(column.low), abs(column.high), 1)),),
            lister=Source(self.lister[0], listing.code, NO_AUTHORIZATION),
            lister_key=listing.schema.key,
            lister_most=listing.schema.rows,
            lister_filters=(),
            rows=holding.schema.rows,
            minimum=self.minimum,
            epsilon_milli=100,
            delta_log2=-40,
        )


def find_sums(nodes: Mapping[str, NodeConfig]) -> SumsTarget | None:
    """Find the column that most parties hold, one table each; tables meant for joins come last."""
    found: dict[str, dict[str, Held]] = {}
    held = [(party, asset) for party, node in nodes.items() for asset in node.assets.values()]
    for party, asset in sorted(held, key=lambda item: item[1].schema.key is not None):
        for name, column in asset.schema.columns.items():
            if isinstance(column, Integer):
                found.setdefault(name, {}).setdefault(party, (party, asset))
    for name, parties in sorted(found.items(), key=lambda item: -len(item[1])):
        plain = [one for one in parties.values() if one[1].schema.key is None]
        chosen = sorted(plain if len(plain) >= MIN_CONTRIBUTORS else parties.values(), key=lambda one: one[0])
        limits = nodes[chosen[0][0]]
        if len(chosen) >= limits.contributors:
            return SumsTarget(tuple(chosen), name, limits.minimum, limits.contributors)
    return None


def find_join(nodes: Mapping[str, NodeConfig]) -> JoinTarget | None:
    """Find a table with a key, a grouping and an amount, and another party's list of such keys."""
    held = [(party, asset) for party, node in nodes.items() for asset in node.assets.values() if asset.schema.key]
    for holder in held:
        amounts = [name for name, column in holder[1].schema.columns.items() if isinstance(column, Integer)]
        for lister in held:
            is_list = lister[1].schema.unique == lister[1].schema.key == holder[1].schema.key
            if amounts and holder[1].schema.groups and lister[0] != holder[0] and is_list:
                return JoinTarget(holder, lister, amounts[0], nodes[holder[0]].minimum)
    return None


def find_bands(target: SumsTarget, below: int | None) -> Bands | None:
    """Choose the values of the questions, below one that other questions may have used."""
    counts, owners = _counts(target, below)
    few = Few(counts, owners, target.minimum, target.contributors)
    first = few.band(sorted(counts), both_sides=True)
    if first is None:
        return None
    above = [value for value in sorted(counts) if value >= first.high]
    under = [value for value in sorted(counts) if value < first.low]
    groups = few.band(above, both_sides=False) or few.band(under, both_sides=False)
    used = [(first.low, first.high)] + ([(groups.target, groups.high)] if groups else [])
    lonely = [v for v in few.rare(counts) if not any(low <= v < high for low, high in used)]
    return Bands(first, groups, max(lonely, default=None))


@dataclass(frozen=True, slots=True)
class Few:
    """How many rows and owners values have, and what passes a gate."""

    counts: Counter[int]
    owners: Mapping[int, set[str]]
    minimum: int
    contributors: int

    def rare(self, values: Iterable[int]) -> list[int]:
        return [value for value in values if self.counts[value] < self.minimum]

    def band(self, values: Sequence[int], *, both_sides: bool) -> Band | None:
        """Find the rarest value with enough on its upper side, and on its lower one too if asked."""
        for place in sorted(range(len(values)), key=lambda place: self.counts[values[place]]):
            target = values[place]
            if not self.rare([target]):
                return None
            low = next((i for i in range(place - 1, -1, -1) if self._passes(values[i:place])), None)
            high = next((i for i in range(place + 1, len(values)) if self._passes(values[place + 1 : i + 1])), None)
            if high is not None and (low is not None or not both_sides):
                start = target if low is None or not both_sides else values[low]
                return Band(start, target, values[high] + 1, self.counts[target])
        return None

    def _passes(self, chosen: Sequence[int]) -> bool:
        parties = set().union(*(self.owners[value] for value in chosen)) if chosen else set()
        return sum(self.counts[value] for value in chosen) >= self.minimum and len(parties) >= self.contributors


def groups_of(target: JoinTarget) -> tuple[str, ...]:
    """Read the holder's code list: the values of its first declared grouping."""
    with closing(Table(target.holder[1].file, target.holder[1].schema)) as table:
        return tuple(sorted(set(table.keys(target.holder[1].schema.groups[0], ()))))


def _counts(target: SumsTarget, below: int | None) -> tuple[Counter[int], dict[int, set[str]]]:
    counts: Counter[int] = Counter()
    owners: dict[int, set[str]] = {}
    for party, asset in target.held:
        with closing(Table(asset.file, asset.schema)) as table:
            for value in table.values([target.column], ()).tolist():
                if below is None or value < below:
                    counts[value] += 1
                    owners.setdefault(value, set()).add(party)
    return counts, owners
