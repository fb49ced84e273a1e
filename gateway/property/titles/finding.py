"""Which unit and which block a query means: by old code or name on chain, by block or date."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from contracts.calendar.dates import date_of, day_of, end_of, number_of
from gateway.property.book import Book
from gateway.property.entering.living import LivingBook
from ledger.errors import Conflict, InvalidRecord, NotFound
from ledger.proofs.headers import Header

SHOWN: Final = 10
MAX_CODE: Final = 200
_NAME_ON_CHAIN: Final = re.compile("[0-9a-f]{64}")


class Headers(Protocol):
    """What of a ``ledger.proofs.view.ProvenView`` is needed here."""

    def head(self) -> Header: ...

    def header(self, number: int) -> Header: ...


class BeforeGenesis(NotFound):
    """A date before the network's first block; only the records of the past reach there."""


@dataclass(frozen=True, slots=True)
class Found:
    """A unit by its old code and its name on chain."""

    code: str
    id: bytes


def unit_of(book: Book, unit: str) -> Found:
    """Find a unit by its code, or by its name on chain in hexadecimal digits.

    Raises:
        NotFound: the registrar has no such unit. InvalidRecord: the text names none.
    """
    if not unit or len(unit) > MAX_CODE:
        raise InvalidRecord(f"query: name a unit in at most {MAX_CODE} characters 请填写不动产单元号")
    living = LivingBook(book)
    if _NAME_ON_CHAIN.fullmatch(unit):
        code = living.code_of(bytes.fromhex(unit)) or book.code_of(bytes.fromhex(unit))
        if code is None:
            raise NotFound(f"unit {unit[:16]}…: this registrar has none of this name on chain")
        return Found(code, bytes.fromhex(unit))
    if not (book.has(unit) or living.knows(unit)):
        raise NotFound(f"no unit {unit!r} in the book; `shuxin property search` finds codes by a part")
    return Found(unit, book.id_of(unit))


def named(book: Book, unit: str) -> Found:
    """Return what a query names, whether there is such a unit or not: what a record of the query says."""
    if _NAME_ON_CHAIN.fullmatch(unit):
        return Found(unit, bytes.fromhex(unit))
    return Found(unit, book.id_of(unit))


def name_of(directory: Path, unit: str) -> bytes:
    """Return a unit's name on chain; one that is given as such is not looked for, so that others need no book.

    Raises:
        NotFound: there is no book here, or no such unit in it.
    """
    if _NAME_ON_CHAIN.fullmatch(unit):
        return bytes.fromhex(unit)
    with closing(Book(directory)) as book:
        return unit_of(book, unit).id


def by_part(book: Book, part: str) -> Found:
    """Find the one unit whose old code contains a text.

    Raises:
        NotFound: there is none. Conflict: there are several; names the first of them.
    """
    codes = codes_with(book, part, SHOWN + 1)
    if part in codes:
        codes = [part]
    if not codes:
        raise NotFound(f"no unit with {part!r} in its code")
    if len(codes) > 1:
        more = " and more" if len(codes) > SHOWN else ""
        raise Conflict(f"{part!r} is in the codes of several units 对应多个单元: {', '.join(codes[:SHOWN])}{more}")
    return unit_of(book, codes[0])


def codes_with(book: Book, part: str, limit: int) -> list[str]:
    """Return old codes that contain a text, of the past and of the living register."""
    found = {unit.code for unit in book.search(part, limit)} | set(LivingBook(book).search(part, limit))
    return sorted(found)[:limit]


def block_of(view: Headers, number: int | None) -> Header:
    """Return the sealed header of a block, the newest for None.

    Raises:
        NotFound: the chain has no such block yet, or nobody seals it.
    """
    head = view.head()
    if number is None or number == head.number:
        return head
    if number > head.number:
        raise NotFound(f"block {number} is in the future 区块尚未产生: the newest is {head.number}")
    if number < 1:
        raise NotFound(f"block {number}: the first sealed one is 1")
    return view.header(number)


def last_block(view: Headers, day: date) -> Header:
    """Return the last sealed block of a day or before it, by the register's own time (UTC+8).

    Raises:
        InvalidRecord: the day has not begun. BeforeGenesis: the chain began later.
    """
    head, end = view.head(), end_of(number_of(day))
    today = day_of(head.timestamp)
    if number_of(day) > today:
        raise InvalidRecord(f"{day} is in the future 日期尚未到来: the newest block is of {date_of(today)}")
    if head.timestamp < end:
        return head
    low, high = 0, head.number  # low was made before the end or is the first block, high after
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if view.header(middle).timestamp < end else (low, middle)
    if low == 0:
        began = date_of(day_of(view.header(1).timestamp))
        raise BeforeGenesis(f"{day} is before this network's first block 早于本网络首个区块, which is of {began}")
    return view.header(low)
