"""What moments over aligned rows mean, restated for verifiers: terms, and figures from the owners' shares.

Restates ``mpc.protocols.align.terms`` and ``office``; the tests hold both to each other.

    share     salt, transcript, flag, then rows, own sums, own products, shares pair by pair, zeros up to one length
    figure    own ones as they are; of two owners' columns the first one's share less the second one's; values counted
              from each column's least
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, combinations_with_replacement

from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError

MAX_MEMBERS, MAX_COLUMNS, WORD, ROWS_A_FIGURE = 15, 8, 32, 10
Column = tuple[str, int, int]
"""Name, least and most."""


def terms(spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Read the protocol's terms; raises InvalidRecord."""
    match spec:
        case {"sides": list(sides), "told": list(told)} if 1 < len(sides) <= MAX_MEMBERS and told:
            members: list[JsonValue] = [_sized(side) for side in sides]
            return {"format": "shuxin-aligned-v1", "members": members, "told": told}
    raise InvalidRecord("specification: malformed alignment")


def told(found: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Name the owners that learn the common keys."""
    named = found["told"]
    assert isinstance(named, list)
    return tuple(map(str, named))


def matcher(found: Mapping[str, JsonValue]) -> str:
    """Name the owner that lays the sets side by side: the first that is not told, or the first of all."""
    parties = [party for party, _ in _members(found)]
    return next((party for party in parties if party not in told(found)), parties[0])


def columns(found: Mapping[str, JsonValue]) -> tuple[Column, ...]:
    """List all columns in order."""
    return tuple(column for _, own in _members(found) for column in own)


def words(found: Mapping[str, JsonValue]) -> int:
    """Count the numbers of every share: as many as the owner with most of them has."""
    members = _members(found)
    every = len(columns(found))
    own = [len(mine) for _, mine in members]
    return 1 + max(count + count * (count + 1) // 2 + count * (every - count) for count in own)


def release(found: Mapping[str, JsonValue], shares: Mapping[str, Sequence[int]]) -> JsonValue:
    """Put shares together.

    Raises:
        VerificationError: the owners say different numbers of rows, or something is left over.
    """
    members, left = _members(found), {party: list(share) for party, share in shares.items()}
    counts = {share.pop(0) for share in left.values()}
    if len(counts) != 1:
        raise VerificationError("openings: the owners say different numbers of rows")
    (rows,) = counts
    sums, products = dict[str, int](), dict[tuple[str, str], int]()
    for party, own in members:
        sums |= {name: left[party].pop(0) for name, _, _ in own}
        products |= {(a[0], b[0]): left[party].pop(0) for a, b in combinations_with_replacement(own, 2)}
    for (one, mine), (other, theirs) in combinations(members, 2):
        for b in theirs:
            for a in mine:
                products[a[0], b[0]] = left[one].pop(0) - left[other].pop(0)
    if any(any(share) for share in left.values()):
        raise VerificationError("openings: a share holds more than the figures need")
    least = {name: low for name, low, _ in columns(found)}
    pairs = combinations_with_replacement(least, 2)
    full = {
        (a, b): products[a, b] + least[a] * sums[b] + least[b] * sums[a] + rows * least[a] * least[b] for a, b in pairs
    }
    cell: dict[str, JsonValue] = {
        "group": "*",
        "rows": str(rows),
        "sums": {name: str(total + rows * least[name]) for name, total in sums.items()},
        "products": {f"{a} * {b}": str(total) for (a, b), total in full.items()},
    }
    return {"cells": [cell], "withheld": []}


def least_rows(found: Mapping[str, JsonValue], minimum: int) -> int:
    """Rows below which nothing is opened: the minimum, and ten for every opened number."""
    count = len(columns(found))
    return max(minimum, ROWS_A_FIGURE * scalars(count) if count else 1)


def scalars(count: int) -> int:
    """Count the figures over so many columns: rows, a sum each, a product a pair."""
    return 1 + count + count * (count + 1) // 2


def member(side: JsonValue) -> dict[str, JsonValue]:
    """Read an owner's party and columns; raises InvalidRecord."""
    match side:
        case {"party": str(party), "asset": str(asset), "columns": list(own)} if len(own) <= MAX_COLUMNS:
            return {"party": party, "columns": [_bounded(asset, column) for column in own]}
    raise InvalidRecord("specification: a side has party, asset and columns")


def _members(found: Mapping[str, JsonValue]) -> list[tuple[str, tuple[Column, ...]]]:
    members = found["members"]
    assert isinstance(members, list)
    result = []
    for member in members:
        match member:
            case {"party": str(party), "columns": list(own)}:
                result.append((party, tuple(_column(column) for column in own)))
    return result


def _column(column: JsonValue) -> Column:
    match column:
        case {"name": str(name), "least": least, "most": most}:
            return name, number(least), number(most)
    raise InvalidRecord("specification: a column has bounds")


def _sized(side: JsonValue) -> JsonValue:
    match side:
        case {"most": str(most)}:
            return {**member(side), "most": most}
    raise InvalidRecord("specification: a side has the most keys that it may bring")


def _bounded(asset: str, column: JsonValue) -> JsonValue:
    match column:
        case {"column": str(name), "least": str(least), "most": str(most)}:
            return {"name": f"{asset}.{name}", "least": least, "most": most}
    raise InvalidRecord("specification: a column has bounds")
