"""Kinds of cases as files: what comes with the program reads, a user's own does too, and anything else says where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import say

from contracts.applications.rules import RegistrationType
from contracts.cases.rules import ClockUnit
from gateway.property.cases.template import find, read, shipped
from ledger.errors import InvalidRecord, NotFound

OWN = """code = "own"
title = { zh = "自定义", en = "our own" }
source = "decision 7 of the district"
calendar_days = 3

[[paper]]
code = "form"
title = { zh = "申请表", en = "form" }

[[step]]
code = "approval"
department = "planning"
title = { zh = "批准", en = "approval" }

[[step]]
code = "entry"
department = "registrar"
title = { zh = "登记", en = "entry" }
registration = "alteration"
"""


def test_every_template_of_the_program_reads_in_both_languages() -> None:
    assert shipped() == ("ktv-licence", "one-window", "wuhan-new-home")
    for name in shipped():
        found = find(name)
        assert found is not None
        assert found.code == name
        assert all(len(item.title) == 2 for item in (*found.papers, *found.steps))


def test_the_clocks_are_those_that_were_promised() -> None:
    clocks = {name: (found.amount, found.unit) for name in shipped() if (found := find(name))}
    assert clocks["one-window"] == (3600, ClockUnit.SECONDS)
    assert clocks["ktv-licence"] == (30, ClockUnit.CALENDAR_DAYS)
    assert clocks["wuhan-new-home"] == (30, ClockUnit.WORKING_DAYS)


def test_a_user_s_own_file_is_a_template_without_code(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    found = find(str(file))
    assert found is not None
    assert (found.code, found.departments, found.amount) == ("own", ("planning", "registrar"), 3)
    assert found.work("planning", 1) == ()
    assert found.work("registrar", 0) == (RegistrationType.ALTERATION,)
    assert found.parties({"planning": "planning-bureau"}) == ("planning-bureau", "registrar")


def test_a_name_that_is_no_template_is_none_and_a_path_without_file_is_not_found() -> None:
    assert find("some-code") is None
    with pytest.raises(NotFound):
        find("absent.toml")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("calendar_days = 3", "", r"own.toml:1: expected one of minutes, calendar_days, working_days, got 0"),
        ("calendar_days = 3", "calendar_days = 3\nminutes = 3", r"own.toml:1: expected one of .*, got 2"),
        ("calendar_days = 3", "calendar_days = 251", r"own.toml:4: calendar_days: expected a number from 1 to 250"),
        ("calendar_days = 3", "calendar_days = 0", r"own.toml:4: "),
        ('department = "planning"\n', "", r"own.toml:10: department missing"),
        ('registration = "alteration"', 'registration = "sale"', r"own.toml:19: registration: expected one of first"),
        ('code = "entry"', 'code = "approval"', r"own.toml:16: code 'approval' appears twice"),
        ('department = "registrar"', 'department = "planning"', r"planning: its steps are documents or .* not both"),
        ('en = "our own"', 'de = "unser"', r"own.toml:2: title: expected a text in zh and in en"),
        ("[[paper]]", "[[papers]]", r"own.toml:6: unknown table 'papers'"),
        ('source = "decision 7 of the district"', 'source = ""', r"own.toml:3: source"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(old: str, new: str, reason: str) -> None:
    assert old in OWN
    with pytest.raises(InvalidRecord, match=reason):
        read(OWN.replace(old, new, 1).encode(), "own.toml")


def test_parties_and_work_are_those_of_the_template() -> None:
    found = read(OWN.encode(), "own.toml")
    with pytest.raises(InvalidRecord, match="no department 'tax'; it has planning, registrar"):
        found.parties({"tax": "tax"})
    with pytest.raises(InvalidRecord, match="one party cannot be two departments"):
        found.parties({"planning": "registrar"})
    with pytest.raises(InvalidRecord, match="planning brings approval: expected 1 documents, got 2"):
        found.work("planning", 2)
    with pytest.raises(InvalidRecord, match="no department 'tax'"):
        found.work("tax", 1)


def test_the_command_lists_and_shows_templates(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def said(*arguments: str) -> str:
        code, out, _ = say(capsys, "property", "case", "templates", *arguments)
        return "" if code else out

    assert [one["code"] for one in json.loads(said("--json"))] == list(shipped())
    assert json.loads(said("one-window", "--json"))[0]["steps"][1]["department"] == "tax"
    assert "30 days" in said()
    assert "合同网签备案" in said("wuhan-new-home", "--language", "zh")
    assert said("no-such") == ""
