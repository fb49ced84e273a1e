"""What a specification may ask of an owner's table: judged by the owner's declaration alone, before any row is read.

Everything a specification bounds must hold at least what the owner declared for the whole asset. Then an input can
only fail for a fault of the table against its own declaration, which no choice of bounds, edges, groups or filters can
bring out: whether a job aborts tells the requester nothing about single rows.

It reads no table and knows no chain. It does NOT judge what a released figure discloses (``mpc.disclosure``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.computation import join_terms_of
from mpc.disclosure.places import moments
from mpc.disclosure.region import LIST, ROW, Region, Span
from mpc.privacy.declaration import Declaration, Privacy
from mpc.privacy.joined import JoinPrivacy, side_of
from mpc.protocols.sums.schema import of_spec
from mpc.schema import Integer, Schema, Text
from mpc.spec import JobSpec, JoinSpec, SumsSpec
from mpc.spec_parts import Interval, Predicate

BOUNDS, KEY, NOISE, PRIVACY = "job: bounds", "job: key", "job: noise", "job: privacy"
FEW_VALUES = 16
"""A column with fewer is no amount but a class; a joint sum of products with it would count single classes."""
Fault = tuple[str, str]
"""The ground for the chain, fixed, and a text for this node's own log."""


@dataclass(frozen=True, slots=True)
class NoiseLimits:
    """The weakest noise on match counts this node takes part under.

    Noise is fresh in every attempt, so its cost adds up: the asset's pot on chain bounds it (``mpc.budget``).
    """

    epsilon_milli: int = 100
    delta_log2: int = -40

    def __post_init__(self) -> None:
        if not 1 <= self.epsilon_milli <= 10_000 or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord("limits: epsilon 0.001..10 and delta 2^-128..2^-20 expected")


def faults(
    spec: JobSpec, party: str, schema: Schema, noise: NoiseLimits, declared: Declaration | None = None
) -> Iterator[Fault]:
    """Say what is wrong with a specification beside the declarations of the party's own asset.

    An asset that is declared private is answered privately only: one exact figure would take away what noise promises.
    """
    if declared is not None and spec.privacy is None:
        yield PRIVACY, "job: the asset is declared private; exact questions about it are not answered"
    match spec:
        case SumsSpec(privacy=Privacy() as privacy):
            yield from _private(spec, privacy, schema, declared)
        case SumsSpec():
            yield from _sums(spec, schema)
        case JoinSpec(privacy=JoinPrivacy() as joined):
            yield from _join(spec, noise)
            yield from _private_join(spec, joined, party, schema, declared)
        case JoinSpec():
            yield from _join(spec, noise)
            yield from _holder(spec, schema) if party == spec.holder.party else _lister(spec, schema)


def domain(spec: JobSpec, asset: str, schema: Schema) -> Region:
    """Write an owner's declared bounds as a region: where the disclosure audit may suppose rows of its asset."""
    is_listed = isinstance(spec, JoinSpec) and asset == spec.lister.asset
    prefix = f"{LIST}{asset}." if is_listed else ROW
    columns = [(prefix + name, column) for name, column in schema.columns.items()]
    numbers = [(name, own) for name, own in columns if isinstance(own, Integer)]
    return Region.of({name: Span(own.low, own.high + 1, own.nullable) for name, own in numbers})


def _sums(spec: SumsSpec, schema: Schema) -> Iterator[Fault]:
    yield from _filters(spec.filters, schema)
    yield from _named_rows(spec.filters, schema, spec.minimum)
    yield from _at_least("rows", spec.rows, schema.rows)
    columns = [(name, schema.columns.get(name)) for name in spec.value.columns]
    factors = [(name, column) for name, column in columns if isinstance(column, Integer)]
    if missing := [name for name, column in columns if not isinstance(column, Integer)]:
        yield BOUNDS, f"job: {missing[0]} is not declared as an integer"
        return
    largest = math.prod(max(abs(column.low), abs(column.high)) for _, column in factors)
    yield from _at_least(f"bound of {spec.value.name}", spec.value.bound, largest)
    yield from _without_empty(factors, spec.filters)
    if schema.sensitivity is not None and moments(spec) and any(column.low < 0 for _, column in factors):
        yield BOUNDS, f"job: {spec.value.name} may be negative; the asset's sensitivity rules judge no such sums"
    if len(factors) > 1:
        yield from _product(spec, factors, schema)
    column = factors[0][1]
    if spec.table is not None and spec.table.column not in schema.groups:
        yield BOUNDS, f"job: {spec.table.column} is not declared as one of the asset's groups"
    if spec.edges and spec.edges[0] > _lowest(spec, column):
        yield BOUNDS, "job: the lowest edge lies above what the column may hold; declare a lower one, or filter"


