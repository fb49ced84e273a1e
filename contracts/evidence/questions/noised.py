"""The noised cells of a private question, restated for verifiers: how much noise each figure must have had.

    deviation = ceil(1000 sqrt(D^2 / (2 rho) (1 + 2^-20)))      D: what one unit can move, in units of 1/grain
    grain     = the least power of two for which a share of the noise has a variance of at least 4
    epsilon   = rho + 2 sqrt(rho ln(1/delta)), in thousandths, rounded up

In a join each owner adds the whole noise, without a grain, and what sizes and matches show before any opening costs
3 epsilon^2 / 2 besides.

Restates ``mpc.privacy``; the tests hold both to each other. A verifier sees that the parties agreed on this noise for
what the specification declares. That every owner added its share nobody can see.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from math import isqrt

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

MICRO, MILLI, MARGIN_BITS, TAIL, LEAST_SHARE = 1_000_000, 1000, 20, 12, 4
SHOWN = 3
"""Counts that a private join shows an owner before any opening."""
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,79}")
_NEEDS: Mapping[str, set[str]] = {
    "count": {"count", "mean", "variance"},
    "sum": {"sum", "mean", "variance"},
    "squares": {"variance"},
    "histogram": {"histogram"},
}


@dataclass(frozen=True, slots=True)
class _Asked:
    owners: int
    contributors: int
    colluders: int
    rows: int
    moved: int
    largest: int
    groups: int
    max_groups: int
    bins: int
    delta_log2: int

    @property
    def shares(self) -> tuple[int, int]:
        """The fewest and the most owners whose shares count."""
        return self.contributors - self.colluders, self.owners - self.colluders


def terms(spec: Mapping[str, JsonValue], owners: int, contributors: int) -> dict[str, JsonValue]:
    """Return the protocol's part of the session record of a private question; raises InvalidRecord."""
    asked, costs = _read(spec, owners, contributors)
    cells = [cell for family, cost in costs.items() for cell in _cells(asked, family, cost)]
    total = sum(costs.values())
    guarantee: JsonValue = {
        "micro_rho": str(total),
        "delta_log2": asked.delta_log2,
        "epsilon_milli": str(epsilon_milli(total, asked.delta_log2)),
        "colluders": asked.colluders,
    }
    return {"cells": cells, "modulus": "2^128", "contributors": contributors, "guarantee": guarantee}


