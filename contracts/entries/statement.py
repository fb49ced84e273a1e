"""The words behind a catalogue entry: what article 13 asks for, its conditions, and every column with its grade.

The owner keeps the statement under a salt; on chain stand the salted digests of its texts, the numbers, and one digest
of the whole. People write it as a TOML file, line by line; kept is canonical JSON. Every function is pure.
Source: Regulation on Government Data Sharing, articles 3, 13 to 15; GB/T 43697 (grades).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeVar

from contracts import document
from contracts.authorizations.terms import identifier
from contracts.catalogue.rules import Category, Grade
from contracts.document import Table
from contracts.entries.record import NOTHING, Content, Secrecy
from contracts.entries.rules import File, document_of
from contracts.grades.client import column_id
from contracts.grades.record import HIGHEST, Column, Personal
from contracts.grades.rules import columns_digest
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import tagged

SALT_BYTES: Final = 32
TEXTS: Final = ("name", "items", "format", "frequency", "method", "secrecy_assessment", "personal_assessment")
"""What every entry says in words, beside its provider, who signs it."""
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
E = TypeVar("E", bound=IntEnum)


@dataclass(frozen=True, slots=True)
class Graded:
    """One column: its grade from 1 to 4, and whether it is personal information."""

    name: str
    grade: int
    personal: Personal = Personal.NONE

    def __post_init__(self) -> None:
        if not _COLUMN.fullmatch(self.name):
            raise InvalidRecord(f"entry: {self.name!r} is not a column's name")
        if not 0 < self.grade <= HIGHEST:
            raise InvalidRecord(f"entry: column {self.name}: expected a grade from 1 to {HIGHEST}, got {self.grade}")


@dataclass(frozen=True, slots=True)
class Statement:
    """What an owner states of one asset. texts: by the names in ``TEXTS``; law: cited for what is not shared."""

    asset: str
    texts: Mapping[str, str]
    category: Category
    grade: Grade
    secrecy: Secrecy
    law: str
    conditions: tuple[str, ...]
    columns: tuple[Graded, ...]
    salt: bytes

    def __post_init__(self) -> None:
        if set(self.texts) != set(TEXTS) or not all(0 < len(text) <= 2000 for text in self.texts.values()):
            raise InvalidRecord(f"entry: expected the texts {', '.join(TEXTS)}")
        names = [column.name for column in self.columns]
        if not names or names != sorted(set(names)) or len(names) > 64:
            raise InvalidRecord("entry: expected 1..64 columns, distinct and sorted")
        if len(self.salt) != SALT_BYTES:
            raise InvalidRecord(f"entry: the salt has {len(self.salt)} bytes instead of {SALT_BYTES}")

    @property
    def filing(self) -> File:
        """Return the call that puts the entry on chain."""
        digests = {name: self._digest(name, text) for name, text in self.texts.items()}
        law = self._digest("law", self.law) if self.law else NOTHING
        content = Content(
            **digests, category=self.category, grade=self.grade, secrecy=self.secrecy, law=law,
            columns=columns_digest(self.chained),
        )  # fmt: skip
        return File(identifier(self.asset), content, tuple(self.condition(text) for text in self.conditions))

    @property
    def chained(self) -> tuple[Column, ...]:
        """Return the columns as they stand on chain."""
        return tuple(Column(self.id_of(column.name), column.grade, column.personal) for column in self.columns)

    def document(self, party: bytes) -> bytes:
        """Return the digest by which the entry is known when this party files it."""
        return document_of(self.filing, party)

    def condition(self, text: str) -> bytes:
        """Return the digest of a condition."""
        return self._digest("condition", text)

    def id_of(self, column: str) -> bytes:
        """Return a column's id on chain."""
        return column_id(self.salt, column)

    def graded(self, column: str) -> Graded:
        """Return a column of the entry; raises NotFound if it has none of this name."""
        for found in self.columns:
            if found.name == column:
                return found
        raise NotFound(f"entry: asset {self.asset} has no graded column {column}")

    def json(self) -> JsonValue:
        columns: list[JsonValue] = [
            {"name": column.name, "grade": column.grade, "personal": column.personal.name.lower()}
            for column in self.columns
        ]
        return {
            "version": 1,
            "asset": self.asset,
            "texts": dict(self.texts),
            "category": self.category.name.lower(),
            "grade": self.grade.name.lower(),
            "secrecy": self.secrecy.name.lower(),
            "law": self.law,
            "conditions": list(self.conditions),
            "columns": columns,
            "salt": self.salt.hex(),
        }

    def _digest(self, field: str, text: str) -> bytes:
        return tagged("SHUXIN-ENTRY-V1", self.salt, field.encode(), text.encode())


