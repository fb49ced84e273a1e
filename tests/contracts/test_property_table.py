"""docs/property.md: every line about what the contracts hold to names tests that exist."""

from __future__ import annotations

from claims import TESTS, missing, named

PAGE = (TESTS.parent / "docs" / "property.md").read_text(encoding="utf-8")


def rows() -> list[list[str]]:
    """The cells of the table: claim and tests."""
    table = PAGE[PAGE.index("### What the contracts hold to") :].split("\n\n")[2]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_every_claim_about_the_register_has_tests_that_exist() -> None:
    found = rows()
    assert len(found) > 20
    assert missing([name for _, cell in found for name in named(cell, TESTS / "contracts")]) == []
