"""The two tables of attacks name tests that exist, of the refusal and of the success without it, and fit each other."""

import re

import pytest
from claims import TESTS, missing, named

from gateway.attacks import suite

HERE = TESTS / "mpc"
TABLE = TESTS.parent / "docs" / "attacks.md"
WANTED = range(1, 40)
"""Attacks on joint statistics: 1 to 24 of the foundation, 25 to 39 of probing, statistics, budget, engines and keys."""


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def rows(text: str) -> dict[int, list[str]]:
    """The cells of each numbered row: claim, refused, succeeds."""
    found = [cells(line) for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    assert len({number for number, *_ in found}) == len(found)
    return {int(number): rest for number, *rest in found}


def live(text: str) -> dict[str, list[str]]:
    """The cells of each attack of the suite: setting, by, rows above, succeeds."""
    table = text[text.index("| attack | setting |") :].partition("\n\n")[0]
    return {name: rest for name, *rest in map(cells, table.splitlines()[2:])}


PAGE = TABLE.read_text(encoding="utf-8")
ROWS, LIVE = rows(PAGE), live(PAGE)


def test_every_attack_has_its_row() -> None:
    assert set(WANTED) <= set(ROWS)
    assert list(ROWS) == sorted(ROWS)
    assert all(len(found) == 3 and found[0] for found in ROWS.values())


@pytest.mark.parametrize("number", ROWS)
def test_every_row_names_a_refusing_test_and_another_one_without_the_defence(number: int) -> None:
    _, refused, succeeds = (named(cell, HERE) if "`" in cell else [] for cell in ROWS[number])
    assert refused
    assert succeeds
    assert missing(refused) == missing(succeeds) == []
    assert set(succeeds) - set(refused)


def test_the_live_table_is_the_suite() -> None:
    assert list(LIVE) == [attack.name for attack in suite.ATTACKS]
    assert [found[0] for found in LIVE.values()] == [attack.setting.value.en for attack in suite.ATTACKS]
    assert [found[1] for found in LIVE.values()] == [attack.by.en for attack in suite.ATTACKS]


@pytest.mark.parametrize("attack", suite.ATTACKS, ids=lambda attack: attack.name)
def test_a_live_attack_succeeds_without_its_defence_in_a_test_of_its_row(attack: suite.Attack) -> None:
    _, _, row, succeeds = LIVE[attack.name]
    assert tuple(named(succeeds, HERE)) == attack.twins
    assert missing(list(attack.twins)) == []
    if row:
        assert set(attack.twins) & set(named(ROWS[int(row)][2], HERE))


def test_a_test_that_does_not_exist_is_found() -> None:
    here, absent = (
        "mpc/test_attack_table.py::test_every_attack_has_its_row",
        "mpc/test_attack_table.py::test_of_nothing",
    )
    assert missing([here, absent, "mpc/no_such_file.py::test_of_nothing"]) == [
        absent,
        "mpc/no_such_file.py::test_of_nothing",
    ]
    assert named("`test_attack_table.py::test_of_nothing`", HERE) == [absent]
    with pytest.raises(AssertionError):
        named("to be written", HERE)
    assert rows("| 1 | claim | `a` | `b` |\nother\n") == {1: ["claim", "`a`", "`b`"]}
