"""The catalogue's document kept ready: written piece by piece as the chain changes it, handed out without being built.

A document is one piece an asset and is sent piece by piece, so that nobody's download takes it into memory again. Its
tag follows from the state it shows, so that whoever has it already is told so before anything is written. Documents as
of earlier blocks are folded for themselves. What it does NOT do: decide who may have which (its callers do).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

from contracts.addresses import CATALOGUE
from contracts.catalogue.rules import AssetState, Category
from gateway.exports import dcat
from gateway.index.catalogue import Listing, changed
from gateway.index.finding import LIMIT, Finder
from gateway.network.naming import Names
from ledger.canonical import JsonValue
from ledger.chain.port import Cursor

CHUNK = 200
"""Assets that are sent at once."""


@dataclass(frozen=True, slots=True)
class Document:
    """A catalogue as of a block. tag: the same for the same bytes."""

    tag: str
    head: bytes
    pieces: tuple[bytes, ...]

    def sent(self) -> Iterator[bytes]:
        """Return its bytes, some assets at a time."""
        yield self.head
        pieces, lead = iter(self.pieces), b""
        while found := list(islice(pieces, CHUNK)):
            yield lead + b",".join(found)
            lead = b","
        yield b"]}"


@dataclass(slots=True)
class Published:
    """The documents of one gateway; threads may share it."""

    finder: Finder
    genesis: bytes
    names: Names
    _kept: _State = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._kept = _State(self.genesis, self.names)

    def newest(self, last: int, *, is_whole: bool) -> Document:
        """Return the catalogue as of a block that is the newest for whoever asks; at or behind the one asked before.

        Args:
            is_whole: all of it; else what is shared without conditions.
        """
        with self._lock:  # one brings it on, the others wait and find it
            self._kept.follow(self.finder, last)
            return self._kept.document(is_whole=is_whole)

    def at(self, last: int) -> Document:
        """Return all of it as of an earlier block."""
        state = _State(self.genesis, self.names)
        state.follow(self.finder, last)
        return state.document(is_whole=True)


class _State:
    """The catalogue up to one of its events."""

    def __init__(self, genesis: bytes, names: Names) -> None:
        self._genesis, self._names = genesis, names
        self._listings: dict[bytes, Listing] = {}
        self._pieces: dict[bytes, bytes] = {}
        self._last: Cursor | None = None
        self._named = sha256(repr(sorted(names.known.items())).encode()).digest()

    def follow(self, finder: Finder, last: int) -> None:
        """Take in the catalogue's events up to a block."""
        touched = dict[bytes, None]()
        while page := [one for one in finder.events(self._last, LIMIT, CATALOGUE) if one.block_number <= last]:
            for event in page:
                found = changed(self._listings.get(event.topics[1]), event)
                if found is not None:
                    self._listings[found.asset] = found
                    touched[found.asset] = None
            self._last = page[-1].cursor
        for asset in touched:
            self._pieces[asset] = _bytes(dcat.dataset(self._genesis, self._listings[asset], self._names))

    def document(self, *, is_whole: bool) -> Document:
        at = self._last.block_number if self._last else 0
        place = (at, self._last.index, self._last.log_index) if self._last else ()
        tag = sha256(repr((self._genesis, self._named, place, is_whole)).encode()).hexdigest()[:32]
        head = _bytes(dcat.frame(self._genesis, at))[:-1] + b',"dcat:dataset":['
        return Document(tag, head, tuple(self._pieces[asset] for asset in self._shown(is_whole=is_whole)))

    def _shown(self, *, is_whole: bool) -> Iterable[bytes]:
        for asset, one in self._listings.items():
            if one.state is not AssetState.DESTROYED and (is_whole or one.category is Category.UNCONDITIONAL):
                yield asset


def _bytes(value: JsonValue) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
