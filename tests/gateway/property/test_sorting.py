"""Every row of a register ends in exactly one bucket; broken files are refused before anything is registered."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.property.imports import rows
from gateway.property.imports.profile import load, read, shipped
from gateway.property.imports.rows import Reject, Source
from gateway.property.imports.sorting import Bucket, Sorted, sort
from ledger.errors import InvalidRecord, NotFound

TODAY = date(2026, 11, 22)
HEADER = "bbl,borough,building_class_category,address,apartment_number,land_square_feet,sale_price,sale_date"
SALE = "1000010001,1,01 ONE FAMILY,1 MAIN,,900,500000,2019-01-31"


def sorted_from(tmp_path: Path, *lines: str, known: frozenset[bytes] = frozenset()) -> Sorted:
    file = tmp_path / "sales.csv"
    file.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    profile = load("nyc")
    return sort(Source(file, profile).rows(TODAY), profile, known)


def counts(found: Sorted) -> dict[Bucket, int]:
    return {bucket: count for bucket, count in found.counts.items() if count}


def test_an_ordinary_sale_is_a_step(tmp_path: Path) -> None:
    found = sorted_from(tmp_path, SALE)
    assert counts(found) == {Bucket.STEP: 1}
    assert (found.steps[0].line, found.steps[0].day, found.steps[0].price) == (2, date(2019, 1, 31), 500_000)


def test_a_second_equal_row_is_a_duplicate_and_one_that_differs_is_not(tmp_path: Path) -> None:
    found = sorted_from(tmp_path, SALE, SALE, SALE.replace("900", "901"))
    assert counts(found) == {Bucket.STEP: 2, Bucket.DUPLICATE: 1}


def test_a_row_imported_before_is_a_duplicate(tmp_path: Path) -> None:
    known = frozenset(sorted_from(tmp_path, SALE).seen)
    assert counts(sorted_from(tmp_path, SALE, known=known)) == {Bucket.DUPLICATE: 1}


@pytest.mark.parametrize(
    ("price", "bucket"),
    [("0", Bucket.ZERO_PRICE), ("1", Bucket.TOKEN_PRICE), ("999", Bucket.TOKEN_PRICE), ("1000", Bucket.STEP)],
)
def test_prices_without_consideration_are_set_apart(tmp_path: Path, price: str, bucket: Bucket) -> None:
    assert counts(sorted_from(tmp_path, SALE.replace("500000", price))) == {bucket: 1}


def test_one_price_on_one_day_over_two_parcels_is_one_deed(tmp_path: Path) -> None:
    other = SALE.replace("1000010001", "1000010002")
    found = sorted_from(tmp_path, SALE, other)
    assert (counts(found), found.deeds) == ({Bucket.MULTI_PARCEL: 2}, 1)


@pytest.mark.parametrize(("old", "new"), [("2019-01-31", "2019-02-01"), ("500000", "500001"), (",1,01", ",2,01")])
def test_another_day_price_or_borough_makes_another_deed(tmp_path: Path, old: str, new: str) -> None:
    other = SALE.replace("1000010001", "1000010002").replace(old, new)
    assert counts(sorted_from(tmp_path, SALE, other)) == {Bucket.STEP: 2}


def test_two_homes_of_one_cooperative_are_two_units_and_of_another_building_one(tmp_path: Path) -> None:
    homes = [SALE.replace(",,900", f",{flat},900").replace("500000", str(500_000 + n)) for n, flat in enumerate("AB")]
    coops = [home.replace("01 ONE FAMILY", "09 COOPS - WALKUP") for home in homes]
    assert len({row.unit for row in sorted_from(tmp_path, *coops).steps}) == 2
    assert len({row.unit for row in sorted_from(tmp_path, *homes).steps}) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (SALE.replace("2019-01-31", "31.1.2019"), "no day: '31.1.2019'"),
        (SALE.replace("2019-01-31", "2026-11-23"), "day in the future: 2026-11-23"),
        (SALE.replace("500000", "-5"), "negative price: '-5'"),
        (SALE.replace("1000010001", " "), "no unit"),
        (SALE + ",more", "expected 8 fields, got 9"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_with_line_and_reason(tmp_path: Path, row: str, reason: str) -> None:
    found = sorted_from(tmp_path, SALE, row)
    assert found.rejects == [Reject(3, reason)]
    assert counts(found) == {Bucket.STEP: 1, Bucket.REJECTED: 1}


def test_the_line_of_a_row_is_where_it_begins_also_after_a_text_of_two_lines(tmp_path: Path) -> None:
    found = sorted_from(tmp_path, SALE.replace("1 MAIN", '"1 MAIN\nREAR"'), SALE.replace("500000", "-5"))
    assert found.rejects == [Reject(4, "negative price: '-5'")]


@given(prices=st.lists(st.sampled_from(["0", "5", "5000", "6000", "x"]), max_size=12))
def test_the_buckets_add_up_to_the_rows(tmp_path_factory: pytest.TempPathFactory, prices: list[str]) -> None:
    lines = [SALE.replace("500000", price).replace("0001,", f"000{n % 3},") for n, price in enumerate(prices)]
    found = sorted_from(tmp_path_factory.mktemp("rows"), *lines)
    assert sum(found.counts.values()) == found.rows == len(prices)
    assert len(found.steps) == found.counts[Bucket.STEP]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "needs the column"),
        (b"bbl,sale_date\n", "needs the column .*sale_price"),
        (HEADER.encode() + b",bbl\n", "a column appears twice"),
        (HEADER.encode() + b"\n\xff\xfe\n", "sales.csv:1: cannot be read"),
        (HEADER.encode() + b'\n"open', "cannot be read"),
    ],
)
def test_a_broken_file_is_refused_as_a_whole(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(content)
    profile = load("nyc")
    with pytest.raises(InvalidRecord, match=reason):
        sort(Source(file, profile).rows(TODAY), profile)


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv.gz"
    file.write_bytes(gzip.compress(f"{HEADER}\n{SALE}\n".encode() * 99)[:-9])
    with pytest.raises(InvalidRecord, match="cannot be read"):
        Source(file, load("nyc"))


def test_an_archive_with_a_changed_byte_is_refused(tmp_path: Path) -> None:
    file, profile = tmp_path / "sales.csv.gz", load("nyc")
    packed = gzip.compress(f"{HEADER}\n{SALE}\n".encode() * 9)
    for place in range(10, len(packed)):
        file.write_bytes(packed[:place] + bytes([packed[place] ^ 255]) + packed[place + 1 :])
        with pytest.raises(InvalidRecord):
            sort(Source(file, profile).rows(TODAY), profile)


def test_a_file_beyond_the_bound_is_refused_also_when_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "FILE_LIMIT", 1 << 20)
    file = tmp_path / "sales.csv.gz"
    file.write_bytes(gzip.compress(HEADER.encode() + b"\n" + bytes(1 << 20)))
    with pytest.raises(InvalidRecord, match="more than 1 MB of text; split it by year or office"):
        Source(file, load("nyc"))


def test_every_shipped_profile_reads_and_an_unknown_one_is_named() -> None:
    assert shipped() == ("kingcounty", "nyc", "taiwan", "uk")
    assert [load(name).name for name in shipped()] == list(shipped())
    with pytest.raises(NotFound, match="profile 'london': none of kingcounty, nyc, taiwan, uk, and no such file"):
        load("london")


def test_a_registrar_is_added_by_a_file_without_code(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'name = "own"\ntitle = { zh = "自有", en = "Own" }\ncurrency = "CNY"\nright = 2\nholder = "not stated"\n'
        '[columns]\nunit = ["code"]\nday = "day"\nprice = "sum"\n[forms]\nday = "iso"\ntoken_below = 0\n',
        encoding="utf-8",
    )
    file = tmp_path / "own.csv"
    file.write_text("code,day,sum\nA-1,2020-05-06,700\n", encoding="utf-8")
    profile = load(str(own))
    assert counts(sort(Source(file, profile).rows(TODAY), profile)) == {Bucket.STEP: 1}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('day = "compact"', 'day = "julian"', r"own.toml:\d+: day: expected iso, compact, roc"),
        ("right = 2", "right = 9", r"own.toml:5: right: a mortgage is no title"),
        ('unit = ["id"]', "unit = []", r"own.toml:\d+: unit: at least one is needed"),
        ("token_below", "token_under", r"own.toml:\d+: unknown key 'token_under'"),
        ('form = "number"', 'form = "colour"', r"own.toml:\d+: form: expected text, number"),
    ],
)
def test_a_wrong_profile_is_refused_with_file_and_line(old: str, new: str, reason: str) -> None:
    text = (Path(rows.__file__).parent / "profiles" / "kingcounty.toml").read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(InvalidRecord, match=reason):
        read(text.replace(old, new, 1).encode(), "own.toml")
