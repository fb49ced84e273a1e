"""EIP-712: the digest that a person signs for structured data, so that a wallet can show what it says.

What it does NOT do: sign, or accept what the standard leaves open: unknown fields, missing fields and values
outside their type are refused.
Source: EIP-712 (encodeType, encodeData, hashStruct), checked against the vectors of ethers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ledger.errors import InvalidRecord
from ledger.hashing import keccak256

TypedValue: TypeAlias = "int | bool | bytes | str | Sequence[TypedValue] | Mapping[str, TypedValue]"
"""bytes for bytes, bytesN and address (20 bytes); no hex text in here."""

MAX_DEPTH = 32

_ELEMENTARY = re.compile(r"(uint|int|bytes)([1-9][0-9]{0,2})")
_ARRAY = re.compile(r"(.+)\[([0-9]*)\]", re.DOTALL)
_DOMAIN = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
    "salt": "bytes32",
}


@dataclass(frozen=True, slots=True)
class Schema:
    """Struct types by name, each a tuple of (field name, type)."""

    types: Mapping[str, tuple[tuple[str, str], ...]]

    def encode_type(self, name: str) -> bytes:
        """Return the text of a struct type, the types it refers to sorted behind it."""
        found: set[str] = set()
        self._collect(name, found)
        ordered = [name, *sorted(found - {name})]
        return "".join(f"{item}({self._members(item)})" for item in ordered).encode()

    def encode(self, name: str, value: Mapping[str, TypedValue], depth: int = 0) -> bytes:
        """Return typeHash and the encoded fields of a struct: what hashStruct hashes.

        Raises:
            InvalidRecord: a field is missing, unknown or outside its type.
        """
        fields = self._fields(name)
        if set(value) != {field for field, _ in fields}:
            raise InvalidRecord(f"typed data {name}: missing or unknown fields")
        words = (self._word(type_, value[field], depth + 1) for field, type_ in fields)
        return keccak256(self.encode_type(name)) + b"".join(words)

    def _members(self, name: str) -> str:
        return ",".join(f"{type_} {field}" for field, type_ in self._fields(name))

    def _fields(self, name: str) -> tuple[tuple[str, str], ...]:
        if name not in self.types:
            raise InvalidRecord(f"typed data: unknown type {name[:40]!r}")
        return self.types[name]

    def _collect(self, name: str, found: set[str]) -> None:
        pending = [name]
        while pending:
            current = pending.pop()
            if current not in found:
                found.add(current)
                bases = (type_.partition("[")[0] for _, type_ in self._fields(current))
                pending += [base for base in bases if base in self.types]

    def _word(self, type_: str, value: TypedValue, depth: int) -> bytes:
        """Return the 32 bytes a field contributes."""
        if depth > MAX_DEPTH:
            raise InvalidRecord(f"typed data: nested deeper than {MAX_DEPTH}")
        if array := _ARRAY.fullmatch(type_):
            if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
                raise InvalidRecord(f"typed data: expected a list for {type_}")
            if array[2] and len(value) != int(array[2]):
                raise InvalidRecord(f"typed data: expected {array[2]} values for {type_}, got {len(value)}")
            return keccak256(b"".join(self._word(array[1], item, depth + 1) for item in value))
        if type_ in self.types:
            if not isinstance(value, Mapping):
                raise InvalidRecord(f"typed data: expected a struct for {type_}")
            return keccak256(self.encode(type_, value, depth))
        return _atom(type_, value)


def domain_separator(domain: Mapping[str, TypedValue]) -> bytes:
    """Return the hash of an EIP712Domain with the fields that are given, in the standard's order.

    Raises:
        InvalidRecord: a field the standard does not know, or a value outside its type.
    """
    fields = tuple((name, type_) for name, type_ in _DOMAIN.items() if name in domain)
    return keccak256(Schema({"EIP712Domain": fields}).encode("EIP712Domain", domain))


def digest(domain: Mapping[str, TypedValue], schema: Schema, primary: str, value: Mapping[str, TypedValue]) -> bytes:
    """Return the digest to sign.

    Raises:
        InvalidRecord: the data does not fit its types.
    """
    return keccak256(b"\x19\x01" + domain_separator(domain) + keccak256(schema.encode(primary, value)))


def _atom(type_: str, value: TypedValue) -> bytes:
    found = _ELEMENTARY.fullmatch(type_)
    match found[1] if found else type_, value:
        case "bool", bool():
            return int(value).to_bytes(32, "big")
        case "uint" | "int" as kind, int() if found and not isinstance(value, bool):
            return _integer(type_, int(found[2]), kind == "int", value)
        case "bytes", bytes() if found and len(value) == int(found[2]) <= 32:
            return value.ljust(32, b"\0")
        case "bytes", bytes() if not found:
            return keccak256(value)
        case "address", bytes() if len(value) == 20:
            return value.rjust(32, b"\0")
        case "string", str():
            try:
                return keccak256(value.encode())
            except UnicodeEncodeError as exc:
                raise InvalidRecord("typed data: string holds a lone surrogate") from exc
    raise InvalidRecord(f"typed data: a {type(value).__name__} does not fit {type_[:40]!r}")


def _integer(type_: str, bits: int, signed: bool, value: int) -> bytes:
    if bits > 256 or bits % 8:
        raise InvalidRecord(f"typed data: unknown type {type_!r}")
    low, high = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
    if not low <= value < high:
        raise InvalidRecord(f"typed data: number outside {type_}")
    return value.to_bytes(32, "big", signed=signed)
