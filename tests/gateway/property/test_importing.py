"""An import is all or nothing, may be repeated, survives being killed anywhere, and its chains are the source's."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from commandline import say
from typer.testing import CliRunner

from contracts.titles.holding import extract, past_of, sole
from gateway.cli.property.registers import app
from gateway.property.book import Book
from gateway.property.imports import importing
from gateway.property.imports.profile import load
from gateway.property.imports.sorting import Bucket
from ledger.errors import Conflict, InvalidRecord
from ledger.log import proof as proofs
from ledger.log.record import leaf_of
from ledger.log.stream import Stream

TODAY = date(2026, 11, 22)
HEADER = "bbl,borough,building_class_category,address,apartment_number,land_square_feet,sale_price,sale_date"
ROWS = [f"100001000{n % 3},1,01 ONE FAMILY,{n} MAIN,,900,{500000 + n},2019-01-{n + 1:02}" for n in range(9)]


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    file = tmp_path / "sales.csv"
    file.write_text("\n".join((HEADER, *ROWS)) + "\n", encoding="utf-8")
    return file


def run(file: Path, directory: Path, tell: importing.Tell = lambda _phase, _count: None) -> importing.Imported:
    return importing.run(file, load("nyc"), directory, "city", TODAY, tell)


def sizes(directory: Path) -> list[int]:
    return [Stream(directory / name).checkpoint.size for name in (importing.REGISTRATIONS, importing.EXTRACTS)]


def test_an_import_makes_a_stream_of_registrations_and_an_extract_of_each_unit(sales: Path, tmp_path: Path) -> None:
    made = run(sales, tmp_path / "city")
    assert (made.report.buckets[Bucket.STEP], made.report.units, made.again) == (9, 3, False)
    assert sizes(tmp_path / "city") == [9, 3]


def test_importing_the_same_file_again_changes_nothing(sales: Path, tmp_path: Path) -> None:
    first = run(sales, tmp_path / "city")
    again = run(sales, tmp_path / "city")
    assert (again.again, again.report) == (True, first.report)
    assert sizes(tmp_path / "city") == [9, 3]


def test_a_profile_that_changed_under_its_name_is_told_and_changes_nothing(sales: Path, tmp_path: Path) -> None:
    run(sales, tmp_path / "city")
    same = replace(load("nyc"), title=("另", "other"))
    assert importing.run(sales, same, tmp_path / "city", "city", TODAY).again
    dearer = replace(load("nyc"), token_below=500_004)
    with pytest.raises(Conflict, match=r"sales.csv: imported before with another profile of the name nyc \("):
        importing.run(sales, dearer, tmp_path / "city", "city", TODAY)
    assert sizes(tmp_path / "city") == [9, 3]


def test_a_later_file_goes_on_where_the_first_ended(sales: Path, tmp_path: Path) -> None:
    run(sales, tmp_path / "city")
    more = tmp_path / "more.csv"
    more.write_text("\n".join((HEADER, ROWS[0], ROWS[1].replace("2019", "2020"))) + "\n", encoding="utf-8")
    made = run(more, tmp_path / "city")
    assert (made.report.buckets[Bucket.DUPLICATE], made.report.buckets[Bucket.STEP]) == (1, 1)
    assert sizes(tmp_path / "city") == [10, 4]
    steps = Book(tmp_path / "city").steps_of("1/1000010001")
    assert [step.day[:4] for step in steps] == ["2019", "2019", "2019", "2020"]


def test_an_extract_names_every_registration_of_its_unit_in_the_order_of_the_stream(
    sales: Path, tmp_path: Path
) -> None:
    directory = tmp_path / "city"
    run(sales, directory)
    more = tmp_path / "more.csv"
    more.write_text("\n".join((HEADER, ROWS[1].replace("2019", "2020"))) + "\n", encoding="utf-8")
    run(more, directory)
    book, past = Book(directory), Stream(directory / importing.REGISTRATIONS)
    steps = sorted(book.steps_of("1/1000010001"), key=lambda step: step.n)
    leaves = [leaf_of(past.prove(step.n).salt, step.record) for step in steps]
    (newest, end), (_, before) = book.extracts_of("1/1000010001")
    assert (newest, end, before) == (3, past_of(leaves), past_of(leaves[:3]))
    assert end != past_of(leaves[:1] + leaves[2:])
    assert end != past_of([leaves[1], leaves[0], *leaves[2:]])


def test_an_older_file_imported_later_leaves_the_present_as_it_is(sales: Path, tmp_path: Path) -> None:
    run(sales, tmp_path / "city")
    older = tmp_path / "older.csv"
    older.write_text(f"{HEADER}\n{ROWS[1].replace('2019', '2018')}\n", encoding="utf-8")
    run(older, tmp_path / "city")
    assert sizes(tmp_path / "city") == [10, 4]  # another extract, which names the older registration too
    book = Book(tmp_path / "city")
    assert [step.day[:4] for step in book.steps_of("1/1000010001")] == ["2018", "2019", "2019", "2019"]
    assert b"2019" in book.record(book.unit("1/1000010001").last)


class Killed(BaseException):
    """Stands for a process that ends."""


@pytest.mark.parametrize("phase", ["reading", "notarizing registrations", "notarizing extracts", "done"])
def test_an_import_killed_anywhere_is_finished_by_the_next_one(
    sales: Path, tmp_path: Path, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "city"

    def killer(reached: str, _count: int) -> None:
        if reached == phase:
            raise Killed

    if phase == "reading":
        monkeypatch.setattr(importing, "sort", _killed)
    if phase == "done":
        monkeypatch.setattr(Book, "finish", _killed)
    with pytest.raises(Killed):
        run(sales, directory, killer)
    monkeypatch.undo()
    run(sales, directory)
    assert sizes(directory) == [9, 3]
    book = Book(directory)
    assert book.pending() is None
    assert [unit.extract for unit in book.search("", 9)] == [0, 1, 2]
    assert len(book.steps_of("1/1000010002")) == 3


def _killed(*_: object) -> None:
    raise Killed


def test_another_file_after_a_kill_finishes_the_first_one_too(
    sales: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Book, "finish", _killed)
    with pytest.raises(Killed):
        run(sales, tmp_path / "city")
    monkeypatch.undo()
    more = tmp_path / "more.csv"
    more.write_text(f"{HEADER}\n{ROWS[0].replace('2019', '2020')}\n", encoding="utf-8")
    run(more, tmp_path / "city")
    assert sizes(tmp_path / "city") == [10, 4]


def test_nothing_is_registered_from_a_file_that_breaks_in_the_middle(sales: Path, tmp_path: Path) -> None:
    sales.write_bytes(sales.read_bytes() + b"\xff\n")
    with pytest.raises(InvalidRecord, match="cannot be read"):
        run(sales, tmp_path / "city")
    assert not (tmp_path / "city" / importing.REGISTRATIONS).exists()


def test_a_directory_belongs_to_one_registrar(sales: Path, tmp_path: Path) -> None:
    run(sales, tmp_path / "city")
    with pytest.raises(Conflict, match="the book of city, not of county"):
        importing.run(sales, load("nyc"), tmp_path / "city", "county", TODAY)


def test_the_registrars_key_is_readable_by_its_owner_only(sales: Path, tmp_path: Path) -> None:
    run(sales, tmp_path / "city")
    assert os.stat(tmp_path / "city" / "unit.key").st_mode & 0o777 == 0o600


def test_the_streams_hold_no_code_price_or_address(sales: Path, tmp_path: Path) -> None:
    run(sales, tmp_path / "city")
    kept = b"".join(file.read_bytes() for name in (importing.REGISTRATIONS, importing.EXTRACTS)
                    for file in (tmp_path / "city" / name).rglob("*") if file.is_file())  # fmt: skip
    assert len(kept) > 9 * 32
    assert not any(text in kept for text in (b"1000010001", b"500000", b"MAIN"))


def test_an_extract_is_what_the_contract_opens_a_unit_from(sales: Path, tmp_path: Path) -> None:
    run(sales, tmp_path / "city")
    directory = tmp_path / "city"
    book = Book(directory)
    unit = book.unit("1/1000010001")
    assert unit.extract is not None
    closing = Stream(directory / importing.EXTRACTS)
    record = importing.extract_of(unit, importing.past_end(book, unit.code))
    mark = closing.checkpoint
    proofs.verify(record, closing.prove(unit.extract), size=mark.size, root=mark.root)
    assert unit.id == book.id_of("1/1000010001")
    held = sole(importing.holder_of(unit)).digest()
    assert record.startswith(extract(unit.id, importing.spatial_of(unit), 2, held, bytes(32))[:-32])


def test_the_commands_import_and_search(sales: Path, tmp_path: Path) -> None:
    directory, report = tmp_path / "city", tmp_path / "report.json"
    asked = ["import", str(sales), "--profile", "nyc", "--registrar", "city", "--dir", str(directory)]
    done = CliRunner().invoke(app, [*asked, "--report", str(report)])
    assert done.exit_code == 0, done.output
    assert json.loads(report.read_text(encoding="utf-8"))["buckets"]["step"] == 9
    codes = CliRunner().invoke(app, ["search", "010001", "--dir", str(directory), "--json"])
    assert json.loads(codes.output) == ["1/1000010001"]


@pytest.mark.parametrize(
    ("change", "profile", "said"),
    [
        ({}, "london", "profile 'london': none of kingcounty, nyc, taiwan, uk, and no such file"),
        ({"sale_date": "day"}, "nyc", "sales.csv:1: profile nyc needs the column sale_date"),
        ({"sales.csv": 300 << 20}, "nyc", "sales.csv: more than 256 MB of text; split it by year or office"),
    ],
)
def test_a_file_that_cannot_be_imported_ends_with_a_message_and_leaves_nothing(
    sales: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    change: dict[str, object], profile: str, said: str,
) -> None:  # fmt: skip
    for old, new in change.items():
        if isinstance(new, int):
            os.truncate(sales, new)
        else:
            sales.write_text(sales.read_text(encoding="utf-8").replace(old, str(new)), encoding="utf-8")
    asked = ["import", str(sales), "--profile", profile, "--registrar", "city", "--dir", str(tmp_path / "city")]
    code, _, err = say(capsys, "property", *asked, "--report", tmp_path / "report.json")
    assert (code, err.strip()) == (2, f"shuxin: {said}")
    assert not (tmp_path / "city").exists()
