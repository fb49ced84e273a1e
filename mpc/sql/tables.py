"""What an analyst knows of others' tables: who holds them, which columns they have, and which groups are public.

An owner describes a table for those who may ask about it (``shuxin table describe``): the declarations of its
``node.toml`` without file and rules. Several owners' tables with the same columns can be named as one joint table.
Nothing here is taken on trust by anybody but the analyst: the owners' nodes hold every job against their own
declarations, so a wrong description only has jobs refused.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.node.assets import column
from mpc.node.assets import privacy as read_privacy
from mpc.privacy.declaration import Declaration
from mpc.section import Section
from mpc.spec.parts import MAX_CELLS, MAX_SOURCES
from mpc.tables.calendars import day
from mpc.tables.forms import Form
from mpc.tables.schema import Column, Integer, Schema, Text

SUFFIX = ".table.toml"
JOINT = "joint.toml"
MAX_FILE_BYTES = 1 << 18
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_LISTED = re.compile(r"[\w-]+(\|[\w-]+)*")
_CLASS = re.compile(r"\[(\w)-(\w)\]")


@dataclass(frozen=True, slots=True)
class OwnedTable:
    """One owner's table.

    groups: public values of each column by which it may be grouped, empty where they are not. privacy: on which terms
    it is asked with noise, and then with noise only; None if it is asked exactly. engine: whether its owner's node has
    an engine to compute on shares.
    """

    name: str
    party: str
    asset: str
    schema: Schema
    groups: Mapping[str, tuple[str, ...]]
    privacy: Declaration | None = None
    engine: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise InvalidRecord(f"tables: {self.name!r} is not a name that a query can use")
        if not is_code(self.party) or not is_code(self.asset):
            raise InvalidRecord(f"tables: {self.name}: party and asset must be codes (a-z, 0-9 and '-')")
        if set(self.groups) != set(self.schema.groups):
            raise InvalidRecord(f"tables: {self.name}: values for columns that are no groups")
        for name, values in self.groups.items():
            if list(values) != sorted(set(values)) or len(values) > MAX_CELLS:
                raise InvalidRecord(f"tables: {self.name}: {name!r} needs sorted, distinct values, {MAX_CELLS} at most")

    @property
    def parts(self) -> tuple[OwnedTable, ...]:
        return (self,)

    @property
    def owners(self) -> tuple[str, ...]:
        return (self.party,)

    @property
    def columns(self) -> Mapping[str, Column]:
        return self.schema.columns

    @property
    def key(self) -> str | None:
        """The column by which it may be joined."""
        return self.schema.key


@dataclass(frozen=True, slots=True)
class JointTable:
    """The rows of several owners' tables together: the columns that all of them have, each in its widest bounds."""

    name: str
    parts: tuple[OwnedTable, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.parts) <= MAX_SOURCES:
            raise InvalidRecord(f"tables: {self.name}: a joint table has 1..{MAX_SOURCES} parts")
        parties = [part.party for part in self.parts]
        if len(set(parties)) != len(parties):
            raise InvalidRecord(f"tables: {self.name}: every part must be another owner's")

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(part.party for part in self.parts)

    @property
    def key(self) -> None:
        """None: a joint table is not joined."""
        return

    @property
    def columns(self) -> Mapping[str, Column]:
        """The common columns; one that is of two types, scales or forms is none of them, and one may be empty for all.

        Dates are the same days in every calendar.
        """
        shared: dict[str, Column] = {}
        for name in self.parts[0].columns:
            found = [part.columns.get(name) for part in self.parts]
            numbers = [one for one in found if isinstance(one, Integer)]
            texts = [one for one in found if isinstance(one, Text)]
            if len(numbers) == len(found) and len({(own.scale, own.calendar is None) for own in numbers}) == 1:
                low, high = min(number.low for number in numbers), max(number.high for number in numbers)
                is_nullable = any(number.nullable for number in numbers)
                shared[name] = Integer(low, high, numbers[0].scale, is_nullable, numbers[0].calendar)
            elif len(texts) == len(found) and len({text.form for text in texts}) == 1:
                shared[name] = replace(texts[0], nullable=any(text.nullable for text in texts))
        return shared

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """The groups that every part declares, with all values that any has made public."""
        shared = set.intersection(*(set(part.groups) for part in self.parts))
        return {name: tuple(sorted({value for part in self.parts for value in part.groups[name]})) for name in shared}

    @property
    def rows(self) -> int:
        """The most rows of any one part."""
        return max(part.schema.rows for part in self.parts)


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables an analyst has descriptions of, by the names that queries use."""

    owned: Mapping[str, OwnedTable]
    joint: Mapping[str, JointTable]

    def named(self, name: str) -> OwnedTable | JointTable | None:
        """Find a table as SQL finds names: exactly, or else without regard to case if that names one table only."""
        everything: dict[str, OwnedTable | JointTable] = {**self.owned, **self.joint}
        if name in everything:
            return everything[name]
        alike = [table for other, table in everything.items() if other.lower() == name.lower()]
        return alike[0] if len(alike) == 1 else None


def load(folder: Path) -> Tables:
    """Read every description in a directory (``*.table.toml``) and the names of joint tables (``joint.toml``).

    Raises:
        InvalidRecord: a file that is no description, or a name twice; the message names the file.
    """
    owned: dict[str, OwnedTable] = {}
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        table = _owned(_document(path))
        if table.name in owned:
            raise InvalidRecord(f"{path}: another description has the name {table.name} too")
        owned[table.name] = table
    joint = _joint(_document(folder / JOINT), owned) if (folder / JOINT).exists() else {}
    return Tables(owned, joint)


def describe(
    party: str,
    asset: str,
    schema: Schema,
    public: Mapping[str, tuple[str, ...]],
    privacy: Declaration | None = None,
    *,
    engine: bool = False,
) -> str:
    """Write the description of an owner's table.

    Args:
        public: values of group columns beside those that a pattern lists. privacy: as its owner declares it.
        engine: whether the owner's node can compute on shares.
    """
    groups = {name: public.get(name) or _listed(schema.columns[name]) for name in schema.groups}
    lines = ["version = 1", f'name = "{asset.replace("-", "_")}"', f'party = "{party}"', f'asset = "{asset}"']
    lines += [f"rows = {schema.rows}", *(["engine = true"] if engine else [])]
    lines += [f"period = {_quoted(privacy.period)}"] if privacy else []
    lines += [f'{word} = "{value}"' for word, value in (("key", schema.key), ("unique", schema.unique)) if value]
    for name, column_ in schema.columns.items():
        lines += ["", f"[columns.{name}]", *_declared(column_)]
    lines += ["", "[groups]"] if groups else []
    lines += [f"{name} = [{', '.join(map(_quoted, values))}]" for name, values in groups.items()]
    lines += _private_lines(privacy) if privacy else []
    return "\n".join(lines) + "\n"


def _declared(column_: Column) -> list[str]:
    """Write a column as an owner declares it."""
    empty = ["nullable = true"] if column_.nullable else []
    if isinstance(column_, Text):
        form = [] if column_.form is Form.EXACT else [f'form = "{column_.form}"']
        return ['type = "text"', f"pattern = {_quoted(column_.pattern)}", *form, *empty]
    if column_.calendar is not None:
        ends = [f"minimum = {day(column_.low)}", f"maximum = {day(column_.high)}"]
        return ['type = "date"', *ends, f'calendar = "{column_.calendar}"', *empty]
    scale = [f"scale = {column_.scale}"] if column_.scale else []
    return ['type = "integer"', f"minimum = {column_.low}", f"maximum = {column_.high}", *scale, *empty]


def _private_lines(privacy: Declaration) -> list[str]:
    """Write a declaration as ``node.toml`` has it."""
    lines = ["", "[privacy]", f"unit = {_quoted(privacy.unit)}", f'neighbours = "{privacy.neighbours}"']
    lines += [f"max_rows = {privacy.max_rows}", f"max_groups = {privacy.max_groups}"]
    lines += [f'units_at = "{privacy.units_at}"', f"colluders = {privacy.colluders}", f'nulls = "{privacy.nulls}"']
    lines += [f"delta_log2 = {privacy.delta_log2}", "", "[privacy.bounds]"]
    lines += [f"{name} = {{ low = {low}, high = {high} }}" for name, (low, high) in privacy.bounds.items()]
    keys = [f"{name} = [{', '.join(map(_quoted, values))}]" for name, values in privacy.groups.items()]
    return [*lines, "", "[privacy.groups]", *keys]


def _document(path: Path) -> Section:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InvalidRecord(f"{path}: larger than {MAX_FILE_BYTES} bytes")
    try:
        return Section(tomllib.loads(path.read_text(encoding="utf-8")), str(path), path.parent)
    except ValueError as fault:  # not TOML or not UTF-8
        raise InvalidRecord(f"{path}: {fault}") from fault


def _owned(root: Section) -> OwnedTable:
    _require_version(root)
    columns, groups = root.section("columns"), root.optional("groups")
    public = {name: groups.texts(name) for name in groups.names()} if groups else {}
    schema = Schema(
        {name: column(columns.section(name)) for name in columns.names()},
        unique=root.text("unique", "") or None,
        key=root.text("key", "") or None,
        groups=tuple(public),
        rows=root.integer("rows"),
    )
    private = root.optional("privacy")
    privacy = None if private is None else read_privacy(private, schema, root.text("period"))
    name, engine = root.text("name"), root.boolean("engine", False)
    table = OwnedTable(name, root.text("party"), root.text("asset"), schema, public, privacy, engine)
    root.done()
    return table


def _joint(root: Section, owned: Mapping[str, OwnedTable]) -> dict[str, JointTable]:
    _require_version(root)
    found: dict[str, JointTable] = {}
    joint = root.section("joint")
    for name in joint.names():
        parts = joint.texts(name)
        if unknown := [part for part in parts if part not in owned]:
            raise InvalidRecord(f"{root.where}: {name}: no description of {unknown[0]!r}")
        if name in owned or not _NAME.fullmatch(name):
            raise InvalidRecord(f"{root.where}: {name!r} cannot name a joint table")
        found[name] = JointTable(name, tuple(owned[part] for part in parts))
    root.done()
    return found


def _require_version(root: Section) -> None:
    if root.integer("version") != 1:
        raise InvalidRecord(f"{root.where}: version must be 1")


def _listed(declared: Column) -> tuple[str, ...]:
    """Read the values out of a pattern that lists them (``north|south``, ``[1-5]``); empty for any other pattern."""
    pattern = declared.pattern if isinstance(declared, Text) else ""
    if span := _CLASS.fullmatch(pattern):
        return tuple(chr(code) for code in range(ord(span[1]), ord(span[2]) + 1))[:MAX_CELLS]
    return tuple(sorted(set(pattern.split("|")))) if _LISTED.fullmatch(pattern) else ()


def _quoted(text: str) -> str:
    """A TOML basic string (TOML 1.0, "String")."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(char if char.isprintable() else f"\\U{ord(char):08X}" for char in plain) + '"'
