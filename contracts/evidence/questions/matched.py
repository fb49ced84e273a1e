"""What figures over matched rows mean, restated for verifiers: terms, the rows they need, and figures from numbers.

Restates ``mpc.protocols.matched.terms`` and ``office``; the tests hold both to each other.

    opening   transcript, flag, then of an engine 32 bytes a number, of others zeros: rows, a sum a column, a product a
              pair of columns
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

from contracts.evidence.questions import aligned
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError

ENGINES, MAX_MEMBERS = 3, 15


def terms(spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Read the protocol's terms; raises InvalidRecord."""
    match spec:
        case {"sides": list(sides), "engines": list(engines), "rows": str(rows), "minimum": int(minimum)} if (
            ENGINES <= len(sides) <= MAX_MEMBERS and len(engines) == ENGINES
        ):
            members: list[JsonValue] = [aligned.member(side) for side in sides]
            return {
                "format": "shuxin-matched-v1",
                "members": members,
                "engines": engines,
                "rows": rows,
                "minimum": minimum,
            }
    raise InvalidRecord("specification: malformed matching")


def scalars(found: Mapping[str, JsonValue]) -> int:
    """Count the numbers of an opening."""
    return aligned.scalars(len(aligned.columns(found)))


def release(found: Mapping[str, JsonValue], numbers: Sequence[int]) -> JsonValue:
    """Name the opened numbers; raises VerificationError for more rows than an owner may bring."""
    columns = aligned.columns(found)
    rows, sums, products = numbers[0], numbers[1 : 1 + len(columns)], numbers[1 + len(columns) :]
    if rows > number(found["rows"]):
        raise VerificationError("openings: more rows than an owner shares")
    names = [name for name, _, _ in columns]
    pairs = combinations_with_replacement(names, 2)
    cell: dict[str, JsonValue] = {
        "group": "*",
        "rows": str(rows),
        "sums": {name: str(total) for name, total in zip(names, sums, strict=True)},
        "products": {f"{a} * {b}": str(total) for (a, b), total in zip(pairs, products, strict=True)},
    }
    return {"cells": [cell], "withheld": []}
