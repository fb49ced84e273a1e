"""Records of contracts, read from proven words: a struct of storage as the frozen dataclass with the same fields.

The default of a field is what a record has that was never written, and says how the field's word is read: a number, a
boolean, a choice of an enumeration, 32 bytes, or the 20 of an address. What it does NOT do: prove anything; the words
come from a storage proof under a sealed header.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar

from contracts import layout
from contracts.layout import layout_of
from ledger.chain.port import StateFact
from ledger.errors import InvalidRecord

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

R = TypeVar("R", bound="DataclassInstance")
E = TypeVar("E", bound=IntEnum)


def struct_fact(contract: str, variable: str, *keys: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a whole record of a contract."""
    return StateFact(contract, tuple(layout_of(contract).record(variable, *keys).values()), block_number)


def decode_struct(kind: type[R], values: Mapping[bytes, bytes], contract: str, variable: str, *keys: bytes) -> R:
    """Read a record from the words proven for struct_fact.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    slots, blank = layout_of(contract).record(variable, *keys), kind()
    name = _words(kind.__name__)
    found = {
        field.name: _value(f"{name} {field.name}", getattr(blank, field.name), values, slots[field.name])
        for field in fields(blank)
    }
    return replace(blank, **found)


def choice(kind: type[E], value: int) -> E:
    """Read a stored choice.

    Raises:
        InvalidRecord: it is none of the contract's.
    """
    if value not in tuple(kind):
        raise InvalidRecord(f"{_words(kind.__name__)}: expected {min(kind)} to {max(kind)}, got {value}")
    return kind(value)


def _value(name: str, default: object, values: Mapping[bytes, bytes], slot: bytes) -> int | bytes:
    match default:
        case bool():
            value = layout.number(values, slot)
            if value > 1:
                raise InvalidRecord(f"{name}: expected a boolean, got {value}")
            return bool(value)
        case IntEnum():
            return choice(type(default), layout.number(values, slot))
        case int():
            return layout.number(values, slot)
        case bytes() if len(default) == layout.ADDRESS:
            return layout.address(values, slot)
        case bytes():
            return layout.digest(values, slot)
    raise TypeError(f"{name}: {default!r} is no value of a record")


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
