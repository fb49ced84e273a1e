"""Writes ``docs/regulation.md``: article, rule, contract line, test. ``python -m contracts.regulation.table [--check]``

    --check   write nothing; fail if the committed table is not what sources and tests give now

Line numbers are looked up by phrases, tests by name, so that the table cannot claim what no longer stands there. A
development tool: it reads the source tree and is not needed to run anything.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from contracts import document
from contracts.document import Table
from contracts.regulation.reader import national
from contracts.regulation.rule_set import Rule, RuleSet, StatedLimit
from contracts.regulation.rules import LimitUnit
from ledger.errors import InvalidRecord

ROOT = Path(__file__).resolve().parents[2]
COVERAGE = Path(__file__).resolve().parent / "coverage.toml"
TARGET = ROOT / "docs" / "regulation.md"
STATUSES = {
    "enforced": "a contract refuses what the rule forbids",
    "partly": "a contract refuses some of it; the last column says what it does not",
    "stated": "the limit stands on chain and is computed there; nothing refuses or marks a breach yet",
    "found": "no contract can see a breach of it; an authority that does states it on chain",
    "open": "not built",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """What holds one rule: places are (path from the root, line number), tests are (path, name).

    accepted: tests of what the rule allows; refused: tests in which the rule is what refuses.
    """

    rule: str
    status: str
    places: tuple[tuple[str, int], ...]
    accepted: tuple[tuple[str, str], ...]
    refused: tuple[tuple[str, str], ...]
    gap: str


def main(arguments: list[str] | None = None) -> int:
    """Write the table, or check the committed one."""
    parser = argparse.ArgumentParser(prog="python -m contracts.regulation.table", description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the table is out of date")
    text = render(national(), read(COVERAGE.read_bytes(), ROOT))
    if parser.parse_args(arguments).check:
        if TARGET.read_text(encoding="utf-8") != text:
            print("docs/regulation.md is out of date: run python -m contracts.regulation.table", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


def read(data: bytes, root: Path, file: str = "coverage.toml") -> tuple[Coverage, ...]:
    """Read what holds which rule, and find it in the source tree.

    Raises:
        InvalidRecord: "file:line: ..." a phrase or test that is not there, or a claim without line and test.
    """
    found = document.parse(data, file)
    found.root.only({"version"})
    found.only(set(), {"coverage"})
    rows = tuple(_coverage(table, root) for table in found.all("coverage"))
    expected = [rule.id for rule in national().rules]
    if [row.rule for row in rows] != expected:
        raise InvalidRecord(f"{file}:1: expected each of {expected[0]} to {expected[-1]} once, in order")
    return rows


def render(rules: RuleSet, rows: tuple[Coverage, ...]) -> str:
    """Return the document."""
    by_status = {status: [row.rule for row in rows if row.status == status] for status in STATUSES}
    lines = [
        "# The Regulation as rules",
        "",
        "Generated from `contracts/regulation/national.toml`, `coverage.toml`, the contracts and the tests by",
        "`python -m contracts.regulation.table`; a test fails while it is out of date. Do not edit by hand.",
        "",
        f"{rules.title.zh} / {rules.title.en}, {rules.instrument}, in force since {rules.in_force}.",
        f"Digest of the rule set: `{rules.digest.hex()}`.",
        "",
        "| status | rules | meaning |",
        "|---|---|---|",
        *(f"| {status} | {len(ids)}: {', '.join(ids)} | {STATUSES[status]} |" for status, ids in by_status.items()),
        "",
        "## Rules",
        "",
        "| article | rule | what it asks | breach | status | contract line | accepted | refused | not enforced |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(rules.rule(row.rule), row) for row in rows),
        "",
        "## Limits",
        "",
        "As Regulation holds them on chain; a jurisdiction may be stricter, never looser.",
        "",
        "| limit | article | rule | from | length |",
        "|---|---|---|---|---|",
        *(_limit(limit) for limit in rules.limits),
        "",
    ]
    return "\n".join(lines)


def _row(rule: Rule, row: Coverage) -> str:
    places = "<br>".join(f"[{Path(path).name}:{line}](../{path}#L{line})" for path, line in row.places)
    listed = (row.accepted, row.refused)
    accepted, refused = ("<br>".join(f"[{name}](../{path})" for path, name in tests) for tests in listed)
    cells = (
        ", ".join(rule.articles), rule.id, f"{rule.condition.zh}<br>{rule.condition.en}", ", ".join(rule.breaches),
        row.status, places, accepted, refused, row.gap,
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _limit(limit: StatedLimit) -> str:
    unit = {LimitUnit.WORKING: "working days", LimitUnit.CALENDAR: "calendar days", LimitUnit.YEARS: "years"}
    found = limit.length
    length = f"{'at least' if found.minimum else 'at most'} {found.amount} {unit[LimitUnit(found.unit)]}"
    return f"| {limit.code} | {limit.article} | {limit.rule} | {limit.start.zh}<br>{limit.start.en} | {length} |"


def _coverage(table: Table, root: Path) -> Coverage:
    table.only({"rule", "status"}, {"lines", "accepted", "refused", "gap"})
    status = table.text("status")
    if status not in STATUSES:
        table.refuse(f"status: expected one of {', '.join(STATUSES)}, got {status!r}", "status")
    places = tuple(_place(table, item, root) for item in table.texts("lines")) if "lines" in table.values else ()
    accepted, refused = (_tests(table, key, root) for key in ("accepted", "refused"))
    if {bool(places), bool(accepted), bool(refused)} != {status != "open"}:
        table.refuse("a rule is open, or names the lines that hold it and tests that are accepted and refused")
    gap = "" if status == "enforced" else table.text("gap")
    return Coverage(table.text("rule"), status, places, accepted, refused, gap)


def _place(table: Table, item: str, root: Path) -> tuple[str, int]:
    name, _, phrase = item.partition(" | ")
    path = root / "contracts" / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    found = [number for number, line in enumerate(lines, start=1) if phrase and phrase in line]
    if len(found) != 1:
        table.refuse(f"{item!r}: expected one such line, found {len(found)}", "lines")
    return f"contracts/{name}", found[0]


def _tests(table: Table, key: str, root: Path) -> tuple[tuple[str, str], ...]:
    return tuple(_test(table, key, item, root) for item in table.texts(key)) if key in table.values else ()


def _test(table: Table, key: str, item: str, root: Path) -> tuple[str, str]:
    name, _, test = item.partition("::")
    path = root / name
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    if not re.search(rf"^def {re.escape(test)}\(", text, re.MULTILINE) or not test.startswith("test_"):
        table.refuse(f"{item!r}: no such test", key)
    return name, test


if __name__ == "__main__":
    sys.exit(main())
