"""Reading job specifications: from outside bytes to values that hold every bound of ``mpc.spec``.

Strict: unknown members, missing ones and numbers out of form raise InvalidRecord with the member's path. The one
freedom is in filters, where ``above`` and ``at_most`` are other words for ranges of integers; what is read has one
canonical form, so a question asked in other words has the same digest.
"""

from __future__ import annotations

import re

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.groups import suites
from mpc.privacy import declaration, joined
from mpc.spec import MAX_SOURCES, OUTPUTS, JobSpec, JoinSpec, SumsSpec
from mpc.spec_parts import KNOWN, MAX_CELLS, Amount, Grouping, Interval, OneOf, Predicate, Source

_ID = re.compile(r"0x[0-9a-f]{64}")


def parse(data: bytes) -> JobSpec:
    """Read a canonical specification.

    Raises:
        InvalidRecord: not canonical JSON, unknown or missing fields, or values outside their bounds.
    """
    return from_json(canonical.decode(data))


def from_json(value: JsonValue) -> JobSpec:
    """Read a specification from an already decoded JSON value; raises InvalidRecord."""
    fields = Fields(value, "spec")
    if fields.integer("version") != 1:
        raise InvalidRecord("spec: version must be 1")
    statistic = fields.text("statistic")
    if statistic == "masked-sums":
        return _sums(fields)
    if statistic == "private-join":
        return _join(fields)
    raise InvalidRecord(f"spec: statistic must be masked-sums or private-join, got {statistic!r}")


def _sums(fields: Fields) -> SumsSpec:
    table = fields.object("table") if fields.has("table") else None
    spec = SumsSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        sources=tuple(_source(item) for item in fields.objects("sources", MAX_SOURCES)),
        filters=_filters(fields),
        value=_amount(fields.object("value")),
        rows=fields.decimal("rows"),
        edges=tuple(fields.decimals("edges", MAX_CELLS)),
        outputs=tuple(fields.texts("outputs", len(OUTPUTS))),
        minimum=fields.integer("minimum"),
        contributors=fields.integer("contributors"),
        privacy=declaration.read(fields.object("privacy")) if fields.has("privacy") else None,
        table=_grouping(table) if table else None,
        prime_group=_prime_group(fields),
    )
    fields.done()
    return spec


def _join(fields: Fields) -> JoinSpec:
    holder, lister = fields.object("holder"), fields.object("lister")
    grouping = holder.optional_object("grouping")
    spec = JoinSpec(
        purpose=fields.text("purpose"),
        recipient=fields.text("recipient"),
        holder=_source(holder, last=False),
        holder_key=holder.text("key"),
        holder_most=holder.decimal("most"),
        filters=_filters(holder),
        grouping=_grouping(grouping) if grouping else None,
        sums=tuple(_amount(item) for item in holder.objects("sums", 8)),
        lister=_source(lister, last=False),
        lister_key=lister.text("key"),
        lister_most=lister.decimal("most"),
        lister_filters=_filters(lister),
        rows=fields.decimal("rows"),
        minimum=fields.integer("minimum"),
        epsilon_milli=fields.integer("epsilon_milli"),
        delta_log2=fields.integer("delta_log2"),
        privacy=joined.read(fields.object("privacy")) if fields.has("privacy") else None,
        prime_group=_prime_group(fields),
    )
    for part in (holder, lister, fields):
        part.done()
    return spec


def _source(fields: Fields, last: bool = True) -> Source:
    authorization = fields.text("authorization")
    if not _ID.fullmatch(authorization):
        raise InvalidRecord("spec: authorization must be 0x and 64 lower-case hex digits")
    source = Source(fields.text("party"), fields.text("asset"), bytes.fromhex(authorization[2:]))
    if last:
        fields.done()
    return source


def _filters(fields: Fields) -> tuple[Predicate, ...]:
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


def _amount(fields: Fields) -> Amount:
    by = fields.text("by") if fields.has("by") else None
    amount = Amount(fields.text("column"), fields.decimal("bound"), by)
    fields.done()
    return amount


def _prime_group(fields: Fields) -> str:
    return fields.text("prime_group") if fields.has("prime_group") else suites.DEFAULT.name


def _grouping(fields: Fields) -> Grouping:
    grouping = Grouping(fields.text("column"), tuple(fields.texts("values", MAX_CELLS)))
    fields.done()
    return grouping
