"""``shuxin property`` on a served chain: a unit of the past is opened, sold, mortgaged and seized; each act once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commandline import say
from smallnetwork import free_ports

from contracts.restrictions.record import RestrictionKind
from contracts.titles.record import UnitState
from contracts.world import PartyRole
from gateway.network.founding import Plan, found, utc_now, write_node
from gateway.network.serving import serve_chain
from gateway.property.book import Book
from gateway.property.entering.desk import Desk
from gateway.property.entering.seizing import seizure_id
from gateway.property.imports import importing
from gateway.property.imports.profile import load
from gateway.statute.officers import Officer
from mpc.node import config as node_config

REGISTRAR, COURT, OFFICE = "registrar", "court", "office"
HEADER = "bbl,borough,building_class_category,address,apartment_number,land_square_feet,sale_price,sale_date"
UNIT = "1/1000010001"
OTHERWISE = "the chain holds it with other papers, words or parties"


class Register:
    """A served chain with a registrar and a court, and the registrar's directory with an imported past."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.book = directory, directory / "register"

    def config(self, code: str) -> Path:
        return self.directory / "parties" / code / "node.toml"

    def see(self) -> tuple[UnitState, bytes, list[int]]:
        """Return by proof the unit's state and holdings, and the kinds of what stands against it."""
        book, officer = Book(self.book), Officer(node_config.load(self.config(REGISTRAR)))
        try:
            desk = Desk(book, officer)
            unit = desk.unit(book.id_of(UNIT))
            kinds = [entry.kind for _, entry in desk.standing(book.id_of(UNIT))]
            return unit.state, unit.holdings, kinds
        finally:
            officer.close()
            book.close()

    def unit_id(self) -> bytes:
        book = Book(self.book)
        try:
            return book.id_of(UNIT)
        finally:
            book.close()


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Register]:
    directory = tmp_path_factory.mktemp("land")
    ports = free_ports()
    plans = [
        Plan(REGISTRAR, PartyRole.OWNER | PartyRole.REGISTRAR),
        Plan(COURT, PartyRole.COURT),
        Plan(OFFICE, PartyRole.REQUESTER | PartyRole.AUTHORITY, governor=True),
    ]
    found(directory, plans, ports, chain_id=20263, now=utc_now(), is_trial=True)
    for code in (REGISTRAR, COURT, OFFICE):
        write_node(directory, code, ports)
    sales = directory / "sales.csv"
    sales.write_text(f"{HEADER}\n1000010001,1,01 ONE FAMILY,1 MAIN,,900,500000,2019-01-31\n", encoding="utf-8")
    importing.run(sales, load("nyc"), directory / "register", "city", utc_now().date())
    with serve_chain(directory):
        yield Register(directory)


Shuxin = Callable[..., tuple[int, str]]


@pytest.fixture
def shuxin(register: Register, capsys: pytest.CaptureFixture[str]) -> Shuxin:
    def run(party: str, *arguments: object) -> tuple[int, str]:
        more = ["--config", str(register.config(party))]
        if party == REGISTRAR and arguments[0] == "property" and arguments[1] not in ("seize", "case"):
            more += ["--dir", str(register.book)]
        code, out, err = say(capsys, *arguments, *more)
        return code, (err if code and err else out).strip()

    return run


def entry(folder: Path, code: str, kind: str, *more: str) -> Path:
    (folder / "papers.pdf").write_bytes(b"signed by everybody")
    file = folder / f"{code}.toml"
    head = f'code = "{code}"\ntype = "{kind}"\nunit = "{UNIT}"\npapers = ["papers.pdf"]\n'
    file.write_text(head + "\n".join(more) + "\n", encoding="utf-8")
    return file


def holder(name: str, share: str = "1") -> str:
    return f'[[holder]]\nname = "{name}"\nshare = "{share}"'


