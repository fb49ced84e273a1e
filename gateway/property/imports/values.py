"""Days, prices, storeys and masked addresses as registers write them."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from gateway.property.imports.profile import DayForm, ValueForm
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

Described: TypeAlias = JsonValue

# The first year of the Republic of China is 1912.
_ROC_EPOCH = 1911
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PRICE = re.compile(r"-?[0-9][0-9,]{0,29}(\.[0-9]{1,9})?")
_COMPACT = re.compile(r"([0-9]{8})(T[0-9]{6})?")
_ROC = re.compile(r"([0-9]{1,3})([0-9]{2})([0-9]{2})")
_STOREY = re.compile(r"(地下)?([零〇一二三四五六七八九十百]{1,9})[層樓]")
_MASKED = re.compile(r"([^~]*?)([0-9]{1,9})~([0-9]{1,9})(號.*|地號.*)?")
_NUMERALS = {text: number for number, text in enumerate("一二三四五六七八九", start=1)}
_MAX_PRICE = 10**15


def day(text: str, form: DayForm) -> date:
    """Read a day.

    >>> day("1090406", DayForm.ROC), day("810527", DayForm.ROC), day("20141013T000000", DayForm.COMPACT)
    (datetime.date(2020, 4, 6), datetime.date(1992, 5, 27), datetime.date(2014, 10, 13))

    Raises:
        InvalidRecord: it is none.
    """
    try:
        if form is DayForm.ROC:
            return _roc(text)
        if form is DayForm.COMPACT:
            found = _COMPACT.fullmatch(text)
            if found is None:
                raise ValueError
            return date.fromisoformat(found[1])
        if not _ISO.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError as exc:
        raise InvalidRecord(f"no day: {text[:40]!r}") from exc


def price(text: str) -> int:
    """Read a price in whole units of its currency.

    Raises:
        InvalidRecord: it is none, negative, or not whole.
    """
    if not _PRICE.fullmatch(text):
        raise InvalidRecord(f"no price: {text[:40]!r}")
    value = Decimal(text.replace(",", ""))
    if value != value.to_integral_value():
        raise InvalidRecord(f"no whole price: {text[:40]!r}")
    if value < 0:
        raise InvalidRecord(f"negative price: {text[:40]!r}")
    if value > _MAX_PRICE:
        raise InvalidRecord(f"price too high: {text[:40]!r}")
    return int(value)


def described(text: str, form: ValueForm) -> Described:
    """Read an entry of a description; what cannot be read stays as it is written.

    >>> described("二十層", ValueForm.CHINESE_STOREYS), described("地下一層，三層", ValueForm.CHINESE_STOREYS)
    ([20], [-1, 3])
    >>> described("仙岩路22巷1~30號", ValueForm.MASKED_ADDRESS)
    {'street': '仙岩路22巷', 'from': 1, 'to': 30}
    """
    match form:
        case ValueForm.TEXT:
            return text
        case ValueForm.NUMBER:
            return _number(text)
        case ValueForm.ROC:
            try:
                return _roc(text).isoformat()
            except ValueError:
                return text
        case ValueForm.CHINESE_STOREYS:
            found = [numeral(digits) * (-1 if below else 1) for below, digits in _STOREY.findall(text)]
            return list(found) if found else text
        case ValueForm.MASKED_ADDRESS:
            masked = _MASKED.fullmatch(text)
            if masked is None:
                return text
            return {"street": masked[1], "from": int(masked[2]), "to": int(masked[3])}


def numeral(text: str) -> int:
    """Read a Chinese numeral below one thousand.

    >>> [numeral(text) for text in ("三", "十", "十四", "二十", "三十一", "一百零八")]
    [3, 10, 14, 20, 31, 108]
    """
    total, digit = 0, 0
    for sign in text:
        if sign in _NUMERALS:
            digit = _NUMERALS[sign]
        elif sign not in "零〇":
            total += (digit or 1) * {"十": 10, "百": 100}[sign]
            digit = 0
    return total + digit


def _roc(text: str) -> date:
    """Read year, month and day without separators; a year has one to three digits, so the last four are the rest."""
    found = _ROC.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return date(int(found[1]) + _ROC_EPOCH, int(found[2]), int(found[3]))


def _number(text: str) -> Described:
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return text
    whole = value.is_finite() and value == value.to_integral_value() and abs(value) < _MAX_PRICE
    return int(value) if whole else text
