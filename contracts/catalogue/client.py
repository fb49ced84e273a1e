"""Calls of the Catalogue, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping

from contracts import layout
from contracts.addresses import CATALOGUE
from contracts.catalogue.rules import Asset, Version
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact


def mount(asset: bytes, item: bytes, document: bytes, *, op_id: bytes) -> Operation:
    """Build the call that enters a data set in the catalogue, with the digest of its filed entry."""
    return Operation(CATALOGUE, "mount", (asset, item, document), op_id)


def amend(asset: bytes, document: bytes, *, op_id: bytes) -> Operation:
    """Build the call that puts another filed entry in force."""
    return Operation(CATALOGUE, "amend", (asset, document), op_id)


def publish(asset: bytes, rows: int, commitment: bytes, *, op_id: bytes) -> Operation:
    """Build the call that commits the next version of a data set."""
    return Operation(CATALOGUE, "publish", (asset, rows, commitment), op_id)


def unmount(asset: bytes, *, op_id: bytes) -> Operation:
    """Build the call that takes a data set out of the catalogue."""
    return Operation(CATALOGUE, "unmount", (asset,), op_id)


def destroy(asset: bytes, certificate: bytes, *, op_id: bytes) -> Operation:
    """Build the call that records the destruction of a data set."""
    return Operation(CATALOGUE, "destroy", (asset, certificate), op_id)


def asset_fact(asset: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a catalogue entry with its newest version."""
    return struct_fact(CATALOGUE, "assets", asset, block_number=block_number)


def decode_asset(asset: bytes, values: Mapping[bytes, bytes]) -> Asset:
    """Read the entry from the words proven for asset_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover the entry, or a word is none the contract stores.
    """
    return decode_struct(Asset, values, CATALOGUE, "assets", asset)


def version_fact(asset: bytes, number: int, block_number: int | None = None) -> StateFact:
    """Name the fact: one version of a data set."""
    return struct_fact(CATALOGUE, "versions", asset, layout.word(number), block_number=block_number)


def decode_version(asset: bytes, number: int, values: Mapping[bytes, bytes]) -> Version:
    """Read a version from the words proven for version_fact; a zero commitment proves that there is none."""
    return decode_struct(Version, values, CATALOGUE, "versions", asset, layout.word(number))


def source_fact(item: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: which asset is the source of an item code."""
    return StateFact(CATALOGUE, (layout_of(CATALOGUE).slot("sources", item),), block_number)


def decode_source(item: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read the source from the word proven for source_fact; zero proves that the code has none."""
    return layout.digest(values, layout_of(CATALOGUE).slot("sources", item))