def _without_empty(summed: Sequence[tuple[str, Integer]], filters: Sequence[Predicate]) -> Iterator[Fault]:
    """Rows without a value count for no figure of it, so that they are left out must stand in the question itself."""
    chosen = _named_by_range(filters)
    for name, column in summed:
        if column.nullable and name not in chosen:
            yield BOUNDS, f"job: {name} may be empty; a figure of it needs the filter 'known' or a range"


def _named_by_range(filters: Sequence[Predicate]) -> frozenset[str]:
    return frozenset(predicate.column for predicate in filters if isinstance(predicate, Interval))


def _product(spec: SumsSpec, factors: Sequence[tuple[str, Integer]], schema: Schema) -> Iterator[Fault]:
    """A product with a column of few values is a count of a smaller cell in disguise: of those rows where it is 1."""
    if schema.sensitivity is not None:
        yield BOUNDS, "job: the asset's sensitivity rules judge no products"
    for name, column in factors:
        low, high = _ends(name, spec.filters, column)
        if high - low + 1 < FEW_VALUES:
            yield BOUNDS, f"job: {name} has fewer than {FEW_VALUES} values: group by it, or count by classes of it"


def _private(spec: SumsSpec, privacy: Privacy, schema: Schema, declared: Declaration | None) -> Iterator[Fault]:
    """A private question repeats the owner's declaration word for word; nothing of it is for the asker to choose."""
    if declared is None:
        yield PRIVACY, "job: this asset has no declaration for private questions"
        return
    yield from _filters(spec.filters, schema)
    yield from _at_least("rows", spec.rows, schema.rows)
    column, groups = schema.columns.get(spec.value.column), privacy.protection.groups
    if not isinstance(column, Integer):
        yield BOUNDS, f"job: {spec.value.column} is not declared as an integer"
        return
    try:
        wanted = declared.protection(spec.value.column, column.scale, None if groups is None else groups.column)
    except InvalidRecord as fault:
        yield PRIVACY, f"job: {fault}"
        return
    if differences := wanted.differences(privacy.protection):
        yield PRIVACY, f"job: privacy differs from this asset's declaration in {', '.join(differences)}"
    try:
        of_spec(spec).check_owners(len(spec.sources))
    except InvalidRecord as fault:
        yield PRIVACY, f"job: {fault}"


def _private_join(
    spec: JoinSpec, privacy: JoinPrivacy, party: str, schema: Schema, declared: Declaration | None
) -> Iterator[Fault]:
    """Each owner holds the own side against its own declaration, and nothing of the other's."""
    if declared is None:
        yield PRIVACY, "job: this asset has no declaration for private questions"
        return
    is_holder = party == spec.holder.party
    yield from _key(spec.holder_key if is_holder else spec.lister_key, schema)
    yield from _filters(spec.filters if is_holder else spec.lister_filters, schema)
    yield from _at_least("most keys", spec.holder_most if is_holder else spec.lister_most, schema.rows)
    scales: dict[str, int] = {}
    if is_holder:
        yield from _at_least("rows", spec.rows, schema.rows)
        for amount in spec.sums:
            column = schema.columns.get(amount.column)
            if not isinstance(column, Integer):
                yield BOUNDS, f"job: {amount.column} is not declared as an integer"
                return
            scales[amount.column] = column.scale
    try:
        wanted = side_of(declared, scales, spec.grouping.column if is_holder and spec.grouping else None)
        join_terms_of(spec)
    except InvalidRecord as fault:
        yield PRIVACY, f"job: {fault}"
        return
    if differences := wanted.differences(privacy.holder if is_holder else privacy.lister):
        yield PRIVACY, f"job: privacy differs from this asset's declaration in {', '.join(differences)}"


