"""PROV-JSON documents: bundles, records of the twenty kinds PROV-DM has, attributes and their typed values.

What it does NOT do: judge a document by PROV-CONSTRAINTS (``gateway.imports.prov`` does).
Source: W3C member submission "The PROV-JSON Serialization" (2013).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.imports.reading import MOST, Stated, load
from ledger import canonical
from ledger.errors import InvalidRecord

ELEMENTS: Final = frozenset({"entity", "activity", "agent"})
RELATIONS: Final = frozenset(
    {
        "used", "wasGeneratedBy", "wasInvalidatedBy", "wasDerivedFrom", "wasAttributedTo", "wasAssociatedWith",
        "actedOnBehalfOf", "wasStartedBy", "wasEndedBy", "wasInformedBy", "wasInfluencedBy", "specializationOf",
        "alternateOf", "hadMember", "mentionOf",
    }
)  # fmt: skip
MOST_PREFIXES: Final = 1_000
MOST_BUNDLES: Final = 1_000
LONGEST_PREFIX: Final = 300
"""Characters that a prefix may stand for: each name that has it is as long, however short it is written."""
_WHAT: Final = "PROV-JSON"
_LITERAL: Final = frozenset({"$", "type", "lang"})


def read(data: bytes) -> list[Stated]:
    """Read one document. Raises: InvalidRecord."""
    value = load(data, _WHAT)
    names = list(dict.fromkeys(_document(value, is_bundle=False)))
    if len(names) > MOST:
        raise InvalidRecord(f"{_WHAT}: more than {MOST} records")
    return [Stated("prov", tuple(names), canonical.encode(value))]


def _document(value: object, *, is_bundle: bool) -> Iterator[str]:
    """Check a document or bundle and return the names of its elements."""
    if not isinstance(value, Mapping):
        raise InvalidRecord(f"{_WHAT}: expected an object")
    for kind, records in value.items():
        if not isinstance(records, Mapping):
            raise InvalidRecord(f"{_WHAT}: {str(kind)[:40]} must be an object")
        if kind == "prefix":
            _prefixes(records)
        elif kind == "bundle" and not is_bundle:
            yield from _bundles(records)
        elif kind in ELEMENTS or kind in RELATIONS:
            for name, record in records.items():
                _record(kind, record)
                if kind in ELEMENTS:
                    yield name
        else:
            raise InvalidRecord(f"{_WHAT}: {str(kind)[:40]!r} is no kind of record")


def _bundles(value: Mapping[str, Any]) -> Iterator[str]:
    if len(value) > MOST_BUNDLES:
        raise InvalidRecord(f"{_WHAT}: more than {MOST_BUNDLES} bundles")
    for bundle in value.values():
        yield from _document(bundle, is_bundle=True)


def _prefixes(value: Mapping[str, Any]) -> None:
    for prefix, name in value.items():
        if not isinstance(name, str):
            raise InvalidRecord(f"{_WHAT}: prefix {prefix[:40]!r} is no text")
    require_short(value, _WHAT)


def require_short(prefixes: Mapping[str, str], what: str) -> None:
    """Refuse too many prefixes, or one that stands for too much; raises InvalidRecord."""
    if len(prefixes) > MOST_PREFIXES or any(len(name) > LONGEST_PREFIX for name in prefixes.values()):
        raise InvalidRecord(f"{what}: more than {MOST_PREFIXES} prefixes, or one of over {LONGEST_PREFIX} characters")


def _record(kind: str, value: object) -> None:
    """Check one record, or several under one name."""
    for record in value if isinstance(value, list) else [value]:
        if not isinstance(record, Mapping):
            raise InvalidRecord(f"{_WHAT}: a record of {kind} must be an object")
        for attribute in record.values():
            for one in attribute if isinstance(attribute, list) else [attribute]:
                _value(one)


def _value(value: object) -> None:
    if value is None or isinstance(value, list):
        raise InvalidRecord(f"{_WHAT}: an attribute without a value")
    if isinstance(value, Mapping):
        if "$" not in value or not set(value) <= _LITERAL:
            raise InvalidRecord(f"{_WHAT}: a typed value has $, and type or lang")
        if isinstance(value["$"], list | dict) or value["$"] is None:
            raise InvalidRecord(f"{_WHAT}: a typed value's $ is a text or number")
