"""Profiles: what a registrar's file looks like, as data. A user adds a registrar by writing one, without code.

A profile names columns, how days are written, below which price a consideration is a token, and which rows are one
deed over several units. It does NOT say who holds a unit: where the source does not, neither do we.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import TypeVar

from contracts.document import Document, Table, parse
from contracts.titles.record import RightKind
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound

F = TypeVar("F", bound=StrEnum)


class DayForm(StrEnum):
    """How a day is written: 2019-01-31, 20141013T000000, or 1090406 (year of the Republic of China, month, day)."""

    ISO = "iso"
    COMPACT = "compact"
    ROC = "roc"


class ValueForm(StrEnum):
    """How a column of the description is written."""

    TEXT = "text"
    NUMBER = "number"
    ROC = "roc"
    CHINESE_STOREYS = "chinese-storeys"
    MASKED_ADDRESS = "masked-address"


@dataclass(frozen=True, slots=True)
class Described:
    """One entry of a unit's description and where it is read."""

    name: str
    column: str
    form: ValueForm


@dataclass(frozen=True, slots=True)
class Finer:
    """Rows whose column contains one of the texts are told apart by more columns."""

    column: str
    contains: tuple[str, ...]
    unit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A registrar's file.

    Attributes:
        right: kind of the right that changes hands.
        holder: what the record says about the acquirer.
        identified: False where a row does not say which unit it is about.
        office: columns of the office a row is from; none for one office.
        unit: columns that together are the unit's old code.
        token_below: a positive price below it is a token.
        deed: columns whose equality over several units makes one deed; none to take each row for itself.
    """

    name: str
    title: tuple[str, str]
    currency: str
    right: RightKind
    holder: str
    identified: bool
    office: tuple[str, ...]
    unit: tuple[str, ...]
    day: str
    price: str
    day_form: DayForm
    token_below: int
    finer: Finer | None
    deed: tuple[str, ...]
    description: tuple[Described, ...]

    @property
    def digest(self) -> str:
        """Return what tells this profile from another of the same name: all that decides what becomes of a row."""
        return hashlib.sha256(canonical.encode(_plain(replace(self, title=("", ""))))).hexdigest()

    @property
    def columns(self) -> frozenset[str]:
        """Every column that must be in the file's header."""
        finer = (self.finer.column, *self.finer.unit) if self.finer else ()
        described = (item.column for item in self.description)
        return frozenset((*self.office, *self.unit, self.day, self.price, *self.deed, *finer, *described))


def shipped() -> tuple[str, ...]:
    """Name the profiles that come with the program."""
    folder = resources.files("gateway.property.imports").joinpath("profiles")
    return tuple(sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml")))


def load(name: str) -> Profile:
    """Read a profile by the name of one that comes with the program, or by the path of a file.

    Raises:
        NotFound: there is neither.
        InvalidRecord: "file:line: what is wrong".
    """
    if name in shipped():
        file = resources.files("gateway.property.imports").joinpath("profiles", f"{name}.toml")
        return read(file.read_bytes(), f"{name}.toml")
    path = Path(name)
    if not path.is_file():
        raise NotFound(f"profile {name!r}: none of {', '.join(shipped())}, and no such file")
    with path.open("rb") as file_:
        return read(file_.read((1 << 20) + 1), path.name)


def read(data: bytes, file: str) -> Profile:
    """Read a profile.

    Raises:
        InvalidRecord: "file:line: what is wrong".
    """
    document = parse(data, file)
    document.only(("columns", "forms"), ("finer", "deed", "description"))
    root, columns, forms = document.root, document.one("columns"), document.one("forms")
    root.only(("name", "title", "currency", "right", "holder"), ("identified",))
    columns.only(("unit", "day", "price"), ("office",))
    forms.only(("day", "token_below"))
    right = root.number("right", 1, max(RightKind))
    if right == RightKind.MORTGAGE:
        root.refuse("right: a mortgage is no title", "right")
    return Profile(
        name=root.text("name", 40),
        title=root.pair("title"),
        currency=root.text("currency", 3),
        right=RightKind(right),
        holder=root.text("holder", 80),
        identified=_flag(root, "identified"),
        office=columns.texts("office") if "office" in columns.values else (),
        unit=_some(columns, "unit"),
        day=columns.text("day"),
        price=columns.text("price"),
        day_form=_chosen(forms, "day", DayForm),
        token_below=forms.number("token_below", 0, 1 << 40),
        finer=_finer(document),
        deed=_deed(document),
        description=tuple(map(_described, document.all("description"))),
    )


def _plain(profile: Profile) -> JsonValue:
    """Return a profile as JSON."""
    text: JsonValue = json.loads(json.dumps(asdict(profile)))
    return text


def _described(table: Table) -> Described:
    table.only(("name", "column", "form"))
    return Described(table.text("name", 40), table.text("column"), _chosen(table, "form", ValueForm))


def _finer(document: Document) -> Finer | None:
    for table in document.all("finer"):
        table.only(("column", "contains", "unit"))
        return Finer(table.text("column"), _some(table, "contains"), _some(table, "unit"))
    return None


def _deed(document: Document) -> tuple[str, ...]:
    for table in document.all("deed"):
        table.only(("same",))
        return _some(table, "same")
    return ()


def _some(table: Table, key: str) -> tuple[str, ...]:
    found = table.texts(key)
    if not found:
        table.refuse(f"{key}: at least one is needed", key)
    return found


def _flag(table: Table, key: str) -> bool:
    found = table.values.get(key, True)
    if not isinstance(found, bool):
        table.refuse(f"{key}: expected true or false", key)
    return found


def _chosen(table: Table, key: str, kind: type[F]) -> F:
    text = table.text(key)
    try:
        return kind(text)
    except ValueError as exc:
        raise InvalidRecord(f"{table.file}:{table.lines[key]}: {key}: expected {_listed(kind)}") from exc


def _listed(kind: Iterable[StrEnum]) -> str:
    return ", ".join(kind)
