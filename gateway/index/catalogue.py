"""The catalogue as the index has it: every asset with its owner, grade, state and versions, as of a block.

Folded from the asset's own events; what it does NOT know is codes and titles, which stand on chain as digests only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from contracts.addresses import CATALOGUE
from contracts.catalogue.rules import AssetState, Category, Grade
from gateway.index.finding import Finder
from gateway.provenance.graph import Kind, Node
from ledger.abi import AbiValue
from ledger.chain.port import Cursor, Event
from ledger.errors import NotFound


@dataclass(frozen=True, slots=True)
class Edition:
    """One committed version of an asset."""

    number: int
    rows: int
    commitment: bytes
    time: int
    place: Cursor


@dataclass(frozen=True, slots=True)
class Listing:
    """One asset. document: digest of what its owner filed about it. place: of the event that changed it last."""

    asset: bytes
    owner: bytes
    item: bytes
    category: Category
    grade: Grade
    document: bytes
    state: AssetState
    mounted: int
    place: Cursor
    editions: tuple[Edition, ...] = field(default=())

    @property
    def node(self) -> Node:
        return Node(Kind.ASSET, self.asset)


def listing(finder: Finder, asset: bytes, last: int) -> Listing:
    """Return one asset as of a block; raises NotFound."""
    found = _folded(finder.history(CATALOGUE, asset, last))
    if found is None:
        raise absent(asset, last)
    return found


def absent(asset: bytes, last: int) -> NotFound:
    """Return the fault that there is no such asset, for whoever is to see none as well."""
    return NotFound(f"asset {asset.hex()[:16]}…: not in the catalogue, as of block {last}")


def listings(finder: Finder, last: int, *, after: int = 0, limit: int = 50) -> list[tuple[int, Listing]]:
    """Return assets behind a number, each with its own, in the order in which the chain first named them."""
    found = list[tuple[int, Listing]]()
    while len(found) < limit and (nodes := finder.nodes(Kind.ASSET, last, after=after, limit=limit)):
        after = nodes[-1][0]
        histories = finder.histories(CATALOGUE, [node.id for _, node in nodes], last)
        folded = ((number, _folded(histories[node.id])) for number, node in nodes)
        found += [(number, one) for number, one in folded if one is not None]  # others were never mounted
    return found[:limit]


def _folded(events: Iterable[Event]) -> Listing | None:
    found: Listing | None = None
    for event in events:
        found = changed(found, event)
    return found


def changed(found: Listing | None, event: Event) -> Listing | None:
    """Return an asset after one more of its events; None as long as it was never mounted."""
    args = event.args
    if event.name == "AssetMounted":
        editions = found.editions if found else ()
        return Listing(
            event.topics[1], _word(args, "party"), _word(args, "item"), Category(_number(args, "category")),
            Grade(_number(args, "grade")), _word(args, "document"), AssetState.MOUNTED, event.timestamp, event.cursor,
            editions,
        )  # fmt: skip
    if found is None:
        return None
    moved = replace(found, place=event.cursor)
    match event.name:
        case "AssetAmended":
            category, grade = Category(_number(args, "category")), Grade(_number(args, "grade"))
            return replace(moved, category=category, grade=grade, document=_word(args, "document"))
        case "AssetPublished":
            made = Edition(
                _number(args, "version"), _number(args, "rows"), _word(args, "commitment"), event.timestamp,
                event.cursor,
            )  # fmt: skip
            return replace(moved, editions=(*moved.editions, made))
        case "AssetUnmounted":
            return replace(moved, state=AssetState.UNMOUNTED)
        case "AssetDestroyed":
            return replace(moved, state=AssetState.DESTROYED)
    return moved


def _word(args: object, name: str) -> bytes:
    return cast(bytes, cast(dict[str, AbiValue], args)[name])


def _number(args: object, name: str) -> int:
    return cast(int, cast(dict[str, AbiValue], args)[name])
