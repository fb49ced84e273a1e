"""``shuxin listing`` on a served, co-signed chain whose clock is moved by hand, from the decision to the last day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import Shuxin
from handclock import HandClock, await_block
from smallnetwork import free_ports

from contracts.calendar.dates import DAY
from contracts.world import PartyRole
from gateway.network.founding import Plan, found, utc_now, write_configurations
from gateway.network.sealing import sealing
from gateway.network.serving import serve_chain
from ledger.errors import InvalidRecord
from mpc.node import config as node_config
from mpc.node.node import Node

BUREAU, OFFICE = "bureau", "office"
LIST = """version = 1
[list]
code = "wage-arrears"
title = { zh = "拖欠工资失信名单", en = "Employers in arrears" }
colour = "black"
keeper = "bureau"
provision = "invented for a test"
hearing = 5
answer = 10
repair = 30
term = 365
"""
ANNOUNCE = (
    "listing", "announce", "wage-arrears", "--subject", "Example Ltd, 9144", "--article", "article 7",
    "--ground", "wages of May unpaid", "--days", 90, "-o", "sheet.json", "--voice", "voice.json",
)  # fmt: skip
SHOW, PUBLISH = ("listing", "show", "sheet.json"), ("listing", "publish", "sheet.json")


class Town:
    """A bureau that governs and seals beside the builder, and an office; one clock for all of them."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.clock = directory, HandClock()

    def config(self, party: str) -> Path:
        return self.directory / "parties" / party / "node.toml"

    def go_to(self, moment: int) -> None:
        """Hold the clock at a moment that has no block yet, with one shortly before it, so that the chain is fresh."""
        self.clock.hold(moment - 20)
        await_block(self.config(OFFICE), moment - 20)
        self.clock.hold(moment)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened, ports, roles = Town(tmp_path / "net"), free_ports(), PartyRole.OWNER | PartyRole.REQUESTER
    plans = [Plan(BUREAU, roles, governor=True, validator=True), Plan(OFFICE, roles)]
    found(opened.directory, plans, ports, chain_id=20261, now=utc_now(), is_trial=True)
    write_configurations(opened.directory, plans, ports, {})
    with serve_chain(opened.directory, clock=opened.clock):
        signer = sealing(node_config.load(opened.config(BUREAU)), clock=opened.clock)
        with Node([signer]):
            yield opened


@pytest.fixture
def shuxin(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    monkeypatch.chdir(tmp_path)
    return Shuxin(town.config, capsys, town.clock)


@pytest.mark.slow
def test_a_listing_is_published_when_the_time_to_object_is_over_and_not_one_second_before(
    town: Town, shuxin: Shuxin
) -> None:
    Path("list.toml").write_text(LIST, encoding="utf-8")
    assert shuxin(BUREAU, "listing", "adopt", "list.toml") == (0, "list.toml: in force (1 of 1 members)")
    assert "announced, block" in shuxin(BUREAU, *ANNOUNCE)[1]
    assert "listing: not competent" in shuxin(OFFICE, *PUBLISH)[1]
    hearing = json.loads(shuxin(OFFICE, *SHOW, "--json")[1])["hearing"]

    town.go_to(hearing - 3600)
    town.clock.run()
    plead = ("listing", "plead", "voice.json", "--kind", "objection", "--words", "paid on 3 June", "-o", "plea.json")
    assert "signed" in shuxin("", *plead)[1]
    assert "passed on, block" in shuxin(OFFICE, "listing", "pass-on", "plea.json")[1]
    answer = ("listing", "answer", "sheet.json", "--rejected", "--words", "no payment is known")
    assert "rejected, block" in shuxin(BUREAU, *answer)[1]

    town.go_to(hearing - 1)
    code, said = shuxin(BUREAU, *PUBLISH)
    assert (code, said) == (1, "shuxin: the chain refuses to publish: listing: time to object not over")
    town.clock.hold(hearing)
    assert "published, block" in shuxin(BUREAU, *PUBLISH)[1]
    assert "nothing to do" in shuxin(BUREAU, *PUBLISH)[1]
    code, told = shuxin(OFFICE, *SHOW, "--json")
    shown = json.loads(told)
    assert (code, shown["in_force"], shown["valid_until"]) == (0, True, hearing + 90 * DAY)

    until = shown["valid_until"]
    for moment, code, words in ((until - 1, 0, "有效"), (until + 60, 3, "期限届满")):
        town.go_to(moment)
        found = shuxin(OFFICE, *SHOW, "--language", "zh")
        assert (found[0], words in found[1]) == (code, True)


def test_who_seals_no_blocks_opens_no_co_signer(tmp_path: Path) -> None:
    ports, roles = free_ports(), PartyRole.OWNER | PartyRole.REQUESTER
    plans = [Plan(BUREAU, roles, governor=True), Plan(OFFICE, roles)]
    found(tmp_path / "net", plans, ports, chain_id=20261, now=utc_now(), is_trial=True)
    write_configurations(tmp_path / "net", plans, ports, {})
    with pytest.raises(InvalidRecord, match="sealing needs"):
        sealing(node_config.load(Town(tmp_path / "net").config(OFFICE)))
