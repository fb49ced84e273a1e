"""Rule sets: the national one is complete, a local one only stricter, and every refusal names its article."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from verdict import verdict

from contracts.calendar.dates import moment_of
from contracts.calendar.notice import merged, shipped
from contracts.regulation import table
from contracts.regulation.reader import load, national, read
from contracts.regulation.reading import cite, deadline, refusal
from contracts.regulation.rule_set import BREACH_ITEMS, RULE_IDS, place
from ledger.errors import Conflict, InvalidRecord, NotFound

NATIONAL = resources.files("contracts.regulation").joinpath("national.toml").read_text(encoding="utf-8")
CITY = """version = 1

[rule_set]
jurisdiction = "example-city"
title = { zh = "某市政务数据共享办法", en = "Measures of an example city" }
instrument = "Order No. 1"
source = "invented for a test"
in_force = 2026-01-01
articles = 30

[[limit]]
code = "answer-conditional"
rule = "R10"
article = "12(2)"
start = { zh = "收到申请", en = "the request is received" }
at_most = 5
unit = "working"
"""
RETENTION = """
[[limit]]
code = "retention"
rule = "R22"
article = "20"
start = { zh = "记录形成", en = "the record is made" }
at_least = 5
unit = "years"
"""


def city(old: str = "version = 1", new: str = "version = 1") -> bytes:
    assert CITY.count(old) == 1
    return CITY.replace(old, new).encode()


def nation(old: str, new: str) -> bytes:
    assert old in NATIONAL
    return NATIONAL.replace(old, new, 1).encode()


def line_of(text: str, phrase: str) -> int:
    return text[: text.index(phrase)].count("\n") + 1


def test_the_national_rule_set_holds_all_rules_and_limits() -> None:
    assert tuple(rule.id for rule in national().rules) == RULE_IDS
    lengths = {limit.code: (limit.length.amount, limit.length.minimum) for limit in national().limits}
    assert lengths == {
        "catalogue-update": (10, False), "catalogue-extension": (5, False), "catalogue-review": (2, False),
        "answer-unconditional": (1, False), "answer-conditional": (10, False), "answer-extension": (10, False),
        "supply": (20, False), "correction": (10, False), "retention": (3, True),
    }  # fmt: skip


def test_breach_codes_are_items_of_the_lists() -> None:
    named = {breach for rule in national().rules for breach in rule.breaches}
    assert all(0 < item <= BREACH_ITEMS[article] for article, item in map(place, named))
    assert {"39(4)", "40(1)", "40(5)", "41(2)"} <= named
    for breach in ("39(10)", "40(8)", "41(4)", "42(1)", "39"):
        with pytest.raises(InvalidRecord, match="unknown"):
            read(nation('breaches = ["39(1)"]', f'breaches = ["{breach}"]'), "f.toml", None)


def test_every_refusal_names_its_article_in_both_languages() -> None:
    for rule in national().rules:
        for language in ("zh", "en"):
            text = refusal(national(), rule.id).text(language)
            assert rule.id in text
            assert all(str(place(article)[0]) in text for article in rule.articles)
            assert cite(rule.articles, language) in text
    with pytest.raises(NotFound, match="no rule 'R28'"):
        refusal(national(), "R28")


def test_deadlines_name_article_rule_and_day() -> None:
    days, start = merged(shipped()), moment_of("2025-09-26T15:59:59Z")
    found = deadline(national(), days, "answer-conditional", start)
    assert (str(found.last_day), found.rule.id, found.limit.article) == ("2025-10-16", "R10", "21")
    assert found.until == moment_of("2025-10-16T16:00:00Z")
    assert not found.is_missed(found.until - 1)
    assert found.is_missed(found.until)
    with pytest.raises(Conflict, match="clock went backwards"):
        found.is_missed(start - 1)
    with pytest.raises(Conflict, match="no deadline"):
        deadline(national(), days, "retention", start)
    with pytest.raises(NotFound, match="no limit"):
        deadline(national(), days, "tea-break", start)
    with pytest.raises(NotFound, match="day without a calendar"):
        deadline(national(), days, "supply", moment_of("2026-12-10"))


def test_a_stricter_city_has_its_own_deadline_and_the_national_others() -> None:
    rules, days, start = read(city(), "f.toml", national()), merged(shipped()), moment_of("2025-09-26")
    own = deadline(rules, days, "answer-conditional", start)
    assert (str(own.last_day), own.instrument, own.limit.article) == ("2025-10-10", "Order No. 1", "12(2)")
    other = deadline(rules, days, "answer-unconditional", start)
    assert (str(other.last_day), other.instrument) == ("2025-09-28", national().instrument)
    assert rules.call.limits != national().call.limits
    assert rules.rule("R12") == national().rule("R12")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (city("at_most = 5", "at_most = 11"), "f.toml:16: answer-conditional: regulation: looser than national: 10"),
        (city("at_most = 5", "at_least = 5"), "f.toml:16: answer-conditional: regulation: another kind of limit"),
        (city('unit = "working"', 'unit = "calendar"'), "f.toml:16: answer-conditional: regulation: another kind"),
        (city('"answer-conditional"', '"tea-break"'), "f.toml:16: unknown limit 'tea-break'"),
        (city('rule = "R10"', 'rule = "R09"'), "f.toml:16: answer-conditional is a limit of R10, not of R09"),
        (city('rule = "R10"', 'rule = "R28"'), "f.toml:13: unknown rule 'R28'"),
        (city('"12(2)"', '"31"'), "f.toml:14: unknown article '31', there are 30"),
        (city('"12(2)"', '"twelve"'), "f.toml:14: unknown article 'twelve'"),
        (city('unit = "working"', 'unit = "weeks"'), "f.toml:17: unit: expected one of"),
        (city("at_most = 5", "at_most = 0"), "f.toml:16: at_most: expected a number"),
        (city("at_most = 5", "at_most = 5\nat_least = 5"), "f.toml:16: unknown key 'at_most'"),
        (city("version = 1", "version = 3"), "f.toml:1: version must be 1"),
        (city('source = "invented for a test"\n', ""), "f.toml:3: source missing"),
        (city() + CITY[CITY.index("\n[[limit]]") :].encode(), "f.toml:20: limit 'answer-conditional' appears twice"),
        (city() + NATIONAL[NATIONAL.index("\n[[rule]]") : NATIONAL.index('\n[[rule]]\nid = "R02"')].encode(),
         "f.toml:19: only the national rule set holds rules"),
        (city() + RETENTION.replace("at_least = 5", "at_least = 2").encode(), "f.toml:24: retention: regulation: loo"),
    ],
)  # fmt: skip
def test_a_local_rule_set_that_loosens_or_errs_is_refused_with_its_line(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidRecord) as fault:
        read(data, "f.toml", national())
    assert str(fault.value).startswith(reason)
    read(city() + RETENTION.encode(), "f.toml", national())


def test_without_its_two_bounds_a_loose_city_would_gain_days(monkeypatch: pytest.MonkeyPatch) -> None:
    days, start = merged(shipped()), moment_of("2025-09-26")
    loose = city("at_most = 5", "at_most = 3").replace(b"answer-conditional", b"answer-unconditional")
    loose = loose.replace(b"R10", b"R09")
    monkeypatch.setattr("contracts.regulation.rule_set.require_no_looser", lambda own, national: None)
    rules = read(loose, "f.toml", national())
    assert str(deadline(rules, days, "answer-unconditional", start).last_day) == "2025-09-28"  # the second holds
    monkeypatch.setattr("contracts.regulation.reading.effective", lambda own, national: own)
    assert str(deadline(rules, days, "answer-unconditional", start).last_day) == "2025-09-30"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('articles = ["13"]', 'articles = ["45"]', "unknown article '45', there are 44"),
        ('articles = ["13"]', "articles = []", "R03 cites no article"),
        ('id = "R03"', 'id = "R28"', "unknown rule 'R28'"),
        ('id = "R03"', 'id = "R02"', "rule 'R02' appears twice"),
        ('binds = "all"', 'binds = "nobody"', "binds: expected one of"),
        ('at_most = 20\nunit = "working"', 'at_most = 20\nunit = "years"', "supply: years are for what must be kept"),
        ('jurisdiction = "national"', 'jurisdiction = "province"', "needs the national rule set"),
    ],
)
def test_a_broken_national_rule_set_is_refused_with_its_line(old: str, new: str, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=rf"^f.toml:[0-9]+: {reason}"):
        read(nation(old, new), "f.toml", None)


def test_a_national_rule_set_without_a_rule_is_refused() -> None:
    cut = NATIONAL[: NATIONAL.index('[[rule]]\nid = "R27"')] + NATIONAL[NATIONAL.index("[[limit]]") :]
    with pytest.raises(InvalidRecord, match="lacks R27"):
        read(cut.encode(), "f.toml", None)


def test_the_digest_is_over_the_content_not_over_comments() -> None:
    assert read(b"# more\n" + NATIONAL.encode(), "f.toml", None).digest == national().digest
    assert read(nation("at_most = 20", "at_most = 19"), "f.toml", None).digest != national().digest
    assert national().call.digest == national().digest


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such rule set"):
        load(tmp_path / "city.toml")
    (tmp_path / "city.toml").write_text(CITY, encoding="utf-8")
    assert load(tmp_path / "city.toml").jurisdiction == "example-city"


def test_a_file_beyond_the_limit_is_not_taken_in(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text(CITY + "#" * (1 << 20), encoding="utf-8")
    with pytest.raises(InvalidRecord, match="at most 1048576 bytes"):
        load(tmp_path / "city.toml")


@given(st.integers(0, len(CITY.encode()) - 1), st.integers(0, 255))
@settings(max_examples=60)
def test_a_changed_byte_raises_only_invalid_record(at: int, byte: int) -> None:
    data = bytearray(CITY.encode())
    data[at] = byte
    _, reason = verdict(lambda: read(bytes(data), "f.toml", national()), refusal=InvalidRecord)
    assert not reason or reason.startswith("f.toml:")


def test_the_table_of_rules_is_current() -> None:
    assert table.main(["--check"]) == 0, "run python -m contracts.regulation.table"


ROW = '[[coverage]]\nrule = "R12"\nstatus = "enforced"\n'
LINE = 'lines = ["catalogue/catalogue.vy | too many rows"]\n'
HERE = "tests/contracts/test_rule_set.py::test_the_table_of_rules_is_current"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('[[coverage]]\nrule = "R12"\nstatus = "enforced"\n', "a rule is open, or names"),
        (ROW + 'lines = ["catalogue/catalogue.vy | no such phrase"]\n', "expected one such line, found 0"),
        (ROW + 'lines = ["catalogue/catalogue.vy | asset"]\n', "expected one such line"),
        (ROW + 'lines = ["catalogue/catalogue.vy | catalogue: too many rows"]\n', "a rule is open, or names"),
        (ROW + f'{LINE}accepted = ["x.py::test_x"]\n', "no such test"),
        (ROW + f'{LINE}accepted = ["{HERE}"]\n', "accepted and refused"),
        (ROW + f'{LINE}refused = ["{HERE}"]\n', "accepted and refused"),
        ('[[coverage]]\nrule = "R12"\nstatus = "done"\n', "status: expected one of"),
        ('[[coverage]]\nrule = "R12"\nstatus = "open"\n', "gap: expected a text"),
        ('[[coverage]]\nrule = "R12"\nstatus = "open"\ngap = "not built"\n', "expected each of R01 to R27 once"),
    ],
)
def test_a_claim_without_line_and_test_is_refused(row: str, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=f"^coverage.toml:[0-9]+: .*{reason}"):
        table.read(b"version = 1\n" + row.encode(), table.ROOT)
