"""``shuxin rules`` and ``shuxin calendar``: what they print in both languages, and refusals with file and line."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from commandline import say
from smallnetwork import found_registrars
from townspecs import OFFICE

from contracts.calendar.notice import shipped
from contracts.regulation.reader import national
from gateway.network.serving import serve_chain

Run = Callable[..., tuple[int, str, str]]
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "calendar.md").read_text(encoding="utf-8")
CITY = """version = 1
[rule_set]
jurisdiction = "example-city"
title = { zh = "某市办法", en = "Measures of a city" }
instrument = "Order No. 1"
source = "invented for a test"
in_force = 2026-01-01
articles = 30
[[limit]]
code = "answer-conditional"
rule = "R10"
article = "12"
start = { zh = "收到申请", en = "the request is received" }
at_most = %d
unit = "working"
"""
YEAR = """version = 1
[notice]
title = { zh = "演示日历", en = "Demonstration calendar" }
issuer = "invented for a test"
source = "none"
utc_offset = "+08:00"
end_of_day = "24:00"
first = 2027-01-01
last = 2027-12-31
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(say, capsys)


def test_the_national_rules_are_explained_in_both_languages(run: Run) -> None:
    code, english, _ = run("rules", "check")
    assert code == 0
    assert "R12  article 21(2): the provider says no" in english
    assert "answer-conditional: article 21, R10: at most 10 working days" in english
    _, chinese, _ = run("rules", "check", "--language", "zh")
    assert "R12  第21条第2款: 提供部门不同意共享" in chinese
    assert "违规情形: 第39条第4项" in chinese
    _, text, _ = run("rules", "check", "--json")
    told = json.loads(text)
    assert told["digest"] == national().digest.hex()
    assert len(told["rules"]) == 27


def test_a_city_s_rules_stand_beside_the_national_ones(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "city.toml"
    file.write_text(CITY % 5, encoding="utf-8")
    code, out, _ = run("rules", "check", file)
    assert code == 0
    assert "at most 5 working days, the request is received (national: 10)" in out
    file.write_text(CITY % 11, encoding="utf-8")
    code, out, err = run("rules", "check", file)
    assert (code, out) == (2, "")
    assert err.startswith(f"shuxin: {file}:14: answer-conditional: regulation: looser than national: 10, got 11")


@pytest.mark.parametrize("content", [None, "version = ", "[rule_set]\n", "\x00"])
def test_an_unreadable_rule_set_is_one_line(run: Run, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "rules.toml"
    if content is not None:
        file.write_text(content)
    code, _, err = run("rules", "check", file)
    assert code == 2
    assert str(file) in err
    assert len(err.splitlines()) == 1


def test_the_official_vectors_by_command(run: Run) -> None:
    _, out, _ = run("calendar", "due", "2025-09-26", "--days", 1)
    assert out == "due 2025-09-28 (Sunday) 24:00 at UTC+8; late from 2025-09-28T16:00:00Z\n"
    _, out, _ = run("calendar", "due", "2025-09-26", "--limit", "answer-conditional", "--language", "zh")
    assert out == "截止 2025-10-16（星期四）24:00，即 2025-10-16T16:00:00Z 起逾期，R10，第21条\n"
    _, out, _ = run("calendar", "due", "2025-09-28T15:59:59Z", "--days", 1, "--json")
    assert json.loads(out)["due"] == "2025-09-29"
    _, out, _ = run("calendar", "due", "2025-09-28T16:00:00Z", "--days", 1, "--json")
    assert json.loads(out)["due"] == "2025-09-30"
    _, out, _ = run("calendar", "due", "2025-09-26", "--days", 5, "--unit", "calendar", "--json")
    assert json.loads(out)["due"] == "2025-10-09"


def test_a_year_without_a_notice_is_refused_until_one_is_given(run: Run, tmp_path: Path) -> None:
    code, out, err = run("calendar", "due", "2027-03-02", "--days", 1)
    assert (code, out) == (2, "")
    assert "no holiday notice covers 2027-03-03, and none is guessed" in err
    _, _, err = run("calendar", "due", "2027-03-02", "--days", 1, "--language", "zh")
    assert "不作推测" in err
    file = tmp_path / "2027.toml"
    file.write_text(YEAR, encoding="utf-8")
    _, out, _ = run("calendar", "due", "2027-03-05", "--days", 1, "--notice", file, "--json")
    assert json.loads(out)["due"] == "2027-03-08"


def test_a_city_s_deadline_is_its_own(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "city.toml"
    file.write_text(CITY % 5, encoding="utf-8")
    _, out, _ = run("calendar", "due", "2025-09-26", "--limit", "answer-conditional", "--rules", file, "--json")
    assert (json.loads(out)["due"], json.loads(out)["instrument"]) == ("2025-10-10", "Order No. 1")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("2025-09-26",), "give --days or --limit"),
        (("2025-09-26", "--days", "1", "--limit", "supply"), "give --days or --limit"),
        (("2025-09-26", "--days", "0"), "days"),
        (("yesterday", "--days", "1"), "expected 2025-09-26"),
        (("2025-09-26", "--limit", "tea-break"), "no limit 'tea-break'"),
    ],
)
def test_a_question_without_an_answer_is_refused(run: Run, arguments: tuple[str, ...], reason: str) -> None:
    code, _, err = run("calendar", "due", *arguments)
    assert code == 2
    assert reason in err


