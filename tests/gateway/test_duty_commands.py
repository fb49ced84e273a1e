"""``shuxin region``, ``return``, ``revision`` and ``breach`` on a served chain: each once, again, and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from commandline import Shuxin, configuration
from smallnetwork import found_offices
from townspecs import OFFICE, REGISTRARS

from gateway.network.serving import serve_chain

pytestmark = pytest.mark.slow
OWNER, AUTHORITY = REGISTRARS[0], "authority"
CITY_RULES = """version = 1
[rule_set]
jurisdiction = "example-province"
title = { zh = "某省办法", en = "Measures of a province" }
instrument = "Order No. 1"
source = "invented for a test"
in_force = 2026-01-01
articles = 30
[[limit]]
code = "answer-conditional"
rule = "R10"
article = "12"
start = { zh = "收到申请", en = "the request is received" }
at_most = 8
unit = "working"
"""
ENTRY = (
    "--name", "Sales", "--frequency", "yearly", "--condition", "figures only", "--assessment", "no persons",
    "--grade", 1,
)  # fmt: skip
CLAIM = (
    "--purpose", "tax", "--words", "local tax", "--basis", "article 24", "--operations", "count",
    "--columns", "price", "-o", "terms.json",
)  # fmt: skip


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("town")
    found_offices(directory, OFFICE, has_authorities=True)
    with serve_chain(directory):
        yield directory


@pytest.fixture
def shuxin(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    """Run commands in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Shuxin(partial(configuration, town), capsys)


def done(shuxin: Shuxin, party: str, *arguments: object) -> str:
    """Run a command and run it again: done once."""
    code, said = shuxin(party, *arguments)
    assert (code, "block" in said or "in force" in said) == (0, True), said
    assert "nothing to do" in shuxin(party, *arguments)[1]
    return said


def test_a_province_is_set_and_its_limits_are_shown_where_its_parties_sit(shuxin: Shuxin) -> None:
    Path("province.toml").write_text(CITY_RULES, encoding="utf-8")
    done(shuxin, OFFICE, "region", "set", "example-province")
    done(shuxin, OFFICE, "rules", "adopt", "province.toml")
    done(shuxin, OFFICE, "region", "place", OFFICE, "example-province")
    told = json.loads(shuxin(OFFICE, "region", "show", OFFICE, "--json")[1])
    assert (told["limits"]["answer-conditional"], told["limits"]["supply"], len(told["way_up"])) == (8, 20, 2)
    assert json.loads(shuxin(OFFICE, "region", "show", OWNER, "--json")[1])["limits"]["answer-conditional"] == 10
    assert "answer-conditional: 8 (个工作日)" in shuxin(OFFICE, "region", "show", OFFICE, "--language", "zh")[1]
    assert "region: unknown" in shuxin(OFFICE, "region", "place", OFFICE, "nowhere")[1]
    assert "none of this code is registered" in shuxin(OFFICE, "region", "place", "nobody", "example-province")[1]


def test_what_a_higher_level_gathered_is_claimed_below_and_waits_in_its_inbox(shuxin: Shuxin) -> None:
    shuxin(OWNER, "asset", "draft", "sales-1", "-o", "entry.toml", *ENTRY)
    shuxin(OWNER, "asset", "mount", "sales-1", "--entry", "entry.toml")
    shuxin(OWNER, "asset", "agree", "sales-1", "--entry", "entry.toml")
    assert "mounted by" in shuxin(OWNER, "asset", "mount", "sales-1", "--entry", "entry.toml")[1]
    claim = ("return", "claim", "sales-1", "--region", "example-province", *CLAIM)
    code, said = shuxin(OFFICE, *claim)
    assert (code, f"head of the sharing body of {OFFICE} runs\n  shuxin return agree terms.json" in said) == (0, True)
    agree = ("return", "agree", "terms.json", "--region", "example-province")
    code, said = shuxin(OWNER, *agree)
    assert (code, f"{OWNER} can only ask for itself, not for {OFFICE}" in said) == (1, True)
    assert json.loads(shuxin(OFFICE, *claim, "--json")[1])["block"] is None
    assert "may use sales-1 for tax (local tax), by article 24" in done(shuxin, OFFICE, *agree)
    code, said = shuxin(OFFICE, *claim)
    assert (code, "return: nothing gathered there (R14) | " in said, "article 24" in said) == (1, True, True)
    done(shuxin, OWNER, "return", "gather", "sales-1", "--region", "example-province")
    assert "the owner supplies until" in done(shuxin, OFFICE, *claim)
    assert "return a region's data" in shuxin(OWNER, "inbox")[1]


def test_an_entry_is_noticed_handed_over_and_published_by_the_authority(shuxin: Shuxin) -> None:
    notice = ("revision", "notice", "sales-1", "--words", "a new law", "--changed", "2026-11-02T09:00:00+08:00")
    done(shuxin, AUTHORITY, *notice)
    assert "outdated, due" in shuxin(OFFICE, "revision", "show", "sales-1")[1]
    hand_over = ("revision", "hand-over", "sales-1", "--authority", AUTHORITY)
    code, said = shuxin(OWNER, *hand_over)
    assert (code, "revision: entry not updated (R06) | " in said, "article 17" in said) == (1, True, True)
    assert "update a catalogue entry" in shuxin(OWNER, "inbox")[1]
    shuxin(OWNER, "asset", "draft", "sales-1", "-o", "new.toml", *ENTRY[:1], "Sales under the new law", *ENTRY[2:])
    shuxin(OWNER, "asset", "mount", "sales-1", "--entry", "new.toml")
    shuxin(OWNER, "asset", "agree", "sales-1", "--entry", "new.toml")
    shuxin(OWNER, "asset", "mount", "sales-1", "--entry", "new.toml")
    done(shuxin, OWNER, *hand_over)
    assert "review and publish" in shuxin(AUTHORITY, "inbox")[1]
    done(shuxin, AUTHORITY, "revision", "publish", "sales-1")
    assert "已发布" in shuxin(OFFICE, "revision", "show", "sales-1", "--language", "zh")[1]


def test_a_breach_is_found_corrected_and_closed_and_stands_among_the_alerts(shuxin: Shuxin) -> None:
    find = ("breach", "find", "late-answers", "--party", OFFICE, "--words", "three late answers", "--days", 30)
    assert "R10 names the items 39(4), not 39(1)" in shuxin(AUTHORITY, *find, "--item", "39(1)", "--rule", "R10")[1]
    assert "unknown breach '41(4)'" in shuxin(AUTHORITY, *find, "--item", "41(4)", "--rule", "R10")[1]
    found = (*find, "--item", "39(4)", "--rule", "R10")
    code, said = shuxin(OWNER, *found)
    assert (code, "breach: authority only (R27) | " in said) == (1, True)
    done(shuxin, AUTHORITY, *found)
    assert "correct a breach" in shuxin(OFFICE, "inbox")[1]
    assert "a breach was found" in shuxin(OWNER, "alerts")[1]
    alert = json.loads(shuxin(OWNER, "alerts", "--json")[1])["alerts"][-1]
    assert (alert["kind"], alert["breaches"], alert["rules"]) == ("breach", ["39(4)"], ["R10"])
    done(shuxin, OFFICE, "breach", "correct", "late-answers", "--words", "two more officers")
    done(shuxin, AUTHORITY, "breach", "close", "late-answers", "--words", "seen to")
    assert "已办结" in shuxin(OFFICE, "breach", "show", "late-answers", "--language", "zh")[1]
