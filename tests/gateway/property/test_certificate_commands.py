"""``shuxin property certificate`` and ``receipt`` on a served chain: issued, shown, proven, printed, revoked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from landoffice import COUNTY, REGISTRAR, UNIT, LandOffice, Shuxin, holder, land_office, runner

from gateway.property.certificates import page

DESCRIPTION = '[description]\naddress = "中山路 1 号 502 室"\narea = "88.5"'


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LandOffice]:
    with land_office(tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture
def shuxin(capsys: pytest.CaptureFixture[str]) -> Shuxin:
    return runner(capsys)


@pytest.mark.slow
def test_a_certificate_from_its_issue_to_its_revocation_with_another_county_checking(
    office: LandOffice, shuxin: Shuxin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registrar = ("--config", office.config(REGISTRAR), "--dir", office.book)
    whole, part, early, late = (tmp_path / name for name in ("whole.txt", "part.txt", "early.json", "late.json"))
    certificate = ("property", "certificate")

    none = shuxin(*certificate, "issue", UNIT, "-o", whole, *registrar)
    assert (none[0], "not in the living register" in none[1]) == (2, True)
    shuxin("property", "apply", office.entry("1", "first", holder("张三", "1/3"), holder("Bob", "2/3"), DESCRIPTION),
           *registrar)  # fmt: skip
    early_receipt = shuxin("property", "receipt", "1", "-o", tmp_path / "receipt.json", *registrar)
    assert (early_receipt[0], "not entered yet" in early_receipt[1]) == (1, True)
    assert shuxin("property", "enter", "1", *registrar)[0] == 0

    issued = json.loads(shuxin(*certificate, "issue", UNIT, "-o", whole, "--json", *registrar)[1])
    text = whole.read_text()
    again = json.loads(shuxin(*certificate, "issue", UNIT, "-o", whole, "--json", *registrar)[1])
    assert (issued["new"], again["new"], again["certificate"]) == (True, False, issued["certificate"])
    assert whole.read_text() == text

    names = json.loads(shuxin(*certificate, "show", whole, "--json")[1])
    assert {"code", "right", "holders.0", "holders.1", "spatialUnit.address", "spatialUnit.*"} <= set(names)
    assert shuxin(*certificate, "show", whole, "--show", "holders.1", "--show", "code", "-o", part)[0] == 0
    wrong = shuxin(*certificate, "show", whole, "--show", "price")
    assert (wrong[0], "nothing called 'price'" in wrong[1]) == (2, True)

    # The issuer is away: what is asked is the chain, by the other county's own node.
    (office.config(REGISTRAR)).rename(office.directory / "away.toml")
    proven = shuxin(*certificate, "status", part, "--config", office.config(COUNTY), "-o", early)
    (office.directory / "away.toml").rename(office.config(REGISTRAR))
    assert proven[0] == 0
    assert "Bob" in proven[1]
    assert "张三" not in proven[1]

    html = tmp_path / "page.html"
    assert shuxin(*certificate, "print", part, "-o", html, "--status", early, "--trust", office.trust)[0] == 0
    said = html.read_text()
    assert "不动产权属电子证照" in said
    assert "Not revoked and still the title, as of block" in said
    assert "张三" not in said
    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)|@import|url\(", said)

    listed = tmp_path / "list.jwt"
    assert shuxin(*certificate, "revoke", issued["certificate"], "--reason", "lost", *registrar)[0] == 0
    assert "nothing to do" in shuxin(*certificate, "revoke", issued["certificate"], "--reason", "lost", *registrar)[1]
    other = shuxin(*certificate, "revoke", issued["certificate"], "--reason", "stolen", *registrar)
    assert (other[0], "another reason" in other[1]) == (1, True)
    assert shuxin(*certificate, "list", "-o", listed, *registrar)[0] == 0
    refused = shuxin(*certificate, "status", whole, "--config", office.config(COUNTY), "-o", late, "--list", listed)
    assert (refused[0], "FAIL status" in refused[1]) == (1, True)

    offline = ("verify", part, "--trust", office.trust)
    assert shuxin(*offline, "--status", early)[0] == 0
    assert shuxin(*offline, "--status", late)[0] == 1
    assert shuxin(*offline)[0] == 2
    stale = shuxin(*certificate, "print", part, "-o", html, "--status", late, "--trust", office.trust)
    assert (stale[0], "revoked" in stale[1]) == (1, True)

    paper = tmp_path / "receipt.html"
    assert shuxin("property", "receipt", "1", "-o", tmp_path / "receipt.json", "--page", paper, *registrar)[0] == 0
    verdict = shuxin("verify", tmp_path / "receipt.json", "--trust", office.trust, "--language", "zh")
    assert (verdict[0], "登记类型:首次登记" in verdict[1]) == (0, True)
    assert "不动产登簿回执" in paper.read_text()

    # Of any entry about the unit: by the registrar from its book, by another county without one.
    own, foreign = tmp_path / "own.json", tmp_path / "foreign.json"
    told = shuxin("property", "receipt", "--unit", UNIT, "-o", own, "--page", paper, "--json", *registrar)
    made = json.loads(told[1])
    assert (told[0], made["contract"], made["n"]) == (0, "Titles", 1)
    named = ("property", "receipt", "--unit", made["unit"], "--config", office.config(COUNTY), "-o", foreign)
    assert shuxin(*named, "--title-entry", "1")[0] == 0
    for file in (own, foreign):
        verdict = shuxin("verify", file, "--trust", office.trust, "--language", "zh")
        assert (verdict[0], "登记事项:首次登记" in verdict[1]) == (0, True)
    assert made["unit"] in paper.read_text()
    none = shuxin(*named, "--restriction-entry", "1")
    assert (none[0], "Restrictions has 0 entries about it" in none[1]) == (2, True)
    for wrong in (("1", "--unit", UNIT), (), ("1", "--title-entry", "1"),
                  ("--unit", UNIT, "--title-entry", "1", "--restriction-entry", "1")):  # fmt: skip
        assert shuxin("property", "receipt", *wrong, "-o", own, *registrar)[0] == 2


def test_a_page_shows_a_registrars_words_as_words() -> None:
    from contracts.evidence.report import Words

    paper = page.Paper(
        Words("T", "题"), Words("unit: <script>x</script>", "单元:<script>x</script>"), (), ("SX1:C:1/1:00:A",)
    )
    said = page.write(paper)
    assert "<script" not in said
    assert "<script>x</script>" in unescape(said)
