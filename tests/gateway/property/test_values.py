"""Days, prices, storeys and addresses are read as registers write them; anything else is refused or kept as it is."""

from __future__ import annotations

import doctest
from datetime import date

import pytest

from gateway.property.imports import values
from gateway.property.imports.profile import DayForm, ValueForm
from ledger.errors import InvalidRecord


def test_the_examples_in_the_documentation_are_true() -> None:
    assert doctest.testmod(values).failed == 0


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("2019-01-31", DayForm.ISO, date(2019, 1, 31)),
        ("20141013T000000", DayForm.COMPACT, date(2014, 10, 13)),
        ("20141013", DayForm.COMPACT, date(2014, 10, 13)),
        ("1010905", DayForm.ROC, date(2012, 9, 5)),
        ("991231", DayForm.ROC, date(2010, 12, 31)),
        ("10229", DayForm.ROC, date(1912, 2, 29)),
    ],
)
def test_days_are_read(text: str, form: DayForm, expected: date) -> None:
    assert values.day(text, form) == expected


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2019-02-30", DayForm.ISO),
        ("20190131", DayForm.ISO),
        ("31/01/2019", DayForm.ISO),
        ("", DayForm.ISO),
        ("2014-10-13", DayForm.COMPACT),
        ("20141313", DayForm.COMPACT),
        ("1090431", DayForm.ROC),
        ("0406", DayForm.ROC),
        ("2019-W01-1", DayForm.ISO),
        ("１０９０４０６", DayForm.ROC),
    ],
)
def test_what_is_no_day_is_refused(text: str, form: DayForm) -> None:
    with pytest.raises(InvalidRecord, match="no day"):
        values.day(text, form)


@pytest.mark.parametrize(("text", "expected"), [("0", 0), ("221900.0", 221900), ("1,250,000", 1_250_000)])
def test_prices_are_whole_units(text: str, expected: int) -> None:
    assert values.price(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no price"), ("free", "no price"), ("-1", "negative price"), ("1.5", "no whole price"),
        ("NaN", "no price"), ("1E3", "no price"), ("1_000", "no price"), ("１００", "no price"),
        ("9" * 16, "price too high"),
    ],
)  # fmt: skip
def test_what_is_no_price_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        values.price(text)


def test_a_long_run_of_digits_is_no_house_number() -> None:
    assert values.described("9" * 60_000, ValueForm.MASKED_ADDRESS) == "9" * 60_000
    assert values.described("1~" + "9" * 5_000, ValueForm.MASKED_ADDRESS) == "1~" + "9" * 5_000


def test_a_description_that_cannot_be_read_stays_as_it_is_written() -> None:
    for form in (ValueForm.CHINESE_STOREYS, ValueForm.MASKED_ADDRESS, ValueForm.NUMBER, ValueForm.ROC):
        assert values.described("見其他登記事項", form) == "見其他登記事項"
