"""PROV-JSON as statements: names resolved by their prefixes, blank identifiers forgotten.

Source: W3C member submission "The PROV-JSON Serialization" (2013). The form is checked before (``prov_json``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from gateway.imports import prov_json
from gateway.imports.prov.model import PARAMETERS, PROV, TIMES, Bundle, Statement
from gateway.imports.reading import MOST, load
from ledger.errors import InvalidRecord

_BLANK: Final = "_:"
_WHAT: Final = "PROV-JSON"


def bundles(data: bytes) -> list[Bundle]:
    """Read a document. Raises: InvalidRecord."""
    prov_json.read(data)
    document = load(data, _WHAT)
    own = {"prov": PROV, **document.get("prefix", {})}
    found = [Bundle("", bounded(_statements(document, own), 0))]
    for name, inner in document.get("bundle", {}).items():
        prefixes, before = {**own, **inner.get("prefix", {})}, sum(len(one.statements) for one in found)
        found.append(Bundle(resolve(name, own), bounded(_statements(inner, prefixes), before)))
    return found


def bounded(statements: Iterator[Statement], before: int) -> tuple[Statement, ...]:
    """Return statements; raises InvalidRecord if a document has too many with those that were read before."""
    found = tuple(islice(statements, MOST - before + 1))
    if before + len(found) > MOST:
        raise InvalidRecord(f"PROV: more than {MOST} statements in one document")
    return found


def resolve(name: str, prefixes: Mapping[str, str]) -> str:
    """Return the URI of a qualified name; a name whose prefix nobody declares stands for itself.

    >>> resolve("ex:a", {"ex": "http://example.org/"})
    'http://example.org/a'
    """
    prefix, colon, local = name.partition(":")
    if not colon:
        return prefixes.get("default", "") + name
    return prefixes[prefix] + local if prefix in prefixes else name


def _statements(document: Mapping[str, Any], prefixes: Mapping[str, str]) -> Iterator[Statement]:
    for kind, records in document.items():
        if kind not in PARAMETERS:
            continue
        for id, record in records.items():
            for one in record if isinstance(record, list) else [record]:
                yield from _stated(kind, None if id.startswith(_BLANK) else resolve(id, prefixes), one, prefixes)


def _stated(kind: str, id: str | None, record: Mapping[str, Any], prefixes: Mapping[str, str]) -> Iterator[Statement]:
    held = {
        name: [_argument(one, name, prefixes) for one in _listed(record[f"prov:{name}"])]
        for name in PARAMETERS[kind]
        if f"prov:{name}" in record
    }
    types = frozenset(_type(one, prefixes) for one in _listed(record.get("prov:type", [])))
    if any(len(values) != 1 for values in held.values()):
        if kind != "hadMember" or len(held.get("collection", [])) != 1:
            raise InvalidRecord(f"{_WHAT}: {kind} has a parameter twice")
        for member in held.get("entity", []):  # the one parameter that may be several: many members of a collection
            yield Statement(kind, id, {"collection": held["collection"][0], "entity": member}, types)
        return
    yield Statement(kind, id, {name: values[0] for name, values in held.items()}, types)


def _argument(value: Any, name: str, prefixes: Mapping[str, str]) -> str:
    text = value.get("$") if isinstance(value, Mapping) else value
    if not isinstance(text, str) or not text:
        raise InvalidRecord(f"{_WHAT}: prov:{name} must be a name or a time")
    return text if name in TIMES else resolve(text, prefixes)


def _type(value: Any, prefixes: Mapping[str, str]) -> str:
    text = value.get("$") if isinstance(value, Mapping) else value
    return resolve(str(text), prefixes)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