def read(data: bytes, file: str, asset: str, salt: bytes) -> Statement:
    """Read a statement as people write it.

    Raises:
        InvalidRecord: "file:line: what is wrong".
    """
    found = document.parse(data, file)
    found.root.only({"version"})
    found.root.number("version", 1, 1)
    found.only({"entry"}, {"column"})
    entry = found.one("entry")
    entry.only({*TEXTS, "category", "grade"}, {"secrecy", "law", "conditions"})
    columns = tuple(sorted(map(_column, found.all("column")), key=lambda column: column.name))
    if len({column.name for column in columns}) != len(columns):
        entry.refuse("a column appears twice")
    return Statement(
        asset=asset,
        texts={name: entry.text(name, 2000) for name in TEXTS},
        category=_choice(entry, "category", Category),
        grade=_choice(entry, "grade", Grade),
        secrecy=_choice(entry, "secrecy", Secrecy) if "secrecy" in entry.values else Secrecy.NONE,
        law=entry.text("law", 2000) if "law" in entry.values else "",
        conditions=entry.texts("conditions") if "conditions" in entry.values else (),
        columns=columns,
        salt=salt,
    )


def parse(data: bytes) -> Statement:
    """Read a statement as it is kept; raises InvalidRecord."""
    value = canonical.decode(data)
    match value:
        case {
            "asset": str(asset), "texts": dict(texts), "category": str(category), "grade": str(grade),
            "secrecy": str(secrecy), "law": str(law), "conditions": list(conditions), "columns": list(columns),
            "salt": str(salt),
        }:  # fmt: skip
            statement = Statement(
                asset,
                {name: str(text) for name, text in texts.items()},
                _named(Category, category),
                _named(Grade, grade),
                _named(Secrecy, secrecy),
                law,
                tuple(map(str, conditions)),
                tuple(map(_kept_column, columns)),
                bytes.fromhex(salt) if re.fullmatch("[0-9a-f]{64}", salt) else b"",
            )
            if statement.json() == value:
                return statement
    raise InvalidRecord("entry: expected a statement in canonical form")


def template(columns: Collection[str], words: Mapping[str, str], condition: str = "", grade: int = HIGHEST) -> str:
    """Write the file an officer fills in: what is not given is empty, and an empty text is refused.

    Args:
        words: some of ``TEXTS``. grade: of every column; the highest is also sensitive until somebody says otherwise.

    >>> print(template(["price"], {"name": "Sales"}).splitlines()[3])
    name = "Sales"
    """
    texts = (f"{name} = {json.dumps(words.get(name, ''), ensure_ascii=False)}" for name in TEXTS)
    conditions = json.dumps([condition] if condition else [], ensure_ascii=False)
    lines = ["version = 1", "", "[entry]", *texts, 'category = "conditional"', 'grade = "general"', 'secrecy = "none"']
    lines.append(f"conditions = {conditions}")
    personal = "sensitive" if grade == HIGHEST else "none"
    for name in sorted(columns):
        lines += ["", "[[column]]", f'name = "{name}"', f"grade = {grade}", f'personal = "{personal}"']
    return "\n".join(lines) + "\n"


def _column(table: Table) -> Graded:
    table.only({"name", "grade"}, {"personal"})
    personal = _choice(table, "personal", Personal) if "personal" in table.values else Personal.NONE
    if not _COLUMN.fullmatch(name := table.text("name", 63)):
        table.refuse(f"name: {name!r} is not a column's name", "name")
    return Graded(name, table.number("grade", 1, HIGHEST), personal)


def _kept_column(value: JsonValue) -> Graded:
    match value:
        case {"name": str(name), "grade": int(grade), "personal": str(personal)}:
            return Graded(name, grade, _named(Personal, personal))
    raise InvalidRecord("entry: expected a column with name, grade and personal")


def _choice(table: Table, key: str, kind: type[E]) -> E:
    text = table.text(key)
    return _named(kind, text.replace("-", "_"), lambda wanted: table.refuse(f"{key}: expected {wanted}", key))


def _named(kind: type[E], name: str, refuse: Callable[[str], object] | None = None) -> E:
    for member in kind:
        if member.name.lower() == name:
            return member
    wanted = " or ".join(member.name.lower().replace("_", "-") for member in kind)
    if refuse is not None:
        refuse(wanted)
    raise InvalidRecord(f"entry: expected {wanted}, got {name!r}")
