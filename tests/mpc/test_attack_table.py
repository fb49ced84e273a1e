"""The table of attacks names, for each, tests that exist: of the refusal and of the success without it."""

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = HERE.parents[1] / "docs" / "attacks.md"
NAME = re.compile(r"`((?:\.\./)?[\w/]+\.py)::([\w:]+)`")


def rows(text: str) -> dict[int, list[str]]:
    """The cells of each numbered row: claim, refused, succeeds."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    found = {int(number): [cell.strip() for cell in cells] for number, *cells in lines}
    assert len(found) == len(lines)
    return found


def named(cell: str) -> list[tuple[str, str]]:
    """File and test; everything in the cell has to be one."""
    names = NAME.findall(cell)
    assert len(names) == len(cell.split("<br>")), cell
    return names


def claims_of(path: Path) -> set[str]:
    """Names of a file's tests, those of classes as Class::test."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + m.name for m in members if isinstance(m, ast.FunctionDef) and m.name.startswith("test_")}
    return found


def missing(cell: str) -> list[str]:
    return [f"{file}::{name}" for file, name in named(cell) if name not in claims_of(HERE / file)]


ROWS = rows(TABLE.read_text(encoding="utf-8"))


def test_every_attack_has_its_row() -> None:
    assert list(ROWS)[:24] == list(range(1, 25))
    assert list(ROWS) == sorted(ROWS)
    assert all(len(cells) == 3 and cells[0] for cells in ROWS.values())


@pytest.mark.parametrize("number", ROWS)
def test_every_named_test_exists(number: int) -> None:
    _, refused, succeeds = ROWS[number]
    assert missing(refused) == missing(succeeds) == []


def test_a_test_that_does_not_exist_is_found() -> None:
    absent = "test_attack_table.py::test_of_nothing"
    assert missing(f"`test_attack_table.py::test_every_attack_has_its_row`<br>`{absent}`") == [absent]
    with pytest.raises(AssertionError):
        named("to be written")
