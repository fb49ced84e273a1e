"""The tables a node serves, as its configuration declares them: file, schema, sensitivity rules and privacy.

Reading the declarations checks that each makes sense and that no file has two codes; no table is opened here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.disclosure.tables.sensitivity import Dominance, Percent, Rule, Sensitivity
from mpc.privacy.budget import DEFAULT_PERIOD
from mpc.privacy.declaration import Declaration, Neighbours, Nulls, UnitsAt
from mpc.section import Section
from mpc.tables.calendars import Calendar, days
from mpc.tables.forms import Form
from mpc.tables.schema import DEFAULT_ROWS, Column, Integer, Schema, Text

if TYPE_CHECKING:
    from mpc.sources.address import Address

SNAPSHOTS = "sources"
"""The directory under a node's state that holds snapshots of databases."""


@dataclass(frozen=True, slots=True)
class AssetConfig:
    """A table this party is the source of.

    period: the data period it holds, whose pot on chain its releases empty. privacy: how it may be asked privately, or,
    of one that is asked exactly, how models are measured on it; None if neither may be. source: the database whose
    snapshot ``file`` is, None for a file of the department's own.
    """

    code: str
    file: Path
    schema: Schema
    period: str = DEFAULT_PERIOD
    privacy: Declaration | None = None
    source: Address | None = None

    def __post_init__(self) -> None:
        if not is_code(self.period):
            raise InvalidRecord(f"config: data period {self.period!r} is not a code: a-z, 0-9 and '-'")
        if self.privacy is not None and self.privacy.period != self.period:
            raise InvalidRecord(f"config: asset {self.code} has one data period, for its budget and its declaration")
        if self.privacy is not None and any(column.nullable for column in self.schema.columns.values()):
            raise InvalidRecord(f"config: asset {self.code} is asked privately (nulls: refused); no column is nullable")


def read(root: Section, state: Path) -> dict[str, AssetConfig]:
    """Read all assets; one table under two codes would be two unrelated things to every disclosure rule.

    Args:
        state: where snapshots of databases lie.
    """
    found: dict[str, AssetConfig] = {}
    for section in root.sections("assets"):
        asset = _asset(section, state)
        for other in found.values():
            if asset.code == other.code or _is_same_file(asset.file, other.file) or _is_same_source(asset, other):
                raise InvalidRecord(f"{root.where}: assets {other.code} and {asset.code}: one code and one file each")
        found[asset.code] = asset
    return found


def _is_same_file(one: Path, other: Path) -> bool:
    if one.exists() and other.exists():
        return one.samefile(other)
    return one.resolve() == other.resolve()


def _is_same_source(one: AssetConfig, other: AssetConfig) -> bool:
    return one.source is not None and other.source is not None and one.source.same == other.source.same


def _asset(section: Section, state: Path) -> AssetConfig:
    columns = section.section("columns")
    schema = Schema(
        {name: column(columns.section(name)) for name in columns.names()},
        unique=section.text("unique", "") or None,
        key=section.text("key", "") or None,
        groups=section.texts("groups"),
        rows=section.integer("rows", DEFAULT_ROWS),
        sensitivity=_sensitivity(sensitive) if (sensitive := section.optional("sensitivity")) else None,
    )
    private = section.optional("privacy")
    period = section.text("period", None if private else DEFAULT_PERIOD)
    declared = None if private is None else privacy(private, schema, period)
    code, source = section.text("code"), section.optional("source")
    address = None if source is None else _address(source)
    if address is not None and not is_code(code):
        raise InvalidRecord(f"{section.where}: {code!r} is not a code: a-z, 0-9 and '-'")
    file = section.path("file") if address is None else state / SNAPSHOTS / f"{code}.parquet"
    section.done()
    return AssetConfig(code, file, schema, period, declared, address)


def _address(section: Section) -> Address:
    from mpc.sources import address  # loads SQLAlchemy, which only nodes with a database need

    return address.read(section)


def _sensitivity(section: Section) -> Sensitivity:
    rules: list[Rule] = []
    if percent := section.integer("percent", 0):
        rules.append(Percent(percent))
    largest, share = section.integer("largest", 0), section.integer("share", 0)
    if largest or share:
        rules.append(Dominance(largest, share))
    declared = Sensitivity(section.text("respondent", "") or None, tuple(rules))
    section.done()
    return declared


def privacy(section: Section, schema: Schema, period: str) -> Declaration:
    """Read a declaration; nothing in it has a default, all its columns must be the asset's; raises InvalidRecord."""
    bounds, groups = section.section("bounds"), section.section("groups")
    declared = Declaration(
        unit=section.text("unit"),
        neighbours=Neighbours(section.choice("neighbours", tuple(Neighbours))),
        max_rows=section.integer("max_rows"),
        max_groups=section.integer("max_groups"),
        bounds={name: _bounds(bounds.section(name)) for name in bounds.names()},
        groups={name: groups.texts(name) for name in groups.names()},
        units_at=UnitsAt(section.choice("units_at", tuple(UnitsAt))),
        colluders=section.integer("colluders"),
        nulls=Nulls(section.choice("nulls", tuple(Nulls))),
        period=period,
        delta_log2=section.integer("delta_log2"),
        is_exact=section.choice("figures", ("noised", "exact"), "noised") == "exact",
    )
    section.done()
    for name, column in schema.columns.items():
        if name in declared.bounds and isinstance(column, Integer):
            declared.protection(name, column.scale, None)  # raises for bounds that cannot be
    texts = {declared.unit, *declared.groups} - {n for n, column in schema.columns.items() if isinstance(column, Text)}
    numbers = set(declared.bounds) - {n for n, column in schema.columns.items() if isinstance(column, Integer)}
    if wrong := sorted(texts | numbers):
        raise InvalidRecord(f"{section.where}: {wrong[0]!r} is not a column of the right type of this asset")
    return declared


def _bounds(section: Section) -> tuple[int, int]:
    bounds = section.integer("low"), section.integer("high")
    section.done()
    return bounds


def column(section: Section) -> Column:
    """Read the declaration of one column; raises InvalidRecord."""
    kind, nullable = section.text("type"), section.boolean("nullable", False)
    found: Column
    if kind == "integer":
        low, high = section.integer("minimum"), section.integer("maximum")
        found = Integer(low, high, section.integer("scale", 0), nullable)
    elif kind == "date":
        low, high = days(section.date("minimum")), days(section.date("maximum"))
        calendar = Calendar(section.choice("calendar", tuple(Calendar), Calendar.ISO))
        found = Integer(low, high, 0, nullable, calendar)
    elif kind == "text":
        form = Form(section.choice("form", tuple(Form), Form.EXACT))
        found = Text(section.text("pattern"), nullable, form)
    else:
        raise InvalidRecord(f"{section.where}: type must be integer, date or text, got {kind!r}")
    section.done()
    return found
