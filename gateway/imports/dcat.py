"""Catalogues of an existing platform: DCAT in JSON-LD, and data.json (DCAT-US 1.1), dataset by dataset.

What it does NOT do: resolve contexts of JSON-LD from the network; the usual prefixes are read, others refused.
Source: W3C DCAT 3; DCAT-US schema 1.1, required members of a dataset.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.imports.reading import Stated, load, member, objects
from ledger import canonical
from ledger.errors import InvalidRecord

_WHAT: Final = "DCAT"
_REQUIRED: Final = ("title", "description", "identifier", "accessLevel")
_LEVELS: Final = frozenset({"public", "restricted public", "non-public"})


def read(data: bytes) -> list[Stated]:
    """Read one catalogue. Raises: InvalidRecord."""
    value = load(data, _WHAT)
    if isinstance(value, Mapping) and "dataset" in value:
        found = [_us(one) for one in objects(value["dataset"], f"{_WHAT}: dataset")]
    elif isinstance(value, Mapping) and "dcat:dataset" in value:
        found = [_w3c(one) for one in objects(value["dcat:dataset"], f"{_WHAT}: dcat:dataset")]
    else:
        raise InvalidRecord(f"{_WHAT}: expected a catalogue with dataset or dcat:dataset")
    known = [stated.names[0] for stated in found]
    if len(set(known)) != len(known):
        raise InvalidRecord(f"{_WHAT}: two datasets with one identifier")
    return found


def _us(dataset: Mapping[str, Any]) -> Stated:
    for name in _REQUIRED:
        member(dataset, name, f"{_WHAT}: dataset")
    if dataset["accessLevel"] not in _LEVELS:
        raise InvalidRecord(f"{_WHAT}: accessLevel must be one of {', '.join(sorted(_LEVELS))}")
    publisher = dataset.get("publisher")
    names = (dataset["identifier"], dataset["title"], member(publisher, "name", f"{_WHAT}: publisher"))
    return Stated("dcat", names, canonical.encode(dict(dataset)))


def _w3c(dataset: Mapping[str, Any]) -> Stated:
    id = dataset.get("dcterms:identifier") or dataset.get("@id")
    if not isinstance(id, str) or not id:
        raise InvalidRecord(f"{_WHAT}: a dataset without dcterms:identifier or @id")
    return Stated("dcat", (id, member(dataset, "dcterms:title", f"{_WHAT}: dataset")), canonical.encode(dict(dataset)))
