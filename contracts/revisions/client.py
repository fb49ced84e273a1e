"""Calls of Revisions, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import REVISIONS
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from contracts.revisions.rules import Call, Extend, GiveBack, HandOver, Notice, Publish, Revision
from ledger.chain.port import Operation, StateFact

METHODS = {
    Notice: "notice", Extend: "extend", HandOver: "hand_over", Publish: "publish", GiveBack: "give_back"
}  # fmt: skip


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build the transaction of a call."""
    return Operation(REVISIONS, METHODS[type(call)], astuple(call), op_id)


def revision_fact(asset: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the revision of an asset's entry, with its end and state."""
    return struct_fact(REVISIONS, "revisions", asset, block_number=block_number)


def decode_revision(asset: bytes, values: Mapping[bytes, bytes]) -> Revision:
    """Read the revision from the words proven for revision_fact; its state is NONE if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Revision, values, REVISIONS, "revisions", asset)


def published_fact(asset: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: which entry of an asset was published last."""
    return StateFact(REVISIONS, (layout_of(REVISIONS).slot("published", asset),), block_number)


def decode_published(asset: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read the entry's digest from the word proven for published_fact; zero if none was."""
    return layout.digest(values, layout_of(REVISIONS).slot("published", asset))
