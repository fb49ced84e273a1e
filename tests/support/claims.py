"""Names of tests as documents write them, and what there is under such a name: a test function of a test file."""

from __future__ import annotations

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"`((?:\.\./)?[\w/]+\.py)::([\w:]+)`")


def claims_of(path: Path) -> set[str]:
    """Return the names of a file's tests, those of classes as Class::test; none if there is no such file."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body if path.is_file() else []:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + m.name for m in members if isinstance(m, ast.FunctionDef) and m.name.startswith("test_")}
    return found


def named(cell: str, below: Path) -> list[str]:
    """The tests that a table's cell names, as file::test below ``tests/``; everything in the cell has to be one."""
    names = _NAME.findall(cell)
    assert len(names) == len(cell.split("<br>")), cell
    return [f"{(below / file).resolve().relative_to(TESTS)}::{name}" for file, name in names]


def missing(names: list[str]) -> list[str]:
    """Those that do not exist."""
    parts = [name.partition("::") for name in names]
    return [file + sep + name for file, sep, name in parts if name not in claims_of(TESTS / file)]
