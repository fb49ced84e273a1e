"""Replay: what a stricter rule set would have refused or found late, on the pure rules, never on the chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace
from datetime import date
from pathlib import Path

import pytest
from statutetown import Town

from contracts.calendar.notice import shipped
from contracts.catalogue.rules import Category
from contracts.oversight.past import replay as core
from contracts.oversight.past.recorded import Supposed
from contracts.oversight.past.replay import Outcome, Verdict
from contracts.parties.client import party_id
from contracts.regulation import reader
from contracts.regulation.client import jurisdiction_id
from contracts.regulation.reader import national
from contracts.regulation.rule_set import RuleSet
from contracts.regulation.rules import NATIONAL
from contracts.requests import calls
from contracts.requests import rules as requests
from gateway.network.naming import Names
from gateway.statute.observation import replaying
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.hashing import keccak256

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


def city(days: int) -> RuleSet:
    return reader.read((CITY % days).encode(), "city.toml", national())


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Requests of Monday 2 March 2026, answered on different days; ten working days end on Monday 16 March."""
    opened = Town(tmp_path, ("tax", "audit"))
    opened.mount("tax", "sales")
    opened.mount("tax", "prices", Category.UNCONDITIONAL)
    for n in range(4):
        opened.send_request("audit", "tax", "sales", f"request {n}")
    opened.block()
    yield opened
    opened.close()


def outcome(town: Town, rules: RuleSet, first: int = 1, last: int | None = None, name: str = "judge") -> Outcome:
    observer = town.observer(name)
    head = observer.follow()
    return replaying.run(observer, rules, replaying.span(first, last, head.number), head)


def told(found: Outcome) -> list[tuple[str, Verdict, bytes, bool]]:
    return [(item.method, item.verdict, item.subject, item.follows) for item in found.findings]


def test_an_answer_in_time_is_late_under_a_shorter_limit_and_cites_its_article(town: Town) -> None:
    town.at("2026-03-09T23:59:00+08:00")
    town.refuse("tax", "request 0")
    town.at("2026-03-10T00:00:00+08:00")
    late = town.refuse("tax", "request 1")
    found = outcome(town, city(5))
    (one,) = found.findings
    assert told(found) == [("refuse", Verdict.LATE, keccak256(b"request 1"), False)]
    assert (one.block, one.party) == (late.block_number, party_id("tax"))
    assert (one.rule, one.limit) == ("R10", "answer-conditional")
    english = replaying.line(one, city(5), Names({party_id("tax"): "tax"}), "en")
    assert "tax refuse 0x" in english
    assert "late, due 2026-03-09 24:00" in english
    assert "article 21" in english
    assert "[Order No. 1, article 12: 5]" in english
    assert "第21条" in replaying.line(one, city(5), Names({}), "zh")
    assert replaying.json_of(one, city(5))["articles"] == ["21"]
    assert outcome(town, city(10), name="ten").findings == ()
    assert found.acts == 6


def test_a_supplement_asked_too_late_is_refused_and_so_is_what_rests_on_it(town: Town) -> None:
    town.at("2026-03-12T10:00:00+08:00")
    town.do("tax", "Requests", "ask_supplement", keccak256(b"request 0"), keccak256(b"missing"))
    town.ask("audit", "tax", "sales", "request 0")
    town.at("2026-03-24T10:00:00+08:00")
    town.refuse("tax", "request 0")
    found = outcome(town, city(5))
    assert told(found) == [
        ("ask_supplement", Verdict.REFUSED, keccak256(b"request 0"), False),
        ("submit", Verdict.REFUSED, keccak256(b"request 0"), True),
        ("refuse", Verdict.LATE, keccak256(b"request 0"), True),
    ]
    assert [item.reason for item in found.findings] == ["request: overdue (R11)", "request: state", ""]


def test_an_extension_that_came_in_time_would_have_come_too_late(town: Town) -> None:
    town.at("2026-03-13T10:00:00+08:00")
    assert town.do("authority", "Requests", "extend", keccak256(b"request 0"), keccak256(b"why")).accepted
    town.at("2026-03-27T10:00:00+08:00")
    town.refuse("tax", "request 0")
    assert told(outcome(town, city(5))) == [
        ("extend", Verdict.REFUSED, keccak256(b"request 0"), False),
        ("refuse", Verdict.LATE, keccak256(b"request 0"), True),
    ]


