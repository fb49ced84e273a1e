"""The cells of a private join: which rows of the holder each counts, and which rows of each owner it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ledger import canonical
from mpc.disclosure.region import LIST, ROW, Cell, Region, prefixed
from mpc.kinds.joins import terms
from mpc.spec.join import JoinSpec
from mpc.spec.parts import Grouping, OneOf, Predicate


def cells(spec: JoinSpec) -> tuple[Cell, ...]:
    """List the cells in the order in which they are considered for opening."""
    base = Region.of({"asset": frozenset({spec.holder.asset}), **_lists(spec)})
    base = base.narrowed(prefixed(spec.filters, ROW))
    for listing in spec.listings:
        # A filter on a list makes another list: its attributes are kept apart from the holder's columns.
        base = base.narrowed(prefixed(listing.filters, f"{LIST}{listing.source.asset}."))
    kinds = ("rows", *(f"sum of {column}" for column in sorted({amount.column for amount in spec.sums})))
    listed = f"{LIST}{spec.lister.asset}."
    return tuple(
        Cell(name, base.narrowed([*prefixed(held, ROW), *prefixed(own, listed)]), base, kinds)
        for name, held, own in _crossed(spec)
    )


def selections(spec: JoinSpec, party: str) -> Mapping[str, Sequence[Predicate]]:
    """Return, for each cell, the filters that choose the party's rows it is made of."""
    if party == spec.holder.party:
        return {name: (*spec.filters, *held) for name, held, _ in _crossed(spec)}
    filters = spec.listing(party).filters
    return {name: (*filters, *(own if party == spec.lister.party else ())) for name, _, own in _crossed(spec)}


def _lists(spec: JoinSpec) -> Mapping[str, frozenset[str]]:
    """Say over which key columns the holder's rows stand in each list."""
    return {
        LIST + listing.source.asset: frozenset({canonical.encode([spec.holder_key, listing.key]).decode()})
        for listing in spec.listings
    }


def _crossed(spec: JoinSpec) -> Iterator[tuple[str, list[OneOf], list[OneOf]]]:
    """Name each cell beside what chooses its rows at the holder and at the lister."""
    names = iter(terms.cells(spec))
    for held in _chosen(spec.grouping):
        for own in _chosen(spec.lister_grouping):
            yield next(names), held, own


def _chosen(grouping: Grouping | None) -> list[list[OneOf]]:
    return [[OneOf(grouping.column, (value,))] for value in grouping.values] if grouping else [[]]