def test_notices_are_shown_and_overlaps_refused(run: Run, tmp_path: Path) -> None:
    _, out, _ = run("calendar", "show", "--language", "zh")
    assert "放假: 2025-01-01, 2025-01-28" in out
    _, out, _ = run("calendar", "show", "--json")
    assert json.loads(out)[0]["digest"] == shipped()[0].digest.hex()
    file, again = tmp_path / "2027.toml", tmp_path / "again.toml"
    for path in (file, again):
        path.write_text(YEAR, encoding="utf-8")
    code, out, err = run("calendar", "show", file, again)
    assert (code, out) == (2, "")
    assert "overlap" in err
    file.write_text(YEAR.replace("2027-12-31", "2027-13-31"), encoding="utf-8")
    assert run("calendar", "show", file)[2].startswith(f"shuxin: {file}:9: ")


def test_the_examples_of_the_page_say_what_the_commands_say(run: Run) -> None:
    lines = PAGE.splitlines()
    examples = [(line[6:], lines[n + 1][4:]) for n, line in enumerate(lines) if line.startswith("    $ shuxin ")]
    assert len(examples) == 3
    for typed, said in examples:
        _, out, err = run(*shlex.split(typed)[1:])
        assert (out + err).strip() == said


@pytest.mark.slow
def test_members_adopt_a_notice_and_a_city_s_rules_by_command(run: Run, tmp_path: Path) -> None:
    found_registrars(tmp_path / "net")
    config = tmp_path / "net" / "parties" / OFFICE / "node.toml"
    year, rules = tmp_path / "2029.toml", tmp_path / "city.toml"
    year.write_text(YEAR.replace("2027", "2029"), encoding="utf-8")
    rules.write_text(CITY % 5, encoding="utf-8")
    with serve_chain(tmp_path / "net"):
        assert run("calendar", "adopt", year, "--config", config) == (0, f"{year}: in force (1 of 1 members)\n", "")
        assert run("calendar", "adopt", year, "--config", config)[1] == f"{year}: in force; nothing to do\n"
        assert run("rules", "adopt", rules, "--config", config)[1] == f"{rules}: in force (1 of 1 members)\n"
        code, _, err = run("rules", "adopt", rules, "--config", config, "--key", "officer")
        assert code == 0  # in force already: nothing to sign
        level = ("level", "set", OFFICE, 2, "--config", config)
        assert run(*level)[1] == f"{OFFICE}: level 2: in force (1 of 1 members)\n"
        assert run(*level, "--language", "zh")[1] == f"{OFFICE}：接收方等级 2：已生效，无需重复\n"
        assert run("level", "show", OFFICE, "--config", config)[1].startswith(f"{OFFICE}: level 2, may receive")
        told = json.loads(run("level", "show", OFFICE, "--config", config, "--json")[1])
        assert told == {"party": OFFICE, "level": 2}
        code, _, err = run("level", "set", "nobody", 2, "--config", config)
        assert (code, err) == (2, "shuxin: party nobody: none of this code is registered\n")
        assert run("level", "set", OFFICE, 5, "--config", config)[0] == 2
        rules.write_text(CITY % 4, encoding="utf-8")
        code, _, err = run("rules", "adopt", rules, "--config", config, "--key", "officer")
        assert (code, err) == (1, "shuxin: the chain refuses to propose: governance: members only\n")
