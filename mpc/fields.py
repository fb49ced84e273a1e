"""Typed reading of one JSON object from outside: every fault is an InvalidRecord that names the field.

Unknown fields are refused by ``done``: a field that nobody reads could carry something that nobody agreed to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,38})")
MAX_TEXT = 4096


class Fields:
    """The fields of one object; each is read once, by type."""

    def __init__(self, value: JsonValue, where: str) -> None:
        if not isinstance(value, dict):
            raise InvalidRecord(f"{where}: expected an object, got {type(value).__name__}")
        self._left: dict[str, JsonValue] = dict(value)
        self._where = where

    def has(self, name: str) -> bool:
        return name in self._left

    def names(self, most: int) -> list[str]:
        """The names of an object whose fields are not known beforehand, in their order."""
        if len(self._left) > most:
            raise InvalidRecord(f"{self._where}: at most {most} fields expected")
        return list(self._left)

    def text(self, name: str) -> str:
        value = self._take(name)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
            raise self._wrong(name, f"a text of 1..{MAX_TEXT} characters")
        return value

    def integer(self, name: str) -> int:
        value = self._take(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(name, "an integer")
        return value

    def boolean(self, name: str) -> bool:
        value = self._take(name)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def choice(self, name: str, values: Sequence[str]) -> str:
        value = self._take(name)
        if not isinstance(value, str) or value not in values:
            raise self._wrong(name, f"one of {', '.join(values)}")
        return value

    def decimal(self, name: str) -> int:
        return self._decimal(name, self._take(name))

    def optional_decimal(self, name: str) -> int | None:
        return self.decimal(name) if self.has(name) else None

    def decimals(self, name: str, most: int) -> list[int]:
        return [self._decimal(name, item) for item in self._list(name, most)]

    def texts(self, name: str, most: int) -> list[str]:
        items: list[str] = []
        for item in self._list(name, most):
            if not isinstance(item, str) or not 0 < len(item) <= MAX_TEXT:
                raise self._wrong(name, "a list of texts")
            items.append(item)
        return items

    def optional_texts(self, name: str, most: int) -> list[str | None]:
        items: list[str | None] = []
        for item in self._list(name, most):
            if item is not None and (not isinstance(item, str) or not 0 < len(item) <= MAX_TEXT):
                raise self._wrong(name, "a list of texts and nulls")
            items.append(item)
        return items

    def digest(self, name: str) -> bytes:
        value = self.text(name)
        if not re.fullmatch(r"(0x)?[0-9a-f]{64}", value):
            raise self._wrong(name, "64 lower-case hex digits")
        return bytes.fromhex(value.removeprefix("0x"))

    def object(self, name: str) -> Fields:
        return Fields(self._take(name), f"{self._where}.{name}")

    def optional_object(self, name: str) -> Fields | None:
        if self._left.get(name) is None:
            self._left.pop(name, None)
            return None
        return self.object(name)

    def objects(self, name: str, most: int) -> list[Fields]:
        return [Fields(item, f"{self._where}.{name}[{i}]") for i, item in enumerate(self._list(name, most))]

    def done(self) -> None:
        if self._left:
            raise InvalidRecord(f"{self._where}: unknown fields {', '.join(sorted(self._left))}")

    def _list(self, name: str, most: int) -> list[JsonValue]:
        value = self._take(name)
        if not isinstance(value, list) or len(value) > most:
            raise self._wrong(name, f"a list of at most {most}")
        return list(value)

    def _decimal(self, name: str, value: JsonValue) -> int:
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or value == "-0":
            raise self._wrong(name, "an integer written as a decimal string")
        return int(value)

    def _take(self, name: str) -> JsonValue:
        if name not in self._left:
            raise InvalidRecord(f"{self._where}: field {name!r} is missing")
        return self._left.pop(name)

    def _wrong(self, name: str, expected: str) -> InvalidRecord:
        return InvalidRecord(f"{self._where}.{name}: expected {expected}")
