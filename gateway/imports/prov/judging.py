"""Whether a PROV document is valid by W3C PROV-CONSTRAINTS: every bundle by itself, and the document's own statements.

``shuxin gateway take prov-valid`` refuses what is not, by the constraint's number; ``take prov`` asks for the form
alone, because published documents often leave out what the data model requires. What it does NOT do: compare times with
the order of events, which the Recommendation does not either, or say that anything is true.
Source: W3C Recommendation "Constraints of the PROV Data Model" (30 April 2013), sections 4 to 7; W3C Note PROV-LINKS
for mentions. Compliance is by rules over a normal form, as its section 2.4 allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.imports import prov_json
from gateway.imports.prov import from_json, from_xml, impossible, ordering
from gateway.imports.prov.model import OBJECTS, Bundle
from gateway.imports.prov.normal import Normal
from gateway.imports.reading import Stated


def read(data: bytes) -> list[Stated]:
    """Read a valid document, JSON or XML. Raises: InvalidRecord; Invalid for what cannot be true."""
    found = bundles(data)
    judge(found)
    return [replace(one, kind="prov-valid") for one in _stated(found, data)]


def read_form(data: bytes) -> list[Stated]:
    """Read a document of the right form, valid or not. Raises: InvalidRecord."""
    return prov_json.read(data) if not _is_xml(data) else _stated(from_xml.bundles(data), data)


def bundles(data: bytes) -> list[Bundle]:
    """Return a document's statements by bundle. Raises: InvalidRecord."""
    return from_xml.bundles(data) if _is_xml(data) else from_json.bundles(data)


def judge(found: Iterable[Bundle], *, is_suite: bool = False) -> None:
    """Raise Invalid if a bundle cannot be true.

    Args:
        is_suite: with two rules of ProvToolbox's test suite that the Recommendation does not have: an activity uses an
            entity once, and a delegation without activity is none for any.
    """
    for bundle in found:
        normal = Normal(bundle.statements, is_suite=is_suite)
        impossible.check(normal)
        ordering.check(normal)


def _is_xml(data: bytes) -> bool:
    return data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _stated(found: Iterable[Bundle], data: bytes) -> list[Stated]:
    """Return what is kept of a document: its body, and the names of its elements."""
    if not _is_xml(data):
        return prov_json.read(data)
    ids = [one.id for bundle in found for one in bundle.statements if one.kind in OBJECTS and one.id]
    return [Stated("prov", tuple(dict.fromkeys(ids)), data)]