def joined(spec: Mapping[str, JsonValue], columns: Sequence[tuple[str, int]]) -> JsonValue:
    """Return the guarantee of a private join, with one owner's noise on keys, rows and each sum; raises InvalidRecord.

    Args:
        columns: the summed columns and the largest value of each.
    """
    match spec:
        case {
            "epsilon_milli": int(epsilon),
            "privacy": {
                "holder": {"max_rows": int(max_rows), "delta_log2": int(delta_log2)},
                "micro_rho": {"keys": keys, "rows": rows, "sums": dict(sums)},
            },
        } if max_rows > 0 and delta_log2 < 0 < epsilon and set(sums) == {column for column, _ in columns}:
            moved = [1, max_rows, *(max_rows * most for _, most in columns)]
            costs = [number(keys), number(rows), *(number(sums[column]) for column, _ in columns)]
        case _:
            raise InvalidRecord("specification: malformed privacy")
    if min(costs) < 1:
        raise InvalidRecord("specification: each family of figures has a cost, and no other")
    deviations = tuple(deviation(d**2, cost) for d, cost in zip(moved, costs, strict=True))
    side = SHOWN * -(-(epsilon**2) // 2)
    total = sum(costs) + side
    return {
        "deviations_milli": [str(found) for found in deviations],
        "micro_rho": str(total),
        "side": str(side),
        "delta_log2": delta_log2,
        "epsilon_milli": str(epsilon_milli(total, delta_log2)),
    }


def joined_reach(deviation_milli: int) -> int:
    """Return what one owner's noise in a join does not pass: twelve deviations, rounded up."""
    return -(-TAIL * deviation_milli // MILLI)


def number(value: JsonValue) -> int:
    """Read an integer written as text; raises InvalidRecord."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise InvalidRecord("expected an integer written as a decimal string")
    return int(value)


def has_truth(value: JsonValue) -> bool:
    """Tell whether there is a truth value, which Python takes for a whole number, anywhere in a value."""
    if isinstance(value, Mapping | list):
        return any(map(has_truth, value.values() if isinstance(value, Mapping) else value))
    return isinstance(value, bool)


def _read(spec: Mapping[str, JsonValue], owners: int, contributors: int) -> tuple[_Asked, dict[str, int]]:
    match spec:
        case {
            "rows": rows,
            "edges": list(edges),
            "outputs": list(outputs),
            "privacy": {
                "max_rows": int(max_rows),
                "max_groups": int(max_groups),
                "low": low,
                "high": high,
                "groups": groups,
                "units_at": "one owner" | "several owners" as units_at,
                "colluders": int(colluders),
                "delta_log2": int(delta_log2),
                "micro_rho": dict(costs),
            },
        } if max_rows > 0 and max_groups > 0 and 0 <= colluders < contributors and delta_log2 < 0:
            largest = max(abs(number(low)), abs(number(high)))
            moved = max_rows * (owners if units_at == "several owners" else 1)
            keys = _keys(groups)
            asked = _Asked(
                owners, contributors, colluders, number(rows), moved, largest, keys, max_groups, len(edges), delta_log2
            )
            return asked, _costs(costs, outputs)
    raise InvalidRecord("specification: malformed privacy")


def _keys(groups: JsonValue) -> int:
    match groups:
        case None:
            return 0
        case {"values": list(values)} if values:
            return len(values)
    raise InvalidRecord("specification: groups have values")


def _costs(costs: Mapping[str, JsonValue], outputs: Sequence[JsonValue]) -> dict[str, int]:
    """Read the cost of each family that the outputs need, in the order of the cells."""
    asked = {output for output in outputs if isinstance(output, str)}
    needed = [family for family, served in _NEEDS.items() if served & asked]
    found = {family: number(costs.get(family)) for family in needed}
    if not found or set(costs) != set(found) or min(found.values()) < 1:
        raise InvalidRecord("specification: each family of figures has a cost, and no other")
    return found


def _cells(asked: _Asked, family: str, cost: int) -> list[JsonValue]:
    per_row = {"sum": asked.largest, "squares": asked.largest**2}.get(family, 1)
    squared = (asked.max_groups if asked.groups else 1) * (asked.moved * per_row) ** 2
    fewest, most = asked.shares
    grain = 1
    while (wanted := deviation(squared * grain**2, cost)) ** 2 < LEAST_SHARE * MILLI**2 * most:
        grain *= 2
    bound = asked.rows * per_row * grain + _root_up((TAIL * wanted) ** 2, MILLI**2 * fewest)
    common = {"kind": "noised", "bound": str(bound), "grain": str(grain), "deviation_milli": str(wanted)}
    return [{"name": name, **common} for name in _names(asked, family)]


def _names(asked: _Asked, family: str) -> list[str]:
    if family == "histogram":
        return [f"bin{index}" for index in range(asked.bins)]
    return [f"{family}-{index}" for index in range(asked.groups)] if asked.groups else [family]


def deviation(squared: int, micro_rho: int) -> int:
    """Return the noise, in thousandths, that a release of this squared L2 sensitivity needs."""
    return _root_up(squared * MICRO * MILLI**2 * ((1 << MARGIN_BITS) + 1), 2 * micro_rho << MARGIN_BITS)


def _root_up(over: int, under: int) -> int:
    quotient = -(-over // under)
    root = isqrt(quotient)
    return root if root * root == quotient else root + 1


def epsilon_milli(micro_rho: int, delta_log2: int) -> int:
    """Return epsilon in thousandths, rounded up."""
    exact = Context(prec=60)
    rho = exact.divide(Decimal(micro_rho), Decimal(MICRO))
    log = exact.multiply(Decimal(-delta_log2), exact.ln(Decimal(2)))
    epsilon = exact.add(rho, exact.multiply(Decimal(2), exact.sqrt(exact.multiply(rho, log))))
    return int(exact.multiply(epsilon, Decimal(MILLI)).to_integral_value(ROUND_CEILING))
