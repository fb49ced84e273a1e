"""Contract ABI: arguments, results and event data of contracts as bytes.

Supports uintN, bytesN, address (20 bytes), bool, bytes, string, T[], T[n] and tuples "(a,b)"; NOT signed
integers, fixed points or functions, which no contract here uses. Decoding is strict: offsets in order and
without gaps, zero padding, nothing after the end, so that a value has exactly one encoding.
Source: Solidity documentation, "Contract ABI Specification", strict mode.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from ledger.errors import InvalidRecord
from ledger.hashing import keccak256

AbiValue: TypeAlias = "int | bool | bytes | str | tuple[AbiValue, ...]"

_WORD = 32
_MAX_NESTING = 8
_ELEMENTARY = re.compile(r"(uint|bytes)([1-9][0-9]{0,2})|address|bool|bytes|string")
_ARRAY = re.compile(r"(.+)\[([1-9][0-9]{0,3})?\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Type:
    """A parsed type: uint, fixed (bytesN), address, bool, bytes, string, array (of items[0]) or tuple."""

    kind: str
    size: int = 0  # uint: bits; fixed and address: bytes; array: length, 0 when dynamic
    items: tuple[_Type, ...] = ()
    is_dynamic: bool = field(init=False)
    head: int = field(init=False)
    """Bytes the type takes in the head of its parent."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_dynamic", self._has_no_fixed_size())
        object.__setattr__(self, "head", _WORD if self.is_dynamic or not self.items else self._width())

    def _has_no_fixed_size(self) -> bool:
        if self.kind == "array":
            return self.size == 0 or self.items[0].is_dynamic
        return self.kind in ("bytes", "string") or any(item.is_dynamic for item in self.items)

    def _width(self) -> int:
        return sum(item.head for item in self.items) * (self.size if self.kind == "array" else 1)


def encode(types: Sequence[str], values: Sequence[AbiValue]) -> bytes:
    """Encode values as the argument list of the given types.

    Raises:
        InvalidRecord: a value does not fit its type.
    """
    return _encode_sequence([_parse(text) for text in types], values)


def decode(types: Sequence[str], data: bytes) -> tuple[AbiValue, ...]:
    """Decode an argument list that fills data; sequences come back as tuples.

    Raises:
        InvalidRecord: data is not the one encoding of values of these types.
    """
    values, end = _decode_sequence([_parse(text) for text in types], data, 0)
    if end != len(data):
        raise InvalidRecord(f"abi: {len(data) - end} bytes after the end")
    return values


def decode_beginning(types: Sequence[str], data: bytes) -> tuple[AbiValue, ...]:
    """Decode an argument list that data begins with, as contracts read their calls."""
    return _decode_sequence([_parse(text) for text in types], data, 0)[0]


def selector(signature: str) -> bytes:
    """Return the 4 bytes that call a function, e.g. ``selector("anchor(bytes32,uint64)")``."""
    return keccak256(signature.encode())[:4]


@lru_cache(maxsize=1024)
def topic(signature: str) -> bytes:
    """Return the 32-byte first topic of an event."""
    return keccak256(signature.encode())


@lru_cache(maxsize=1024)
def _parse(text: str, depth: int = 0) -> _Type:
    if depth > _MAX_NESTING:
        raise InvalidRecord(f"abi: type nested deeper than {_MAX_NESTING}")
    if array := _ARRAY.fullmatch(text):
        return _Type("array", int(array[2] or 0), (_parse(array[1], depth + 1),))
    if text.startswith("(") and text.endswith(")"):
        return _Type("tuple", items=tuple(_parse(part, depth + 1) for part in _split(text[1:-1])))
    found = _ELEMENTARY.fullmatch(text)
    if not found:
        raise InvalidRecord(f"abi: unknown type {text[:80]!r}")
    if not found[1]:
        return _Type(text, 20 if text == "address" else 0)
    size = int(found[2])
    if size > 256 or size % 8 if found[1] == "uint" else size > 32:
        raise InvalidRecord(f"abi: unknown type {text!r}")
    return _Type("uint" if found[1] == "uint" else "fixed", size)


