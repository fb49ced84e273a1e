"""Standards for self-checks (等保、DSMM): their items, and which exhibit of the chain speaks to each, or why none.

Read strictly from TOML. What it does NOT do: repeat a standard's text, or say that an organization meets it; most items
are about what no chain can see, and say so.
Sources: GB/T 22239-2019 (level 3) and GB/T 37988-2019, item numbers and names only.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from contracts import document
from contracts.document import Document, Table
from contracts.regulation.rule_set import Wording

VERSION = 1


class Code(StrEnum):
    """The standards that come with this package."""

    MLPS = "mlps"
    DSMM = "dsmm"


@dataclass(frozen=True, slots=True)
class StandardItem:
    """One item. Either exhibit and asks, or outside: why the chain shows nothing of it."""

    id: str
    name: Wording
    exhibit: str = ""
    asks: Wording | None = None
    outside: Wording | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard as far as it is checked."""

    code: Code
    number: str
    title: Wording
    scope: Wording
    source: str
    items: tuple[StandardItem, ...]


@cache
def shipped(code: Code, exhibits: frozenset[str]) -> Standard:
    """Return a standard that comes with this package.

    Args:
        exhibits: codes that an item may name.
    """
    file = resources.files("contracts.oversight.selfchecks").joinpath("standards", f"{code.value}.toml")
    return read(file.read_bytes(), f"{code.value}.toml", exhibits)


def read(data: bytes, file: str, exhibits: Collection[str]) -> Standard:
    """Read a standard; raises InvalidRecord, "file:line: what is wrong"."""
    found = document.parse(data, file)
    found.root.only({"version"})
    if found.root.number("version", 1, 1 << 31) != VERSION:
        found.root.refuse(f"version must be {VERSION}", "version")
    found.only({"standard"}, {"reason", "item"})
    head = found.one("standard")
    head.only({"code", "number", "title", "scope", "source"})
    if head.text("code") not in tuple(Code):
        head.refuse(f"code: expected one of {', '.join(Code)}", "code")
    items = _items(found, _reasons(found), exhibits)
    title, scope = Wording(*head.pair("title")), Wording(*head.pair("scope"))
    return Standard(Code(head.text("code")), head.text("number"), title, scope, head.text("source"), items)


def _reasons(found: Document) -> dict[str, Wording]:
    reasons = {}
    for table in found.all("reason"):
        table.only({"code", "words"})
        reasons[table.text("code")] = Wording(*table.pair("words"))
    return reasons


def _items(found: Document, reasons: dict[str, Wording], exhibits: Collection[str]) -> tuple[StandardItem, ...]:
    items: dict[str, StandardItem] = {}
    for table in found.all("item"):
        item = _item(table, reasons, exhibits)
        if item.id in items:
            table.refuse(f"item {item.id} appears twice", "id")
        items[item.id] = item
    if not items:
        found.root.refuse("no items")
    return tuple(items.values())


def _item(table: Table, reasons: dict[str, Wording], exhibits: Collection[str]) -> StandardItem:
    id, name = table.text("id"), Wording(*table.pair("name"))
    if "outside" in table.values:
        table.only({"id", "name", "outside"})
        if (reason := table.text("outside")) not in reasons:
            table.refuse(f"outside: unknown reason {reason!r}", "outside")
        return StandardItem(id, name, outside=reasons[reason])
    table.only({"id", "name", "exhibit", "asks"})
    if (exhibit := table.text("exhibit")) not in exhibits:
        table.refuse(f"exhibit: unknown {exhibit!r}", "exhibit")
    return StandardItem(id, name, exhibit, Wording(*table.pair("asks")))
