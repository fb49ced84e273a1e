"""``shuxin voucher``, ``listing`` and ``material`` on a served chain: whole stories by command, and who is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from commandline import Shuxin, configuration
from smallnetwork import free_ports

from contracts.world import PartyRole
from gateway.network.founding import Plan, found, utc_now, write_configurations
from gateway.network.serving import serve_chain

REGISTRAR, BUREAU, OFFICE = "registrar", "bureau", "office"
TERMS = """version = 1
[list]
code = "wage-arrears"
title = { zh = "拖欠工资失信名单", en = "Employers in arrears" }
colour = "black"
keeper = "bureau"
provision = "invented for a test"
hearing = 5
answer = 10
repair = 90
term = 365
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A registrar, a bureau that governs alone, and an office, none with tables."""
    directory = tmp_path_factory.mktemp("town")
    ports, roles = free_ports(), PartyRole.OWNER | PartyRole.REQUESTER
    plans = [Plan(REGISTRAR, roles | PartyRole.REGISTRAR), Plan(BUREAU, roles, governor=True), Plan(OFFICE, roles)]
    found(directory, plans, ports, chain_id=20261, now=utc_now(), is_trial=True)
    write_configurations(directory, plans, ports, {})
    with serve_chain(directory):
        yield directory


@pytest.fixture
def shuxin(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    """Run commands in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Shuxin(partial(configuration, town), capsys)


@pytest.mark.slow
def test_a_voucher_is_issued_handed_on_proven_offline_and_revoked(town: Path, shuxin: Shuxin) -> None:
    Path("data.csv").write_text("year,kwh\n2025,7\n")
    issue = (
        "voucher", "issue", "2026-1", "--asset", "grid-use", "--title", "Use of electricity", "--provider", "The grid",
        "--file", "data.csv", "--days", 90, "--holder", "office.json", "-o", "voucher.json",
    )  # fmt: skip
    assert shuxin(OFFICE, "voucher", "claim", "-o", "office.json")[0] == 0
    assert shuxin(BUREAU, "voucher", "claim", "-o", "bureau.json")[0] == 0
    assert "voucher: registrar only" in shuxin(OFFICE, *issue)[1]
    assert "issued as no. 2026-1, block" in shuxin(REGISTRAR, *issue)[1]
    first = Path("voucher.json").read_bytes()
    assert "nothing to do" in shuxin(REGISTRAR, *issue)[1]
    assert Path("voucher.json").read_bytes() == first

    hand_on = ("voucher", "transfer", "voucher.json", "--to", "bureau.json")
    assert "not held under any claim of registrar" in shuxin(REGISTRAR, *hand_on)[1]
    assert "handed on to bureau, block" in shuxin(OFFICE, *hand_on)[1]
    assert "nothing to do" in shuxin(OFFICE, *hand_on)[1]

    trust = ("--trust", town / "trust.json")
    assert (
        "not held under any claim" in shuxin(OFFICE, "voucher", "prove", "voucher.json", "--holder", "-o", "p.json")[1]
    )
    assert shuxin(BUREAU, "voucher", "prove", "voucher.json", "--holder", "-o", "proof.json")[0] == 0
    code, said = shuxin("", "verify", "proof.json", *trust)
    assert (code, "held by bureau" in said, "Use of electricity" in said) == (0, True, True)
    assert "有效，至" in shuxin(OFFICE, "voucher", "show", "voucher.json", "--language", "zh")[1]

    revoke = ("voucher", "revoke", "voucher.json", "--ground", "falsehood", "--reason", "the grid denies it")
    assert "voucher: not the issuer" in shuxin(BUREAU, *revoke)[1]
    assert "revoked, block" in shuxin(REGISTRAR, *revoke)[1]
    assert "nothing to do" in shuxin(REGISTRAR, *revoke)[1]
    code, said = shuxin(OFFICE, "voucher", "show", "voucher.json", "--json")
    assert (code, json.loads(said)["ground"]) == (3, "obtained by false statements")
    assert shuxin(OFFICE, "voucher", "prove", "voucher.json", "-o", "late.json")[0] == 0
    code, said = shuxin("", "verify", "late.json", *trust)
    assert (code, "obtained by false statements" in said) == (1, True)