SHORT = """
[[limit]]
code = "supply"
rule = "R13"
article = "13"
start = { zh = "同意", en = "the yes" }
at_most = 3
unit = "working"

[[limit]]
code = "correction"
rule = "R17"
article = "14"
start = { zh = "收到", en = "the objection" }
at_most = 2
unit = "working"
"""


def test_a_supply_and_a_correction_that_came_in_time_are_late_under_shorter_limits(town: Town) -> None:
    id, digest = keccak256(b"request 0"), keccak256(b"x")
    town.send_consent("tax", "sales", "request 0")
    town.block()
    town.at("2026-03-06T10:00:00+08:00")  # Friday: four working days after the yes of Monday
    assert town.do("tax", "Supplies", "deliver", id, 4, digest, bytes(32)).accepted
    assert town.do("tax", "Supplies", "deliver", id, 4, digest, bytes(32)).accepted  # the limit is for the first
    assert town.do("audit", "Objections", "object", digest, id, digest).accepted
    town.at("2026-03-11T10:00:00+08:00")  # Wednesday: three working days later
    assert town.do("tax", "Objections", "answer", digest, True, digest).accepted
    rules = reader.read((CITY % 10 + SHORT).encode(), "city.toml", national())
    found = outcome(town, rules)
    assert told(found) == [("deliver", Verdict.LATE, id, False), ("answer", Verdict.LATE, digest, False)]
    assert [(item.rule, item.limit) for item in found.findings] == [("R13", "supply"), ("R17", "correction")]
    assert "late, due 2026-03-05 24:00" in replaying.line(found.findings[0], rules, Names({}), "en")
    assert outcome(town, city(10), name="ten").findings == ()


def test_requests_from_before_keep_the_limits_they_came_under(town: Town) -> None:
    town.at("2026-03-10T10:00:00+08:00")
    first = town.refuse("tax", "request 0").block_number
    town.ask("audit", "tax", "sales", "later")
    town.at("2026-03-18T10:00:00+08:00")
    town.refuse("tax", "later")
    assert told(outcome(town, city(5), first=first)) == [("refuse", Verdict.LATE, keccak256(b"later"), False)]
    assert outcome(town, city(5), first=first, last=first, name="one").findings == ()
    assert len(outcome(town, city(5), name="all").findings) == 2


def test_a_region_s_file_judges_only_who_sits_there_and_what_holds_there_already_stays(town: Town) -> None:
    region, stricter = jurisdiction_id("example-city"), city(7).call
    assert town.govern("Regions", "set_region", region, NATIONAL).accepted
    town.at("2026-03-10T10:00:00+08:00")
    town.refuse("tax", "request 0")
    assert outcome(town, city(5)).findings == ()  # six working days, but of a national department
    assert town.govern("Regions", "place", party_id("tax"), region).accepted
    entries = tuple(astuple(entry) for entry in stricter.limits)
    assert town.govern("Regulation", "set_rules", region, stricter.digest, entries).accepted
    town.ask("audit", "tax", "sales", "later")
    town.at("2026-03-18T10:00:00+08:00")
    town.refuse("tax", "later")  # in time for the city's seven
    assert told(outcome(town, city(5), name="five")) == [("refuse", Verdict.LATE, keccak256(b"later"), False)]
    assert outcome(town, city(6), name="six").findings == ()


def test_what_was_late_anyhow_and_what_has_another_limit_is_not_told(town: Town) -> None:
    town.ask("audit", "tax", "prices", "short")
    town.refuse("tax", "short")
    town.at("2026-03-18T10:00:00+08:00")
    town.refuse("tax", "request 0")
    assert outcome(town, city(5)).findings == ()


