"""What a private join may ask of an owner's table, beside its declaration (``mpc.kinds.bounds``)."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.errors import InvalidRecord
from mpc.kinds.bounds import (
    BOUNDS,
    ENCRYPTION,
    KEY,
    NOISE,
    PRIVACY,
    at_least,
    filtered,
    keyed,
    named_rows,
    without_empty,
)
from mpc.kinds.joins.terms import join_terms_of
from mpc.kinds.kind import Fault, Loosest
from mpc.privacy.declaration import Declaration
from mpc.privacy.joined import JoinPrivacy, side_of
from mpc.spec.join import JoinSpec
from mpc.tables.schema import Integer, Schema


def private_faults(
    spec: JoinSpec, privacy: JoinPrivacy, party: str, schema: Schema, declared: Declaration | None
) -> Iterator[Fault]:
    """Each owner holds the own side against its own declaration, and nothing of the other's."""
    if declared is None:
        yield PRIVACY, "job: this asset has no declaration for private questions"
        return
    is_holder = party == spec.holder.party
    yield from keyed(spec.holder_key if is_holder else spec.lister_key, schema, spec.form)
    yield from filtered(spec.filters if is_holder else spec.lister_filters, schema)
    yield from at_least("most keys", spec.holder_most if is_holder else spec.lister_most, schema.rows)
    scales: dict[str, int] = {}
    if is_holder:
        yield from at_least("rows", spec.rows, schema.rows)
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


def common_faults(spec: JoinSpec, loosest: Loosest) -> Iterator[Fault]:
    """What all owners look at alike."""
    chosen = {predicate.column for predicate in spec.filters} | ({spec.grouping.column} if spec.grouping else set())
    own = {spec.lister_grouping.column} if spec.lister_grouping else set()
    listed = [(found.key, {predicate.column for predicate in found.filters} | own) for found in spec.listings]
    if spec.holder_key in chosen or any(key in columns for key, columns in listed):
        yield KEY, "job: a key cannot be filtered or grouped by"
    if spec.epsilon_milli > loosest.epsilon_milli or spec.delta_log2 > loosest.delta_log2:
        least = f"epsilon {loosest.epsilon_milli}/1000, delta 2^{loosest.delta_log2} or less"
        yield NOISE, f"job: this node asks for {least}"
    if spec.additive not in loosest.additive:
        yield ENCRYPTION, f"job: this node adds up under {' or '.join(loosest.additive)}, not {spec.additive}"


def holder_faults(spec: JoinSpec, schema: Schema) -> Iterator[Fault]:
    yield from keyed(spec.holder_key, schema, spec.form)
    yield from filtered(spec.filters, schema)
    yield from named_rows(spec.filters, schema, spec.minimum)
    yield from at_least("most keys", spec.holder_most, schema.rows)
    yield from at_least("rows", spec.rows, schema.rows)
    if spec.grouping is not None and spec.grouping.column not in schema.groups:
        yield BOUNDS, f"job: {spec.grouping.column} is not declared as one of the asset's groups"
    for amount in spec.sums:
        column = schema.columns.get(amount.column)
        if not isinstance(column, Integer) or column.low < 0:
            yield BOUNDS, f"job: {amount.column} is not declared as an integer of at least 0"
        else:
            yield from at_least(f"bound of {amount.column}", amount.bound, column.high)
            yield from without_empty([(amount.column, column)], spec.filters)


def lister_faults(spec: JoinSpec, party: str, schema: Schema) -> Iterator[Fault]:
    listing = spec.listing(party)
    own = spec.lister_grouping if party == spec.lister.party else None
    yield from keyed(listing.key, schema, spec.form)
    yield from filtered(listing.filters, schema)
    yield from named_rows(listing.filters, schema, spec.minimum)
    yield from at_least("most keys", listing.most, schema.rows)
    if own is not None and own.column not in schema.groups:
        yield BOUNDS, f"job: {own.column} is not declared as one of the asset's groups"
    if (listing.filters or own) and schema.unique != listing.key:
        # With several rows a key, a filter asks whether a key has such a row, and boxes of rows say nothing of keys.
        yield KEY, "job: a list is filtered, or has groups, only if its key is unique"
