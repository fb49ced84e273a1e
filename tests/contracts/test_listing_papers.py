"""A list's terms as people write them, and what a subject signs without a network: read strictly, forged by nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contracts import slip
from contracts.listings import notice
from contracts.listings.sheet import PleaSheet, Sheet, Voice, list_id
from contracts.listings.terms import Colour, Plea
from contracts.materials.slip import Card
from contracts.parties.client import party_id
from ledger.errors import InvalidRecord, NotFound
from ledger.hashing import keccak256

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
SALT = keccak256(b"salt")
SHEET = Sheet("wage-arrears", "bureau", "Example Ltd, 9144", "article 7", "wages of May unpaid", 90, SALT)
VOICE = Voice(SHEET.id, keccak256(b"voice"))
PLEA = PleaSheet(SHEET.id, 2, "objection", "paid on 3 June", SALT)


def test_a_lists_terms_are_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "list.toml"
    file.write_text(TERMS, encoding="utf-8")
    found = notice.load(file)
    assert found.call.list == list_id("wage-arrears")
    terms = found.terms
    assert (terms.keeper, terms.colour) == (party_id("bureau"), Colour.BLACK)
    assert (terms.hearing, terms.answer, terms.repair, terms.term) == (5, 10, 90, 365)
    file.write_text(TERMS.replace("invented", "drawn up"), encoding="utf-8")
    assert notice.load(file).terms.provision != terms.provision
    with pytest.raises(NotFound):
        notice.load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ('colour = "grey"', 5), ("hearing = 61", 8), ("hearing = 0", 8), ("answer = 61", 9), ("term = 3661", 11),
        ("repair = 365", 2), ('code = "A b"', 2), ('keeper = ""', 6), ("version = 2", 1), ("more = 1", 5),
    ],
)  # fmt: skip
def test_terms_that_no_list_may_have_are_refused_with_their_line(tmp_path: Path, row: str, line: int) -> None:
    name = "colour" if row.startswith("more") else row.split(" ")[0]
    file = tmp_path / "list.toml"
    rows = [row if known.startswith(f"{name} =") else known for known in TERMS.splitlines()]
    file.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(InvalidRecord) as refused:
        notice.load(file)
    assert str(refused.value).startswith(f"{file}:{line}: ")


def test_a_plea_is_signed_with_the_voice_of_its_listing_alone() -> None:
    signed = PLEA.sign(VOICE)
    assert signed.signer == VOICE.address
    assert signed.call.plea == Plea.OBJECTION
    with pytest.raises(InvalidRecord, match="another listing"):
        PLEA.sign(replace(VOICE, listing=SALT))
    for changed in (
        replace(signed, words="never paid"), replace(signed, plea="repair"), replace(signed, number=3),
        replace(signed, salt=SHEET.id), replace(signed, listing=SALT),
    ):  # fmt: skip
        assert changed.signer != VOICE.address


def test_sheets_that_differ_in_a_word_are_different_listings() -> None:
    changes = ({"subject": "Other Ltd"}, {"article": "article 8"}, {"days": 91}, {"list": "other"}, {"salt": SHEET.id})
    others = [replace(SHEET, **change) for change in changes]  # type: ignore[arg-type]
    assert len({SHEET.id, *(other.id for other in others)}) == len(others) + 1
    moved = replace(SHEET, article="article 7w", ground="ages of May unpaid")
    assert moved.announcement(VOICE.address).ground != SHEET.announcement(VOICE.address).ground


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (PleaSheet, {"plea": "mercy"}), (PleaSheet, {"number": 1}), (PleaSheet, {"signature": "00"}),
        (PleaSheet, {"words": ""}), (Voice, {"key": "00"}), (Sheet, {"subject": ""}), (Sheet, {"days": "90"}),
        (Sheet, {"list": "A b"}),
    ],
)  # fmt: skip
def test_a_slip_that_says_nothing_sensible_is_refused(kind: type, value: dict[str, object]) -> None:
    whole = {PleaSheet: PLEA.sign(VOICE), Voice: VOICE, Sheet: SHEET}[kind]
    told = slip.json_of(whole)
    assert slip.read(kind, told) == whole
    with pytest.raises(InvalidRecord):
        slip.read(kind, {**told, **value})


def test_materials_of_one_card_have_nothing_in_common_and_one_kind_has_one_name() -> None:
    card = Card("Example Ltd, 9144", SALT)
    assert card.name("licence") == Card("Example Ltd, 9144", SALT).name("licence")
    assert len({card.name("licence"), card.name("permit"), replace(card, salt=SHEET.id).name("licence")}) == 3
    with pytest.raises(InvalidRecord):
        card.name("A licence")