def test_rules_and_calendars_that_changed_on_the_way_are_followed(town: Town) -> None:
    """The year is amended and the rules are tightened: the first run must still give what the chain recorded."""
    year = shipped()[-1]
    span = replace(year, off=tuple(sorted((*year.off, date(2026, 3, 20))))).span
    assert town.govern("Calendar", "set_span", span.first, span.last, span.free, span.worked, span.notice).accepted
    limits = tuple(
        (entry.code, 8 if entry.amount == 10 else entry.amount, entry.unit, entry.minimum)
        for entry in national().call.limits
    )
    assert town.govern("Regulation", "set_rules", national().call.jurisdiction, keccak256(b"v2"), limits).accepted
    town.ask("audit", "tax", "sales", "after")
    town.at("2026-03-12T10:00:00+08:00")
    town.refuse("tax", "request 0")
    town.refuse("tax", "after")
    assert told(outcome(town, city(5))) == [
        ("refuse", Verdict.LATE, keccak256(b"request 0"), False),
        ("refuse", Verdict.LATE, keccak256(b"after"), False),
    ]
    assert outcome(town, city(8), name="eight").findings == ()


def test_a_question_sent_as_a_transaction_is_no_act_to_judge(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert town.do("audit", "Requests", "overdue", keccak256(b"request 0")).accepted
    town.refuse("tax", "request 0")
    assert outcome(town, city(5)).acts == 5
    monkeypatch.setattr(core, "_has_changed", lambda act: True)
    with pytest.raises(VerificationError, match="do not give what the chain recorded"):
        outcome(town, city(5), name="without")


def test_bytes_behind_the_arguments_which_contracts_pass_over_stop_no_replay(town: Town) -> None:
    town.send("audit", "Requests", "withdraw", keccak256(b"request 0"), behind=b"more")
    assert town.block()[-1].accepted
    assert outcome(town, city(5)).acts == 5


def test_an_accepted_call_that_must_record_something_and_shows_nothing_is_not_passed_over(town: Town) -> None:
    town.refuse("tax", "request 0")
    observer = town.observer("judge")
    head = observer.follow()
    acts = observer.acts(head)
    found = replaying.timeline(observer, head, acts)
    limits = Supposed(jurisdiction_id("example-city"), core.bounded(city(5), national(), {}))
    silent = [replace(act, events=()) if act.contract == "Requests" else act for act in acts]
    with pytest.raises(VerificationError, match="do not give what the chain recorded"):
        core.replay(silent, found, limits, 1, head.number)


def test_a_build_whose_rules_are_not_the_chain_s_judges_nothing(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.refuse("tax", "request 0")
    real = requests.apply

    def other(state: requests.State, call: calls.Call, caller: bytes, now: int, world: object) -> requests.Result:
        return real(state, call, caller, now + 86_400 * isinstance(call, calls.Submit), world)  # type: ignore[arg-type]

    monkeypatch.setattr(core.requests, "apply", other)
    with pytest.raises(VerificationError, match="do not give what the chain recorded"):
        outcome(town, city(5))


def test_a_file_that_loosens_the_ceiling_is_refused(tmp_path: Path) -> None:
    ceiling = {stated.code: stated.length for stated in national().limits}
    with pytest.raises(InvalidRecord, match="looser than national: 10, got 11"):
        city(11)
    text = (Path(reader.__file__).parent / "national.toml").read_text(encoding="utf-8")
    looser = text.replace("at_most = 20", "at_most = 21")
    with pytest.raises(InvalidRecord, match="supply: regulation: looser than national: 20, got 21"):
        core.bounded(reader.read(looser.encode(), "n.toml", None), national(), ceiling)
    missing = text[: text.index('[[limit]]\ncode = "retention"')]
    with pytest.raises(InvalidRecord, match="the limit retention is missing"):
        core.bounded(reader.read(missing.encode(), "n.toml", None), national(), ceiling)
    stricter = reader.read(text.replace("at_most = 20", "at_most = 19").encode(), "n.toml", None)
    assert core.bounded(stricter, national(), ceiling)["supply"].amount == 19
    with pytest.raises(InvalidRecord, match="unknown article"):
        reader.read((CITY % 5).replace('article = "12"', 'article = "31"').encode(), "city.toml", national())
    with pytest.raises(NotFound):
        reader.load(tmp_path / "none.toml")


@pytest.mark.parametrize(("first", "last"), [(0, None), (5, 4), (1, 9), (9, None)])
def test_blocks_the_chain_does_not_have_are_refused(first: int, last: int | None) -> None:
    with pytest.raises(InvalidRecord, match="the chain has blocks 1 to 8"):
        replaying.span(first, last, 8)
