"""Yearly report and governance table over a chain of departments: the same from every observer, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from foundedchain import VALIDATORS
from statutetown import AUTHORITY, MEMBERS, Town

from contracts.addresses import AUTHORIZATIONS, BREACHES, GOVERNANCE, PARTIES
from contracts.calendar.dates import moment_of
from contracts.oversight.counting.figures import Figure
from contracts.oversight.counting.kpi import table
from contracts.oversight.counting.tally import Period
from contracts.oversight.counting.yearly import report, year_of
from contracts.oversight.selfchecks.contrary import Contrary
from contracts.oversight.selfchecks.exhibit import Facts, Verdict
from contracts.oversight.selfchecks.exhibits import EXHIBITS
from contracts.oversight.selfchecks.selfcheck import check, standard
from contracts.oversight.selfchecks.standard import Code
from contracts.parties.client import party_id
from contracts.regulation.reader import national
from contracts.regulation.rule_set import breach_number
from contracts.world import AgentRole
from gateway.network.naming import Names
from gateway.statute.observation.checking import facts, table_json, table_lines
from gateway.statute.observation.reporting import counted, kpi_json, kpi_lines, roles_of, yearly_json, yearly_lines
from ledger.errors import NotAuthorized
from ledger.hashing import keccak256

TAX, AUDIT = party_id("tax"), party_id("audit")
NAMES = Names({party_id(code): code for code in ("tax", "audit", AUTHORITY)})


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Two requests on a Monday: one granted the next day and supplied, one refused on Thursday a week later."""
    opened = Town(tmp_path, ("tax", "audit"))
    opened.mount("tax", "sales")
    opened.send_request("audit", "tax", "sales", "one")
    opened.ask("audit", "tax", "sales", "two")
    opened.at("2026-03-03T10:00:00+08:00")
    opened.send_consent("tax", "sales", "one")
    opened.block()
    opened.send_supply("audit", "tax", "one")
    opened.block()
    opened.at("2026-03-12T10:00:00+08:00")
    assert opened.refuse("tax", "two").accepted
    yield opened
    opened.close()


def test_every_observer_counts_the_same_and_says_it_in_both_languages(town: Town) -> None:
    made = []
    for name in ("tax", "audit"):
        observer = town.observer(name)
        at = observer.follow()
        found = counted(observer, at, observer.acts(at), year_of(2026))
        roles = roles_of(observer, at, observer.acts(at), [party_id(AUTHORITY)])
        rows = table(found.figures, roles)
        year = report(2026, found, national())
        made.append((kpi_json(rows, NAMES), yearly_json(year), kpi_lines(rows, NAMES, "en"), yearly_lines(year, "zh")))
    assert made[0] == made[1]
    _, year_json, kpi, zh = made[0]
    assert year_json["figures"]["requests-received"] == 2  # type: ignore[index]
    assert year_json["answers-in-time"] == 2
    assert year_json["refusals-by-article"] == {"21(2)": 1}
    assert "    answered in time: 2/2 (100.0%)" in kpi
    assert "    mean working days to answer: 4.5" in kpi
    assert "    consents supplied: 1/1 (100.0%)" in kpi
    assert kpi[:2] == ["data management:", f"  {AUTHORITY}"]
    assert "  不予共享: 1" in zh
    assert "  第21条第2款: 1" in zh


def test_a_self_check_rests_on_what_this_chain_shows(town: Town) -> None:
    observer = town.observer("tax")
    at = observer.follow()
    known = [party_id(AUTHORITY)]
    made = facts(observer, at, known, is_single=True)
    assert (made.members, made.quorum, made.rules) == (2, 2, 1)
    assert set(made.parties) == {TAX, AUDIT, party_id(AUTHORITY)}
    assert (made.refused, made.validators) == (0, len(VALIDATORS))
    lines = {code: check(standard(code), made) for code in Code}
    verdicts = {line.item.id: line.verdict for code in Code for line in lines[code]}
    met = ("8.1.4.1", "8.1.4.2", "8.1.4.3", "8.1.10.2", "8.1.10.10", "PA01", "PA14", "PA15")
    assert {verdicts[id] for id in met} == {Verdict.MET}
    assert verdicts["8.1.7.1"] is verdicts["8.1.4.7"] is Verdict.NOT_MET  # nobody operates or audits; one hand seals
    assert {verdicts[id] for id in ("8.1.1.1", "8.1.10.12", "PA18", "PA30")} == {Verdict.NOT_SHOWN}
    told = table_json(standard(Code.DSMM), lines[Code.DSMM])
    assert sum(told["counts"].values()) == len(told["items"]) == 30  # type: ignore[attr-defined,arg-type]
    english = "\n".join(table_lines(standard(Code.MLPS), lines[Code.MLPS], "en"))
    assert "[met] 8.1.4.3 audit\n    asks: " in english
    assert "rooms and buildings; nothing of them is on the chain: 8.1.1.1, 8.1.1.2" in english
    assert "[不符合] 8.1.7.1 岗位设置" in "\n".join(table_lines(standard(Code.MLPS), lines[Code.MLPS], "zh"))


def test_a_self_check_says_not_met_of_what_was_done_to_the_contrary(town: Town) -> None:
    """What no contract refuses: rows that nobody disposes of, and what an authority found."""
    id = keccak256(b"one")
    before = shown(town, "tax")
    assert EXHIBITS["destruction"](before).verdict is Verdict.NOT_SHOWN
    assert EXHIBITS["access"](before).verdict is Verdict.MET
    town.revoke("tax", "audit", id)
    found = (keccak256(b"breach"), AUDIT, breach_number("40(2)"), 15, id, keccak256(b"evidence"), town.now + 90_000)
    assert town.do(AUTHORITY, BREACHES, "find", *found).accepted
    made = shown(town, "tax")
    assert made.contrary == Contrary(undisposed=1, found={15: 1})
    for name in ("destruction", "access"):
        assert EXHIBITS[name](made).verdict is Verdict.NOT_MET
    assert town.do("audit", AUTHORIZATIONS, "dispose", id, keccak256(b"certificate")).accepted
    assert EXHIBITS["destruction"](shown(town, "tax")).verdict is Verdict.MET


def test_who_was_dismissed_carries_nothing_out_any_more(town: Town) -> None:
    leaver = MEMBERS[1]
    assert town.do(AUTHORITY, PARTIES, "dismiss", leaver.address, role=AgentRole.APPROVER).accepted
    with pytest.raises(NotAuthorized, match="its registration has ended"):
        town.do(leaver, GOVERNANCE, "approve", keccak256(b"proposal"))
    made = shown(town, "tax")
    assert made.contrary.out_of_office == 0
    assert EXHIBITS["leaving"](made).verdict is Verdict.MET


def shown(town: Town, name: str) -> Facts:
    observer = town.observer(name)
    return facts(observer, observer.follow(), [party_id(AUTHORITY)], is_single=True)


def test_a_period_without_acts_has_no_rates(town: Town) -> None:
    observer = town.observer("tax")
    at = observer.follow()
    acts = observer.acts(at)
    found = counted(observer, at, acts, Period(moment_of("2026-03-05"), moment_of("2026-03-12")))
    assert found.of(TAX) == {}
    later = counted(observer, at, acts, Period(moment_of("2026-03-12"), moment_of("2026-03-13")))
    assert (later.of(TAX)[Figure.ANSWERS], later.of(AUDIT)) == (1, {})
