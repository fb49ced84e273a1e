"""Documents taken in: what kinds there are, and each statement's record in the book of imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from gateway.imports import dcat, openlineage
from gateway.imports.book import Book, Entry, TakenIn
from gateway.imports.prov import judging
from gateway.imports.reading import Stated
from ledger import canonical
from ledger.canonical import JsonValue

READERS: Final[Mapping[str, Callable[[bytes], list[Stated]]]] = {
    "openlineage": openlineage.read,
    "dcat": dcat.read,
    "prov": judging.read_form,
    "prov-valid": judging.read,
}
MOST_NAMES: Final = 1000
MOST_NAME: Final = 500


@dataclass(frozen=True, slots=True)
class Taken:
    """How many statements a document made, how many of them were new, and where the first new one stands."""

    statements: int
    fresh: int
    first: int | None

    def json(self) -> JsonValue:
        return {"statements": self.statements, "new": self.fresh, "first": self.first}


def take(book: Book, kind: str, data: bytes) -> Taken:
    """Read a document and take in what is new of it.

    Raises:
        InvalidRecord: it is not of this kind; nothing of it is taken in.
    """
    entries = {entry.id: entry for entry in map(_entry, READERS[kind](data))}
    fresh = [entry for id, entry in entries.items() if book.known(id) is None]
    try:
        places = book.append(fresh)
    except TakenIn:  # somebody hands in the same at once: look again
        return take(book, kind, data)
    return Taken(len(entries), len(fresh), places[0] if places else None)


def _entry(stated: Stated) -> Entry:
    digest = sha256(stated.body).hexdigest()
    names = tuple(name[:MOST_NAME] for name in stated.names[:MOST_NAMES])
    record = canonical.encode(
        {"format": "shuxin-import", "version": 1, "kind": stated.kind, "sha256": digest, "names": list(names)}
    )
    return Entry(f"{stated.kind}:{digest}", record, (*names, digest))