def _split(text: str) -> list[str]:
    """Split at the commas outside parentheses."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _encode_sequence(types: Sequence[_Type], values: Sequence[AbiValue]) -> bytes:
    if len(types) != len(values):
        raise InvalidRecord(f"abi: expected {len(types)} values, got {len(values)}")
    heads, tail, offset = [], b"", sum(kind.head for kind in types)
    for kind, value in zip(types, values, strict=True):
        encoded = _encode(kind, value)
        if kind.is_dynamic:
            heads.append((offset + len(tail)).to_bytes(_WORD, "big"))
            tail += encoded
        else:
            heads.append(encoded)
    return b"".join(heads) + tail


def _encode(kind: _Type, value: AbiValue) -> bytes:
    match kind.kind, value:
        case "bool", bool():
            return int(value).to_bytes(_WORD, "big")
        case "uint", int() if not isinstance(value, bool) and 0 <= value < 1 << kind.size:
            return value.to_bytes(_WORD, "big")
        case "fixed", bytes() if len(value) == kind.size:
            return value.ljust(_WORD, b"\0")
        case "address", bytes() if len(value) == kind.size:
            return value.rjust(_WORD, b"\0")
        case "bytes", bytes():
            return _encode_bytes(value)
        case "string", str():
            return _encode_bytes(_utf8(value))
        case "tuple", tuple():
            return _encode_sequence(kind.items, value)
        case "array", tuple() if kind.size in (0, len(value)):
            count = b"" if kind.size else len(value).to_bytes(_WORD, "big")
            return count + _encode_sequence(kind.items * len(value), value)
    raise InvalidRecord(f"abi: a {type(value).__name__} does not fit {kind.kind}{kind.size or ''}")


def _encode_bytes(value: bytes) -> bytes:
    return len(value).to_bytes(_WORD, "big") + value + bytes(-len(value) % _WORD)


def _utf8(value: str) -> bytes:
    try:
        return value.encode()
    except UnicodeEncodeError as exc:
        raise InvalidRecord("abi: string holds a lone surrogate") from exc


def _decode_sequence(types: Sequence[_Type], data: bytes, base: int) -> tuple[tuple[AbiValue, ...], int]:
    """Decode a head at base and the tails behind it; return the values and where the last tail ends."""
    at, tail = base, base + sum(kind.head for kind in types)
    values: list[AbiValue] = []
    for kind in types:
        if kind.is_dynamic:
            if _uint(data, at) != tail - base:
                raise InvalidRecord(f"abi: offset at {at} leaves a gap or overlaps")
            value, tail = _decode(kind, data, tail)
        else:
            value, _ = _decode(kind, data, at)
        values.append(value)
        at += kind.head
    return tuple(values), tail


def _decode(kind: _Type, data: bytes, at: int) -> tuple[AbiValue, int]:
    """Decode one value whose encoding starts at ``at``; return it and where it ends."""
    match kind.kind:
        case "fixed":
            word = _word(data, at)
            if kind.size < _WORD and any(word[kind.size :]):
                raise InvalidRecord(f"abi: padding at {at} is not zero")
            return word[: kind.size], at + _WORD
        case "tuple":
            return _decode_sequence(kind.items, data, at)
        case "array":
            return _decode_array(kind, data, at)
        case "bytes":
            return _decode_bytes(data, at)
        case "string":
            text, end = _decode_bytes(data, at)
            try:
                return text.decode(), end
            except UnicodeDecodeError as exc:
                raise InvalidRecord(f"abi: string at {at} is not UTF-8") from exc
    number = _uint(data, at)
    if number >> (1 if kind.kind == "bool" else 160 if kind.kind == "address" else kind.size):
        raise InvalidRecord(f"abi: word at {at} passes the range of {kind.kind}{kind.size or ''}")
    if kind.kind == "address":
        return number.to_bytes(20, "big"), at + _WORD
    return bool(number) if kind.kind == "bool" else number, at + _WORD


def _decode_array(kind: _Type, data: bytes, at: int) -> tuple[AbiValue, int]:
    count = kind.size
    if not count:
        count, at = _uint(data, at), at + _WORD
    if count * kind.items[0].head > len(data) - at:
        raise InvalidRecord(f"abi: array of {count} at {at} passes the end")
    return _decode_sequence(kind.items * count, data, at)


def _decode_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    length, start = _uint(data, at), at + _WORD
    end = start + length + -length % _WORD
    if end > len(data):
        raise InvalidRecord(f"abi: {length} bytes at {at} pass the end")
    if any(data[start + length : end]):
        raise InvalidRecord(f"abi: padding at {start + length} is not zero")
    return data[start : start + length], end


def _uint(data: bytes, at: int) -> int:
    return int.from_bytes(_word(data, at), "big")


def _word(data: bytes, at: int) -> bytes:
    if at + _WORD > len(data):
        raise InvalidRecord(f"abi: truncated at {at}")
    return data[at : at + _WORD]
