"""Reading what specifications of all kinds are made of: sources, filters, amounts, groups.

Strict as ``mpc.spec.reader`` says; raises InvalidRecord only.
"""

from __future__ import annotations

import re

from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.groups import suites
from mpc.spec.parts import KNOWN, MAX_CELLS, MAX_SOURCES, Amount, Grouping, Interval, OneOf, Predicate, Source
from mpc.tables.forms import Form

_ID = re.compile(r"0x[0-9a-f]{64}")


def source(fields: Fields, last: bool = True) -> Source:
    authorization = fields.text("authorization")
    if not _ID.fullmatch(authorization):
        raise InvalidRecord("spec: authorization must be 0x and 64 lower-case hex digits")
    source = Source(fields.text("party"), fields.text("asset"), bytes.fromhex(authorization[2:]))
    if last:
        fields.done()
    return source


def sources(fields: Fields) -> tuple[Source, ...]:
    return tuple(source(item) for item in fields.objects("sources", MAX_SOURCES))


def filters(fields: Fields) -> tuple[Predicate, ...]:
    return tuple(_predicate(item) for item in fields.objects("filters", 32))


def _predicate(fields: Fields) -> Predicate:
    column = fields.text("column")
    predicate: Predicate
    if fields.has("one_of"):
        predicate = OneOf(column, tuple(fields.texts("one_of", MAX_CELLS)))
    elif fields.has("is"):
        fields.choice("is", (KNOWN,))
        predicate = Interval(column, None, None)
    elif not any(fields.has(end) for end in ("at_least", "above", "below", "at_most")):
        raise InvalidRecord(f"spec: filter on {column!r} bounds neither side")
    else:
        low = _end(fields, "at_least", "above")
        predicate = Interval(column, low, _end(fields, "below", "at_most"))
    fields.done()
    return predicate


def _end(fields: Fields, name: str, next_below: str) -> int | None:
    """Read one end of a range; ``above`` and ``at_most`` are other words for the integer after them."""
    if not fields.has(next_below):
        return fields.optional_decimal(name)
    if fields.has(name):
        raise InvalidRecord(f"spec: a filter has either {name} or {next_below}")
    return fields.decimal(next_below) + 1


def amount(fields: Fields) -> Amount:
    by = fields.text("by") if fields.has("by") else None
    amount = Amount(fields.text("column"), fields.decimal("bound"), by)
    fields.done()
    return amount


def prime_group(fields: Fields) -> str:
    return fields.text("prime_group") if fields.has("prime_group") else suites.DEFAULT.name


def form(fields: Fields) -> Form:
    return Form(fields.choice("form", tuple(Form))) if fields.has("form") else Form.EXACT


def grouping(fields: Fields) -> Grouping:
    grouping = Grouping(fields.text("column"), tuple(fields.texts("values", MAX_CELLS)))
    fields.done()
    return grouping
