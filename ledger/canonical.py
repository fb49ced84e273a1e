"""Canonical JSON (RFC 8785): one value, one byte string.

What it does NOT do: schemas, dates, big integers (write those as text). Decoding accepts exactly the bytes
that encoding the result gives back: no duplicate names, no other spelling of a number, no space, no lone
surrogate.
Source: RFC 8785, RFC 7493 (I-JSON). Text, whole numbers and names of the basic plane, whose canonical form is what the
standard library writes in the order of the names, are left to it; every other value is written by ``rfc8785``.
"""

from __future__ import annotations

import json
import re
from typing import NoReturn, TypeAlias

import rfc8785

from ledger.errors import InvalidRecord
from ledger.hashing import sha256

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

LIMIT = 16 << 20
MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1  # larger ones lose digits in other readers (RFC 7493 section 2.2)

_PLAIN = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_BASIC_PLANE = "\uffff"  # up to here names sort by code points as they do by UTF-16 units (RFC 8785 section 3.2.3)

# Possessive and with an optional end, so that no input makes the search go back: it stays linear.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


def encode(value: JsonValue) -> bytes:
    """Write a value in its one canonical form.

    Raises:
        InvalidRecord: not JSON, a number without an exact form, a lone surrogate, or nested too deep.
    """
    is_plain = _check(value, 0)
    try:
        return _PLAIN.encode(value).encode() if is_plain else rfc8785.dumps(value)
    except ValueError as exc:
        raise InvalidRecord(f"canonical JSON: {exc}") from exc


def decode(data: bytes, *, limit: int = LIMIT) -> JsonValue:
    """Read a value from its canonical form.

    Raises:
        InvalidRecord: longer than limit bytes, or not the canonical form of any value.
    """
    value, canonical = _read(data, limit)
    if canonical != data:
        raise InvalidRecord("canonical JSON: not in canonical form")
    return value


def parse(data: bytes, *, limit: int = LIMIT) -> JsonValue:
    """Read a value from any of its forms, for formats whose signatures cover the bytes themselves.

    Raises:
        InvalidRecord: longer than limit bytes, not JSON, nested too deep, an object names a member twice, or a value
            that has no canonical form: a lone surrogate, a number that no double holds.
    """
    return _read(data, limit)[0]


def _read(data: bytes, limit: int) -> tuple[JsonValue, bytes]:
    """Return a value and its canonical form."""
    if len(data) > limit:
        raise InvalidRecord(f"canonical JSON: expected at most {limit} bytes, got {len(data)}")
    _check_depth(data)
    try:
        value: JsonValue = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse)
    except ValueError as exc:
        raise InvalidRecord("canonical JSON: malformed") from exc
    return value, encode(value)


def digest(value: JsonValue) -> bytes:
    """Return the SHA-256 of a value's canonical form."""
    return sha256(encode(value))


def _check(value: JsonValue, depth: int) -> bool:
    """Refuse what cannot come back: deep nesting, foreign types, floats that read as large integers.

    Returns:
        Whether the standard library writes the canonical form.
    """
    if value is None or isinstance(value, str | bool):
        return True
    if isinstance(value, int):
        return -MAX_INTEGER <= value <= MAX_INTEGER
    if isinstance(value, float):
        if MAX_INTEGER < abs(value) < 1e21:  # has no exponent, hence reads as an integer
            raise InvalidRecord("canonical JSON: float beyond the exact integers")
        return False
    if depth == MAX_DEPTH:
        raise InvalidRecord(f"canonical JSON: nested deeper than {MAX_DEPTH}")
    if isinstance(value, list):
        return all([_check(item, depth + 1) for item in value])
    if isinstance(value, dict):
        is_plain = all([_check(item, depth + 1) for item in value.values()])
        return all([_is_basic(name) for name in value]) and is_plain
    raise InvalidRecord(f"canonical JSON: {type(value).__name__} is not a JSON type")


def _is_basic(name: object) -> bool:
    """Say whether a name sorts by its code points as it does by its UTF-16 units."""
    if not isinstance(name, str):
        raise InvalidRecord("canonical JSON: a name is not text")
    return name.isascii() or max(name) <= _BASIC_PLANE


def _check_depth(data: bytes) -> None:
    """Bound the nesting before parsing, so that no parser recursion is at the mercy of the input."""
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            raise InvalidRecord(f"canonical JSON: nested deeper than {MAX_DEPTH}")


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise InvalidRecord("canonical JSON: a name occurs twice")
    return value


def _refuse(name: str) -> NoReturn:
    raise InvalidRecord(f"canonical JSON: {name} is not a number")
