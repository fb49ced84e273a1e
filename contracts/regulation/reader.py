"""Reads rule sets from their TOML files; every complaint names file and line.

Source of the format: ``national.toml`` beside this file, which is also the rule set every other one is bounded by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TypeVar

from contracts import document
from contracts.document import Document, Table
from contracts.regulation.rule_set import NATIONAL, Bound, Rule, RuleSet, StatedLimit, Wording, place
from contracts.regulation.rules import MAX_AMOUNT, MAX_LIMITS, Limit, LimitUnit
from ledger.errors import InvalidRecord

VERSION = 1
UNITS = {unit.name.lower(): unit for unit in LimitUnit}
T = TypeVar("T")


@cache
def national() -> RuleSet:
    """Return the national rule set that comes with this package."""
    file = resources.files("contracts.regulation").joinpath("national.toml")
    return read(file.read_bytes(), "national.toml", None)


def load(path: Path) -> RuleSet:
    """Read a rule set from a file, bounded by the national one that comes with this package.

    Raises:
        NotFound: there is no such file. InvalidRecord: "file:line: what is wrong".
    """
    return read(document.load(path, "rule set"), str(path), national())


def read(data: bytes, file: str, bound: RuleSet | None) -> RuleSet:
    """Read a rule set from its bytes.

    Args:
        bound: the national rule set; not used by a file that is itself one.
    Raises:
        InvalidRecord: "file:line: what is wrong".
    """
    found = document.parse(data, file)
    found.root.only({"version"})
    if found.root.number("version", 1, 1 << 31) != VERSION:
        found.root.refuse(f"version must be {VERSION}", "version")
    found.only({"rule_set"}, {"rule", "limit"})
    head = found.one("rule_set")
    head.only({"jurisdiction", "title", "instrument", "source", "in_force", "articles"})
    jurisdiction = head.text("jurisdiction", 63)
    if jurisdiction == NATIONAL:
        bound = None
    elif bound is None:
        head.refuse("needs the national rule set that bounds it", "jurisdiction")
    elif found.all("rule"):
        found.all("rule")[0].refuse("only the national rule set holds rules; others hold stricter limits")
    articles = head.number("articles", 1, 999)
    _once(found, "rule", "id")
    _once(found, "limit", "code")
    rules = tuple(_rule(table, articles) for table in found.all("rule"))
    known = {rule.id for rule in (bound.rules if bound else rules)}
    limits = tuple(_limit(table, articles, known, bound) for table in found.all("limit"))
    if len(limits) > MAX_LIMITS:
        found.all("limit")[-1].refuse(f"more than {MAX_LIMITS} limits")
    return _at(head, lambda: RuleSet(
        jurisdiction, Wording(*head.pair("title")), head.text("instrument"), head.text("source"),
        head.day("in_force"), articles, rules, limits, bound,
    ))  # fmt: skip


def _rule(table: Table, articles: int) -> Rule:
    table.only({"id", "binds", "articles", "condition", "message", "breaches"})
    binds = table.text("binds")
    if binds not in list(Bound):
        table.refuse(f"binds: expected one of {', '.join(Bound)}, got {binds!r}", "binds")
    for article in table.texts("articles"):
        _cited(table, "articles", article, articles)
    for breach in table.texts("breaches"):
        _cited(table, "breaches", breach, articles)
    return _at(table, lambda: Rule(
        table.text("id"), Bound(binds), table.texts("articles"), Wording(*table.pair("condition")),
        Wording(*table.pair("message")), table.texts("breaches"),
    ))  # fmt: skip


def _limit(table: Table, articles: int, known: Collection[str], bounds: RuleSet | None) -> StatedLimit:
    length = "at_least" if "at_least" in table.values else "at_most"
    table.only({"code", "rule", "article", "start", "unit", length})
    if (unit := table.text("unit")) not in UNITS:
        table.refuse(f"unit: expected one of {', '.join(UNITS)}, got {unit!r}", "unit")
    if table.text("rule") not in known:
        table.refuse(f"unknown rule {table.text('rule')!r}", "rule")
    _cited(table, "article", table.text("article"), articles)
    amount = table.number(length, 1, MAX_AMOUNT)
    stated = _at(table, lambda: StatedLimit(
        table.text("code"), table.text("rule"), table.text("article"), Wording(*table.pair("start")),
        Limit(amount, UNITS[unit], length == "at_least"),
    ))  # fmt: skip
    if bounds is not None:
        _at(table, lambda: bounds.bound(stated), length)
    return stated


def _cited(table: Table, key: str, article: str, articles: int) -> None:
    number, _ = _at(table, lambda: place(article), key)
    if number > articles:
        table.refuse(f"unknown article {article!r}, there are {articles}", key)


def _once(found: Document, name: str, key: str) -> None:
    seen: set[object] = set()
    for table in found.all(name):
        value = table.values.get(key)
        if isinstance(value, str) and value in seen:
            table.refuse(f"{name} {value!r} appears twice", key)
        seen.add(str(value))


def _at(table: Table, make: Callable[[], T], key: str | None = None) -> T:
    """Make a value; a complaint about it that names no line gets the table's, or the key's."""
    try:
        return make()
    except InvalidRecord as fault:
        if str(fault).startswith(f"{table.file}:"):
            raise
        table.refuse(str(fault), key)
