"""One table of a TOML document, whose fields are taken one by one: none may be missing, of a wrong type or left over.

Relative paths are relative to the document. What the fields mean is their reader's business (``mpc.node.config``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from ledger.errors import InvalidRecord


class Section:
    """One TOML table whose fields are taken one by one; what is left over is refused."""

    def __init__(self, values: Mapping[str, object], where: str, base: Path) -> None:
        self._left = dict(values)
        self.where, self.base = where, base

    def names(self) -> list[str]:
        return list(self._left)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._take(name, default)
        if not isinstance(value, str):
            raise InvalidRecord(f"{self.where}: {name} must be a text")
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise InvalidRecord(f"{self.where}: {name} must be an integer")
        return value

    def boolean(self, name: str, default: bool) -> bool:
        value = self._left.pop(name, default)
        if not isinstance(value, bool):
            raise InvalidRecord(f"{self.where}: {name} must be true or false")
        return value

    def date(self, name: str) -> date:
        """A day, as TOML writes it: 2024-02-29 without quotes."""
        value = self._take(name, None)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise InvalidRecord(f"{self.where}: {name} must be a date, as 2024-02-29 without quotes")
        return value

    def choice(self, name: str, values: Sequence[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in values:
            raise InvalidRecord(f"{self.where}: {name} must be one of {', '.join(values)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty if it is left out."""
        value = self._left.pop(name, [])
        if not isinstance(value, list):
            raise InvalidRecord(f"{self.where}: {name} must be a list of texts")
        texts = tuple(item for item in value if isinstance(item, str))
        if len(texts) != len(value):
            raise InvalidRecord(f"{self.where}: {name} must be a list of texts")
        return texts

    def path(self, name: str) -> Path:
        return self.base / self.text(name)

    def section(self, name: str) -> Section:
        value = self._take(name, None)
        if not isinstance(value, dict):
            raise InvalidRecord(f"{self.where}: [{name}] must be a table")
        return Section(value, f"{self.where} [{name}]", self.base)

    def optional(self, name: str) -> Section | None:
        return self.section(name) if name in self._left else None

    def sections(self, name: str) -> list[Section]:
        value = self._left.pop(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise InvalidRecord(f"{self.where}: [[{name}]] must be a list of tables")
        return [Section(item, f"{self.where} [[{name}]] {i + 1}", self.base) for i, item in enumerate(value)]

    def done(self) -> None:
        if self._left:
            raise InvalidRecord(f"{self.where}: unknown fields {', '.join(sorted(self._left))}")

    def _take(self, name: str, default: object) -> object:
        if name not in self._left and default is None:
            raise InvalidRecord(f"{self.where}: {name} is missing")
        return self._left.pop(name, default)
