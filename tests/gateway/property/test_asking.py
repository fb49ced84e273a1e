"""A query states a listed purpose and who asks, is recorded before it is answered, and shows what its purpose may."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from landtown import FLAT, HEADER, HOUSE, ROWS, LandTown, holder
from typer.testing import CliRunner

from contracts.evidence.title import document
from contracts.evidence.title.document import Withheld
from gateway.cli.property.registers import app
from gateway.property.imports import importing
from gateway.property.imports.profile import load
from gateway.property.titles.answer import Registrar
from gateway.property.titles.asking import QueryBook, purposes, question
from gateway.property.titles.finding import by_part, unit_of
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.log import proof as proofs
from ledger.log.stream import Stream, StreamWriter


@pytest.fixture(scope="module")
def land(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LandTown]:
    land = LandTown(tmp_path_factory.mktemp("land"))
    land.anchor()
    land.desk.open_unit(HOUSE)
    land.enter("1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
    land.enter("2", "residence", '[restriction]\nholder = "Mother"\nclaim = "for life"')
    yield land
    land.close()


@pytest.fixture
def past(tmp_path: Path) -> Path:
    sales = tmp_path / "sales.csv"
    sales.write_text("\n".join((HEADER, *ROWS)) + "\n", encoding="utf-8")
    importing.run(sales, load("nyc"), tmp_path / "register", "city", date(2026, 1, 1))
    return tmp_path / "register"


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "letter.pdf"
    path.write_bytes(b"a letter")
    return path


def test_every_purpose_has_its_legal_ground_in_both_languages() -> None:
    assert list(purposes()) == ["own", "transaction", "dispute", "intention", "duty"]
    assert all(one.zh and one.en and one.ground_zh and one.ground_en for one in purposes().values())


@pytest.mark.parametrize(
    ("purpose", "asker", "reason"),
    [
        ("", "Ann", "states no purpose.*article 28"),
        ("  ", "Ann", "states no purpose"),
        ("curiosity", "Ann", "unknown purpose 'curiosity'.*expected one of own, transaction"),
        ("own", " ", "say who asks"),
        ("own", "A" * 201, "at most 200 characters"),
        ("transaction", "a bank", "transaction needs a paper"),
        ("duty", "a court", "duty needs a paper"),
    ],
)
def test_a_query_without_purpose_asker_or_its_paper_is_refused(purpose: str, asker: str, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        question(purpose, asker)


def test_a_paper_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such file"):
        question("duty", "a court", tmp_path / "none.pdf")


@pytest.mark.parametrize("asker", ["Ann", "Bob", "Mother"])
def test_a_holder_of_the_right_or_of_a_restriction_may_ask_about_its_own(land: LandTown, asker: str) -> None:
    with land.registrar() as registrar:
        assert registrar.title(HOUSE, question("own", asker)).title.holders


def test_nobody_else_may_and_the_refused_query_is_recorded_too(land: LandTown) -> None:
    with land.registrar() as registrar:
        with pytest.raises(NotAuthorized, match="no holder of this unit"):
            registrar.title(HOUSE, question("own", "Eve"))
        newest = QueryBook(registrar.book).listed(limit=1)[0]
    assert (newest.asker, newest.answered, newest.unit) == ("Eve", False, HOUSE)


def test_who_only_thinks_of_buying_sees_what_stands_and_not_whose_it_is(land: LandTown) -> None:
    with land.registrar() as registrar:
        found = registrar.title(HOUSE, question("intention", "Zoe"))
        whole = registrar.title(HOUSE, question("own", "Ann"))
    title, evidence = found.title, document.parse(found.proof)
    assert [(one.name, str(one.share)) for one in title.holders if one.name] == []
    assert len(title.holders) == 2
    assert [(one.kind.name, one.beneficiary, one.claim) for one in title.burdens] == [("RESIDENCE", "", "")]
    assert title.description == {"address": "1 MAIN", "apartment": "", "land_square_feet": 900, "use": "01 ONE FAMILY"}
    assert evidence.units[0].past is not None
    assert all(isinstance(record, Withheld) for record in evidence.units[0].past.records)
    telling = (b'"Ann"', b'"Bob"', b'"Mother"', b'"price":700000')
    assert [one in spoken(whole.proof) for one in telling] == [True] * 4
    assert [one in spoken(found.proof) for one in telling] == [False] * 4


def spoken(proof: bytes) -> bytes:
    """Return a proof with what it encodes decoded: among its many base64 digits any three letters stand by chance."""
    encoded = re.compile(rb'"((?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)"')
    return proof + b"".join(base64.b64decode(one) for one in encoded.findall(proof))


def test_former_holders_stay_commitments(land: LandTown) -> None:
    land.enter("3", "transfer", holder("Cat"))
    with land.registrar() as registrar:
        title = registrar.title(HOUSE, question("own", "Cat")).title
    assert [one.name for one in title.holders] == ["Cat"]
    sold = [step for step in title.registrations if step.type == "transfer" and step.part == "living"]
    assert [[one.name for one in step.holders] for step in sold] == [["", ""], ["Cat"]]


def test_a_question_about_a_former_time_opens_who_held_the_unit_then(land: LandTown) -> None:
    land.desk.open_unit(FLAT)
    divided = land.divide("d-1", FLAT, "left", "right")
    land.enter("4", "transfer", holder("Guy"), unit="left")
    with land.registrar() as registrar:
        (hidden,) = registrar.title("left", question("intention", "Zoe"), divided).title.holders
        (then,) = registrar.title("left", question("own", "not stated in source"), divided).title.holders
        (now,) = registrar.title("left", question("own", "Guy")).title.holders
    assert (hidden.name, then.name, now.name) == ("", "not stated in source", "Guy")


def test_every_query_is_recorded_by_salted_commitments_and_provable(past: Path, paper: Path) -> None:
    asked = question("duty", "a court", paper)
    with Registrar(past) as registrar:
        places = [registrar.title(HOUSE, asked).query for _ in range(2)]
        queries = QueryBook(registrar.book).listed(HOUSE)
    assert places == [0, 1]
    assert [(one.n, one.purpose, one.asker, one.answered) for one in queries] == [
        (1, "duty", "a court", True), (0, "duty", "a court", True),
    ]  # fmt: skip
    first, second = (json.loads(one.record) for one in queries)
    assert first["asker"] != second["asker"]
    assert first["paper"] != second["paper"]
    assert b"court" not in queries[0].record
    assert (first["account"], queries[0].account) == (None, "")  # asked at the registrar's own machine
    stream = Stream(past / "queries")
    mark = stream.checkpoint
    proofs.verify(queries[0].record, stream.prove(1), size=mark.size, root=mark.root)


def test_a_book_of_before_queries_named_their_account_is_read_and_written_on(past: Path, paper: Path) -> None:
    asked = question("duty", "a court", paper, "clerk")
    with Registrar(past) as registrar:
        registrar.title(HOUSE, asked)
        with registrar.book.database.transaction() as db:
            db.execute("ALTER TABLE asked DROP COLUMN account")
    with Registrar(past) as registrar:
        registrar.title(HOUSE, asked)
        assert [one.account for one in QueryBook(registrar.book).listed(HOUSE)] == ["clerk", ""]


def test_a_query_waits_for_another_clerk_and_is_not_answered_if_it_cannot_be_recorded(past: Path, paper: Path) -> None:
    asked, paused = question("duty", "a court", paper), list[float]()
    with Registrar(past) as registrar, StreamWriter(past / "queries", "city/queries") as other:
        found = unit_of(registrar.book, HOUSE)

        def ends(seconds: float) -> None:
            paused.append(seconds)
            other.close()

        now = datetime(2026, 1, 1, tzinfo=UTC)
        with pytest.raises(Conflict, match="another writer holds it"):
            QueryBook(registrar.book, pause=paused.append).record(asked, found, "now", now, answered=True)
        assert len(paused) == 99
        assert QueryBook(registrar.book, pause=ends).record(asked, found, "now", now, answered=True) == 0
        assert len(paused) == 100


def test_a_part_of_a_code_means_the_one_unit_that_has_it(past: Path) -> None:
    with Registrar(past) as registrar:
        assert by_part(registrar.book, "10002").code == FLAT
        assert by_part(registrar.book, HOUSE).code == HOUSE
        with pytest.raises(Conflict, match=f"several units 对应多个单元: {HOUSE}, {FLAT}"):
            by_part(registrar.book, "100001000")
        with pytest.raises(NotFound, match="no unit with '77' in its code"):
            by_part(registrar.book, "77")


def test_the_commands_answer_and_list_in_both_languages(past: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, [*arguments, "--dir", str(past)])
        assert done.exit_code == 0, done.output
        return done.output

    asked = ("title", "--code", "10002", "--purpose", "intention", "--asker", "Zoe")
    assert "past only" in run(*asked)
    assert "仅有历史登记" in run(*asked, "--language", "zh")
    told = json.loads(run(*asked, "--json"))
    assert (told["code"], told["standing"], told["query"]) == (FLAT, "past only", 2)
    assert "Zoe" in run("queries")
    assert "已答复" in run("queries", "--language", "zh", "--unit", FLAT)
    assert [one["n"] for one in json.loads(run("queries", "--json"))] == [2, 1, 0]
    run("queries", "--record", "1", "-o", str(tmp_path / "record.json"))
    assert json.loads((tmp_path / "record.json").read_bytes())["purpose"] == "intention"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("title", "--purpose", "intention", "--asker", "Zoe"), "name UNIT or give --code"),
        (("title", FLAT, "--code", "1", "--purpose", "intention", "--asker", "Zoe"), "name UNIT or give --code"),
        (("title", FLAT, "--purpose", "intention", "--asker", "Zoe", "--proof", "p"), "--proof needs --config"),
        (("title", FLAT, "--purpose", "intention", "--asker", "Zoe", "--at-date", "May"), "expected a day like"),
        (("title", FLAT, "--asker", "Zoe"), "--purpose"),
        (("queries", "--record", "1"), "--record and --output"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(past: Path, arguments: tuple[str, ...], reason: str) -> None:
    done = CliRunner().invoke(app, [*arguments, "--dir", str(past)], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert done.exit_code == 2
    assert reason in done.output
