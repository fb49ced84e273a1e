"""Self-checks: every item of a standard gets a verdict, and what the chain does not show is never counted as met."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.addresses import AUTHORIZATIONS, CATALOGUE, CUSTODY, GRADES, JOBS, PARTIES, SUPPLIES
from contracts.artefacts import interfaces
from contracts.oversight.counting.figures import Figure
from contracts.oversight.pending.steps import STEPS
from contracts.oversight.selfchecks.contrary import Contrary
from contracts.oversight.selfchecks.exhibit import VERDICTS, Facts, Verdict
from contracts.oversight.selfchecks.exhibits import EXHIBITS
from contracts.oversight.selfchecks.selfcheck import check, counts, standard
from contracts.oversight.selfchecks.standard import Code, read
from contracts.parties.record import Party
from contracts.world import AgentRole, PartyRole
from ledger.errors import InvalidRecord

BOTH = int(AgentRole.OFFICER | AgentRole.HEAD)
SIDES = {bytes([n]) * 32: Party(roles=int(role), duties=BOTH) for n, role in enumerate(PartyRole)}
MET, NOT_MET, NOT_SHOWN = Verdict
ITEM = '[[item]]\nid = "1"\nname = { zh = "甲", en = "a" }\n'
HEAD = """version = 1
[standard]
code = "dsmm"
number = "X"
title = { zh = "甲", en = "a" }
scope = { zh = "甲", en = "a" }
source = "invented for a test"
[[reason]]
code = "papers"
words = { zh = "甲", en = "a" }
"""
ASKS = 'exhibit = "record"\nasks = { zh = "甲", en = "a" }\n'


def verdict(exhibit: str, facts: Facts) -> Verdict:
    return EXHIBITS[exhibit](facts).verdict


@pytest.mark.parametrize(("code", "items", "shown"), [(Code.MLPS, 71, 17), (Code.DSMM, 30, 19)])
def test_a_standard_says_of_each_item_what_shows_it_or_why_nothing_does(code: Code, items: int, shown: int) -> None:
    found = standard(code)
    assert (found.code, len(found.items)) == (code, items)
    assert sum(bool(item.exhibit) for item in found.items) == shown
    assert all(bool(item.exhibit) is bool(item.asks) is not bool(item.outside) for item in found.items)


def test_every_exhibit_is_used_by_a_standard_and_counts_what_contracts_record() -> None:
    assert {item.exhibit for code in Code for item in standard(code).items} - {""} == set(EXHIBITS)
    asked: set[tuple[str, str]] = set()
    steps: set[str] = set()

    class Asked(Facts):
        def count(self, contract: str, event: str) -> int:
            asked.add((contract, event))
            return 0

        def waiting(self, *codes: str) -> int:
            steps.update(codes)
            return 0

    for exhibit in EXHIBITS.values():
        exhibit(Asked())
    assert len(asked) > 12
    assert asked <= {(name, kind.name) for name, face in interfaces().items() for kind in face.events.values()}
    assert steps
    assert steps <= STEPS.keys()


@pytest.mark.parametrize("code", Code)
def test_an_empty_chain_meets_nothing_it_does_not_show(code: Code) -> None:
    lines = check(standard(code), Facts())
    assert len(lines) == len(standard(code).items)
    assert [line.item.id for line in lines if line.verdict is MET] == []
    refuted = {line.item.exhibit for line in lines if line.verdict is NOT_MET}
    assert refuted <= {"integrity", "separation", "changes"}  # parameters that a chain always shows
    assert sum(counts(lines).values()) == len(lines)
    assert all(line.verdict is NOT_SHOWN for line in lines if line.item.outside)


OPERATOR = Party(roles=int(PartyRole.OPERATOR))
MOUNTED = Facts(events={(CATALOGUE, "AssetMounted"): 2, (GRADES, "ColumnsGraded"): 2})
CASES: dict[str, tuple[Facts, tuple[Facts, ...]]] = {
    "identity": (Facts(senders=3), (Facts(senders=3, contrary=Contrary(strangers=1)),)),
    "record": (Facts(acts=9), (Facts(acts=9, contrary=Contrary(unread=1)),)),
    "integrity": (Facts(validators=4, is_single=False), (Facts(validators=4), Facts(is_single=False))),
    "separation": (Facts(parties=SIDES), (Facts(),)),
    "monitoring": (Facts(acts=1), (Facts(acts=1, overdue={"answer": 1}),)),
    "approval": (Facts(parties=SIDES), (Facts(parties={bytes(32): Party(roles=int(PartyRole.OWNER))}),)),
    "leaving": (
        Facts(events={(PARTIES, "Dismissed"): 1}), (Facts(contrary=Contrary(out_of_office=1)),),
    ),
    "changes": (Facts(quorum=2), (Facts(quorum=1),)),
    "incidents": (Facts(figures={Figure.INCIDENTS: 1}), (Facts(figures={Figure.SUMMARIES_LATE: 1}),)),
    "outsourcing": (
        Facts(parties={bytes(32): OPERATOR}),
        (
            Facts(parties={bytes(32): replace(OPERATOR, roles=int(PartyRole.OPERATOR | PartyRole.OWNER))}),
            Facts(parties={bytes(32): replace(OPERATOR, duties=int(AgentRole.AUDITOR))}),
            Facts(parties={bytes(32): OPERATOR}, contrary=Contrary(found={25: 1})),
        ),
    ),
    "rules": (Facts(rules=1), (Facts(rules=1, figures={Figure.BREACHES: 1}),)),
    "assets": (
        MOUNTED,
        (replace(MOUNTED, overdue={"update-entry": 1}), replace(MOUNTED, contrary=Contrary(found={3: 1}))),
    ),
    "sources": (
        MOUNTED, (replace(MOUNTED, contrary=Contrary(doubled=1)), replace(MOUNTED, contrary=Contrary(found={7: 1}))),
    ),
    "grading": (MOUNTED, (Facts(events={(CATALOGUE, "AssetMounted"): 2}),)),
    "personal": (
        Facts(personal=1),
        (Facts(personal=1, contrary=Contrary(uncovered=1)), Facts(personal=1, contrary=Contrary(found={26: 1}))),
    ),
    "access": (
        Facts(events={(AUTHORIZATIONS, "AuthorizationGranted"): 1}),
        tuple(
            Facts(events={(AUTHORIZATIONS, "AuthorizationGranted"): 1}, contrary=found)
            for found in (Contrary(outside=1), Contrary(found={15: 1}), Contrary(found={19: 1}))
        ),
    ),
    "sharing": (Facts(figures={Figure.ANSWERS: 1}), (Facts(figures={Figure.ANSWERS_OVERDUE: 1}),)),
    "delivery": (
        Facts(events={(SUPPLIES, "Supplied"): 1, (SUPPLIES, "SupplySigned"): 1}),
        (Facts(events={(SUPPLIES, "Supplied"): 1}),),
    ),
    "analysis": (
        Facts(events={(JOBS, "JobOpened"): 1}, contrary=Contrary(least=2)),
        (Facts(events={(JOBS, "JobOpened"): 1}, contrary=Contrary(least=1)),),
    ),
    "use": (Facts(figures={Figure.USE_RECORDS: 1}), (Facts(figures={Figure.USES: 1}),)),
    "inspection": (Facts(figures={Figure.INSPECTIONS: 1}), (Facts(figures={Figure.USE_RECORDS: 1}),)),
    "quality": (Facts(figures={Figure.OBJECTIONS_RAISED: 1}), (Facts(overdue={"verify-objection": 1}),)),
    "media": (
        Facts(events={(CUSTODY, "ItemEntered"): 1}, parties=SIDES, contrary=Contrary(keepers={min(SIDES): 1})),
        (Facts(events={(CUSTODY, "ItemEntered"): 1}, contrary=Contrary(keepers={min(SIDES): 1})),),
    ),
    "destruction": (
        Facts(events={(AUTHORIZATIONS, "AuthorizationDisposed"): 1}),
        (Facts(contrary=Contrary(undisposed=1)), Facts(contrary=Contrary(found={18: 1}))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("exhibit", EXHIBITS)
def test_every_exhibit_can_be_met_and_can_be_not_met(exhibit: str) -> None:
    met, contrary = CASES[exhibit]
    assert verdict(exhibit, met) is MET
    assert contrary
    assert {verdict(exhibit, facts) for facts in contrary} == {NOT_MET}


def test_three_sides_in_three_parties_are_met_and_one_missing_or_mixed_is_not() -> None:
    facts = Facts(parties=SIDES)
    assert verdict("separation", facts) is MET
    for role in (PartyRole.AUTHORITY, PartyRole.OPERATOR, PartyRole.AUDITOR):
        fewer = {party: record for party, record in SIDES.items() if record.roles != role}
        assert verdict("separation", Facts(parties=fewer)) is NOT_MET
    mixed = {**SIDES, bytes(32): Party(roles=int(PartyRole.OPERATOR | PartyRole.AUDITOR))}
    assert verdict("separation", Facts(parties=mixed)) is NOT_MET


def test_a_department_without_a_head_is_found() -> None:
    lacking = {**SIDES, bytes(32): Party(roles=int(PartyRole.OWNER), duties=int(AgentRole.OFFICER))}
    assert verdict("approval", Facts(parties=SIDES)) is MET
    assert verdict("approval", Facts(parties=lacking)) is NOT_MET


def test_one_validator_or_one_hand_is_no_integrity_and_one_vote_no_approval_of_changes() -> None:
    for validators, is_single, expected in ((4, False, MET), (1, False, NOT_MET), (4, True, NOT_MET)):
        assert verdict("integrity", Facts(validators=validators, is_single=is_single)) is expected
    for quorum, expected in ((2, MET), (1, NOT_MET)):
        assert verdict("changes", Facts(quorum=quorum, members=3)) is expected


@pytest.mark.parametrize(
    ("exhibit", "met", "contrary"),
    [
        ("quality", {Figure.OBJECTIONS_RAISED: 1}, {Figure.OBJECTIONS_LATE: 1}),
        ("incidents", {Figure.INCIDENTS: 1}, {Figure.INCIDENTS_LATE: 1}),
        ("sharing", {Figure.ANSWERS: 1}, {Figure.ANSWERS_LATE: 1}),
        ("sharing", {Figure.ANSWERS: 1}, {Figure.ANSWERS_OVERDUE: 1}),
        ("inspection", {Figure.INSPECTIONS: 1}, {Figure.INSPECTIONS: 0, Figure.USE_RECORDS: 1}),
        ("use", {Figure.USE_RECORDS: 1}, {Figure.USE_RECORDS: 0, Figure.USES: 1}),
    ],
)
def test_what_is_late_or_left_undone_is_not_met(
    exhibit: str, met: dict[Figure, int], contrary: dict[Figure, int]
) -> None:
    assert verdict(exhibit, Facts()) is NOT_SHOWN
    assert verdict(exhibit, Facts(figures=met)) is MET
    assert verdict(exhibit, Facts(figures=met | contrary)) is NOT_MET


def test_what_is_overdue_now_is_not_met_although_no_event_says_so() -> None:
    for exhibit, step in (("incidents", "report-incident"), ("quality", "verify-objection"), ("monitoring", "answer")):
        facts = Facts(acts=1, figures={Figure.INCIDENTS: 1, Figure.OBJECTIONS_RAISED: 1})
        assert verdict(exhibit, facts) is MET
        assert verdict(exhibit, replace(facts, overdue={step: 1})) is NOT_MET


def test_ungraded_assets_and_unsigned_supplies_are_found() -> None:
    mounted, graded = (CATALOGUE, "AssetMounted"), (GRADES, "ColumnsGraded")
    assert verdict("grading", Facts(events={mounted: 2, graded: 2})) is MET
    assert verdict("grading", Facts(events={mounted: 2, graded: 1})) is NOT_MET
    made, signed = (SUPPLIES, "Supplied"), (SUPPLIES, "SupplySigned")
    assert verdict("delivery", Facts(events={made: 1, signed: 1})) is MET
    assert verdict("delivery", Facts(events={made: 1})) is NOT_MET


def test_the_evidence_says_the_numbers_in_both_languages() -> None:
    events = {(CUSTODY, "ItemEntered"): 3, (AUTHORIZATIONS, "AuthorizationGranted"): 7, (JOBS, "JobProposed"): 5}
    shown = EXHIBITS["media"](Facts(events=events)).evidence
    assert shown.en.startswith("3 items in custody logs, 0 handed on by two signatures, 0 closed; 0 with a keeper")
    assert "3 件" in shown.zh
    assert set(VERDICTS) == set(Verdict)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEAD, "no items"),
        (HEAD + ITEM, "exhibit missing|asks missing"),
        (HEAD + ITEM + 'outside = "weather"\n', "unknown reason 'weather'"),
        (HEAD + ITEM + ASKS.replace("record", "colour"), "unknown 'colour'"),
        (HEAD + ITEM + ASKS + ITEM + ASKS, "item 1 appears twice"),
        (HEAD + ITEM + ASKS + 'outside = "papers"\n', "unknown key"),
        (HEAD.replace("dsmm", "iso") + ITEM + ASKS, "expected one of"),
        (HEAD.replace("version = 1", "version = 2") + ITEM + ASKS, "version must be 1"),
        ("\x00", "standard.toml"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(content: str, reason: str) -> None:
    assert read((HEAD + ITEM + ASKS).encode(), "standard.toml", EXHIBITS)
    with pytest.raises(InvalidRecord, match=reason):
        read(content.encode(), "standard.toml", EXHIBITS)