def _lowest(spec: SumsSpec, column: Integer) -> int:
    """The least value a selected row may hold by declaration and filters."""
    return _ends(spec.value.column, spec.filters, column)[0]


def _ends(name: str, filters: Sequence[Predicate], column: Integer) -> tuple[int, int]:
    """The least and the largest value that a selected row may hold in a column, by declaration and filters."""
    own = [f for f in filters if isinstance(f, Interval) and f.column == name]
    low = max([column.low, *(f.at_least for f in own if f.at_least is not None)])
    return low, min([column.high, *(f.below - 1 for f in own if f.below is not None)])


def _join(spec: JoinSpec, noise: NoiseLimits) -> Iterator[Fault]:
    """What both owners look at alike."""
    chosen = {predicate.column for predicate in spec.filters} | ({spec.grouping.column} if spec.grouping else set())
    if spec.holder_key in chosen or spec.lister_key in {predicate.column for predicate in spec.lister_filters}:
        yield KEY, "job: a key cannot be filtered or grouped by"
    if spec.epsilon_milli > noise.epsilon_milli or spec.delta_log2 > noise.delta_log2:
        yield NOISE, f"job: this node asks for epsilon {noise.epsilon_milli}/1000, delta 2^{noise.delta_log2} or less"


def _holder(spec: JoinSpec, schema: Schema) -> Iterator[Fault]:
    yield from _key(spec.holder_key, schema)
    yield from _filters(spec.filters, schema)
    yield from _named_rows(spec.filters, schema, spec.minimum)
    yield from _at_least("most keys", spec.holder_most, schema.rows)
    yield from _at_least("rows", spec.rows, schema.rows)
    if spec.grouping is not None and spec.grouping.column not in schema.groups:
        yield BOUNDS, f"job: {spec.grouping.column} is not declared as one of the asset's groups"
    for amount in spec.sums:
        column = schema.columns.get(amount.column)
        if not isinstance(column, Integer) or column.low < 0:
            yield BOUNDS, f"job: {amount.column} is not declared as an integer of at least 0"
        else:
            yield from _at_least(f"bound of {amount.column}", amount.bound, column.high)
            yield from _without_empty([(amount.column, column)], spec.filters)


def _lister(spec: JoinSpec, schema: Schema) -> Iterator[Fault]:
    yield from _key(spec.lister_key, schema)
    yield from _filters(spec.lister_filters, schema)
    yield from _named_rows(spec.lister_filters, schema, spec.minimum)
    yield from _at_least("most keys", spec.lister_most, schema.rows)
    if spec.lister_filters and schema.unique != spec.lister_key:
        # With several rows a key, a filter asks whether a key has such a row, and boxes of rows say nothing of keys.
        yield KEY, "job: a list is filtered only if its key is unique"


def _key(key: str, schema: Schema) -> Iterator[Fault]:
    if schema.key != key:
        yield KEY, f"job: {key} is not the declared key of the asset"


def _filters(filters: Sequence[Predicate], schema: Schema) -> Iterator[Fault]:
    for predicate in filters:
        kind: type[Integer] | type[Text] = Integer if isinstance(predicate, Interval) else Text
        if not isinstance(schema.columns.get(predicate.column), kind):
            yield BOUNDS, f"job: {predicate.column} is not declared as {kind.__name__.lower()}"


def _named_rows(filters: Sequence[Predicate], schema: Schema, minimum: int) -> Iterator[Fault]:
    """Refuse a choice of fewer keys than the minimum by name or range: it would ask about somebody, not about many."""
    for predicate in filters:
        if predicate.column in (schema.key, schema.unique) and _most(predicate) < minimum:
            yield KEY, f"job: {predicate.column} tells rows apart; fewer than {minimum} values of it cannot be chosen"


def _most(predicate: Predicate) -> float:
    """Return how many values a filter lets through at most."""
    if not isinstance(predicate, Interval):
        return len(predicate.values)
    if predicate.at_least is None or predicate.below is None:
        return math.inf
    return predicate.below - predicate.at_least


def _at_least(name: str, given: int, declared: int) -> Iterator[Fault]:
    if given < declared:
        yield BOUNDS, f"job: {name} of {given} is less than the declared {declared}"