@pytest.mark.slow
def test_what_was_handed_in_once_is_not_asked_for_again(shuxin: Shuxin) -> None:
    for name in ("licence", "other"):
        Path(f"{name}.pdf").write_text(name)
    assert shuxin("", "material", "card", "Example Ltd, 9144", "-o", "card.json")[0] == 0
    wanted = ("material", "find", "card.json", "--kind", "licence", "--purpose", "permit")
    register = (
        "material", "register", "card.json", "--kind", "licence", "--file", "licence.pdf",
        "--purposes", "permit, subsidy", "--days", 30, "-o", "material.json",
    )  # fmt: skip
    rely = ("material", "rely", "material.json", "--purpose", "permit", "--matter", "case 7", "--file")
    assert shuxin(OFFICE, *wanted) == (3, "licence: none that may be relied on for this; ask for it")
    assert "licence registered, block" in shuxin(BUREAU, *register)[1]
    first = Path("material.json").read_bytes()
    assert "nothing to do" in shuxin(BUREAU, *register)[1]
    assert Path("material.json").read_bytes() == first

    assert "material: purpose missing" in shuxin(BUREAU, *register[:8], "", *register[9:])[1]
    assert shuxin(OFFICE, *wanted) == (0, "licence: kept by bureau; do not ask for it again (article 19)")
    code, said = shuxin(OFFICE, *register[:-1], "second.json")
    assert (code, "material: submitted already (R07)" in said) == (1, True)
    assert "is not the licence that bureau registered" in shuxin(OFFICE, *rely, "other.pdf")[1]
    assert "reuse recorded, block" in shuxin(OFFICE, *rely, "licence.pdf")[1]
    assert "nothing to do" in shuxin(OFFICE, *rely, "licence.pdf")[1]
    told = json.loads(shuxin(BUREAU, "material", "show", "material.json", "--json")[1])
    assert [use["party"] for use in told["reuses"]] == ["office"]

    withdraw = ("material", "withdraw", "material.json", "--reason", "the licence was cancelled")
    assert "material: kept by another" in shuxin(OFFICE, *withdraw)[1]
    assert "withdrawn, block" in shuxin(BUREAU, *withdraw)[1]
    assert "nothing to do" in shuxin(BUREAU, *withdraw)[1]
    code, said = shuxin(OFFICE, "material", "show", "material.json", "--language", "zh")
    assert (code, "已撤回" in said) == (3, True)
    assert shuxin(OFFICE, *wanted)[0] == 3


@pytest.mark.slow
def test_a_subject_is_heard_before_it_is_listed_and_a_plea_that_is_granted_ends_the_listing(shuxin: Shuxin) -> None:
    Path("list.toml").write_text(TERMS, encoding="utf-8")
    announce = (
        "listing", "announce", "wage-arrears", "--subject", "Example Ltd, 9144", "--article", "article 7",
        "--ground", "wages of May unpaid", "--days", 90, "-o", "sheet.json", "--voice", "voice.json",
    )  # fmt: skip
    show, publish = ("listing", "show", "sheet.json"), ("listing", "publish", "sheet.json")
    plead = ("listing", "plead", "voice.json", "--kind", "objection", "--words", "paid on 3 June", "-o", "plea.json")
    pass_on = ("listing", "pass-on", "plea.json")
    assert shuxin(BUREAU, "listing", "adopt", "list.toml") == (0, "list.toml: in force (1 of 1 members)")
    assert "nothing to do" in shuxin(BUREAU, "listing", "adopt", "list.toml")[1]
    assert "listing: not competent" in shuxin(OFFICE, *announce)[1]
    assert "announced, block" in shuxin(BUREAU, *announce)[1]
    first = Path("sheet.json").read_bytes(), Path("voice.json").read_bytes()
    assert Path("voice.json").stat().st_mode & 0o077 == 0  # it speaks for the subject
    assert "nothing to do" in shuxin(BUREAU, *announce)[1]
    assert (Path("sheet.json").read_bytes(), Path("voice.json").read_bytes()) == first
    assert "listing: time to object not over" in shuxin(BUREAU, *publish)[1]
    code, said = shuxin(OFFICE, *show, "--language", "zh")
    assert (code, "已告知，未公布；可异议至" in said) == (3, True)

    assert "signed" in shuxin("", *plead)[1]
    assert "listing: keeper speaks for no subject" in shuxin(BUREAU, *pass_on)[1]
    assert "passed on, block" in shuxin(OFFICE, *pass_on)[1]
    assert "nothing to do" in shuxin(OFFICE, *pass_on)[1]
    assert shuxin("", *plead)[0] == 0  # signed anew, for a change that was made
    assert "signed as change 2 of the listing, the next one is 3" in shuxin(OFFICE, *pass_on)[1]
    told = json.loads(shuxin(OFFICE, *show, "--json")[1])
    assert (told["state"], told["plea"], told["next_number"]) == ("announced", "objection", 3)
    assert told["due"] > told["hearing"]
    inbox = shuxin(BUREAU, "inbox")[1]
    assert "objection" in inbox

    answer = ("listing", "answer", "sheet.json", "--granted", "--words", "paid indeed")
    assert "listing: not competent" in shuxin(OFFICE, *answer)[1]
    assert "granted; the listing has ended, block" in shuxin(BUREAU, *answer)[1]
    assert "nothing to do" in shuxin(BUREAU, *answer)[1]

    assert "announced, block" in shuxin(BUREAU, *announce)[1]  # once over, it is another listing
    withdraw = ("listing", "withdraw", "sheet.json", "--words", "in error")
    assert "withdrawn, block" in shuxin(BUREAU, *withdraw)[1]
    assert "nothing to do" in shuxin(BUREAU, *withdraw)[1]
    assert json.loads(shuxin(OFFICE, *show, "--json")[1])["state"] == "withdrawn"
