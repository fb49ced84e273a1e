"""JSON from outside, bounded and told apart by kind; every reader here raises InvalidRecord and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from gateway.api.guards.guarding import require_shallow
from ledger.errors import InvalidRecord

LIMIT: Final = 32 << 20
MOST: Final = 50_000
_UUID: Final = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Stated:
    """One thing that a platform states. body: its own bytes, canonical; what names it: for a search."""

    kind: str
    names: tuple[str, ...]
    body: bytes


def load(data: bytes, what: str) -> Any:
    """Read JSON of a bounded size and depth, without doubled members and without NaN."""
    if len(data) > LIMIT:
        raise InvalidRecord(f"{what}: more than {LIMIT} bytes")
    require_shallow(data)
    try:
        return json.loads(data, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise InvalidRecord(f"{what}: not JSON: {str(fault)[:80]}") from fault


def member(value: object, name: str, what: str) -> str:
    """Return a member that is a text."""
    found = value.get(name) if isinstance(value, Mapping) else None
    if not isinstance(found, str) or not found:
        raise InvalidRecord(f"{what}: expected a text {name!r}")
    return found


def objects(value: object, what: str, *, is_some: bool = False) -> list[Mapping[str, Any]]:
    """Return a list of objects, bounded; is_some: not an empty one."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MOST:
        raise InvalidRecord(f"{what}: expected a list of at most {MOST}")
    if is_some and not value:
        raise InvalidRecord(f"{what}: nothing in it")
    found = [item for item in value if isinstance(item, Mapping)]
    if len(found) != len(value):
        raise InvalidRecord(f"{what}: expected objects")
    return found


def require_time(text: str, what: str) -> datetime:
    """Refuse what is no moment of RFC 3339 with a zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as fault:
        raise InvalidRecord(f"{what}: {text[:40]!r} is no date and time") from fault
    if found.tzinfo is None:
        raise InvalidRecord(f"{what}: {text[:40]!r} has no time zone")
    return found


def require_uuid(text: str, what: str) -> None:
    if not _UUID.fullmatch(text):
        raise InvalidRecord(f"{what}: {text[:60]!r} is no UUID")


def require_uri(text: str, what: str) -> None:
    """Refuse what is no absolute URI."""
    try:
        parts = urlsplit(text)
    except ValueError as fault:
        raise InvalidRecord(f"{what}: {text[:60]!r} is no URI") from fault
    if not parts.scheme or any(one.isspace() for one in text):
        raise InvalidRecord(f"{what}: {text[:60]!r} is no URI")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
