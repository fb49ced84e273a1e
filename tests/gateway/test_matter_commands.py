"""``shuxin custody``, ``quorum``, ``incident``, ``report`` and ``governance`` on a served chain: each step once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from commandline import Shuxin, configuration
from smallnetwork import found_offices
from townspecs import OFFICE, REGISTRARS

from gateway.cli.officer import officer_of
from gateway.network.serving import serve_chain
from gateway.statute.papers import MAX_PAPERS, Paper, Papers, encode, read
from gateway.statute.templates.quorum import Quorum, worded
from ledger.errors import Conflict, InvalidRecord, NotFound

ONE, TWO = REGISTRARS[:2]
AUTHORITY = "authority"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    directory = tmp_path_factory.mktemp("templates")
    found_offices(directory, OFFICE, has_authorities=True)
    with serve_chain(directory):
        yield directory


@pytest.fixture
def shuxin(town: Path, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    return Shuxin(partial(configuration, town), capsys)


@pytest.mark.slow
def test_a_digest_that_somebody_proposed_for_itself_is_nobody_else_s_yes(
    town: Path, shuxin: Shuxin, tmp_path: Path
) -> None:
    with officer_of(town / "parties" / OFFICE / "node.toml") as officer:
        paper = worded(officer, "sell the vault", [ONE, TWO], 2)
        action = Quorum(officer, paper.digest)
        action.propose([OFFICE], 1, int(time.time()) + 3600)  # the contract knows no words
        with pytest.raises(Conflict, match="other parties than these words"):
            action.agree()
    (tmp_path / "vault.json").write_bytes(encode([paper]))
    for step in ("agree", "show"):
        code, said = shuxin(ONE, "quorum", step, tmp_path / "vault.json")
        assert (code, "other parties than these words" in said) == (1, True)


@pytest.mark.slow
def test_an_item_goes_from_hand_to_hand_and_anybody_sees_who_held_it(shuxin: Shuxin, tmp_path: Path) -> None:
    disk, handed = tmp_path / "disk.json", tmp_path / "handover.json"
    enter = ("custody", "enter", "disk WD-17", "--condition", "no scratches", "--seal", "no. 0815", "-o", disk)
    assert "in custody, block" in shuxin(ONE, *enter)[1]
    first = disk.read_bytes()
    assert "in custody before; nothing to do" in shuxin(ONE, *enter)[1]
    assert disk.read_bytes() == first
    assert shuxin(TWO, "custody", "take", disk) == (1, "shuxin: the chain refuses to take: custody: state")
    offer = ("custody", "offer", disk, "--to", TWO, "--condition", "one scratch", "-o", handed)
    assert f"offered to {TWO}, block" in shuxin(ONE, *offer)[1]
    assert "此前已办" in shuxin(ONE, *offer, "--language", "zh")[1]
    assert "take or decline an item" in shuxin(TWO, "inbox")[1]
    code, said = shuxin(TWO, "custody", "take", disk)
    assert (code, "condition: the words behind 0x" in said) == (2, True)
    taken = shuxin(TWO, "custody", "take", disk, "--papers", handed)[1]
    assert all(words in taken for words in ("disk WD-17", "one scratch", "no. 0815", "taken, block"))
    assert "taken before" in shuxin(TWO, "custody", "take", disk)[1]
    refused = shuxin(ONE, "custody", "open", disk, "--condition", "opened")
    assert refused == (1, "shuxin: the chain refuses to reseal: custody: not the holder")
    assert "opened, block" in shuxin(TWO, "custody", "open", disk, "--condition", "opened for copying")[1]
    between = int(time.time())
    resealed = ("--condition", "as before", "--seal", "no. 0816")
    assert "已加封，区块" in shuxin(TWO, "custody", "seal", disk, *resealed, "--language", "zh")[1]
    back = shuxin(TWO, "custody", "offer", disk, "--to", ONE, "--condition", "as before")
    assert back[0] == 0
    assert "offer ended" in shuxin(TWO, "custody", "decline", disk, "--reason", "not yet")[1]
    assert "custody ended" in shuxin(TWO, "custody", "close", disk, "--outcome", "destroyed")[1]

    told = json.loads(shuxin(OFFICE, "custody", "log", read(disk)[0].digest.hex(), "--json")[1])
    assert told["state"] == "closed"
    assert [(held["holder"], held["words"]["condition"]) for held in told["holdings"]] == [
        (ONE, ""), (TWO, ""), (TWO, ""), (TWO, "")
    ]  # fmt: skip
    mine = shuxin(TWO, "custody", "log", disk, "--language", "zh")[1]
    assert "opened for copying; 未封" in mine
    assert "封条 no. 0816" in mine
    at = datetime.fromtimestamp(told["holdings"][0]["since"], UTC).isoformat()
    assert f"{ONE}: " in shuxin(OFFICE, "custody", "log", disk, "--at", at)[1]
    assert told["holdings"][2]["since"] <= between + 60
    code, said = shuxin(OFFICE, "custody", "log", disk, "--at", "2020-01-01")
    assert (code, "in nobody's custody" in said) == (2, True)


@pytest.mark.slow
def test_an_action_is_in_force_when_enough_have_agreed_to_its_words(shuxin: Shuxin, tmp_path: Path) -> None:
    paper = tmp_path / "action.json"
    propose = (
        "quorum", "propose", "open the shared vault", "--parties", f"{ONE}, {TWO},{OFFICE}", "--needed", 2, "-o", paper
    )  # fmt: skip
    assert "proposed: 2 of 3 must agree, block" in shuxin(AUTHORITY, *propose)[1]
    assert "nothing to do" in shuxin(AUTHORITY, *propose)[1]
    fewer = shuxin(AUTHORITY, *propose[:4], f"{TWO},{OFFICE}", *propose[5:7])
    assert "proposed: 2 of 2 must agree" in fewer[1]  # the same words for other parties are another action
    id = read(paper)[0].digest.hex()
    assert "agree to or oppose an action" in shuxin(ONE, "inbox")[1]
    code, said = shuxin(ONE, "quorum", "agree", id)
    assert (code, "ask for their papers" in said) == (2, True)
    assert "open the shared vault" in shuxin(ONE, "quorum", "agree", paper)[1]
    assert "nothing to do" in shuxin(ONE, "quorum", "agree", paper)[1]
    taken_back = shuxin(ONE, "quorum", "oppose", id, "--reason", "another mind")
    assert taken_back == (1, "shuxin: the chain refuses to oppose: quorum: said already")
    assert "answer-action" not in shuxin(ONE, "inbox", "--json")[1]
    assert shuxin(OFFICE, "quorum", "show", id)[0] == 3
    assert "已反对" in shuxin(OFFICE, "quorum", "oppose", id, "--reason", "too early", "--language", "zh")[1]
    agree = shuxin(AUTHORITY, "quorum", "agree", paper)
    assert agree == (1, "shuxin: the chain refuses to agree: quorum: not a named party")
    assert "agreed, block" in shuxin(TWO, "quorum", "agree", paper)[1]
    code, said = shuxin(OFFICE, "quorum", "show", id, "--json")
    told = json.loads(said)
    assert (code, told["state"], told["needed"], told["words"]) == (0, "in_force", 2, None)
    assert told["parties"] == {ONE: "agreed", TWO: "agreed", OFFICE: "opposed"}
    assert "已生效" in shuxin(ONE, "quorum", "show", id, "--language", "zh")[1]


@pytest.mark.slow
def test_an_incident_is_reported_late_and_everybody_sees_it(shuxin: Shuxin, tmp_path: Path) -> None:
    paper, report = tmp_path / "incident.json", tmp_path / "report.json"
    found = datetime.fromtimestamp(time.time() - 7200, UTC).isoformat(timespec="seconds")
    record = (
        "incident", "record", "rows of a table were copied", "--severity", "larger", "--found", found,
        "--authority", AUTHORITY, "--operator", "organ", "-o", paper,
    )  # fmt: skip
    assert "recorded; first report due " in shuxin(ONE, *record)[1]
    assert "nothing to do" in shuxin(ONE, *record)[1]
    assert "make the first report of a data security incident" in shuxin(ONE, "inbox")[1]
    overdue = json.loads(shuxin(AUTHORITY, "alerts", "--json")[1])["alerts"]
    assert [(alert["kind"], alert["detail"]["step"]) for alert in overdue] == [("overdue", "report-incident")]
    words = ("--words", "first report")
    other = shuxin(TWO, "incident", "report", paper, *words)
    assert other == (1, "shuxin: the chain refuses to report: incident: of another party")
    assert "first report made, block" in shuxin(ONE, "incident", "report", paper, *words, "-o", report)[1]
    assert [kept.words for kept in read(report)] == ["rows of a table were copied", "first report"]
    assert "nothing to do" in shuxin(ONE, "incident", "report", paper, *words)[1]
    assert "已续报" in shuxin(
        ONE, "incident", "follow-up", paper, "--severity", "serious", "--words", "more", "--language", "zh"
    )[1]  # fmt: skip
    refused = shuxin(ONE, "incident", "regrade", paper, "--severity", "ordinary", "--words", "less")
    assert refused == (1, "shuxin: the chain refuses to regrade: incident: state")
    assert shuxin(ONE, "incident", "follow-up", paper, "--severity", "ordinary", "--words", "less")[0] == 0
    assert "reported, ordinary, was serious" in shuxin(ONE, "incident", "show", paper)[1]
    ended = shuxin(ONE, "incident", "end", paper, "--words", "stopped")[1]
    assert ended.startswith("0x")
    assert "ended; summary due 20" in ended
    assert "closed, block" in shuxin(ONE, "incident", "close", paper, "--words", "lessons")[1]
    shown = shuxin(AUTHORITY, "incident", "show", paper, "--language", "zh")[1]
    assert "已结案, 一般, 曾定为重大" in shown
    assert "首次报告  ** 逾期 **" in shown
    told = json.loads(shuxin(AUTHORITY, "incident", "show", paper, "--json")[1])
    assert [event["late"] for event in told["events"]] == [False, True, *[False] * 4]
    assert (told["severity"], told["gravest"]) == ("ordinary", "serious")
    late = json.loads(shuxin(TWO, "alerts", "--json")[1])["alerts"]
    assert ("late", "report-incident") in [(alert["kind"], alert["detail"].get("step")) for alert in late]
    code, said = shuxin(ONE, "incident", "show", "ff" * 32)
    assert (code, "the chain knows none" in said) == (2, True)


@pytest.mark.slow
def test_a_year_and_the_governance_table_are_told_to_everybody_alike(shuxin: Shuxin) -> None:
    now = datetime.now(UTC)
    told = json.loads(shuxin(OFFICE, "report", "year", now.year, "--json")[1])
    assert (told["year"], told["party"], told["figures"]["requests-made"]) == (now.year, None, 0)
    block = told["block"]
    report = shuxin(ONE, "report", "year", now.year, "--party", ONE, "--language", "zh")[1]
    assert f"{now.year} 年度报告（{ONE}）" in report
    assert "其中按时答复: 0" in report
    assert "answers given in time: 0" in shuxin(TWO, "report", "year", now.year)[1]
    assert shuxin(ONE, "report", "year", 1969)[0] == 2
    assert "no party of this code" in shuxin(ONE, "report", "year", now.year, "--party", "nobody")[1]
    kpi = json.loads(shuxin(OFFICE, "governance", "kpi", "--json")[1])
    assert kpi["block"] >= block
    sides = {(row["side"], row["name"]) for row in kpi["rows"]}
    assert {("manager", AUTHORITY), ("provider", ONE), ("requester", OFFICE)} <= sides
    assert "数据审计方:\n  -" in shuxin(ONE, "governance", "kpi", "--language", "zh")[1]
    assert "answered in time: -" in shuxin(ONE, "governance", "kpi", "--from", "2026-01-01", "--to", "2030-01-01")[1]
    checked = json.loads(shuxin(ONE, "self-check", "dsmm", "--json")[1])
    assert (checked["standard"], len(checked["items"])) == ("GB/T 37988-2019", 30)
    assert "[链上未体现]" in shuxin(TWO, "self-check", "mlps", "--language", "zh")[1]
    for wrong in (("--from", "yesterday"), ("--from", "2026-01-01T00:00:00Z"), ("--from", "2030-01-01")):
        assert shuxin(ONE, "governance", "kpi", *wrong)[0] == 2


def test_a_paper_hides_its_words_and_is_found_again_by_them(tmp_path: Path) -> None:
    papers, matter = Papers(tmp_path / "papers"), bytes(32)
    one = papers.of(matter, "no scratches")
    assert papers.of(matter, "no scratches") == one
    assert papers.of(matter, "one scratch") != one
    assert papers.of(b"another", "no scratches").digest != one.digest
    assert Papers(tmp_path / "elsewhere").of(matter, "no scratches").digest != one.digest
    assert papers.find(one.digest) == one
    assert papers.find(bytes(32)) is None
    other = Papers(tmp_path / "other")
    other.keep([one, one])
    assert other.require(one.digest, "condition") == one
    with pytest.raises(NotFound, match="seal: the words behind 0x0000"):
        other.require(bytes(32), "seal")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"\xff", b'{"papers":[],"version":1}', b'{"papers":[{"salt":"00","words":"w"}],"version":1}',
        b'{"papers":[{"salt":"zz","words":"w"}],"version":1}', b'{"papers":[{"words":"w"}],"version":1}',
        encode([Paper("w", bytes(32))] * (MAX_PAPERS + 1)), b"x" * (600 << 10),
        encode([Paper("w", bytes(32))]).replace(b'"w"', b'"  "'),
        encode([Paper("w", bytes(32))]).replace(b'"w"', b'"' + b"w" * 9000 + b'"'),
    ],
)  # fmt: skip
def test_what_is_no_file_of_papers_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "papers.json"
    path.write_bytes(content)
    with pytest.raises(InvalidRecord):
        read(path)
    with pytest.raises(NotFound):
        read(tmp_path / "none.json")