@pytest.mark.slow
def test_a_unit_of_the_past_is_opened_sold_and_burdened_each_act_once(
    register: Register, shuxin: Shuxin, tmp_path: Path
) -> None:
    early = shuxin(REGISTRAR, "property", "open", UNIT)
    assert early[0] == 1
    assert "its extract is not anchored" in early[1]
    assert shuxin(REGISTRAR, "notary", "append", register.book / "extracts")[0] == 0
    assert "opened" in shuxin(REGISTRAR, "property", "open", UNIT)[1]
    assert "nothing to do" in shuxin(REGISTRAR, "property", "open", UNIT)[1]
    assert register.see()[0] is UnitState.REGISTERED
    asking = ("property", "title", UNIT, "--purpose", "intention", "--asker", "Zoe", "--json")
    assert json.loads(shuxin(REGISTRAR, *asking)[1])["standing"] == "registered"

    sale = entry(tmp_path, "2026-1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
    rival = entry(tmp_path, "2026-2", "transfer", holder("Cat"))
    for file in (sale, rival):
        assert "accepted" in shuxin(REGISTRAR, "property", "apply", file)[1]
        assert "nothing to do" in shuxin(REGISTRAR, "property", "apply", file)[1]
    assert "entered" in shuxin(REGISTRAR, "property", "enter", "2026-1")[1]
    assert "nothing to do" in shuxin(REGISTRAR, "property", "enter", "2026-1")[1]
    held = register.see()[1]

    late = shuxin(REGISTRAR, "property", "enter", "2026-2")
    assert late[0] == 1
    assert "is not held by those it was accepted from 权利人已非受理时的权利人" in late[1]
    assert register.see()[1] == held

    withdrawing = ("property", "withdraw", "2026-2", "--request")
    assert "withdrawn" in shuxin(REGISTRAR, *withdrawing, "we no longer want it")[1]
    assert "nothing to do" in shuxin(REGISTRAR, *withdrawing, "we no longer want it")[1]
    assert shuxin(REGISTRAR, *withdrawing, "another wish")[1].endswith("has ended otherwise, or for another reason")
    assert "withdrawn" in shuxin(REGISTRAR, "property", "enter", "2026-2")[1]
    assert register.see()[1] == held

    loan = entry(tmp_path, "2026-3", "mortgage", '[restriction]\nholder = "Bank"\nclaim = "a loan"\nrank = 2')
    shuxin(REGISTRAR, "property", "apply", loan)
    assert shuxin(REGISTRAR, "property", "enter", "2026-3") == (
        1, "shuxin: the chain refuses to enter: restriction: rank"
    )  # fmt: skip
    first = entry(tmp_path, "2026-4", "mortgage", '[restriction]\nholder = "Bank"\nclaim = "a loan"\nrank = 1')
    shuxin(REGISTRAR, "property", "apply", first)
    assert shuxin(REGISTRAR, "property", "enter", "2026-4")[0] == 0
    assert register.see()[2] == [RestrictionKind.MORTGAGE]

    order, release = tmp_path / "order.pdf", tmp_path / "release.pdf"
    order.write_bytes(b"seize")
    release.write_bytes(b"release")
    name = register.unit_id().hex()
    seizing = ("property", "seize", "case-7", "--unit", name, "--order", order, "--days", "30")
    assert shuxin(REGISTRAR, *seizing) == (1, "shuxin: the chain refuses to seize: restriction: not for this party")
    assert "seized" in shuxin(COURT, *seizing)[1]
    assert "nothing to do" in shuxin(COURT, *seizing)[1]
    for other in ((*seizing[:-1], "31"), (*seizing[:6], release, *seizing[7:])):
        assert "by another order or for another time" in shuxin(COURT, *other)[1]
    third = entry(tmp_path, "2026-5", "transfer", holder("Cat"))
    shuxin(REGISTRAR, "property", "apply", third)
    refused = (1, "shuxin: the chain refuses to transfer: restriction: under seizure")
    assert shuxin(REGISTRAR, "property", "enter", "2026-5") == refused
    lifting = ("property", "lift", "case-7", "--order")
    assert "this order was used for something else" in shuxin(COURT, *lifting, order)[1]
    assert "lifted" in shuxin(COURT, *lifting, release)[1]
    assert "nothing to do" in shuxin(COURT, *lifting, release)[1]
    assert "none of this number" in shuxin(COURT, "property", "lift", "case-8", "--order", release)[1]
    assert "entered" in shuxin(REGISTRAR, "property", "enter", "2026-5")[1]
    assert register.see()[1] != held
    assert seizure_id(COURT, "case-7") != seizure_id(REGISTRAR, "case-7")

    file = tmp_path / "corrections.csv"
    file.write_text(f"unit,reason,address\n{UNIT},a wrong number,2 MAIN\n2/9,unknown,3 MAIN\n", encoding="utf-8")
    correcting = ("property", "correct", "--file", file)
    dry = shuxin(REGISTRAR, *correcting)
    assert dry[0] == 1
    assert f"line 2  {UNIT}  would be entered 可登簿" in dry[1]
    assert "line 3  2/9  refused 不可登簿: unit '2/9' is not in the living register" in dry[1]
    assert "nothing was entered" in shuxin(REGISTRAR, *correcting, "--enter")[1]
    told = shuxin(REGISTRAR, *correcting, "--enter", "--skip-refused", "--json")
    assert told[0] == 1
    verdicts = [row["verdict"] for row in json.loads(told[1])["rows"]]
    assert verdicts == ["entered", "refused"]
    again = json.loads(shuxin(REGISTRAR, *correcting, "--enter", "--skip-refused", "--json")[1])
    assert again["counts"] == {"done": 1, "refused": 1}


@pytest.mark.slow
def test_a_case_goes_through_one_window_and_its_time_is_accounted_for(
    register: Register, shuxin: Shuxin, tmp_path: Path
) -> None:
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"papers")
    defining = ("property", "case", "define", "sale", "--departments", f"{COURT},{REGISTRAR}", "--minutes", "60")
    assert shuxin(REGISTRAR, *defining) == (1, "shuxin: the chain refuses to define: case: authority only")
    assert "defined" in shuxin(OFFICE, *defining)[1]
    assert "nothing to do" in shuxin(OFFICE, *defining)[1]
    assert OTHERWISE in shuxin(OFFICE, *defining[:-1], "61")[1]
    opening = ("property", "case", "open", "sale-1", "--template", "sale", "--paper", paper)
    assert "opened" in shuxin(REGISTRAR, *opening)[1]
    assert "nothing to do" in shuxin(REGISTRAR, *opening)[1]
    other = tmp_path / "other.pdf"
    other.write_bytes(b"other papers")
    assert OTHERWISE in shuxin(REGISTRAR, *opening[:-1], other)[1]
    closing = ("property", "case", "close", "sale-1", "--certificate", paper)
    assert shuxin(REGISTRAR, *closing) == (1, "shuxin: the chain refuses to close: case: signatures missing")
    for party in (COURT, REGISTRAR):
        signing = ("property", "case", "sign", "sale-1", "--document", paper)
        assert "signed" in shuxin(party, *signing)[1]
        assert "nothing to do" in shuxin(party, *signing)[1]
        assert OTHERWISE in shuxin(party, *signing[:-1], other)[1]
    assert "closed" in shuxin(REGISTRAR, *closing)[1]
    told = json.loads(shuxin(COURT, "property", "case", "replay", "sale-1", "--name", COURT, "--json")[1])
    assert (told["state"], told["late"]) == ("closed", False)
    assert COURT in {one["party"] for one in told["departments"]}
    assert all(0 <= one["seconds"] <= told["seconds"] < 60 for one in told["departments"])
    assert "window, after the last" in shuxin(OFFICE, "property", "case", "replay", "sale-1")[1]
    assert shuxin(OFFICE, "property", "case", "replay", "sale-2")[0] == 2


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ((), r"\[\[holder\]\] missing"),
        ((holder("Ann", "1/2"),), "the shares do not sum to one"),
        ((holder("Ann", "1/2"), holder("Ann", "1/2")), "a holder appears twice"),
        ((holder("Ann", "half"),), "share: expected like 1/2, got 'half'"),
        ((holder("Ann", "0"), holder("Bob", "1")), "share: expected a part of one"),
        ((holder("Ann"), '[restriction]\nholder = "B"\nclaim = "c"'), r"transfer: no \[restriction\]"),
    ],
)
def test_a_wrong_entry_file_is_refused_with_file_and_line(tmp_path: Path, more: tuple[str, ...], reason: str) -> None:
    from gateway.property.entering import entry as entries
    from ledger.errors import InvalidRecord

    with pytest.raises(InvalidRecord, match=rf"wrong.toml:\d+: .*{reason}"):
        entries.load(entry(tmp_path, "wrong", "transfer", *more))
