"""What the owners of a private join bring: computed from a table, read back, and joined in the open for trials."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure.region import WHOLE
from mpc.inputs import GroupedKeys, HolderRows, Input, ListedKeys, object_of, totals_of, with_noise
from mpc.kinds.joins.terms import cells, groups
from mpc.privacy import truncation
from mpc.privacy.joined import JoinPrivacy
from mpc.privacy.noise import Sampler, draw
from mpc.protocols.join.table import HolderTable, KeyTotals
from mpc.spec.join import JoinSpec
from mpc.spec.parts import OneOf
from mpc.tables.table import Table


def prepare(spec: JoinSpec, party: str, table: Table) -> Input:
    """Compute a party's input from its table, for exact figures."""
    if party == spec.holder.party:
        return HolderRows(_holder_table(spec, table))
    listing, own = spec.listing(party), spec.lister_grouping
    if own is None:
        return ListedKeys(tuple(table.keys(listing.key, listing.filters)))
    chosen = (*listing.filters, OneOf(own.column, own.values))
    return GroupedKeys({row.key: row.group for row in table.by_key(listing.key, own.column, (), chosen)})


def prepare_private(
    spec: JoinSpec, privacy: JoinPrivacy, party: str, table: Table, secret: bytes, sampler: Sampler
) -> Input:
    """Compute a party's input from its table, truncated and with its noise."""
    noise = draw(spec, privacy, groups(spec), sampler)
    if party != spec.holder.party:
        return ListedKeys(tuple(table.keys(spec.lister_key, spec.lister_filters)), noise)
    chosen = truncation.join_cuts(privacy, secret)
    rows = table.kept_by_unit([amount.column for amount in spec.sums], chosen, spec.filters)
    return HolderRows(truncation.exact_totals(spec, privacy, rows), noise)


def read(spec: JoinSpec, party: str, value: JsonValue) -> Input:
    """Read what ``Input.json`` wrote for a party's role; raises InvalidRecord."""
    is_private = spec.privacy is not None
    if party == spec.holder.party:
        table, noise = with_noise(is_private, value, "table")
        found = {group: object_of(keys) for group, keys in object_of(table).items()}
        return HolderRows({group: {k: totals_of(t) for k, t in keys.items()} for group, keys in found.items()}, noise)
    if spec.lister_grouping is not None:
        own = {group: _keys(keys) for group, keys in object_of(value).items()}
        return GroupedKeys({key: group for group, keys in own.items() for key in keys})
    listed, noise = with_noise(is_private, value, "keys")
    return ListedKeys(_keys(listed), noise)


def pooled(spec: JoinSpec, inputs: Mapping[str, Input]) -> Mapping[str, JsonValue]:
    """Compute the release document from all owners' inputs, without a protocol."""
    held = inputs[spec.holder.party]
    assert isinstance(held, HolderRows)
    listed = [_group_of(inputs[listing.source.party]) for listing in spec.listings]
    common, found = set(listed[0]).intersection(*listed[1:]), list[JsonValue]()
    noises = [side.noise for side in inputs.values() if isinstance(side, HolderRows | ListedKeys) and side.noise]
    own = spec.lister_grouping.values if spec.lister_grouping else (WHOLE,)
    for name, (group, of_list) in zip(cells(spec), product(groups(spec), own), strict=True):
        keys = held.table.get(group, {})
        rows = [totals for key, totals in keys.items() if key in common and listed[0][key] == of_list]
        exact = [len(rows), sum(row.rows for row in rows)]
        exact += [sum(row.sums[place] for row in rows) for place in range(len(spec.sums))]
        added = [noise[name] for noise in noises]
        matches, lines, *totals = [str(sum(parts)) for parts in zip(exact, *added, strict=True)]
        sums: JsonValue = {amount.column: total for amount, total in zip(spec.sums, totals, strict=True)}
        if noises or len(rows) >= spec.minimum:
            found.append({"group": name, "keys": matches, "rows": lines, "sums": sums})
    return {"cells": found}


def _group_of(listed: Input) -> Mapping[str, str]:
    """Return each listed key with its group."""
    if isinstance(listed, GroupedKeys):
        return listed.groups
    assert isinstance(listed, ListedKeys)
    return dict.fromkeys(listed.keys, WHOLE)


def _holder_table(spec: JoinSpec, table: Table) -> HolderTable:
    """Read rows of the declared groups; those of other groups are not part of the job."""
    group = spec.grouping
    grouped = [OneOf(group.column, group.values)] if group else []
    summed = [amount.column for amount in spec.sums]
    found: dict[str, dict[str, KeyTotals]] = {}
    for row in table.by_key(spec.holder_key, group.column if group else None, summed, [*spec.filters, *grouped]):
        found.setdefault(row.group or WHOLE, {})[row.key] = KeyTotals(row.rows, row.sums)
    return found


def _keys(value: JsonValue) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(key, str) for key in value):
        return tuple(key for key in value if isinstance(key, str))
    raise InvalidRecord("input: expected a list of keys")
