"""Streams as the index has them: what was anchored, when, and by whom; the records themselves are in no chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from contracts.addresses import NOTARY
from gateway.index.finding import Finder
from gateway.provenance.graph import Kind
from ledger.chain.port import Cursor
from ledger.errors import NotFound


@dataclass(frozen=True, slots=True)
class Anchor:
    """One anchored state of a stream."""

    owner: bytes
    old_size: int
    size: int
    root: bytes
    time: int
    place: Cursor


def anchors(finder: Finder, stream: bytes, last: int) -> tuple[Anchor, ...]:
    """Return every anchor of a stream up to a block; raises NotFound if it has none."""
    found = []
    for event in finder.history(NOTARY, stream, last):
        owner, old, new, root = (event.args[name] for name in ("owner", "old_size", "new_size", "root"))
        found.append(
            Anchor(cast(bytes, owner), cast(int, old), cast(int, new), cast(bytes, root), event.timestamp, event.cursor)
        )
    if not found:
        raise NotFound(f"stream {stream.hex()[:16]}…: never anchored, as of block {last}")
    return tuple(found)


def streams(finder: Finder, last: int, *, after: int = 0, limit: int = 50) -> list[tuple[int, bytes, Anchor]]:
    """Return streams behind a number, each with its own and its newest anchor."""
    found = finder.nodes(Kind.STREAM, last, after=after, limit=limit)
    return [(number, node.id, anchors(finder, node.id, last)[-1]) for number, node in found]
