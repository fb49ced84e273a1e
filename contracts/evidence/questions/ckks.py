"""What CKKS sums of a specification mean, restated for verifiers: terms, figures, and the noise of each.

    deviation = sqrt(k t moved^2 / (2 rho)), of every owner's own noise; t: figures that one unit moves, k: owners of it
    figure    = the number that the key holder signed for this session

It shows that all parties agreed on this noise for what the specification declares, and which figures the key holder
released. It does NOT show that these follow from what the owners encrypted: only the key holder could decrypt the sum,
and that an owner added its noise nobody can see. Restates ``mpc.spec.ckks`` and ``mpc.protocols.ckks.terms``; the tests
hold both to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts.evidence.questions.noised import deviation, epsilon_milli, number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

MIN_OWNERS, MAX_COLUMNS, MOST_WEIGHT = 4, 256, 1 << 16
DIGEST, WORD = 32, 16
HOLDER_MILLI = "2000"
"""The key holder's further noise, for the encryption's error."""


def terms(spec: Mapping[str, JsonValue], owners: Sequence[str]) -> dict[str, JsonValue]:
    """Read the protocol's terms.

    Args:
        owners: the parties of the sources, in order.

    Raises:
        InvalidRecord: malformed.
    """
    match spec:
        case {
            "weights": list(weights),
            "holder": str(holder),
            "evaluator": str(evaluator),
            "rows": rows,
            "privacy": {
                "max_rows": int(max_rows),
                "max_groups": int(max_groups),
                "low": low,
                "high": high,
                "groups": groups,
                "units_at": "one owner" | "several owners" as units_at,
                "delta_log2": int(delta_log2),
                "micro_rho": {"sum": cost, **rest},
            },
        } if len(weights) == len(owners) >= MIN_OWNERS and min(max_rows, max_groups) > 0 > delta_log2 and not rest:
            factors, total = [abs(number(weight)) for weight in weights], number(cost)
            bounds = (number(low), number(high))
        case _:
            raise InvalidRecord("specification: malformed CKKS sums")
    names = _names(groups)
    if not {holder, evaluator} <= set(owners) or holder == evaluator or total < 1:
        raise InvalidRecord("specification: key holder and evaluator are two owners, and figures have a cost")
    if not all(factors) or sum(factors) > MOST_WEIGHT:
        raise InvalidRecord("specification: weights other than 0 that the encryption holds")
    moved = max_rows * max(map(abs, bounds))
    touched = min(max_groups, len(names))
    copies = touched * (len(owners) if units_at == "several owners" else 1)
    noise = str(deviation(copies * moved**2, total))
    least, most = number(rows) * min(bounds[0], 0), number(rows) * max(bounds[1], 0)
    column: dict[str, JsonValue] = {"scale": 1, "least": str(least), "most": str(most), "moved": str(moved)}
    return {
        "format": "ckks-sums-v1",
        "holder": holder,
        "evaluator": evaluator,
        "weights": [{"party": party, "weight": weight} for party, weight in zip(owners, weights, strict=True)],
        "columns": [{"name": name, **column} for name in names],
        "touched": touched,
        "spans_owners": units_at == "several owners",
        "guarantee": {
            "owner_milli": [noise] * len(names),
            "holder_milli": HOLDER_MILLI,
            "micro_rho": str(total),
            "delta_log2": delta_log2,
            "epsilon_milli": str(epsilon_milli(total, delta_log2)),
        },
        "encryption": {"scheme": "ckks", "degree": 8192, "moduli": [60, 40, 40, 60], "scale_bits": 40},
    }


def names(found: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Name the figures of terms."""
    columns = found["columns"]
    assert isinstance(columns, list)
    return tuple(str(column["name"]) for column in columns if isinstance(column, dict))


def holder(found: Mapping[str, JsonValue]) -> str:
    """Name the party that decrypts."""
    return str(found["holder"])


def role(found: Mapping[str, JsonValue], party: str) -> str:
    """Name an owner's role."""
    return {holder(found): "keyholder", str(found["evaluator"]): "evaluator"}.get(party, "owner")


def figures(found: Mapping[str, JsonValue], body: bytes) -> dict[str, JsonValue]:
    """Read the figures of a message whose size is right, after the digest of the key."""
    words = [body[at : at + WORD] for at in range(DIGEST, len(body), WORD)]
    totals = [int.from_bytes(word, "big", signed=True) for word in words]
    return {name: str(total) for name, total in zip(names(found), totals, strict=True)}


def _names(groups: JsonValue) -> list[str]:
    match groups:
        case None:
            return ["sum"]
        case {"values": list(values)} if 0 < len(values) <= MAX_COLUMNS:
            return [f"sum-{index}" for index in range(len(values))]
    raise InvalidRecord("specification: groups have values")
