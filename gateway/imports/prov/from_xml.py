"""PROV-XML as statements: a reader of the elements that PROV has, without document types and without entities.

What is bounded: bytes, depth and number of elements; a document that declares a type or is not UTF-8 is refused, so
that nothing is fetched and nothing expands. What it does NOT do: check the XML schema, or know foreign elements.
Source: W3C Note "PROV-XML: The PROV XML Schema" (2013).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from gateway.imports.prov.from_json import bounded, resolve
from gateway.imports.prov.model import PARAMETERS, PROV, TIMES, Bundle, Statement
from gateway.imports.prov_json import LONGEST_PREFIX, MOST_BUNDLES, MOST_PREFIXES, require_short
from gateway.imports.reading import LIMIT, MOST
from ledger.errors import InvalidRecord

_WHAT: Final = "PROV-XML"
_DEEP: Final = 8
_ID, _REF = f"{{{PROV}}}id", f"{{{PROV}}}ref"
_BUNDLES: Final = frozenset({"bundle", "bundleContent"})
_TYPED: Final = {
    "plan": ("entity", "Plan"), "collection": ("entity", "Collection"),
    "emptyCollection": ("entity", "EmptyCollection"), "person": ("agent", "Person"),
    "organization": ("agent", "Organization"), "softwareAgent": ("agent", "SoftwareAgent"),
    "wasRevisionOf": ("wasDerivedFrom", "Revision"), "wasQuotedFrom": ("wasDerivedFrom", "Quotation"),
    "hadPrimarySource": ("wasDerivedFrom", "PrimarySource"),
}  # fmt: skip


def bundles(data: bytes) -> list[Bundle]:
    """Read a document. Raises: InvalidRecord."""
    root, prefixes = _parsed(data)
    if root.tag != f"{{{PROV}}}document":
        raise InvalidRecord(f"{_WHAT}: expected prov:document")
    inner = [element for element in root if _local(element) in _BUNDLES and len(element)]
    if len(inner) > MOST_BUNDLES:
        raise InvalidRecord(f"{_WHAT}: more than {MOST_BUNDLES} bundles")
    found = [Bundle("", bounded(_statements(root, prefixes), 0))]
    for one in inner:
        before = sum(len(bundle.statements) for bundle in found)
        found.append(Bundle(resolve(one.get(_ID, ""), prefixes), bounded(_statements(one, prefixes), before)))
    return found


def _parsed(data: bytes) -> tuple[Element, Mapping[str, str]]:
    """Return the root and what prefixes stand for; one that stands for two things is refused."""
    prefixes, depth, count, root = {"prov": PROV}, 0, 0, None
    try:
        for event, what in _events(_plain(data)):
            if event == "start-ns":
                prefix, uri = what
                if prefixes.setdefault(prefix or "default", uri) != uri:
                    raise InvalidRecord(f"{_WHAT}: the prefix {str(prefix)[:40]!r} stands for two things")
                if len(prefixes) > MOST_PREFIXES or len(uri) > LONGEST_PREFIX:
                    require_short(prefixes, _WHAT)
                continue
            depth, count = depth + (1 if event == "start" else -1), count + 1
            root = what if root is None else root
            if depth > _DEEP or count > 20 * MOST:
                raise InvalidRecord(f"{_WHAT}: too deep or too long")
    except ParseError as fault:
        raise InvalidRecord(f"{_WHAT}: not XML: {str(fault)[:80]}") from fault
    if root is None:
        raise InvalidRecord(f"{_WHAT}: nothing in it")
    return root, prefixes


def _plain(data: bytes) -> str:
    if len(data) > LIMIT:
        raise InvalidRecord(f"{_WHAT}: more than {LIMIT} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise InvalidRecord(f"{_WHAT}: not UTF-8") from fault
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise InvalidRecord(f"{_WHAT}: a document type is refused")
    return text


def _events(text: str) -> Iterator[tuple[str, Any]]:
    parser: XMLPullParser[Any] = XMLPullParser(["start-ns", "start", "end"])
    for at in range(0, len(text), 1 << 16):
        parser.feed(text[at : at + (1 << 16)])
        yield from cast(Iterable[tuple[str, Any]], parser.read_events())
    parser.close()


def _statements(parent: Element, prefixes: Mapping[str, str]) -> Iterator[Statement]:
    for element in parent:
        name = _local(element)
        kind, type = _TYPED.get(name, (name, ""))
        if name in _BUNDLES:
            yield Statement("entity", _identifier(element, prefixes), {}, frozenset({f"{PROV}Bundle"}))
        elif kind in PARAMETERS:
            yield from _stated(element, kind, frozenset({PROV + type} if type else ()), prefixes)
        elif element.tag.startswith(f"{{{PROV}}}"):
            raise InvalidRecord(f"{_WHAT}: prov:{name[:40]} is no kind of statement")


def _stated(element: Element, kind: str, types: frozenset[str], prefixes: Mapping[str, str]) -> Iterator[Statement]:
    held = dict[str, list[str]]()
    for child in element:
        name, text = _local(child), (child.text or "").strip()
        if name == "type":
            types |= {resolve(text, prefixes)}
        elif name in PARAMETERS[kind]:
            given = text if name in TIMES else resolve(child.get(_REF, ""), prefixes)
            if not given:
                raise InvalidRecord(f"{_WHAT}: {kind} has an empty prov:{name}")
            held.setdefault(name, []).append(given)
    id, members = _identifier(element, prefixes), held.get("entity", [])
    if kind == "hadMember" and len(members) > 1 and len(held.get("collection", [])) == 1:
        for member in members:
            yield Statement(kind, id, {"collection": held["collection"][0], "entity": member}, types)
        return
    if any(len(values) > 1 for values in held.values()):
        raise InvalidRecord(f"{_WHAT}: {kind} has a parameter twice")
    yield Statement(kind, id, {name: values[0] for name, values in held.items()}, types)


def _identifier(element: Element, prefixes: Mapping[str, str]) -> str | None:
    id = element.get(_ID)
    return None if id is None else resolve(id, prefixes)


def _local(element: Element) -> str:
    return str(element.tag).removeprefix(f"{{{PROV}}}")
